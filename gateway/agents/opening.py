"""Tickets that agents open for others: somebody on the phone (`#new`, `#for`), and mail that was forwarded to us.

The mail is then taken as if the customer had written it, by the same rules; what the agent adds stays among us.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from gateway import act
from gateway.agents.acting import Acted
from gateway.agents.case import Case
from gateway.agents.transcript import transcript
from gateway.commands import looked_at
from gateway.compose.notices import Line
from gateway.deeds import DEEDS, Bench, carry_out
from gateway.errors import Permanent
from gateway.incoming import Incoming, OpenedBy
from gateway.mail import Address, Kind, Mail
from gateway.site import Site
from gateway.store.savepoint import savepoint
from gateway.tickets.actions import Action, Actor, AddArticle, Note
from gateway.tickets.commands import Call
from gateway.tickets.commands.manual import page
from gateway.tickets.reason import Reason
from gateway.tickets.threading import Clues

_OWN = ("new", "for", "dry", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """No ticket can be opened so; `say` asks or tells the agent."""

    reason: Reason
    say: str


def opened(case: Case, site: Site) -> Incoming | Unclear:
    """The mail as its customer's; Unclear where nobody can tell who that is, or a command does not fit."""
    new = case.script.call("new")
    calls = [call for call in case.script.calls if call.command not in _OWN]
    if other := next((call.line for call in calls if call.command not in DEEDS), ""):
        say = f"{other} does nothing to a new ticket; send it in a mail of its own, and this one without it"
        return Unclear(reason=Reason.REFUSED, say=say)
    mail = _as_asked(case) if new else _as_forwarded(case)
    requester = _requester(case, site, new)
    if isinstance(requester, Unclear):
        return requester
    queue = str(new.argument) if new and new.argument else case.incoming.queue
    note = "" if new else case.mail.fwd_message
    return replace(
        case.incoming,
        mail=replace(mail, from_=requester, reply_to=(), sender=None),
        queue=queue,
        sender=requester.key,
        answer_to=requester,
        clues=Clues(claims=(), ids=(), numbers=(), message_id=""),
        opened_by=OpenedBy(
            agent=case.agent,
            address=case.incoming.sender,
            message_id=case.mail.message_id,
            note=note.strip(),
            calls=tuple(calls),
            lines=tuple(call.line for call in case.script.calls),
        ),
    )


def _requester(case: Case, site: Site, new: Call | None) -> Address | Unclear:
    if case.requester:
        return Address(addr=case.requester)
    named = case.script.call("for")
    if named and isinstance(named.argument, Address):
        return named.argument
    own = case.mail.from_
    assert own is not None
    if new:
        return own
    first = case.mail.fwd_from
    if first is None or not first.addr:
        who = f'"{first.name}"' if first and first.name else "somebody"
        say = f"{who} first wrote what you forwarded, and their address is not in it; answer #for ADDRESS, or #drop"
        return Unclear(reason=Reason.UNCLEAR_WRITER, say=say)
    if site.cfg.is_ours(first.key) or site.cfg.agent_for(first.key):
        say = f"{first.addr}, who first wrote what you forwarded, is one of us; answer #for ADDRESS, or #drop"
        return Unclear(reason=Reason.UNCLEAR_WRITER, say=say)
    return first


def _as_asked(case: Case) -> Mail:
    text = case.script.text
    return replace(_bare(case.mail), text=text, reply=text, subject=case.mail.subject)


def _as_forwarded(case: Case) -> Mail:
    mail = case.mail
    return replace(
        _bare(mail),
        subject=mail.fwd_subject or mail.subject,
        text=mail.fwd_body or mail.text,
        reply=mail.fwd_body or mail.text,
    )


def _bare(mail: Mail) -> Mail:
    """Without what belongs to the agent's own mail."""
    return replace(
        mail,
        message_id="",
        in_reply_to=(),
        references=(),
        to=(),
        cc=(),
        html="",
        elided="",
        signature="",
        markers=(),
        kind=Kind.NORMAL,
        is_forward=False,
        fwd_from=None,
        fwd_subject="",
        fwd_body="",
        fwd_message="",
    )


def _asked_for(opened_by: OpenedBy) -> str:
    """The lines that asked for the ticket: `#new billing  #for bob@example.org`."""
    below = {call.line for call in opened_by.calls}
    return "  ".join(line for line in opened_by.lines if line not in below)


def _carried_out(bench: Bench, number: int, calls: Sequence[Call], actor: Actor) -> list[Line]:
    """All of the commands or none, for the ticket is there in any case: then which one failed, and why."""
    done: list[Line] = []
    try:
        with savepoint(bench.conn):
            for call in calls:
                (effect,) = carry_out(bench, number, [call], actor)
                done.append(Line(said=call.line, result=effect.said))
    except Permanent as exc:
        failed = calls[len(done)]
        return [
            Line(said=call.line, result=str(exc), ok=False, manual=page(call.command))
            if call is failed
            else Line(said=call.line, result=_ALL_OR_NONE, ok=False)
            for call in calls
        ]
    return done


_ALL_OR_NONE = "all commands are done or none; answer this mail with those you want"


def finish_opening(conn: Connection, incoming: Incoming, number: int, site: Site, at: datetime, mail_id: int) -> None:
    """What the agent adds to the ticket that was opened for a customer, and that the agent hears of it."""
    opened_by = incoming.opened_by
    assert opened_by is not None
    actor = Actor(name=f"agent:{opened_by.agent}", at=at, mail_id=mail_id)
    whom = incoming.mail.from_.addr if incoming.mail.from_ else ""
    notes: list[Action] = [
        Note(
            ticket=number,
            kind="opened_for",
            data={"agent": opened_by.agent, "requester": whom},
            reason=Reason.BY_PERSON,
        )
    ]
    if opened_by.note:
        notes.append(AddArticle(ticket=number, direction="note", author=actor.name, subject="", text=opened_by.note))
    act.apply(conn, notes, actor)
    bench = Bench(conn=conn, cfg=site.cfg, by=actor.name, me=opened_by.agent, at=at)
    kept = "; what you wrote to it is a note for agents" if opened_by.note else ""
    asked_for = _asked_for(opened_by) or incoming.mail.subject
    said = [Line(said=asked_for, result=f"ticket #{number} was opened for {whom}{kept}")]
    said += _carried_out(bench, number, opened_by.calls, actor)
    told = transcript(
        site,
        agent=opened_by.agent,
        number=number,
        row=dict(looked_at(conn, number)[0].row),
        subject=incoming.mail.subject,
        message_id=opened_by.message_id,
        acted=Acted(lines=tuple(said)),
        of=f"opened {incoming.spool.id}",
        at=at,
    )
    act.apply(conn, [told], Actor(name="mail", at=at, mail_id=mail_id))
