"""An agent answers the letter on a held mail of theirs: it may act after all, or is dropped."""

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
from gateway.tickets.reason import Reason, Verdict, in_words


def settle(store: Store, case: Case, write: Writer) -> Done:
    """`#send` or `#for ADDR` lets it act, `#drop` closes it; whatever else stands in the answer is not done.

    After a crash it comes here again: what was done is not done twice, and what is told is what became of the mail.
    """
    assert case.held is not None
    call = next((one for one in case.script.calls if one.command in ("send", "drop", "cancel", "for")), None)
    with store.main.read() as conn:
        number = stored.held_ticket(conn, case.held)
    if call is None:
        first = case.mail.reply.strip().partition("\n")[0]
        said = [Line(said=first, result="a held mail waits for #send or #drop in your first line", ok=False)]
    elif call.command in ("drop", "cancel"):
        spool_rows.discard(store, [case.held], state="held")
        hit("after_held_settled")
        said = [_became(store, case.held, call, wanted=_DROPPED)]
        if case.script.text.strip():
            unsent = "the text below was not sent; write it as an answer to a notice about the ticket"
            said.append(Line(said=case.script.text.strip().partition("\n")[0], result=unsent, ok=False))
    else:
        _release(store, case, call, write, number)
        hit("after_held_settled")
        said = [_became(store, case.held, call, wanted=_GOES)]
    with store.main.write() as conn:
        mail_id = write.entered(conn, Verdict.ACCEPT, Reason.CONFIRMED, number)
        dropped = said[0].ok and said[0].result == _DROPPED
        kind = "held_dropped" if dropped else "held_answered"
        act.apply(conn, [_noted(case, number, kind, f"{kind}:{mail_id}")], _actor(case, write, mail_id))
        if dropped or any(not line.ok for line in said):
            told = write.transcript(Acted(lines=tuple(said)))
            act.apply(conn, [told], Actor(name="mail", at=write.at, mail_id=mail_id))
    return Done(state="done", reason=Reason.CONFIRMED, ticket=number)


def _release(store: Store, case: Case, call: Call, write: Writer, number: int | None) -> None:
    """The held mail may act; once for each answer, for it may be held again for what its agent has not seen yet."""
    assert case.held is not None
    key = f"confirmed:{case.incoming.spool.id}"
    requester = call.argument.addr if isinstance(call.argument, Address) else ""
    with store.main.write() as conn:
        if not stored.has_step(conn, number, key):
            stored.confirm(conn, case.held, case.agent, requester, write.at)
            act.apply(conn, [_noted(case, number, "held_confirmed", key)], _actor(case, write, None))
        confirmed = stored.confirmed(conn, case.held)
    hit("before_held_released")
    if confirmed is not None and spool_rows.standing(store, case.held)[1] in confirmed.overruled:
        spool_rows.retry(store, [case.held], state="held")


def _noted(case: Case, number: int | None, kind: str, step_key: str) -> Note:
    data = {"spool": case.held, "agent": case.agent}
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
        return Line(said=call.line, result=f"your mail is held: {in_words(reason)}", ok=False)
    else:
        now = _GOES if state == "new" else "your mail was carried out"
    is_so = (now == _DROPPED) == (wanted == _DROPPED)
    return Line(said=call.line, result=now if is_so else _LATE.format(now), ok=is_so)
