"""What `gateway tickets` and `gateway show` read: lists and whole tickets, as values with the keys of their JSON."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.snapshots import merged_into
from gateway.tickets.status import Status

_ticket, _article = tables.ticket, tables.article
_LONGEST_WORD = 200  # characters; SQLite bounds the patterns of LIKE
_LOGO_BYTES = 64 * 1024  # larger images are no logos


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One ticket as lists show it; the names are the keys of the JSON. `requester` is an address."""

    number: int
    subject: str
    status: str
    priority: str
    queue: str
    assignee: str | None
    requester: str | None
    tags: tuple[str, ...]
    type: str | None
    category: str | None
    area: str | None
    impact: str | None
    created_at: datetime
    updated_at: datetime
    first_response_due: datetime | None
    next_response_due: datetime | None
    resolve_due: datetime | None
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """An attachment as it is listed; the bytes stay in the raw mail."""

    name: str
    size: int
    sha256: str
    type: str
    inline: bool
    declared: str
    repeated: bool  # a small image that hung on an earlier mail already: a signature's logo, most likely


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One contribution; `elided` is what was cut from `text`, `mail_id` None where no mail brought it.

    `ticket` is the one it was made on, which may have been merged into the one it is shown on.
    """

    id: int
    ticket: int
    direction: str
    author: str
    subject: str
    text: str
    elided: str
    mail_id: int | None
    attachments: tuple[Attached, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the journal."""

    at: datetime
    actor: str
    kind: str
    reason: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Who takes part, by each of their addresses."""

    address: str
    name: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A link to (`out`) or from (`in`) another ticket: `kind` reads from the one that has it as `out`."""

    ticket: int
    kind: str
    direction: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A whole ticket."""

    ticket: Ticket
    requester_name: str
    description: str
    time_spent: int  # minutes
    fields: Mapping[str, str]
    pinned: bool
    rating: int | None  # the requester's, 1 to 5
    on_hold_until: datetime | None
    merged_into: int | None
    articles: tuple[Article, ...]
    events: tuple[Event, ...]
    participants: tuple[Participant, ...]
    links: tuple[Linked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which tickets: of each kind any of the values, nothing where any will do; None among assignees is nobody.

    Every word must stand somewhere in title, description or an article.
    """

    statuses: Collection[str] = ()
    queues: Collection[str] = ()
    assignees: Collection[str | None] = ()
    priorities: Collection[str] = ()
    tags: Collection[str] = ()
    words: Collection[str] = ()


def tickets(store: Store, wanted: Wanted, *, at: datetime) -> list[Ticket]:
    """The tickets asked for, ascending by number; `at` is the instant by which they are overdue."""
    with store.main.read() as conn:
        return tickets_in(conn, wanted, at=at)


def tickets_in(conn: Connection, wanted: Wanted, *, at: datetime) -> list[Ticket]:
    """As `tickets`, as the caller's transaction sees them."""
    statement = _select().where(*_conditions(wanted)).order_by(_ticket.c.number)
    found = [_ticket_of(row, at) for row in conn.execute(statement)]
    for word in wanted.words:
        if not word.isascii():
            exact = _numbers_with(conn, word, [one.number for one in found])
            found = [one for one in found if one.number in exact]
    return [one for one in found if not wanted.tags or not set(wanted.tags).isdisjoint(one.tags)]


def pinned_in(conn: Connection) -> frozenset[int]:
    """The tickets that stay on top of lists."""
    return frozenset(conn.execute(select(_ticket.c.number).where(_ticket.c.pinned)).scalars())


def known_values(store: Store, column: str) -> set[str]:
    """What stands in `queue`, `assignee` or `status` of any ticket: names that a site used once are still names."""
    with store.main.read() as conn:
        return {value for value in conn.execute(select(_ticket.c[column]).distinct()).scalars() if value is not None}


def opened_at(store: Store, numbers: Collection[int]) -> dict[int, datetime]:
    """Which of these tickets there are, and when each was opened."""
    within = [number for number in numbers if 0 < number < 2**63]
    with store.main.read() as conn:
        rows = conn.execute(select(_ticket.c.number, _ticket.c.created_at).where(_ticket.c.number.in_(within)))
        return {row.number: row.created_at for row in rows}


