"""Matters: open tickets that look like one another, kept together from the first on.

New tickets are taken in some time after they were made, in small batches, by whichever node comes first: `counter`
holds how far, and moving it on is what makes a batch count once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from gateway.errors import Conflict
from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import insert, insert_many, one_of, rows_in
from gateway.store.similar import Scope, counts_of, holders_of, is_compared, profiles_in
from gateway.tickets.similar import SAME_MATTER, Likeness, Profile, candidates, likeness

BATCH = 20  # tickets a transaction: small, for mails that come in meanwhile wait for it
_COMPARED = 10  # tickets, likeliest first, that a new one is compared with to find the one it is most like
_LATE = 200  # numbers: with several nodes, a lower one may be committed after a higher one
_FORGOTTEN = 200  # tickets a transaction
_MARK = "similar"  # the counter

_ticket, _of_matter, _matter = tables.ticket, tables.ticket_matter, tables.matter
_token, _counter = tables.ticket_token, tables.counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """Open tickets that look like one matter; `number` is the first of them."""

    number: int
    subject: str
    queue: str
    tickets: tuple[int, ...]
    requesters: int
    opened: Mapping[int, datetime]
    subjects: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """A matter that has grown since its lead was told. `counted`: its tickets, those that ended since among them."""

    number: int
    queue: str
    counted: int
    told: int
    told_at: datetime | None


def matter_of(store: Store, number: int, scope: Scope) -> tuple[int, ...]:
    """The open tickets of the matter that a ticket belongs to, itself among them; () where it stands alone."""
    with store.main.read() as conn:
        return matter_in(conn, number, scope)


def matter_in(conn: Connection, number: int, scope: Scope) -> tuple[int, ...]:
    """As `matter_of`, as the caller's transaction sees it."""
    own = select(_of_matter.c.matter).where(_of_matter.c.ticket == number).scalar_subquery()
    found = tuple(conn.execute(_members(scope, _of_matter.c.matter == own)).scalars())
    return found if len(found) > 1 else ()


def matters(store: Store, scope: Scope, *, at_least: int = 2) -> list[Matter]:
    """Every matter of so many open tickets, the largest first."""
    with store.main.read() as conn:
        heads = conn.execute(select(_matter.c.number).where(_matter.c.tickets >= at_least)).scalars().all()
        found = _read(conn, heads, scope)
    large = (one for one in found if len(one.tickets) >= at_least)
    return sorted(large, key=lambda one: (-len(one.tickets), one.number))


def read_matters(store: Store, heads: Sequence[int], scope: Scope) -> list[Matter]:
    """Those of these matters that have an open ticket, the largest first."""
    with store.main.read() as conn:
        return sorted(_read(conn, heads, scope), key=lambda one: (-len(one.tickets), one.number))


def untold(store: Store, scope: Scope, *, at_least: int) -> list[Untold]:
    """Matters of so many customers that grew since their lead was told, those that wait longest first."""
    grown = (_matter.c.tickets >= at_least, _matter.c.tickets > _matter.c.told)
    members = _members(scope, *grown).join(_matter, _matter.c.number == _of_matter.c.matter).subquery()
    # Counted before it is read: a machine may have written thousands, and it is one customer.
    first = func.min(members.c.number).label("first")
    customers = func.count(members.c.requester_id.distinct())
    enough = select(members.c.matter, first).group_by(members.c.matter).having(customers >= at_least).subquery()
    rows = (
        select(_matter, _ticket.c.queue)
        .join_from(enough, _matter, _matter.c.number == enough.c.matter)
        .join(_ticket, _ticket.c.number == enough.c.first)
        .order_by(_matter.c.told_at.is_not(None), _matter.c.told_at, _matter.c.tickets.desc(), _matter.c.number)
    )
    with store.main.read() as conn:
        return [
            Untold(number=row.number, queue=row.queue, counted=row.tickets, told=row.told, told_at=row.told_at)
            for row in conn.execute(rows)
        ]


def mark_told(conn: Connection, those: Iterable[Untold], at: datetime) -> None:
    """In the caller's transaction: the leads have heard of these, as they were counted."""
    for one in those:
        told = update(_matter).where(_matter.c.number == one.number, _matter.c.told < one.counted)
        conn.execute(told.values(told=one.counted, told_at=at))


def _read(conn: Connection, heads: Sequence[int], scope: Scope) -> list[Matter]:
    members: dict[int, list[Row[Any]]] = {}
    for row in conn.execute(_members(scope, one_of(conn, _of_matter.c.matter, heads))):
        members.setdefault(row.matter, []).append(row)
    return [
        Matter(
            number=head,
            subject=rows[0].title,
            queue=rows[0].queue,
            tickets=tuple(row.number for row in rows),
            requesters=len({row.requester_id for row in rows}),
            opened={row.number: row.created_at for row in rows},
            subjects={row.number: row.title for row in rows},
        )
        for head, rows in members.items()
    ]


def _members(scope: Scope, *conditions: ColumnElement[bool]) -> Any:
    at = _ticket.c
    return (
        select(at.number, at.title, at.queue, at.requester_id, at.created_at, _of_matter.c.matter)
        .join_from(_of_matter, _ticket, at.number == _of_matter.c.ticket)
        .where(*conditions, *is_compared(scope))
        .order_by(at.number)
    )


# ---- taking in new tickets -----------------------------------------------------------------------------------------


