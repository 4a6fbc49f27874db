"""What the commands list of the spool, and how a person puts a closed row back or gives it up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, select, update

from gateway.now import now
from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.spool import RELEASED
from gateway.tickets.reason import Reason

_spool, _mail, _event = tables.spool, tables.mail, tables.event


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolRow:
    """One accepted mail as the commands show it; `leased_by` is the node that works on it."""

    id: int
    source: str
    mail_from: str | None
    recipients: tuple[str, ...]
    peer: str
    received_at: datetime
    size: int
    sha256: str
    state: str
    reason: str
    attempts: int
    alone: bool
    copies: int
    next_at: datetime
    leased_by: str | None
    closed_at: datetime | None


def standing(store: Store, spool_id: int) -> tuple[str, str]:
    """The state of a row and the reason of that; two empty texts where there is no such row."""
    with store.spool.read() as conn:
        row = conn.execute(select(_spool.c.state, _spool.c.reason).where(_spool.c.id == spool_id)).first()
    return (row.state, row.reason) if row else ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A held or quarantined mail; sender and subject are `""` where it was never read."""

    id: int
    from_addr: str
    subject: str
    reason: str
    at: datetime


def rows(store: Store, *, states: Sequence[str] = ("new",), limit: int | None = None) -> list[SpoolRow]:
    """The rows of these states, oldest first."""
    statement = select(_spool).where(_spool.c.state.in_(states)).order_by(_spool.c.id).limit(limit)
    with store.spool.read() as conn:
        return [
            SpoolRow(
                id=row.id,
                source=row.source,
                mail_from=row.mail_from,
                recipients=tuple(row.recipients),
                peer=row.peer,
                received_at=row.received_at,
                size=row.size,
                sha256=row.sha256,
                state=row.state,
                reason=row.reason,
                attempts=row.attempts,
                alone=row.alone,
                copies=row.copies,
                next_at=row.next_at,
                leased_by=row.lease_node,
                closed_at=row.closed_at,
            )
            for row in conn.execute(statement)
        ]


def set_aside(store: Store, *, state: str = "quarantined") -> list[SetAside]:
    """Mails that wait for a person, oldest first."""
    closed = rows(store, states=(state,))
    read: dict[int, tuple[str, str]] = {}
    with store.main.read() as conn:
        for some in _runs([row.id for row in closed]):
            found = select(_mail.c.spool_id, _mail.c.from_addr, _mail.c.subject).where(_mail.c.spool_id.in_(some))
            read.update({row.spool_id: (row.from_addr, row.subject) for row in conn.execute(found)})
    return [
        SetAside(
            id=row.id,
            from_addr=read.get(row.id, ("", ""))[0] or row.mail_from or "",
            subject=read.get(row.id, ("", ""))[1],
            reason=row.reason,
            at=row.closed_at or row.received_at,
        )
        for row in closed
    ]


def retry(store: Store, ids: Sequence[int], *, by: str, state: str = "quarantined") -> set[int]:
    """Put mails that were set aside back into the spool, to be tried alone; returns the ids that could be.

    Those that a rule set aside are released `by` whoever says so. What was recorded of such a mail in `mail` goes
    first: with it the mail would count as processed already.
    """
    wanted = _with_state(store, ids, state)
    with store.main.write() as conn:
        for some in _runs(sorted(wanted)):
            wanted -= _forget(conn, some)

    def work(conn: Connection) -> set[int]:
        back = update(_spool).where(_spool.c.id.in_(wanted), _spool.c.state == state)
        reason = case((_spool.c.reason.startswith(f"{Reason.BY_RULE}: "), f"{RELEASED}{by}"), else_="")
        values = {"state": "new", "reason": reason, "attempts": 0, "alone": True, "next_at": now(), "closed_at": None}
        conn.execute(back.values(values))
        return wanted

    return store.spool.retrying(work)


def discard(store: Store, ids: Sequence[int], *, state: str = "quarantined") -> set[int]:
    """Close mails that were set aside as ignored, kept all the same; returns the ids that could be."""

    def work(conn: Connection) -> set[int]:
        found = set(conn.execute(select(_spool.c.id).where(_spool.c.id.in_(ids), _spool.c.state == state)).scalars())
        gone = update(_spool).where(_spool.c.id.in_(found))
        conn.execute(gone.values(state="ignored", reason=DISCARDED, closed_at=now()))
        return found

    return store.spool.retrying(work)


DISCARDED = "discarded"  # the reason of a row that a person gave up


def _with_state(store: Store, ids: Sequence[int], state: str) -> set[int]:
    with store.spool.read() as conn:
        statement = select(_spool.c.id).where(_spool.c.id.in_(ids), _spool.c.state == state)
        return set(conn.execute(statement).scalars())


def _forget(conn: Connection, spool_ids: Sequence[int]) -> set[int]:
    """Remove the `mail` rows of mails that came to no ticket; returns the spool ids of those that did."""
    found = conn.execute(select(_mail.c.id, _mail.c.spool_id, _mail.c.ticket).where(_mail.c.spool_id.in_(spool_ids)))
    rows = found.all()
    loose = [row.id for row in rows if row.ticket is None]
    conn.execute(update(_event).where(_event.c.mail_id.in_(loose)).values(mail_id=None))
    conn.execute(_mail.delete().where(_mail.c.id.in_(loose)))
    return {row.spool_id for row in rows if row.ticket is not None}


def _runs(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + 1000] for start in range(0, len(ids), 1000)]
