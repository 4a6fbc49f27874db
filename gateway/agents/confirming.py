"""An agent answers the letter on a held mail of theirs: it may act after all, or is dropped.

The same words in answer to another letter on its ticket mean the one mail of theirs that is held there.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from gateway import act
from gateway.agents.acting import Acted
from gateway.agents.case import Case
from gateway.agents.writing import Done, Writer
from gateway.compose.notices import Line
from gateway.faults import hit
from gateway.mail import Address
from gateway.store import Store, spool_rows
from gateway.store import agents as stored
from gateway.tickets.actions import Actor, Note
from gateway.tickets.commands import Call
from gateway.tickets.commands.manual import page
from gateway.tickets.reason import Reason, Verdict, in_words


def settle(store: Store, case: Case, write: Writer) -> Done:
    """`#send` or `#for ADDR` lets it act, `#drop` closes it; whatever else stands in the answer is not done.

    After a crash it comes here again: what was done is not done twice, and what is told is what became of the mail.
    """
    call = next((one for one in case.script.calls if one.command in ("send", "drop", "cancel", "for")), None)
    found = _found(store, case, write)
    if isinstance(found, list):
        held, said = None, found
    elif call is None:
        first = case.mail.reply.strip().partition("\n")[0]
        waits = "a held mail waits for #send or #drop in your first line"
        held, said = found, [Line(said=first, result=waits, ok=False)]
    elif case.script.is_dry:
        held, said = found, [Line(said=call.line, result="without #dry it would be done", ok=False)]
    else:
        held, said = found, [_settled(store, case, call, write, found), *_left(case, call)]
    with store.main.write() as conn:
        number = case.number if held is None else stored.held_ticket(conn, held)
        mail_id = write.entered(conn, Verdict.ACCEPT, Reason.CONFIRMED, number)
        dropped = said[0].ok and said[0].result == _DROPPED
        if held is not None:
            kind = "held_dropped" if dropped else "held_answered"
            act.apply(conn, [_noted(case, held, number, kind, f"{kind}:{mail_id}")], _actor(case, write, mail_id))
        if dropped or any(not line.ok for line in said):
            told = write.transcript(Acted(lines=tuple(said)))
            act.apply(conn, [told], Actor(name="mail", at=write.at, mail_id=mail_id))
    return Done(state="done", reason=Reason.CONFIRMED, ticket=number)


def _found(store: Store, case: Case, write: Writer) -> int | list[Line]:
    """The held mail that is meant: whose letter is answered, else the only one on the ticket; or what is told instead.

    Which one it was on a ticket is kept: after a crash that one waits no more, and another may.
    """
    if case.held is not None:
        return case.held
    assert case.number is not None
    if case.script.misread:
        return [Line(said=one.line, result=one.say, ok=False, manual=page(one.command)) for one in case.script.misread]
    key = f"settles:{case.incoming.spool.id}"
    with store.main.read() as conn:
        chosen = stored.step_data(conn, case.number, key).get("spool")
        on_ticket = stored.held_on(conn, case.number, case.agent)
    if chosen is not None:
        return int(chosen)
    waiting = [held for held in on_ticket if spool_rows.standing(store, held)[0] == "held"]
    if len(waiting) != 1:
        which = f"{len(waiting)} mails of yours are held on #{case.number}; answer the letter on the one you mean"
        result = which if waiting else f"no mail of yours is held on #{case.number}"
        word = next(one for one in case.script.calls if one.command in ("send", "drop"))
        return [Line(said=word.line, result=result, ok=False), *_left(case, word)]
    with store.main.write() as conn:
        act.apply(conn, [_noted(case, waiting[0], case.number, "held_chosen", key)], _actor(case, write, None))
    return waiting[0]


def _left(case: Case, call: Call) -> Iterator[Line]:
    """What else stands in the mail, and is not done."""
    alone = f"a mail with #{call.command} does nothing else; send this in one of its own"
    for other in case.script.calls:
        if other is not call and other.command != "dry":
            yield Line(said=other.line, result=alone, ok=False)
    if case.script.text.strip():
        unsent = "the text below was not sent; write it as an answer to a notice about the ticket"
        yield Line(said=case.script.text.strip().partition("\n")[0], result=unsent, ok=False)


def _settled(store: Store, case: Case, call: Call, write: Writer, held: int) -> Line:
    """The word, carried out on the held mail."""
    if call.command in ("drop", "cancel"):
        spool_rows.discard(store, [held], state="held")
        hit("after_held_settled")
        return _became(store, held, call, wanted=_DROPPED)
    _release(store, case, call, write, held)
    hit("after_held_settled")
    return _became(store, held, call, wanted=_GOES)


def _release(store: Store, case: Case, call: Call, write: Writer, held: int) -> None:
    """The held mail may act; once for each answer, for it may be held again for what its agent has not seen yet.

    Where it is held for what nobody can overrule it stays: the same letter would come again.
    """
    key = f"confirmed:{case.incoming.spool.id}"
    requester = call.argument.addr if isinstance(call.argument, Address) else ""
    is_answer = bool(requester) and spool_rows.standing(store, held)[1] == Reason.UNCLEAR_WRITER
    with store.main.write() as conn:
        number = stored.held_ticket(conn, held)
        is_again = stored.has_step(conn, number, key)
        if not (is_again or is_answer or stored.may_send(conn, held)):
            return
        if not is_again:
            stored.confirm(conn, held, case.agent, requester, _told_at(conn, case, write, number))
            act.apply(conn, [_noted(case, held, number, "held_confirmed", key)], _actor(case, write, None))
        confirmed = stored.confirmed(conn, held)
    hit("before_held_released")
    if confirmed is not None and spool_rows.standing(store, held)[1] in confirmed.overruled:
        spool_rows.retry(store, [held], by=f"agent:{case.agent}", state="held")


def _told_at(conn: Connection, case: Case, write: Writer, number: int | None) -> datetime:
    """When the letter was written by which the agent knows what it confirms; of what came later it knows nothing."""
    own = write.site.cfg.agents[case.agent].addresses
    answers = stored.letter(conn, [*case.mail.in_reply_to, *case.mail.references], own)
    if answers is not None and answers.kind == "notice_held":
        return answers.at
    known = [one.at for one in (answers, stored.told_held(conn, own, number)) if one is not None]
    return max(known, default=write.at)


def _noted(case: Case, held: int, number: int | None, kind: str, step_key: str) -> Note:
    data = {"spool": held, "agent": case.agent}
    return Note(ticket=number, kind=kind, data=data, reason=Reason.BY_PERSON, step_key=step_key)


def _actor(case: Case, write: Writer, mail_id: int | None) -> Actor:
    return Actor(name=f"agent:{case.agent}", at=write.at, mail_id=mail_id)


# ---- what became of it ---------------------------------------------------------------------------------------------

_DROPPED = "your mail was dropped"
_GOES = "your mail goes on its way"
_LATE = "it is too late for that: {0}"


def _became(store: Store, held: int, call: Call, *, wanted: str) -> Line:
    """The answer to a command on a held mail, by where that is now."""
    state, reason = spool_rows.standing(store, held)
    if state == "ignored" and reason == spool_rows.DISCARDED:
        now = _DROPPED
    elif state == "held":
        return Line(
            said=call.line, result=f"your mail is held: {in_words(reason)}{_how(store, held, reason)}", ok=False
        )
    else:
        now = _GOES if state == "new" else "your mail was carried out"
    is_so = (now == _DROPPED) == (wanted == _DROPPED)
    return Line(said=call.line, result=now if is_so else _LATE.format(now), ok=is_so)


def _how(store: Store, held: int, reason: str) -> str:
    """What its agent can do about it; where that is #send, a letter of its own says so."""
    with store.main.read() as conn:
        if stored.may_send(conn, held):
            return ""
    return "; say #for ADDRESS, or #drop it" if reason == Reason.UNCLEAR_WRITER else "; write it anew, or #drop it"
