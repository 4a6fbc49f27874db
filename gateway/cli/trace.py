"""`gateway trace`: where is this customer's mail?"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from gateway.cli import agent_tree, output
from gateway.cli.finding import Found, What, find, meaning
from gateway.cli.main import Session, config_option
from gateway.cli.opening import opened, text_of
from gateway.cli.page import instant, print_heading, print_pairs
from gateway.shown import plain, size
from gateway.store.trace import Deed, Sending, Trail, deeds

_Step = Mapping[str, Any]


@click.command(epilog="Example: gateway trace ann@example.net")
@config_option
@click.argument("what", metavar="WHAT", callback=text_of)
@click.option(
    "--last", type=click.IntRange(min=0), default=100, show_default=True, help="Only the newest mails; 0: all of them."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def trace(session: Session, what: str, last: int, as_json: bool) -> int:
    """Find mails and tell what became of each, newest last.

    WHAT is an address, a Message-ID (with or without its angle brackets), the id a mail had in the queue of an MTA,
    a ticket number, or spool:N for a mail that was answered "250 queued as N". Looked through are mails that came in
    and went out, that still wait, and that were set aside. An address is looked for in the headers and, of the newest
    200,000 mails, in the envelope. Exits 1 where nothing is found.
    """
    with opened(session) as (cfg, store):
        meant = meaning(store, cfg, what)
        found = find(store, meant, last=last)
        by_hand = deeds(store)
    if as_json:
        output.print_json(
            {
                "what": what,
                "searched": meant.meanings,
                "left_out": found.left_out,
                "not_looked_at": found.not_looked_at,
                "named_by": found.named_by,
                "mails": [json_of(one, by_hand.get(one.spool_id or 0, ())) for one in found.trails],
            }
        )
    else:
        if found.left_out:
            output.say(f"{found.left_out} older mails are left out, --last 0 shows them")
        for one in found.trails:
            print_trail(one, by_hand.get(one.spool_id or 0, ()))
    _tell_gaps(what, meant, found)
    return 0 if found.trails else 1


def _tell_gaps(what: str, meant: What, found: Found) -> None:
    if not found.trails:
        searched = (
            ", ".join(meant.meanings) or "nothing it could mean: no address, Message-ID, queue id or known ticket"
        )
        output.warn(f"gateway trace: nothing found of {what}; searched for: {searched}")
        if found.named_by:
            output.warn(f"no mail with this Message-ID came in, but mails on {_tickets(found.named_by)} name it")
    if found.not_looked_at:
        output.warn(f"{found.not_looked_at} older mails wait unread and were looked up by envelope sender only")


def _tickets(numbers: Sequence[int]) -> str:
    return ", ".join(f"#{number}" for number in numbers)


def json_of(one: Trail, by_hand: Sequence[Deed]) -> dict[str, Any]:
    """One mail as it stands in the JSON; what is unknown is None."""
    return {
        "at": one.at,
        "direction": one.direction,
        "spool_id": one.spool_id,
        "mail_id": one.mail_id,
        "source": one.source or None,
        "peer": one.peer or None,
        "helo": one.helo or None,
        "mail_from": one.mail_from,
        "from": one.from_addr or None,
        "recipients": one.recipients,
        "subject": one.subject or None,
        "message_id": one.message_id or None,
        "queue_ids": one.queue_ids,
        "size": one.size,
        "kind": one.kind or None,
        "state": one.state or None,
        "reason": one.reason or None,
        "attempts": one.attempts,
        "copies": one.copies,
        "verdict": one.verdict or None,
        "ticket": one.ticket,
        "steps": one.steps,
        "outbox": one.sending,
        "by_hand": by_hand,
    }


# ---- for people ----------------------------------------------------------------------------------------------------


def print_trail(one: Trail, by_hand: Sequence[Deed]) -> None:
    """One mail and what became of it, a line for each thing known."""
    print_heading(f"{'came in' if one.direction == 'in' else 'written'} {instant(one.at)}")
    print_pairs(_came_in(one) if one.direction == "in" else _went_out(one))
    print_pairs(("by hand", f"{instant(deed.at)} {deed.actor}: {deed.kind}") for deed in by_hand)


def _came_in(one: Trail) -> Iterator[tuple[str, str]]:
    yield "from", one.from_addr
    if one.mail_from is not None and one.mail_from.lower() != one.from_addr.lower():
        yield "envelope from", one.mail_from or "<>"
    yield "to", ", ".join(one.recipients)
    yield "subject", one.subject
    yield "Message-ID", one.message_id
    helo = f" ({one.helo})" if one.helo else ""
    yield "received by", f"{one.source}{f' from {one.peer}{helo}' if one.peer else ''}, {size(one.size)}"
    yield "queue ids", " ".join(one.queue_ids)
    yield "spool", _state(one)
    if one.verdict:
        yield "verdict", f"{one.verdict}, {one.kind} mail"
    steps = {str(step.get("step")): step for step in one.steps}
    yield from _of_agent(steps)
    yield from _decided(steps)
    yield "ticket", f"#{one.ticket}" if one.ticket is not None else ""
    yield "answered", _answer(steps.get("answer"))


def _state(one: Trail) -> str:
    waits = ", waits to be processed" if one.state == "new" else ""
    tries = f", {one.attempts} attempt{'' if one.attempts == 1 else 's'} alone" if one.attempts else ""
    copies = f", came {one.copies + 1} times" if one.copies else ""
    why = f" ({one.reason})" if one.reason else ""
    return f"mail {one.spool_id} is {one.state or 'gone'}{why}{waits}{tries}{copies}"


def _of_agent(steps: Mapping[str, _Step]) -> Iterator[tuple[str, str]]:
    """What an agent's mail might do, and where its text went."""
    for name in ("authority", "script", "course"):
        for branch in getattr(agent_tree, name)(steps[name]) if name in steps else ():
            what, _, told = branch.text.partition(": ")
            yield what, told
            if name != "authority":
                yield from (("", below.text) for below in branch.below)


