"""The outbox by ways out: which rows take which route, how much left by it lately, and what is in its way."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy import ColumnElement, Connection, Text, and_, case, cast, func, literal_column, not_, or_, select

from gateway.config import Route
from gateway.now import now
from gateway.store import tables
from gateway.store.engine import Store

_outbox = tables.outbox
_ON_ITS_WAY = _outbox.c.state.in_([literal_column("'pending'"), literal_column("'sending'")])
_LONGEST = timedelta(days=7)  # what was written before, and left in the span after all, is not looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Mail on its way from one address that stands there for one reason (`""`: it was not tried yet)."""

    sender: str
    is_alarm: bool
    reason: str
    count: int
    tried: int  # the most attempts at one of them
    oldest_at: datetime
    due_at: datetime
    reply: str
    domains: int = 1  # of its recipients


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A letter of a ticket that has not left yet."""

    outbox: int
    mail_id: int
    ticket: int
    recipient: str
    reply: str

    @property
    def step_key(self) -> str:
        """Once for a letter."""
        return f"delayed:{self.outbox}"


def rows_of(route: Route, routes: Sequence[Route]) -> ColumnElement[bool] | None:
    """Which rows of the outbox take a route of these; None: all of them."""
    if len(routes) == 1:
        return None
    before = takewhile(lambda one: one.name != route.name, routes)
    others = [not_(_fits(one)) for one in before]
    return and_(*others, *([] if route.is_default else [_fits(route)]))


def without(which: ColumnElement[bool] | None, senders: Sequence[str]) -> ColumnElement[bool] | None:
    """Of these rows those whose From is none of `senders` (lower case)."""
    if not senders:
        return which
    others = _outbox.c.sender.not_in(senders)
    return others if which is None else and_(which, others)


def _fits(route: Route) -> ColumnElement[bool]:
    if route.is_for_alarms:
        return _outbox.c.is_alarm.is_(True)
    named = [_outbox.c.sender.in_(sorted(route.addresses))] if route.addresses else []
    return or_(*named, *(_outbox.c.sender.endswith(f"@{one}", autoescape=True) for one in sorted(route.domains)))


def left_at(
    store: Store, which: ColumnElement[bool] | None, *, since: datetime, most: int, skip: int = 0
) -> list[datetime]:
    """When the newest `most` mails of these left, the newest first, after the newest `skip`."""
    lately = _outbox.c.sent_at > since, _outbox.c.created_at > since - _LONGEST
    sent = select(_outbox.c.sent_at).where(*lately, *([] if which is None else [which]))
    with store.main.read() as conn:
        return list(conn.execute(sent.order_by(_outbox.c.sent_at.desc()).limit(most).offset(skip)).scalars())


def waiting(store: Store) -> list[Waiting]:
    """Everything on its way, in groups."""
    by = (_outbox.c.sender, _outbox.c.is_alarm, _outbox.c.reason)
    find = func.instr if store.dialect == "sqlite" else func.strpos
    domain = func.lower(func.substr(_outbox.c.recipient, find(_outbox.c.recipient, "@")))
    groups = select(
        *by,
        func.count().label("mails"),
        func.max(_outbox.c.attempts).label("tried"),
        func.min(_outbox.c.created_at).label("oldest_at"),
        func.min(_outbox.c.next_try_at).label("due_at"),
        func.max(_outbox.c.last_reply).label("reply"),
        func.count(domain.distinct()).label("domains"),
    )
    with store.main.read() as conn:
        return [
            Waiting(
                sender=row.sender,
                is_alarm=row.is_alarm,
                reason=row.reason,
                count=row.mails,
                tried=row.tried,
                oldest_at=min(row.oldest_at, now()),  # what a cap put off does not wait in vain
                due_at=row.due_at,
                reply=row.reply,
                domains=row.domains,
            )
            for row in conn.execute(groups.where(_ON_ITS_WAY).group_by(*by))
        ]


def late(conn: Connection, before: datetime, limit: int) -> list[Late]:
    """Letters on tickets that are on their way since before then, written by people, nobody told of it yet."""
    event = tables.event
    told = select(event.c.id).where(
        event.c.ticket == _outbox.c.ticket, event.c.step_key == literal_column("'delayed:'").concat(_text_of_id())
    )
    since = case((_outbox.c.attempts > 0, _outbox.c.created_at), else_=_outbox.c.next_try_at)
    mine = (
        select(_outbox.c.id, _outbox.c.mail_id, _outbox.c.ticket, _outbox.c.recipient, _outbox.c.last_reply, since)
        .where(_ON_ITS_WAY, _outbox.c.ticket.is_not(None), _outbox.c.automatic.is_(False), since <= before)
        .where(~told.exists())
    )
    return [
        Late(outbox=row.id, mail_id=row.mail_id, ticket=row.ticket, recipient=row.recipient, reply=row.last_reply)
        for row in conn.execute(mine.order_by(_outbox.c.id).limit(limit))
    ]


def _text_of_id() -> ColumnElement[str]:
    return cast(_outbox.c.id, Text)


def hasten(
    store: Store, which: ColumnElement[bool] | None, reasons: Collection[str], *, most: int | None = None
) -> int:
    """Make those due now that wait for one of these reasons, the oldest first; how many."""

    def work(conn: Connection) -> int:
        waits = _ON_ITS_WAY, _outbox.c.state == literal_column("'pending'"), _outbox.c.reason.in_(reasons)
        mine = select(_outbox.c.id).where(*waits, _outbox.c.next_try_at > now(), *([] if which is None else [which]))
        ids = list(conn.execute(mine.order_by(_outbox.c.id).limit(most)).scalars())
        for start in range(0, len(ids), 500):
            some = _outbox.c.id.in_(ids[start : start + 500])
            conn.execute(_outbox.update().where(some, *waits).values(next_try_at=now()))
        return len(ids)

    return store.main.retrying(work)
