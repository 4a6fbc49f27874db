"""What a simulation reads: which tickets the clock will look at, what a look at one of them wrote, who had letters."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from gateway.store import tables
from gateway.store.announcements import Announcement
from gateway.store.fast import one_of
from gateway.tickets.status import Status

_PAGE = 500  # numbers in memory at once
_ticket, _event, _waiting, _reminder = tables.ticket.c, tables.event.c, tables.announcement.c, tables.reminder.c
_mail, _outbox = tables.mail.c, tables.outbox.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the journal."""

    kind: str
    actor: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Up to which rows a ticket was read."""

    event: int
    announcement: int


def tickets(conn: Connection, until: datetime, ended: Collection[str]) -> Iterator[int]:
    """The tickets on which something is due until then, reminders and ends of holds among it, and those of which nobody
    reckoned yet; ascending.

    `ended`: statuses of the site's own in which a ticket is done with.
    """
    unknown = and_(_ticket.clocks.is_(None), _ticket.status.not_in([Status.RESOLVED, Status.CLOSED, *ended]))
    reminded = select(_reminder.ticket).where(_reminder.done_at.is_(None), _reminder.at <= until)
    wished = or_(_ticket.on_hold_until <= until, _ticket.number.in_(reminded))
    wanted = or_(_ticket.next_tick_at <= until, unknown, wished)
    query = select(_ticket.number).where(_ticket.merged_into.is_(None), wanted).order_by(_ticket.number).limit(_PAGE)
    after = 0
    while numbers := list(conn.execute(query.where(_ticket.number > after)).scalars()):
        yield from numbers
        after = numbers[-1]


def row(conn: Connection, number: int) -> Mapping[str, Any]:
    """The row of a ticket that there is."""
    return dict(conn.execute(select(tables.ticket).where(_ticket.number == number)).one()._mapping)


def mark(conn: Connection, number: int) -> Mark:
    """Where the rows of a ticket end now."""
    event = select(func.max(_event.id)).where(_event.ticket == number)
    announcement = select(func.max(_waiting.id)).where(_waiting.ticket == number)
    return Mark(event=conn.execute(event).scalar() or 0, announcement=conn.execute(announcement).scalar() or 0)


def journal(conn: Connection, number: int, since: Mark) -> list[Line]:
    """The lines of the journal behind a mark, in order."""
    new = (_event.ticket == number, _event.id > since.event)
    rows = conn.execute(select(_event.kind, _event.actor, _event.data).where(*new).order_by(_event.id))
    return [Line(kind=row.kind, actor=row.actor, data=row.data) for row in rows]


def announced(conn: Connection, number: int, since: Mark) -> list[Announcement]:
    """What people are to hear of behind a mark, in order."""
    new = (_waiting.ticket == number, _waiting.id > since.announcement)
    rows = conn.execute(select(tables.announcement).where(*new).order_by(_waiting.id))
    return [Announcement(**{name: getattr(row, name) for name in Announcement.__dataclass_fields__}) for row in rows]


def letters(
    conn: Connection, recipients: Collection[str], since: datetime, until: datetime
) -> dict[str, list[datetime]]:
    """When each recipient (address key) got automatic mail after `since`, up to `until`, in order."""
    theirs = (one_of(conn, _mail.recipient, recipients), _mail.at > since, _mail.at <= until)
    query = select(_mail.recipient, _mail.at).join_from(tables.mail, tables.outbox, _outbox.mail_id == _mail.id)
    found: dict[str, list[datetime]] = {}
    for row in conn.execute(query.where(*theirs, _outbox.automatic.is_(True)).order_by(_mail.at)):
        found.setdefault(row.recipient, []).append(row.at)
    return found