def _decided(steps: Mapping[str, _Step]) -> Iterator[tuple[str, str]]:
    yield "because", str(steps.get("guard", {}).get("detail") or "")
    thread = steps.get("thread")
    if thread:
        ticket = thread.get("ticket")
        follows = thread.get("follows")
        joined = f"joins #{ticket}" if ticket is not None else f"follows #{follows}" if follows else "joins none"
        yield "thread", f"{joined} ({thread.get('reason')})"
        for tried in thread.get("tried") or ():
            whose = f" for #{tried['ticket']}" if tried.get("ticket") is not None else ""
            yield "  tried", f"{tried.get('evidence')}{whose}, {tried.get('what')}: {tried['outcome']}"
    rules = steps.get("rules")
    for line in _rules(rules) if rules else ():
        yield "rule", line
    reckoned = steps.get("priority")
    if reckoned:
        yield "priority", f"{reckoned.get('value')} <- table ({reckoned.get('why') or 'no row fits'})"
    assigned = steps.get("assign")
    if assigned:
        yield "assigned to", f"{assigned.get('agent') or 'nobody'} by {assigned.get('by')}"


def _rules(step: _Step) -> Iterator[str]:
    """What the rules set, each with the rule and its line."""
    values = [*step.get("fields", {}).items(), *step.get("actions", {}).items()]
    values += [(name, one) for name, several in step.get("added", {}).items() for one in several]
    for name, one in values:
        yield f"{name} = {plain(one.get('value'))} by {one.get('rule')} ({one.get('file')}:{one.get('line')})"
    for one in step.get("skipped", ()):
        yield f"{one.get('what')} of {one.get('rule')} was skipped: {one.get('reason')}"


def _answer(step: _Step | None) -> str:
    if step is None:
        return ""
    if step.get("sent"):
        later = (
            f", put off until {instant(datetime.fromisoformat(until))}" if (until := step.get("put_off_until")) else ""
        )
        return f"{step['sent']} to {step.get('to')}{later}"
    detail = f" ({step['detail']})" if step.get("detail") else ""
    return f"no: {step.get('reason')}{detail}"


def _went_out(one: Trail) -> Iterator[tuple[str, str]]:
    yield "what", one.kind
    yield "to", ", ".join(one.recipients)
    yield "subject", one.subject
    yield "Message-ID", one.message_id
    yield "ticket", f"#{one.ticket}" if one.ticket is not None else ""
    yield "outbox", _sending(one.sending) if one.sending else "in no outbox row"


def _sending(row: Sending) -> str:
    tries = f"{row.attempts} attempt{'' if row.attempts == 1 else 's'}"
    when = f" {instant(row.sent_at)}" if row.sent_at else ""
    again = f", next at {instant(row.next_try_at)}" if row.state == "pending" and row.attempts else ""
    why = f" ({row.reason})" if row.reason else ""
    last = f", last reply: {row.last_reply}" if row.last_reply else ""
    return f"row {row.id} is {row.state}{when}{why}, {tries}{again}{last}"
