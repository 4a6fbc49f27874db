"""What the comparison of shadow mode reads: what came in, what became of it, what would have been sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.shadowing import SHADOWED

_spool, _mail, _ticket, _outbox = tables.spool, tables.mail, tables.ticket, tables.outbox
_BATCH = 500  # traces in memory at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A mail that came in; `ticket` is None where it came to none."""

    id: int
    at: datetime
    ticket: int | None
    verdict: str
    subject: str
    trace: tuple[Mapping[str, Any], ...]

    def step(self, name: str) -> Mapping[str, Any]:
        """What was decided in one step; empty where it was not come to."""
        return next((one for one in self.trace if one.get("step") == name), {})


def accepted(store: Store, start: datetime, end: datetime) -> dict[tuple[str, str], int]:
    """How many mails came in that time, by their state and the reason for it."""
    counts = select(_spool.c.state, _spool.c.reason, func.count()).group_by(_spool.c.state, _spool.c.reason)
    within = _spool.c.received_at >= start, _spool.c.received_at < end
    with store.spool.read() as conn:
        return {(row[0], row[1]): int(row[2]) for row in conn.execute(counts.where(*within))}


def came(store: Store, since: datetime, until: datetime) -> Iterator[Came]:
    """Every mail that was decided on, oldest first."""
    columns = select(_mail.c.id, _mail.c.at, _mail.c.ticket, _mail.c.verdict, _mail.c.subject, _mail.c.trace)
    wanted = columns.where(_mail.c.direction == "in", _mail.c.at >= since, _mail.c.at < until)
    after = 0
    while True:
        with store.main.read() as conn:
            found = conn.execute(wanted.where(_mail.c.id > after).order_by(_mail.c.id).limit(_BATCH)).all()
        for row in found:
            yield Came(
                id=row.id, at=row.at, ticket=row.ticket, verdict=row.verdict, subject=row.subject,
                trace=tuple(row.trace),
            )  # fmt: skip
        if len(found) < _BATCH:
            return
        after = found[-1].id


def routed(conn: Connection, start: datetime, end: datetime) -> dict[tuple[str, str | None], int]:
    """How many tickets were opened in that time, by queue and assignee."""
    by = _ticket.c.queue, _ticket.c.assignee
    within = _ticket.c.created_at >= start, _ticket.c.created_at < end
    rows = conn.execute(select(*by, func.count()).where(*within).group_by(*by))
    return {(row[0], row[1]): int(row[2]) for row in rows}


def kept_back(conn: Connection, start: datetime, end: datetime) -> dict[str, int]:
    """How many letters would have been sent, by kind."""
    counts = select(_mail.c.kind, func.count()).join(_outbox, _outbox.c.mail_id == _mail.c.id)
    within = _outbox.c.created_at >= start, _outbox.c.created_at < end, _outbox.c.state == SHADOWED
    return {row[0]: int(row[1]) for row in conn.execute(counts.where(*within).group_by(_mail.c.kind))}


def titles(conn: Connection, numbers: set[int]) -> dict[int, str]:
    """The titles of these tickets."""
    found = select(_ticket.c.number, _ticket.c.title).where(_ticket.c.number.in_(sorted(numbers)))
    return dict(map(tuple, conn.execute(found)))
