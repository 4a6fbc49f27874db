"""What people are to be told of: waiting announcements, what a letter about them needs, digests."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, literal_column, select

from gateway.store import tables
from gateway.store.fast import insert, one_of, rows_in
from gateway.store.written_from import asked_at, best, written_from

_mail, _article, _person, _address = tables.mail, tables.article, tables.person, tables.address
_waiting, _digest = tables.announcement, tables.digest_item
_OF_WAVES = "escalated"  # told by `telling.waves`


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One thing that happened to a ticket."""

    id: int
    ticket: int
    kind: str
    actor: str
    mail_id: int | None
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """An article, the mail that brought it (as far as one did) and what hangs on it."""

    id: int
    mail_id: int | None
    direction: str
    author: str
    subject: str
    text: str
    is_auto: bool
    at: datetime
    spool_id: int | None
    message_id: str
    verdict: str
    auth: Mapping[str, Any]
    attachments: tuple[Any, ...]
    reply_to: tuple[str, ...] = ()  # where its mail asks for answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """Who a ticket is for. `address` is theirs, `answers_at` where they want answers."""

    person_id: int
    name: str
    address: str
    answers_at: str
    addresses: tuple[str, ...]
    language: str
    tags: tuple[str, ...]
    since: datetime
    muted_until: datetime | None
    open_tickets: int
    all_tickets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that was done to a ticket: `assigned`, `delayed` (a customer was told so), or `changed` fields, each
    with its value before and after.
    """

    at: datetime
    kind: str
    changed: Mapping[str, Any]


def deeds(conn: Connection, ticket: int) -> list[Deed]:
    """What a customer may be told of what was done on a ticket, oldest first."""
    event = tables.event
    rows = select(event.c.at, event.c.kind, event.c.data).where(
        event.c.ticket == ticket, event.c.kind.in_(("assigned", "changed", "queued"))
    )
    found = []
    for at, kind, data in conn.execute(rows.order_by(event.c.id)):
        if kind != "queued":
            found.append(Deed(at=at, kind=kind, changed=data if kind == "changed" else {}))
        elif data.get("kind") == "delayed":
            found.append(Deed(at=at, kind="delayed", changed={}))
    return found


def waiting(conn: Connection, limit: int) -> list[Announcement]:
    """The oldest announcements, whole tickets at a time; but for those that are told by the wave."""
    oldest = select(_waiting.c.ticket).where(_waiting.c.kind != _OF_WAVES).order_by(_waiting.c.id).limit(limit)
    numbers = sorted(set(conn.execute(oldest).scalars()))
    if not numbers:
        return []
    return _announcements(conn, one_of(conn, _waiting.c.ticket, numbers), _waiting.c.kind != _OF_WAVES)


def _announcements(conn: Connection, *which: Any) -> list[Announcement]:
    rows = conn.execute(select(_waiting).where(*which).order_by(_waiting.c.id))
    return [
        Announcement(
            id=row.id,
            ticket=row.ticket,
            kind=row.kind,
            actor=row.actor,
            mail_id=row.mail_id,
            at=row.at,
            data=row.data,
        )
        for row in rows
    ]


def of_kind(conn: Connection, kind: str) -> list[Announcement]:
    """All of one kind, oldest first."""
    return _announcements(conn, _waiting.c.kind == kind)


def take(conn: Connection, ids: Collection[int]) -> bool:
    """These are told now; False where another node tells one of them."""
    gone = conn.execute(delete(_waiting).where(one_of(conn, _waiting.c.id, list(ids))))
    return gone.rowcount == len(ids)


def article(conn: Connection, article_id: int) -> Contribution | None:
    """One article of a ticket."""
    found = _contributions(conn, _article.c.id == article_id)
    return found[0] if found else None


def articles(conn: Connection, ticket: int) -> list[Contribution]:
    """All articles of a ticket, oldest first."""
    return _contributions(conn, _article.c.ticket == ticket)


def _contributions(conn: Connection, which: Any) -> list[Contribution]:
    joined = select(
        _article,
        _mail.c.spool_id,
        _mail.c.message_id,
        _mail.c.verdict,
        _mail.c.auth,
        _mail.c.facts["reply_to"].label("reply_to"),
    )
    rows = conn.execute(
        joined.outerjoin(_mail, _mail.c.id == _article.c.mail_id).where(which).order_by(_article.c.id)
    ).all()
    hanging: dict[int, list[Any]] = {}
    if rows:
        files = select(tables.attachment).where(one_of(conn, tables.attachment.c.article_id, [row.id for row in rows]))
        for file in conn.execute(files.order_by(tables.attachment.c.id)):
            hanging.setdefault(file.article_id, []).append(file)
    return [
        Contribution(
            id=row.id,
            mail_id=row.mail_id,
            direction=row.direction,
            author=row.author,
            subject=row.subject,
            text=row.text,
            is_auto=row.is_auto,
            at=row.at,
            spool_id=row.spool_id,
            message_id=row.message_id or "",
            verdict=row.verdict or "",
            auth=row.auth or {},
            attachments=tuple(hanging.get(row.id, ())),
            reply_to=tuple(row.reply_to or ()),
        )
        for row in rows
    ]


def requester(conn: Connection, row: Mapping[str, Any]) -> Requester | None:
    """What is known of whom a ticket is for; `row` is the ticket's. Their address is where they last wrote from."""
    person_id = row["requester_id"]
    if person_id is None:
        return None
    person = conn.execute(select(_person).where(_person.c.id == person_id)).first()
    addresses = dict(rows_in(conn, _address, "person_id", [person_id], ("addr", "shown")))
    if person is None or not addresses:
        return None
    wrote = written_from(conn, [row["number"]]).get(row["number"], ()) if len(addresses) > 1 else ()
    asked = asked_at(conn, [row["number"]]).get(row["number"], ("", ""))
    ticket = tables.ticket
    theirs = ticket.c.requester_id == person_id
    is_open = ticket.c.status.not_in([literal_column("'resolved'"), literal_column("'closed'")])
    count = select(func.count()).select_from(ticket)
    return Requester(
        person_id=person_id,
        name=person.name,
        address=best(addresses, wrote),
        answers_at=best(addresses, wrote, asked),
        addresses=tuple(addresses.values()),
        language=person.language,
        tags=tuple(person.tags),
        since=person.created_at,
        muted_until=person.muted_until,
        open_tickets=int(conn.execute(count.where(theirs, is_open)).scalar_one()),
        all_tickets=int(conn.execute(count.where(theirs)).scalar_one()),
    )


