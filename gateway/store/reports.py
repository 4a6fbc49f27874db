"""Tickets as reports see them: their fields, and what the journal says of their course."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from gateway.store import tables
from gateway.store.fast import one_of
from gateway.tickets import probe
from gateway.tickets.sla import DUE
from gateway.tickets.status import Status

_PAGE = 500  # tickets in memory at once
_KINDS = ("changed", "time_spent", "undone")  # lines of the journal
_PROMISED = tuple(DUE.values())
# With one of these in a line of the journal a clock paused or ended.
_STOPPED = frozenset(("status", "first_response_at", "last_agent_at"))
_ticket, _event, _article, _person, _address = (
    tables.ticket.c, tables.event.c, tables.article.c, tables.person.c, tables.address.c,
)  # fmt: skip
_FIELDS = (
    "number", "title", "status", "queue", "priority", "type", "category", "area", "assignee", "sla", "created_at",
    "updated_at", "first_response_at", "first_response_due", "next_response_due", "resolve_due",
    "first_response_minutes", "resolve_minutes", "rating", "rated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """What was promised on a clock: by when, and until when that stood. A pause and the end are its last instants."""

    due: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A ticket went from one status to another. `promised`: by when it was to be solved until then."""

    at: datetime
    before: str
    after: str
    promised: Stood | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A ticket went from one agent (key) to another; None is nobody."""

    at: datetime
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Somebody noted time; `by` as in the journal: `agent:carol`, `cli:root`."""

    at: datetime
    minutes: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One ticket. `requester` is an address, "" where it is nobody's; `workers` are the agents who wrote on it.

    `answered_by` is the agent who gave the first answer; None where no name is known; `answer_promised`: by when that
    was promised. They and what stands below are empty where the ticket was not touched in the time asked about.
    """

    number: int
    title: str
    status: str
    queue: str
    priority: str
    type: str | None
    category: str | None
    area: str | None
    assignee: str | None
    sla: str | None
    tags: tuple[str, ...]
    requester: str
    requester_name: str
    created_at: datetime
    updated_at: datetime
    first_response_at: datetime | None
    first_response_due: datetime | None
    next_response_due: datetime | None
    resolve_due: datetime | None
    first_response_minutes: int | None  # of working time, as the clocks of the ticket had it
    resolve_minutes: int | None
    rating: int | None
    rated_at: datetime | None
    answered_by: str | None = None
    answer_promised: Stood | None = None
    moves: tuple[Move, ...] = ()
    handed: tuple[Handed, ...] = ()
    spent: tuple[Spent, ...] = ()
    workers: frozenset[str] = frozenset()

    def assigned_at(self, at: datetime) -> str | None:
        """The agent who had the ticket then; whoever was given it at that very instant has it."""
        if not self.handed:
            return self.assignee
        return next((one.after for one in reversed(self.handed) if one.at <= at), self.handed[0].before)


def courses(
    conn: Connection, *, touched_since: datetime, opened_since: datetime, ended: Collection[str]
) -> Iterator[Course]:
    """The tickets that are open, were touched since, or opened since; ascending, without merged ones and probes.

    `ended`: statuses of the site's own in which a ticket is done with.
    """
    is_open = _ticket.status.not_in([Status.RESOLVED, Status.CLOSED, *ended])
    wanted = or_(is_open, _ticket.created_at >= opened_since, _ticket.updated_at >= touched_since)
    columns = (*(_ticket[name] for name in _FIELDS), _ticket.tags, _ticket.requester_id)
    query = select(*columns).where(_ticket.merged_into.is_(None), wanted).order_by(_ticket.number).limit(_PAGE)
    after = 0
    while rows := conn.execute(query.where(_ticket.number > after)).all():
        yield from _page(conn, [row for row in rows if probe.TAG not in row.tags], touched_since)
        after = rows[-1].number


def first_opened_at(conn: Connection) -> datetime | None:
    """When the oldest ticket was opened."""
    return conn.execute(select(func.min(_ticket.created_at))).scalar()


def last_lines(conn: Connection, numbers: Collection[int]) -> dict[int, datetime]:
    """By ticket when the newest line of its journal was written."""
    newest = select(func.max(_event.id)).where(one_of(conn, _event.ticket, numbers)).group_by(_event.ticket)
    lines = select(_event.ticket, _event.at).where(_event.id.in_(newest))
    return dict(map(tuple, conn.execute(lines)))


def promised(conn: Connection, number: int) -> Mapping[str, Stood]:
    """What was promised on a ticket, by due column, as the journal last told; of a clock that ended, by its end."""
    return _journals(conn, [number]).get(number, _NOTHING).stood


def _page(conn: Connection, rows: Sequence[Row[Any]], touched_since: datetime) -> Iterator[Course]:
    touched = [row.number for row in rows if row.updated_at >= touched_since]
    journals = _journals(conn, touched)
    writers = _writers(conn, [one.answered_in for one in journals.values() if one.answered_in is not None])
    workers = _workers(conn, touched)
    people = _people(conn, {row.requester_id for row in rows} - {None})
    for row in rows:
        address, shown = people.get(row.requester_id, ("", ""))
        journal = journals.get(row.number, _NOTHING)
        yield Course(
            **{name: getattr(row, name) for name in _FIELDS},
            tags=tuple(row.tags),
            requester=address,
            requester_name=shown,
            moves=tuple(journal.moves),
            handed=tuple(journal.handed),
            answered_by=journal.answered_by or writers.get(journal.answered_in or 0),
            answer_promised=journal.answer_promised,
            spent=tuple(journal.spent.values()),
            workers=frozenset(workers.get(row.number, ())),
        )


@dataclass(slots=True)
class _Journal:
    """What the lines of one ticket's journal come to, oldest first; what was taken back is left out."""

    moves: list[Move] = field(default_factory=list)
    handed: list[Handed] = field(default_factory=list)
    answered_by: str | None = None
    answered_in: int | None = None  # the mail that is or brought the first answer
    answer_promised: Stood | None = None
    spent: dict[int, Spent] = field(default_factory=dict)  # by the id of the line
    _dues: dict[str, datetime | None] = field(default_factory=dict)  # by column, as far as any line has told
    stood: dict[str, Stood] = field(default_factory=dict)

    def add(self, row: Any) -> None:
        if row.kind == "time_spent":
            self.spent[row.id] = Spent(at=row.at, minutes=row.data["minutes"], by=row.data["by"])
        elif row.kind == "undone":
            self.spent.pop(row.data.get("event", 0), None)
        else:
            self._change(row)

    def _change(self, row: Any) -> None:
        for column in _PROMISED:
            self._promise(column, row)
        before, after = row.data.get("status", (None, None))
        if before is not None and before != after:
            self.moves.append(Move(at=row.at, before=before, after=after, promised=self.stood.get("resolve_due")))
        before, after = row.data.get("assignee", (None, None))
        if before != after:
            self.handed.append(Handed(at=row.at, before=before, after=after))
        if "first_response_at" in row.data:
            self.answered_by = row.actor.removeprefix("agent:") if row.actor.startswith("agent:") else None
            self.answered_in = row.mail_id
            self.answer_promised = self.stood.get("first_response_due") if row.data["first_response_at"][1] else None

    def _promise(self, column: str, row: Any) -> None:
        """A due time goes with the clock that ends or pauses, and stood until then; else nothing is promised more."""
        now = self._dues.get(column)
        before, after = map(_instant, row.data[column]) if column in row.data else (now, now)
        self._dues[column] = after
        due = after or before
        if after is None and before is not None and not _STOPPED.intersection(row.data):
            self.stood.pop(column, None)
        elif due is not None:
            self.stood[column] = Stood(due=due, until=row.at)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_NOTHING = _Journal()


