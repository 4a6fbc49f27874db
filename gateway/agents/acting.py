"""Doing what an agent's mail says: all of it in one transaction, or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway import act
from gateway.agents import asking, replying, third
from gateway.agents.case import Case
from gateway.agents.replying import HeldBackError
from gateway.commands import looked_at
from gateway.compose.notices import Line
from gateway.deeds import Bench, carry_out
from gateway.errors import Permanent
from gateway.filing import remember
from gateway.site import Site
from gateway.store import Store
from gateway.store import agents as stored
from gateway.store.surroundings import Surroundings
from gateway.tickets.actions import Action, Actor, BeAway, HoldBack, Withdraw
from gateway.tickets.commands import Call
from gateway.tickets.commands.manual import page
from gateway.tickets.commands.values import When
from gateway.tickets.deeds.moves import unanswered
from gateway.tickets.leaving import Fate, Withheld
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot

_FIRST = ("cancel", "queue", "requester", "cc")  # what a reply takes the place of; whom and whence it goes
_OF_MAIL = ("dry", "reply", "new", "for")  # what is done by where they stand, not by a deed


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What came of a mail: a line for each command, whom a reply reached, whether anything is to be told."""

    lines: tuple[Line, ...] = ()
    answers: tuple[str, ...] = ()  # to what was asked: whole texts
    reaches: tuple[str, ...] = ()
    files: tuple[asking.Found, ...] = ()


class RefusedError(Exception):
    """A command cannot be carried out; nothing of the mail is done. `lines`: each command with its result."""

    def __init__(self, lines: tuple[Line, ...]) -> None:
        super().__init__("; ".join(line.result for line in lines if not line.ok))
        self.lines = lines


def carry_out_mail(
    conn: Connection,
    store: Store,
    case: Case,
    raw: bytes,
    around: Surroundings,
    site: Site,
    actor: Actor,
) -> Acted:
    """Everything the mail says, written. After HeldBackError and RefusedError the caller takes that back."""
    lines: dict[Call, Line] = {}
    answers: list[str] = []
    files: list[asking.Found] = []
    reaches: tuple[str, ...] = ()
    calls = [call for call in case.script.calls if call.command not in _OF_MAIL]
    first = [call for call in calls if call.command in _FIRST]
    for call in first:
        _one(conn, case, call, site, actor, lines)
    if case.row is not None:
        reaches = _text(conn, case, raw, around, site, actor)
    for call in calls:
        if call in lines:
            continue
        if asked := _asked(store, conn, case, call, site, actor):
            lines[call] = Line(said=call.line, result=asked.said)
            answers += [asked.text] if asked.text else []
            files += asked.files
        else:
            _one(conn, case, call, site, actor, lines)
    told = [lines[call] if call in lines else Line(said=call.line, result="done") for call in case.script.calls]
    return Acted(lines=tuple(told), answers=tuple(answers), reaches=reaches, files=tuple(files))


def _asked(store: Store, conn: Connection, case: Case, call: Call, site: Site, actor: Actor) -> asking.Asked | None:
    try:
        return asking.answer(store, conn, call, agent=case.agent, number=case.number, cfg=site.cfg, at=actor.at)
    except Permanent as exc:
        raise _refused(case, call, exc) from exc


def _one(conn: Connection, case: Case, call: Call, site: Site, actor: Actor, lines: dict[Call, Line]) -> None:
    """One command; where it cannot be done, none is."""
    try:
        lines[call] = Line(said=call.line, result=_done(conn, case, call, site, actor))
    except Permanent as exc:
        raise _refused(case, call, exc) from exc


def _refused(case: Case, call: Call, why: Permanent) -> RefusedError:
    failed = Line(said=call.line, result=str(why), ok=False, manual=page(call.command))
    rest = (
        Line(said=one.line, result="all of a mail is done or nothing", ok=False)
        for one in case.script.calls
        if one is not call
    )
    return RefusedError((failed, *rest))


def _done(conn: Connection, case: Case, call: Call, site: Site, actor: Actor) -> str:
    if call.command in ("away", "back"):
        until = call.argument.at if isinstance(call.argument, When) else None
        act.apply(conn, [BeAway(agent=case.agent, until=until)], actor)
        return f"you are away until {until:%Y-%m-%d %H:%M} UTC" if until else "you are back"
    if case.number is None:
        raise Permanent(f"#{call.command} needs a ticket; answer a notice about it")
    number = case.number
    if call.command == "cancel":
        return _cancel(conn, number, site, actor)
    if call.command == "forward":
        return third.ask(conn, case, call, site, actor)
    if call.command == "canned":
        return "sent with your reply"
    bench = Bench(
        conn=conn,
        cfg=site.cfg,
        by=actor.name,
        me=case.agent,
        at=actor.at,
        text=case.script.text,
        files=case.mail.attachments if call.command == "note" else (),
    )
    (effect,) = carry_out(bench, number, [call], actor)
    return "; ".join(
        (f"#{number} {effect.said}", *(f"#{other} was left out: it {why}" for other, why in effect.skipped))
    )


def _cancel(conn: Connection, number: int, site: Site, actor: Actor) -> str:
    """What has not left stays; an answer of which nothing has counts as not given."""
    waiting = stored.unsent(conn, number, ("reply", "question"), actor.name)
    if waiting is None:
        raise Permanent("there is nothing of yours left to stop: it has been sent")
    stopped: list[Action] = [HoldBack(ticket=number, reason=Reason.CANCELLED, mail_ids=waiting.mail_ids)]
    if waiting.changed and waiting.cause is not None:
        one = _now(conn, number)
        stopped.append(unanswered(one, waiting.changed, waiting.at, site.promises, actor.at))
        stopped.append(Withdraw(ticket=number, mail_id=waiting.cause))
    act.apply(conn, stopped, actor, site.promises)
    count = len(waiting.mail_ids)
    return f"your mail was stopped, it had not left ({count} {'letter' if count == 1 else 'letters'})"


def _text(conn: Connection, case: Case, raw: bytes, around: Surroundings, site: Site, actor: Actor) -> tuple[str, ...]:
    """What becomes of the text; whom a reply reached."""
    assert case.number is not None
    one = _now(conn, case.number)
    if case.mail.message_id:
        act.apply(conn, [remember(case.mail, case.number, around, site.cfg)], actor)
    if case.course.fate is Fate.REPLY:
        leaving = replying.guarded(conn, case, site)
        if isinstance(leaving, Withheld):
            raise HeldBackError(leaving)
        written = replying.reply(conn, case, one, leaving, raw, site, actor.at)
        act.apply(conn, written.actions, actor, site.promises)
        return written.reaches
    if case.course.fate is Fate.NOTE and not _takes(case, ("note", "describe")):
        bench = Bench(
            conn=conn,
            cfg=site.cfg,
            by=actor.name,
            me=case.agent,
            at=actor.at,
            text=case.script.text,
            files=case.mail.attachments,
        )
        carry_out(bench, case.number, [Call(command="note", argument=None, line="")], actor)
    return ()


def _takes(case: Case, commands: Iterable[str]) -> bool:
    return any(case.script.call(name) is not None for name in commands)


def _now(conn: Connection, number: int) -> Snapshot:
    return looked_at(conn, number)[0]
