"""Agents' mail that may not act: kept whole, shown to no outsider, its agent told, who may confirm it by one reply."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from gateway import act
from gateway.agents.case import Case
from gateway.agents.names import called
from gateway.compose import letters
from gateway.compose.notices import Article, Line, Notice, notice
from gateway.compose.stamp import anchor, signed
from gateway.config.calendars import zone_of
from gateway.mail import Address
from gateway.site import Site
from gateway.store import told
from gateway.tickets.actions import Action, Actor, Note
from gateway.tickets.authority import Power
from gateway.tickets.commands.manual import page
from gateway.tickets.reason import Reason, in_words
from gateway.tickets.token import Role


def hold(
    conn: Connection, case: Case, site: Site, at: datetime, mail_id: int, *, reason: Reason, say: str, may_send: bool,
    lines: Sequence[Line] = (),
) -> None:  # fmt: skip
    """Record that the mail is held, and tell its agent: of mail that is not surely theirs once an hour at most."""
    actor = Actor(name="mail", at=at, mail_id=mail_id)
    act.apply(conn, list(_held(conn, case, site, at, reason, say, may_send, lines)), actor)


def _held(
    conn: Connection,
    case: Case,
    site: Site,
    at: datetime,
    reason: Reason,
    say: str,
    may_send: bool,
    lines: Sequence[Line],
) -> Iterator[Action]:
    spool_id = case.incoming.spool.id
    data = {"agent": case.agent, "spool": spool_id, "subject": case.mail.subject, "why": say or in_words(reason)}
    yield Note(ticket=case.number, kind="held", data=data, reason=reason, step_key=f"held:{spool_id}")
    if case.authority.power is Power.HELD and not case.confirmed:
        if told.was_told(conn, "held", case.agent, at):
            return
        key = told.hourly_key("held", case.agent, at)
        yield Note(ticket=None, kind="held_told", data={"agent": case.agent}, step_key=key)
    yield letters.send(letter(case, site, at, reason, say, may_send, lines), case.number)


def letter(
    case: Case, site: Site, at: datetime, reason: Reason, say: str, may_send: bool, lines: Sequence[Line]
) -> letters.Letter:
    """What is held and why, and what to answer."""
    cfg, own = site.cfg, site.cfg.agents[case.agent]
    recipient = Address(addr=own.addresses[0], name=own.name)
    row = case.row
    language = own.language or cfg.mail.language
    word = "#for ADDRESS" if reason is Reason.UNCLEAR_WRITER else "#send" if may_send else ""
    newer = case.newer if reason is Reason.NEWER else ()
    of = f"held {case.incoming.spool.id} {at.isoformat()}"  # once released, it may be held for something else
    stamp = signed(cfg, site.keys, case.incoming.spool.id, recipient, role=Role.HELD, at=at, of=of)
    return notice(
        site.templates,
        letters.desk(cfg, row["queue"] if row else case.incoming.queue),
        kind="notice_held",
        about=Notice(
            ticket=letters.shown(cfg, row, language) if row else None,
            subject=row["title"] if row else case.mail.subject,
            reason=say or in_words(reason),
            text=case.mail.reply or case.mail.text,
            commands=(word, "#drop") if word else ("#drop",),
            thread=[
                Article(at=one.at, author=called(one.author, cfg), kind=one.direction, text=one.text) for one in newer
            ],
            lines=tuple(lines)
            or tuple(
                Line(said=one.line, result=one.say, ok=False, manual=page(one.command)) for one in case.script.misread
            ),
        ),
        recipient=recipient,
        stamp=replace(stamp, anchor=anchor(cfg, int(row["number"])) if row else ""),
        notice_max=0,
        zone=zone_of(cfg),
        language=language,
        in_reply_to=case.mail.message_id,
        references=(case.mail.message_id,) if case.mail.message_id else (),
    )