def wants_no_progress(conn: Connection, ticket: int, person_id: int) -> bool:
    """Whether somebody said that letters on progress shall end."""
    part = tables.participant.c
    mine = select(part.no_progress).where(part.ticket == ticket, part.person_id == person_id)
    return bool(conn.execute(mine).scalar())


def notices_lately(conn: Connection, recipient: str, kinds: Collection[str], at: datetime, within: timedelta) -> int:
    """How many letters of these kinds an address got within a time."""
    theirs = (_mail.c.recipient == recipient, _mail.c.at > at - within, _mail.c.kind.in_(kinds))
    return int(conn.execute(select(func.count()).select_from(_mail).where(*theirs)).scalar_one())


# ---- digests -------------------------------------------------------------------------------------------------------


def gather(conn: Connection, agent: str, ticket: int, at: datetime) -> None:
    """A new ticket that an agent hears of in a digest."""
    if not rows_in(conn, _digest, "ticket", [ticket], ("agent",)).count([agent]):
        insert(conn, _digest, agent=agent, ticket=ticket, at=at)


def digests_due(conn: Connection, before: datetime) -> dict[str, list[int]]:
    """For each agent whose oldest gathered ticket came before that instant all that are gathered."""
    oldest = select(_digest.c.agent).group_by(_digest.c.agent).having(func.min(_digest.c.at) <= before)
    agents = list(conn.execute(oldest).scalars())
    found: dict[str, list[int]] = {}
    for agent, ticket in rows_in(conn, _digest, "agent", agents, ("agent", "ticket")) if agents else ():
        found.setdefault(agent, []).append(ticket)
    return {agent: sorted(tickets) for agent, tickets in found.items()}


def take_digest(conn: Connection, agent: str, tickets: Collection[int]) -> bool:
    """These are told to the agent now; False where another node does."""
    theirs = (_digest.c.agent == agent, one_of(conn, _digest.c.ticket, list(tickets)))
    return conn.execute(delete(_digest).where(*theirs)).rowcount == len(tickets)
