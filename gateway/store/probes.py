"""What became of a probe: its spool row, its mail, its ticket, and the automatic answer to it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from gateway.store import tables, trace
from gateway.store.engine import Store

_spool, _mail, _outbox, _event, _ticket = (
    tables.spool.c, tables.mail.c, tables.outbox.c, tables.event.c, tables.ticket.c,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A probe that was accepted; from `mail_id` on what is known since it was processed, None or empty before."""

    spool_id: int
    source: str
    received_at: datetime
    state: str
    reason: str
    closed_at: datetime | None
    mail_id: int | None
    ticket: int | None
    tags: tuple[str, ...]
    auth: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The automatic answer, as the outbox has it."""

    outbox_id: int
    state: str
    reason: str
    last_reply: str
    message_id: str
    sent_at: datetime | None


def newest(store: Store) -> int:
    """The highest id in the spool; 0 where it is empty."""
    with store.spool.read() as conn:
        return conn.execute(select(func.max(_spool.id))).scalar() or 0


def found(store: Store, ids: Collection[str], *, after: int, but: set[int]) -> Iterator[tuple[str, int]]:
    """Which of these probes came: its id, and the spool row. Looks at the rows behind `after`, each once (`but`)."""
    with store.spool.read() as conn:
        fresh = [one for one in conn.execute(select(_spool.id).where(_spool.id > after)).scalars() if one not in but]
    but.update(fresh)
    for one in trace.heads(store, fresh):
        for probe in ids:
            if probe.encode("ascii") in one.head:
                yield probe, one.spool_id


def came(store: Store, spool_id: int) -> Came:
    """What is known of the mail of a spool row by now."""
    with store.spool.read() as conn:
        row = conn.execute(select(tables.spool).where(_spool.id == spool_id)).one()
    with store.main.read() as conn:
        mail = conn.execute(select(tables.mail).where(_mail.spool_id == spool_id)).one_or_none()
        number = mail.ticket if mail else None
        tags = conn.execute(select(_ticket.tags).where(_ticket.number == number)).scalar() if number else None
    return Came(
        spool_id=spool_id,
        source=row.source,
        received_at=row.received_at,
        state=row.state,
        reason=row.reason or (mail.reason if mail else ""),
        closed_at=row.closed_at,
        mail_id=mail.id if mail else None,
        ticket=number,
        tags=tuple(tags or ()),
        auth=mail.auth if mail else {},
        steps=mail.trace if mail else (),
    )


def answered(store: Store, ticket: int, recipient: str) -> Answered | None:
    """The first automatic mail to an address key on a ticket."""
    columns = (_outbox.id, _outbox.state, _outbox.reason, _outbox.last_reply, _outbox.sent_at, _mail.message_id)
    query = (
        select(*columns)
        .join_from(tables.outbox, tables.mail, _mail.id == _outbox.mail_id)
        .where(_outbox.ticket == ticket, _outbox.automatic, _mail.recipient == recipient)
        .order_by(_outbox.id)
        .limit(1)
    )
    with store.main.read() as conn:
        row = conn.execute(query).one_or_none()
    return (
        None
        if row is None
        else Answered(
            outbox_id=row.id,
            state=row.state,
            reason=row.reason,
            last_reply=row.last_reply,
            message_id=row.message_id,
            sent_at=row.sent_at,
        )
    )


def silence(store: Store, ticket: int) -> str:
    """Why nothing automatic was written on a ticket, as its journal has it; `""` where it does not say."""
    query = select(_event.reason).where(_event.ticket == ticket, _event.kind == "not_sent").order_by(_event.id)
    with store.main.read() as conn:
        return conn.execute(query.limit(1)).scalar() or ""
