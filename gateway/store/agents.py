"""What an agent's mail is judged by: what it answers, what is new since, what was said on the ticket and to whom."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, literal_column, select

from gateway.store import tables
from gateway.store.fast import insert, one_of, update_where

_mail, _outbox, _article, _out = tables.mail, tables.outbox, tables.article, tables.mail_out
_ECHOES = ("notice_held", "transcript")
_LETTERS = 5  # of a ticket to one agent: an answer quotes one of the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A letter of ours to an agent: its kind (`notice_new`), and when it was written."""

    mail_id: int
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One contribution to a ticket: who wrote what when, and where it went (in, out, note)."""

    at: datetime
    author: str
    direction: str
    text: str
    elided: str


def notice(conn: Connection, message_ids: Collection[str], recipients: Collection[str], ticket: int) -> Notice | None:
    """The newest letter to one of these addresses that is named; else the newest to them on the ticket.

    Where none is named it is none on a held mail: those are answered by tokens of their own.
    """
    sent = select(_mail.c.id, _mail.c.kind, _mail.c.at).where(
        _mail.c.direction == "out", one_of(conn, _mail.c.recipient, list(recipients))
    )
    newest = sent.order_by(_mail.c.id.desc()).limit(1)
    row = (
        conn.execute(newest.where(one_of(conn, _mail.c.message_id, list(message_ids)))).first() if message_ids else None
    )
    row = row or conn.execute(newest.where(_mail.c.ticket == ticket, _mail.c.kind != "notice_held")).first()
    return Notice(mail_id=row.id, kind=row.kind, at=row.at) if row else None


def said(conn: Connection, ticket: int, since: datetime | None = None) -> list[Said]:
    """What was contributed to a ticket, oldest first; `since`: after that instant."""
    theirs = select(_article).where(_article.c.ticket == ticket).order_by(_article.c.id)
    if since is not None:
        theirs = theirs.where(_article.c.at > since)
    return [
        Said(at=row.at, author=row.author, direction=row.direction, text=row.text, elided=row.elided)
        for row in conn.execute(theirs)
    ]


def letters_to(conn: Connection, ticket: int, recipients: Collection[str]) -> list[bytes]:
    """The last notices on a ticket to one of these addresses; not those that repeat what the agent wrote."""
    theirs = (
        select(_out.c.data)
        .join(_mail, _mail.c.id == _out.c.mail_id)
        .where(
            _mail.c.ticket == ticket,
            _mail.c.direction == "out",
            one_of(conn, _mail.c.recipient, list(recipients)),
            _mail.c.kind.not_in(_ECHOES),
        )
        .order_by(_mail.c.id.desc())
        .limit(_LETTERS)
    )
    return list(conn.execute(theirs).scalars())


def files_of(conn: Connection, ticket: int) -> frozenset[str]:
    """The digests of everything that hangs on a ticket."""
    hanging = select(tables.attachment.c.sha256).join(_article, _article.c.id == tables.attachment.c.article_id)
    return frozenset(conn.execute(hanging.where(_article.c.ticket == ticket)).scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file on a ticket, and the spool row of the mail that brought it (None: none did)."""

    name: str
    type: str
    size: int
    part: str
    spool_id: int | None


def attached(conn: Connection, ticket: int) -> list[Attached]:
    """Every file of a ticket, oldest first; the same bytes once."""
    at = tables.attachment.c
    files = (
        select(at.name, at.type, at.size, at.part, at.sha256, _mail.c.spool_id)
        .join_from(tables.attachment, _article, _article.c.id == at.article_id)
        .outerjoin(_mail, _mail.c.id == _article.c.mail_id)
        .where(_article.c.ticket == ticket)
        .order_by(at.id)
    )
    found: dict[str, Attached] = {}
    for row in conn.execute(files):
        one = Attached(name=row.name, type=row.type, size=row.size, part=row.part, spool_id=row.spool_id)
        found.setdefault(row.sha256, one)
    return list(found.values())


def tickets_of(conn: Connection, requester: int | None) -> frozenset[int]:
    """The tickets of a person."""
    if requester is None:
        return frozenset()
    theirs = select(tables.ticket.c.number).where(tables.ticket.c.requester_id == requester)
    return frozenset(conn.execute(theirs.order_by(tables.ticket.c.number.desc()).limit(1000)).scalars())


def unsent(conn: Connection, ticket: int, kinds: Collection[str], by: str) -> list[int]:
    """The mails of these kinds on a ticket that wait to be sent, by whom they were written, newest deed first."""
    event = tables.event
    waiting = (
        select(_outbox.c.mail_id, event.c.mail_id.label("cause"))
        .join(_mail, _mail.c.id == _outbox.c.mail_id)
        .join(event, (event.c.ticket == ticket) & (event.c.kind == "queued"))
        .where(
            _outbox.c.ticket == ticket,
            _outbox.c.state == literal_column("'pending'"),
            one_of(conn, _mail.c.kind, list(kinds)),
            event.c.actor == by,
        )
        .order_by(event.c.id.desc())
    )
    rows = [row for row in conn.execute(waiting.add_columns(event.c.data)) if row.data.get("mail") == row.mail_id]
    return [row.mail_id for row in rows if row.cause == rows[0].cause]


# ---- what an agent confirmed ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """Who said that a held mail may act, for whom it opens a ticket (`""`: as it says), and what they overruled."""

    agent: str
    requester: str
    overruled: frozenset[str]


def confirm(conn: Connection, spool_id: int, agent: str, requester: str, at: datetime) -> None:
    """This held mail of an agent's may act, whatever it is held for, for the agent says so."""
    before = confirmed(conn, spool_id)
    held = select(_mail.c.reason).where(_mail.c.spool_id == spool_id, _mail.c.verdict == "hold")
    reasons = {*(before.overruled if before else ()), *conn.execute(held).scalars()}
    values = {"agent": agent, "requester": requester or (before.requester if before else ""), "at": at}
    values["overruled"] = sorted(reasons)
    if update_where(conn, tables.confirmation, {"spool_id": spool_id}, values) == 0:
        insert(conn, tables.confirmation, spool_id=spool_id, **values)


def confirmed(conn: Connection, spool_id: int) -> Confirmed | None:
    """What an agent said of a held mail; None where nobody said anything."""
    table = tables.confirmation
    row = conn.execute(select(table).where(table.c.spool_id == spool_id)).first()
    return Confirmed(agent=row.agent, requester=row.requester, overruled=frozenset(row.overruled)) if row else None


def has_step(conn: Connection, ticket: int | None, step_key: str) -> bool:
    """Whether the journal of a ticket, or of what is on none, has this step."""
    event = tables.event
    theirs = event.c.ticket.is_(None) if ticket is None else event.c.ticket == ticket
    return conn.execute(select(event.c.id).where(theirs, event.c.step_key == step_key)).first() is not None


def held_ticket(conn: Connection, spool_id: int) -> int | None:
    """The ticket that a held mail is about."""
    event = tables.event
    rows = conn.execute(select(event.c.ticket, event.c.data).where(event.c.step_key == f"held:{spool_id}"))
    return next((row.ticket for row in rows if row.ticket is not None), None)