def page(store: Store, number: int, *, at: datetime) -> Page | None:
    """A whole ticket as of one moment; None where there is none of that number."""
    with store.main.read() as conn:
        return page_in(conn, number, at=at)


def page_in(conn: Connection, number: int, *, at: datetime) -> Page | None:
    """As `page`, as the caller's transaction sees it."""
    row = conn.execute(_select(whole=True).where(_ticket.c.number == number)).first()
    if row is None:
        return None
    people = _participants(conn, number)
    ticket = _ticket_of(row, at)
    return Page(
        ticket=ticket,
        requester_name=next((one.name for one in people if one.address == ticket.requester), ""),
        description=row.description,
        time_spent=row.time_spent,
        fields=row.fields,
        pinned=row.pinned,
        rating=row.rating,
        on_hold_until=row.on_hold_until,
        merged_into=row.merged_into,
        articles=_articles(conn, [number, *merged_into(conn, number)]),
        events=_events(conn, number),
        participants=people,
        links=_links(conn, number),
    )


# ---- tickets -------------------------------------------------------------------------------------------------------


def _select(*, whole: bool = False) -> Any:
    at = _ticket.c
    address = tables.address.c
    requester = (
        select(address.shown)
        .where(address.person_id == at.requester_id)
        .order_by(address.addr)
        .limit(1)
        .correlate(_ticket)
        .scalar_subquery()
    )
    narrow = (
        at.number, at.title, at.status, at.priority, at.queue, at.assignee, at.tags, at.type, at.category, at.area,
        at.impact, at.created_at, at.updated_at, at.first_response_at, at.first_response_due, at.next_response_due,
        at.resolve_due,
    )  # fmt: skip
    wide = (at.description, at.time_spent, at.fields, at.pinned, at.rating, at.on_hold_until, at.merged_into)
    return select(*narrow, *(wide if whole else ()), requester.label("requester"))


def _ticket_of(row: Row[Any], at: datetime) -> Ticket:
    return Ticket(
        number=row.number,
        subject=row.title,
        status=row.status,
        priority=row.priority,
        queue=row.queue,
        assignee=row.assignee,
        requester=row.requester,
        tags=tuple(row.tags),
        type=row.type,
        category=row.category,
        area=row.area,
        impact=row.impact,
        created_at=row.created_at,
        updated_at=row.updated_at,
        first_response_due=row.first_response_due,
        next_response_due=row.next_response_due,
        resolve_due=row.resolve_due,
        overdue=_is_overdue(row, at),
    )


def _is_overdue(row: Row[Any], at: datetime) -> bool:
    """Something that is still to be done has passed its due time."""
    if row.status in (Status.RESOLVED, Status.CLOSED):
        return False
    first = row.first_response_due if row.first_response_at is None else None
    return any(due is not None and due < at for due in (first, row.next_response_due, row.resolve_due))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    at = _ticket.c
    found: list[ColumnElement[bool]] = []
    for column, values in ((at.status, wanted.statuses), (at.queue, wanted.queues), (at.priority, wanted.priorities)):
        if values:
            found.append(column.in_(values))
    if wanted.assignees:
        named = at.assignee.in_([name for name in wanted.assignees if name is not None])
        found.append(or_(named, at.assignee.is_(None)) if None in wanted.assignees else named)
    return found + [_mentions(word) for word in wanted.words]


def _mentions(word: str) -> ColumnElement[bool]:
    """The word stands in one of the texts, capitals or not."""
    pattern = like_pattern(word)
    article = select(_article.c.id).where(
        _article.c.ticket == _ticket.c.number, _article.c.text.ilike(pattern, escape="\\")
    )
    return or_(
        _ticket.c.title.ilike(pattern, escape="\\"),
        _ticket.c.description.ilike(pattern, escape="\\"),
        article.exists(),
    )


def like_pattern(word: str) -> str:
    """A pattern for ILIKE that holds wherever the word stands.

    The databases fold the case of ASCII alike, of other letters each in its own way; those match any character here,
    and who asks looks again.
    """
    folded = unicodedata.normalize("NFC", word)[:_LONGEST_WORD]
    return "%" + "".join(f"\\{char}" if char in "\\%_" else char if char.isascii() else "_" for char in folded) + "%"