def take_in(store: Store, scope: Scope) -> bool:
    """Take in one batch of new tickets; False where nothing was left to do."""
    with store.main.read() as conn:
        before = _mark(conn)
        numbers, mark = _new(conn, before, scope.since)
        if not numbers and mark == before:
            return False
        profiles = {number: one for number, (one, _) in profiles_in(conn, numbers, scope).items()}
        batch = _Batch(conn, profiles, scope)
        opened = dict(map(tuple, rows_in(conn, _ticket, "number", numbers, ("number", "created_at"))))
    members = batch.members()
    try:
        with store.main.write() as conn:
            if not _move_mark(conn, before, mark):
                return True  # another node took them in meanwhile; there may be more
            _write(conn, profiles, members, opened)
    except (Conflict, IntegrityError):  # the same late ticket, by two nodes
        return True
    return mark > before


def forget(store: Store, *, before: datetime) -> bool:
    """Drop what is known of some tickets opened before that instant; False where there are none."""
    old = select(_of_matter.c.ticket).where(_of_matter.c.at <= before).order_by(_of_matter.c.at).limit(_FORGOTTEN)
    with store.main.read() as conn:
        numbers = list(conn.execute(old).scalars())
    if not numbers:
        return False
    with store.main.write() as conn:
        conn.execute(delete(_token).where(_token.c.ticket.in_(numbers)))
        gone = delete(_of_matter).where(_of_matter.c.ticket.in_(numbers)).returning(_of_matter.c.matter)
        heads = set(conn.execute(gone).scalars())
        left = set(conn.execute(select(_of_matter.c.matter).where(_of_matter.c.matter.in_(heads))).scalars())
        conn.execute(delete(_matter).where(_matter.c.number.in_(heads - left)))
    return True


def _new(conn: Connection, mark: int, since: datetime) -> tuple[list[int], int]:
    """Numbers to be taken in, and how far that goes."""
    known = select(_of_matter.c.ticket).where(_of_matter.c.ticket == _ticket.c.number).exists()
    late = select(_ticket.c.number).where(
        _ticket.c.number > mark - _LATE, _ticket.c.number <= mark, _ticket.c.created_at > since, ~known
    )
    fresh = select(_ticket.c.number, _ticket.c.created_at).where(_ticket.c.number > mark)
    rows = conn.execute(fresh.order_by(_ticket.c.number).limit(BATCH)).all()
    numbers = [*conn.execute(late.order_by(_ticket.c.number).limit(BATCH)).scalars()]
    numbers += [row.number for row in rows if row.created_at > since]
    return numbers, max((row.number for row in rows), default=mark)


def _mark(conn: Connection) -> int:
    return int(conn.execute(select(_counter.c.value).where(_counter.c.name == _MARK)).scalar() or 0)


def _move_mark(conn: Connection, before: int, mark: int) -> bool:
    here = (_counter.c.name == _MARK, _counter.c.value == before)
    if conn.execute(update(_counter).where(*here).values(value=mark)).rowcount == 1:
        return True
    if before or _mark(conn):
        return False
    insert(conn, _counter, name=_MARK, value=mark)
    return True


class _Batch:
    """What is needed to find for each of some new tickets the one it is most like, among old ones and one another."""

    def __init__(self, conn: Connection, new: Mapping[int, Profile], scope: Scope) -> None:
        self.new = new
        tokens = {token for one in new.values() for token in one.tokens}
        holders = holders_of(conn, tokens, new.keys())
        self.compared: dict[int, list[int]] = {}
        for number, one in sorted(new.items()):
            self.compared[number] = candidates(one, holders, limit=_COMPARED)
            for token in one.tokens:
                holders.setdefault(token, []).append(number)
        old = {number for found in self.compared.values() for number in found} - new.keys()
        self.old = {number: one for number, (one, _) in profiles_in(conn, sorted(old), scope).items()}
        # What the older tickets say beside is as common for them as it is for the new ones.
        theirs = {token for one in self.old.values() for token in one.tokens if token not in holders}
        self.common = {token: len(having) for token, having in holders.items()} | counts_of(conn, theirs)
        rows = rows_in(conn, _of_matter, "ticket", sorted(self.old), ("ticket", "matter")) if self.old else []
        self.matters: dict[int, int] = dict(map(tuple, rows))

    def members(self) -> dict[int, int]:
        """For each new ticket its matter: that of the ticket it is most like, or its own."""
        known = {**self.old, **self.new}
        for number, compared in self.compared.items():
            one = self.new[number]
            likenesses = [(likeness(one, known[other], self.common), other) for other in compared if other in known]
            best, other = max(likenesses, key=lambda pair: (pair[0].score, -pair[1]), default=(Likeness(score=0), 0))
            is_one_more = best.score >= SAME_MATTER
            self.matters[number] = self.matters.get(other, other) if is_one_more else number
        return {number: self.matters[number] for number in self.new}


def _write(
    conn: Connection, new: Mapping[int, Profile], members: Mapping[int, int], opened: Mapping[int, datetime]
) -> None:
    # Those that ended or were merged meanwhile get a row too, or the late ones among them would be asked for again.
    rows = [{"ticket": number, "matter": members.get(number, number), "at": at} for number, at in opened.items()]
    insert_many(conn, _of_matter, rows)
    insert_many(
        conn, _token, [{"token": token, "ticket": number} for number, one in new.items() for token in one.tokens]
    )
    joined: dict[int, int] = {}
    for number, head in members.items():
        if number != head:
            joined[head] = joined.get(head, 0) + 1
    for head, count in joined.items():
        more = update(_matter).where(_matter.c.number == head).values(tickets=_matter.c.tickets + count)
        if conn.execute(more).rowcount == 0:
            insert(conn, _matter, number=head, tickets=count + 1, told=0, told_at=None)