def _journals(conn: Connection, numbers: Collection[int]) -> dict[int, _Journal]:
    found: dict[int, _Journal] = {}
    theirs = (one_of(conn, _event.ticket, numbers), _event.kind.in_(_KINDS))
    columns = (_event.id, _event.ticket, _event.mail_id, _event.at, _event.actor, _event.kind, _event.data)
    for row in conn.execute(select(*columns).where(*theirs).order_by(_event.id)):
        found.setdefault(row.ticket, _Journal()).add(row)
    return found


def _writers(conn: Connection, mails: Collection[int]) -> dict[int, str]:
    """The agents who wrote answers of ours, by the mail; also those that were sent by hand."""
    ours = (_article.direction == "out", _article.author.startswith("agent:"))
    query = select(_article.mail_id, _article.author).where(one_of(conn, _article.mail_id, mails), *ours)
    return {mail: author.removeprefix("agent:") for mail, author in conn.execute(query)}


def _workers(conn: Connection, numbers: Collection[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    written = (one_of(conn, _article.ticket, numbers), _article.author.startswith("agent:"))
    for ticket, author in conn.execute(select(_article.ticket, _article.author).where(*written).distinct()):
        found.setdefault(ticket, set()).add(author.removeprefix("agent:"))
    return found


def _people(conn: Connection, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Of each person the first address, and the name."""
    query = select(_person.id, _address.shown, _person.name).join_from(tables.person, tables.address)
    found: dict[int, tuple[str, str]] = {}
    for person, address, name in conn.execute(query.where(one_of(conn, _person.id, ids)).order_by(_address.addr)):
        found.setdefault(person, (address, name))
    return found
