"""What the comparison of shadow mode reads: what came in, what became of it, what would have been sent."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, cast, func, select

from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import one_of, rows_in
from gateway.store.shadowing import SHADOWED
from gateway.tickets import probe

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


def probed(conn: Connection) -> frozenset[int]:
    """The tickets that `gateway check --probe` opened: what came and went on them is no mail of anybody's."""
    found = select(_ticket.c.number).where(cast(_ticket.c.tags, Text).contains(probe.TAG, autoescape=True))
    return frozenset(conn.execute(found).scalars())


def accepted(store: Store, start: datetime, end: datetime, but: Collection[int]) -> Counter[tuple[str, str]]:
    """How many mails came in that time, by their state and the reason for it, without those on the tickets `but`."""
    with store.main.read() as conn:
        theirs = rows_in(conn, _mail, "ticket", sorted(but), ("spool_id", "direction")) if but else []
    left_out = {spool_id for spool_id, direction in theirs if direction == "in"}
    at = _spool.c
    counts = select(at.state, at.reason, func.count()).where(at.received_at >= start, at.received_at < end)
    by = counts.group_by(at.state, at.reason)
    with store.spool.read() as conn:
        found = Counter({(row[0], row[1]): int(row[2]) for row in conn.execute(by)})
        if left_out:
            those = by.where(one_of(conn, at.id, sorted(left_out)))
            found -= Counter({(row[0], row[1]): int(row[2]) for row in conn.execute(those)})
    return found


def came(store: Store, since: datetime, until: datetime, but: Collection[int]) -> Iterator[Came]:
    """Every mail that was decided on, oldest first, without those on the tickets `but`."""
    columns = select(_mail.c.id, _mail.c.at, _mail.c.ticket, _mail.c.verdict, _mail.c.subject, _mail.c.trace)
    wanted = columns.where(_mail.c.direction == "in", _mail.c.at >= since, _mail.c.at < until)
    after = 0
    while True:
        with store.main.read() as conn:
            found = conn.execute(wanted.where(_mail.c.id > after).order_by(_mail.c.id).limit(_BATCH)).all()
        for row in found:
            if row.ticket in but:
                continue
            yield Came(
                id=row.id, at=row.at, ticket=row.ticket, verdict=row.verdict, subject=row.subject,
                trace=tuple(row.trace),
            )  # fmt: skip
        if len(found) < _BATCH:
            return
        after = found[-1].id


def routed(conn: Connection, start: datetime, end: datetime, but: Collection[int]) -> Counter[tuple[str, str | None]]:
    """How many tickets were opened in that time, by queue and assignee, without the tickets `but`."""
    at = _ticket.c
    opened = select(at.number, at.queue, at.assignee).where(at.created_at >= start, at.created_at < end)
    return Counter((row.queue, row.assignee) for row in conn.execute(opened) if row.number not in but)


def kept_back(conn: Connection, start: datetime, end: datetime, but: Collection[int]) -> Counter[str]:
    """How many letters would have been sent, by kind, without those about the tickets `but`."""
    letters = select(_mail.c.kind, _outbox.c.ticket).join(_outbox, _outbox.c.mail_id == _mail.c.id)
    within = _outbox.c.created_at >= start, _outbox.c.created_at < end, _outbox.c.state == SHADOWED
    return Counter(row.kind for row in conn.execute(letters.where(*within)) if row.ticket not in but)


def titles(conn: Connection, numbers: set[int]) -> dict[int, str]:
    """The titles of these tickets."""
    found = select(_ticket.c.number, _ticket.c.title).where(_ticket.c.number.in_(sorted(numbers)))
    return dict(map(tuple, conn.execute(found)))