def _numbers_with(conn: Connection, word: str, numbers: Sequence[int]) -> set[int]:
    """Of these tickets those that really hold a word that is not ASCII."""
    folded = unicodedata.normalize("NFC", word).casefold()
    found: set[int] = set()
    for start in range(0, len(numbers), 500):
        some = numbers[start : start + 500]
        texts = [
            select(_ticket.c.number, _ticket.c.title, _ticket.c.description).where(_ticket.c.number.in_(some)),
            select(_article.c.ticket, _article.c.text).where(_article.c.ticket.in_(some)),
        ]
        for statement in texts:
            found |= {row[0] for row in conn.execute(statement) if any(folded in text.casefold() for text in row[1:])}
    return found


# ---- one ticket ----------------------------------------------------------------------------------------------------


def _articles(conn: Connection, numbers: Sequence[int]) -> tuple[Article, ...]:
    at = tables.attachment.c
    attached: dict[int, list[Attached]] = {}
    hanging = select(tables.attachment).join_from(tables.attachment, _article).where(_article.c.ticket.in_(numbers))
    rows = conn.execute(hanging.order_by(at.id)).all()
    first = _first_seen(conn, {row.sha256 for row in rows if _may_be_logo(row.type, row.size)})
    for row in rows:
        attached.setdefault(row.article_id, []).append(
            Attached(
                name=row.name,
                size=row.size,
                sha256=row.sha256,
                type=row.type,
                inline=row.inline,
                declared=row.declared,
                repeated=first.get(row.sha256, row.article_id) < row.article_id,
            )
        )
    return tuple(
        Article(
            id=row.id,
            ticket=row.ticket,
            direction=row.direction,
            author=row.author,
            subject=row.subject,
            text=row.text,
            elided=row.elided,
            mail_id=row.mail_id,
            attachments=tuple(attached.get(row.id, ())),
            at=row.at,
        )
        for row in conn.execute(select(_article).where(_article.c.ticket.in_(numbers)).order_by(_article.c.id))
    )


def _may_be_logo(kind: str, size: int) -> bool:
    return kind.startswith("image/") and size <= _LOGO_BYTES


def _first_seen(conn: Connection, digests: Collection[str]) -> dict[str, int]:
    """The first article, of any ticket, that brought the bytes with each digest."""
    at = tables.attachment.c
    found = select(at.sha256, func.min(at.article_id)).where(at.sha256.in_(sorted(digests))).group_by(at.sha256)
    return {row[0]: row[1] for row in conn.execute(found)} if digests else {}


def _events(conn: Connection, number: int) -> tuple[Event, ...]:
    event = tables.event
    return tuple(
        Event(at=row.at, actor=row.actor, kind=row.kind, reason=row.reason or None, data=row.data)
        for row in conn.execute(select(event).where(event.c.ticket == number).order_by(event.c.id))
    )


_ROLES = ("requester", "watcher", "third", "other", "proposed")


def _participants(conn: Connection, number: int) -> tuple[Participant, ...]:
    part, person, address = tables.participant, tables.person, tables.address
    statement = (
        select(address.c.shown, person.c.name, part.c.role)
        .join_from(part, person)
        .join(address, address.c.person_id == person.c.id)
        .where(part.c.ticket == number)
        .order_by(part.c.at, address.c.addr)
    )
    found = [Participant(address=row.shown, name=row.name, role=row.role) for row in conn.execute(statement)]
    return tuple(sorted(found, key=lambda one: _ROLES.index(one.role) if one.role in _ROLES else len(_ROLES)))


def _links(conn: Connection, number: int) -> tuple[Linked, ...]:
    at = tables.link.c
    statement = select(tables.link).where(or_(at.ticket == number, and_(at.other == number, at.ticket != number)))
    return tuple(
        Linked(
            ticket=row.other if row.ticket == number else row.ticket,
            kind=row.kind,
            direction="out" if row.ticket == number else "in",
            reason=row.reason or None,
        )
        for row in conn.execute(statement.order_by(at.at, at.ticket, at.other))
    )
