"""What an agent's mail is judged by: what it answers, what is new since, what was said on the ticket and to whom."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

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
    is_auto: bool


def notice(conn: Connection, message_ids: Collection[str], recipients: Collection[str], ticket: int) -> Notice | None:
    """The newest letter to one of these addresses that is named; else the newest to them on the ticket.

    Where none is named it is none on a held mail: those are answered by tokens of their own.
    """
    on_ticket = (_mail.c.ticket == ticket, _mail.c.kind != "notice_held")
    return letter(conn, message_ids, recipients) or _newest(conn, recipients, *on_ticket)


def letter(conn: Connection, message_ids: Collection[str], recipients: Collection[str]) -> Notice | None:
    """The newest letter to one of these addresses that is named, whatever it is about."""
    named = one_of(conn, _mail.c.message_id, list(message_ids))
    return _newest(conn, recipients, named) if message_ids else None


def _newest(conn: Connection, recipients: Collection[str], *which: ColumnElement[bool]) -> Notice | None:
    sent = select(_mail.c.id, _mail.c.kind, _mail.c.at).where(
        _mail.c.direction == "out", one_of(conn, _mail.c.recipient, list(recipients)), *which
    )
    row = conn.execute(sent.order_by(_mail.c.id.desc()).limit(1)).first()
    return Notice(mail_id=row.id, kind=row.kind, at=row.at) if row else None


def said(conn: Connection, ticket: int, since: datetime | None = None) -> list[Said]:
    """What was contributed to a ticket, oldest first; `since`: after that instant."""
    theirs = select(_article).where(_article.c.ticket == ticket).order_by(_article.c.id)
    if since is not None:
        theirs = theirs.where(_article.c.at > since)
    return [
        Said(
            at=row.at,
            author=row.author,
            direction=row.direction,
            text=row.text,
            elided=row.elided,
            is_auto=row.is_auto,
        )
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """Letters that wait to be sent, the mail that they are the answer of, and what that did to the ticket.

    `changed`: for each field what it was before and after, nothing where some of its letters have left; `at`: when.
    """

    mail_ids: tuple[int, ...]
    cause: int | None
    changed: Mapping[str, Any]
    at: datetime


def unsent(conn: Connection, ticket: int, kinds: Collection[str], by: str) -> Unsent | None:
    """The mails of these kinds on a ticket that wait to be sent, of the newest deed of theirs by whom they are."""
    event = tables.event
    waiting = (
        select(_outbox.c.mail_id, _outbox.c.state, event.c.mail_id.label("cause"), event.c.data, event.c.at)
        .join(_mail, _mail.c.id == _outbox.c.mail_id)
        .join(event, (event.c.ticket == ticket) & (event.c.kind == "queued"))
        .where(
            _outbox.c.ticket == ticket,
            one_of(conn, _mail.c.kind, list(kinds)),
            event.c.actor == by,
        )
        .order_by(event.c.id.desc())
    )
    rows = [row for row in conn.execute(waiting) if row.data.get("mail") == row.mail_id]
    newest = next((row for row in rows if row.state == "pending"), None)
    if newest is None:
        return None
    same = [row for row in rows if row.cause == newest.cause]
    made = select(event.c.data, event.c.at).where(
        event.c.ticket == ticket, event.c.mail_id == newest.cause, event.c.kind == "changed", event.c.actor == by
    )
    changes = conn.execute(made.order_by(event.c.id)).all()
    answered = next((row for row in changes if "last_agent_at" in row.data), None)
    is_whole = answered is not None and all(row.state in ("pending", "held") for row in same)
    return Unsent(
        mail_ids=tuple(row.mail_id for row in same if row.state == "pending"),
        cause=newest.cause,
        changed=answered.data if answered is not None and is_whole else {},
        at=answered.at if answered is not None else newest.at,
    )


# ---- what an agent confirmed ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """Who said that a held mail may act, for whom it opens a ticket (`""`: as it says), and what they overruled.

    `told_at`: of what came or left later the agent had not been told then.
    """

    agent: str
    requester: str
    overruled: frozenset[str]
    told_at: datetime


def confirm(conn: Connection, spool_id: int, agent: str, requester: str, told_at: datetime) -> None:
    """This held mail of an agent's may act, whatever it is held for, for the agent says so."""
    before = confirmed(conn, spool_id)
    held = select(_mail.c.reason).where(_mail.c.spool_id == spool_id, _mail.c.verdict == "hold")
    reasons = {*(before.overruled if before else ()), *conn.execute(held).scalars()}
    values = {"agent": agent, "requester": requester or (before.requester if before else ""), "at": told_at}
    values["overruled"] = sorted(reasons)
    if update_where(conn, tables.confirmation, {"spool_id": spool_id}, values) == 0:
        insert(conn, tables.confirmation, spool_id=spool_id, **values)


def confirmed(conn: Connection, spool_id: int) -> Confirmed | None:
    """What an agent said of a held mail; None where nobody said anything."""
    table = tables.confirmation
    row = conn.execute(select(table).where(table.c.spool_id == spool_id)).first()
    if row is None:
        return None
    return Confirmed(agent=row.agent, requester=row.requester, overruled=frozenset(row.overruled), told_at=row.at)


def has_step(conn: Connection, ticket: int | None, step_key: str) -> bool:
    """Whether the journal of a ticket, or of what is on none, has this step."""
    event = tables.event
    theirs = event.c.ticket.is_(None) if ticket is None else event.c.ticket == ticket
    return conn.execute(select(event.c.id).where(theirs, event.c.step_key == step_key)).first() is not None


def step_data(conn: Connection, ticket: int | None, step_key: str) -> Mapping[str, Any]:
    """What the line of a ticket's journal with this step says; nothing where there is none."""
    event = tables.event
    theirs = event.c.ticket.is_(None) if ticket is None else event.c.ticket == ticket
    return conn.execute(select(event.c.data).where(theirs, event.c.step_key == step_key)).scalar() or {}


def held_on(conn: Connection, ticket: int, agent: str) -> list[int]:
    """The spool rows of an agent's mails that were held on a ticket, oldest first; some wait no more."""
    event = tables.event
    held = select(event.c.data).where(event.c.ticket == ticket, event.c.kind == "held").order_by(event.c.id)
    return [data["spool"] for data in conn.execute(held).scalars() if data["agent"] == agent]


def may_send(conn: Connection, spool_id: int) -> bool:
    """Whether a held mail is held for something that its agent may overrule."""
    trace = conn.execute(select(_mail.c.trace).where(_mail.c.spool_id == spool_id)).scalar() or ()
    return any(one["step"] == "held" and one["may_send"] for one in trace)


def told_held(conn: Connection, recipients: Collection[str], ticket: int | None) -> Notice | None:
    """The newest letter to one of these addresses on a held mail of that ticket."""
    return _newest(conn, recipients, _mail.c.ticket == ticket, _mail.c.kind == "notice_held")


def held_ticket(conn: Connection, spool_id: int) -> int | None:
    """The ticket that a held mail is about."""
    event = tables.event
    rows = conn.execute(select(event.c.ticket, event.c.data).where(event.c.step_key == f"held:{spool_id}"))
    return next((row.ticket for row in rows if row.ticket is not None), None)
