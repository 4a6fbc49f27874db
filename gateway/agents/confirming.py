"""An agent answers the letter on a held mail of theirs: it may act after all, or is dropped."""

from gateway import act
from gateway.agents.acting import Acted
from gateway.agents.case import Case
from gateway.agents.writing import Done, Writer
from gateway.compose.notices import Line
from gateway.mail import Address
from gateway.store import Store, spool_rows
from gateway.store import agents as stored
from gateway.tickets.actions import Actor, Note
from gateway.tickets.reason import Reason, Verdict


def settle(store: Store, case: Case, write: Writer) -> Done:
    """`#send` or `#for ADDR` lets it act, `#drop` closes it; whatever else stands in the answer is not done."""
    assert case.held is not None
    call = next((one for one in case.script.calls if one.command in ("send", "drop", "cancel", "for")), None)
    with store.main.read() as conn:
        number = stored.held_ticket(conn, case.held)
    if call is None:
        first = case.mail.reply.strip().partition("\n")[0]
        said = [Line(said=first, result="a held mail waits for #send or #drop in your first line", ok=False)]
        kind = ""
    elif call.command in ("drop", "cancel"):
        gone = spool_rows.discard(store, [case.held], state="held")
        said = [Line(said=call.line, result="your mail was dropped" if gone else _LATE, ok=bool(gone))]
        if case.script.text.strip():
            unsent = "the text below was not sent; write it as an answer to a notice about the ticket"
            said.append(Line(said=case.script.text.strip().partition("\n")[0], result=unsent, ok=False))
        kind = "dropped" if gone else ""
    else:
        requester = call.argument.addr if isinstance(call.argument, Address) else ""
        with store.main.write() as conn:
            stored.confirm(conn, case.held, case.agent, requester, write.at)
        back = spool_rows.retry(store, [case.held], state="held")
        said = [Line(said=call.line, result="your mail goes on its way" if back else _LATE, ok=bool(back))]
        kind = "confirmed" if back else ""
    with store.main.write() as conn:
        mail_id = write.entered(conn, Verdict.ACCEPT, Reason.CONFIRMED, number)
        actor = Actor(name=f"agent:{case.agent}", at=write.at, mail_id=mail_id)
        if kind:
            data = {"spool": case.held, "agent": case.agent}
            act.apply(conn, [Note(ticket=number, kind=f"held_{kind}", data=data, reason=Reason.BY_PERSON)], actor)
        if any(not line.ok for line in said) or kind == "dropped":
            told = write.transcript(Acted(lines=tuple(said)))
            act.apply(conn, [told], Actor(name="mail", at=write.at, mail_id=mail_id))
    return Done(state="done", reason=Reason.CONFIRMED, ticket=number)


_LATE = "nothing waits any more: it was sent or dropped already"
