"""An explanation as a tree for people: one branch a step of the mail's way."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from gateway.cli import agent_tree, clock_tree, rules_tree
from gateway.cli.output import Branch
from gateway.cli.page import instant
from gateway.explanation import Explanation, Step, TicketExplanation
from gateway.shown import plain, size
from gateway.tickets.reason import Reason
from gateway.tomltext import units

_WHERE = {"to": "named in To", "cc": "named in Cc", "envelope": "named in the envelope only"}
_UNASSIGNED = {
    "no_rule_asked": "no rule asked for anybody",
    "has_somebody_already": "the ticket has somebody already",
    "nobody_asked_for": "a rule asked for nobody",
    "no_ticket_touched": "no ticket is touched",
}


def branches(found: Explanation | TicketExplanation) -> Iterator[Branch]:
    """The trees, one a mail; of a ticket one of its fields first."""
    if isinstance(found, Explanation):
        yield _mail(found)
        return
    clock = [one for one in (clock_tree.due(found.due), clock_tree.ticked(found.clock)) if one]
    yield Branch(f"ticket #{found.ticket}", [*rules_tree.fields_of(found.fields), *clock])
    for mail in found.mails:
        yield _mail(mail)
    for step in found.afterwards:
        yield rules_tree.afterwards(step)


def rules_alone(found: Explanation | TicketExplanation) -> Iterator[Branch]:
    """The same with nothing but what rules had to say."""
    mails = [found] if isinstance(found, Explanation) else found.mails
    for mail in mails:
        if mail.direction == "in":
            yield _mail(mail, [step for step in mail.steps if step["step"] == "rules"])
    if isinstance(found, TicketExplanation):
        for step in found.afterwards:
            yield rules_tree.afterwards(step)


def _mail(one: Explanation, steps: Sequence[Step] | None = None) -> Branch:
    """The tree of a mail, of all its steps unless some are named."""
    if one.dry_run:
        head = "dry run, nothing is written"
    else:
        head = f"mail {one.mail_id}" if one.mail_id is not None else f"spool:{one.spool_id}"
        head += " came in" if one.direction == "in" else " of ours"
    title = f"{head}: {one.subject}" if one.subject else head
    told = one.steps if steps is None else steps
    return Branch(title, [branch for step in told for branch in _step(step, one)])


def _step(step: Step, one: Explanation) -> Iterator[Branch]:
    name = str(step["step"])
    if name in _TELLERS:
        yield from _TELLERS[name](step, one)
    else:
        yield Branch(f"{name}: {plain({key: value for key, value in step.items() if key != 'step'})}")


# ---- how it came, what it is ---------------------------------------------------------------------------------------


def _receive(step: Step, one: Explanation) -> Iterator[Branch]:
    peer = f" from {step['peer']}" if step["peer"] else ""
    helo = f" ({step['helo']})" if step["helo"] else ""
    sender = "no envelope" if step["mail_from"] is None else f"envelope {step['mail_from'] or '<>'}"
    below = [Branch(f"{sender} -> {', '.join(step['recipients'])}")]
    below += [Branch(f"TLS {step['tls']}")] if step["tls"] else []
    below += [Branch(f"logged in as {step['auth_user']}")] if step["auth_user"] else []
    if step["copies"]:
        below.append(Branch(f"came {step['copies'] + 1} times, each after the first changed nothing"))
    if step["repeats"]:
        below.append(
            Branch(
                f"is known as spool:{step['repeats']}: it would change nothing; below, what it would do as a new mail"
            )
        )
    if not one.verdict:
        waits = "waits to be processed" if one.state == "new" else f"is {one.state}"
        why = f": {_reason(one.reason)}" if one.reason else ""
        below.append(Branch(f"never decided, {waits}{why}"))
    yield Branch(
        f"came by {step['source'] or 'unknown'}{peer}{helo}, {instant(step['at'])}, {size(step['size'])}", below
    )


def _read(step: Step, _: Explanation) -> Iterator[Branch]:
    language = f", language {step['language']}" if step["language"] else ""
    head = f"read: {step['kind']} mail from {step['from'] or 'nobody usable'}{language}"
    yield Branch(head, [Branch(line) for line in step["trail"]])


def _verify(step: Step, _: Explanation) -> Iterator[Branch]:
    if "notes" not in step:
        yield Branch("authentication: not verified yet")
        return
    author = f" {step['from']}" if step["from"] else ""
    told = f"{step['by']} proves From{author}" if step["by"] else f"nothing that is trusted proves From{author}"
    doubt = [Branch(f"From cannot be relied on: {step['from_problem']}")] if step["from_problem"] else []
    yield Branch(f"authentication: {told}", [*doubt, *(Branch(note) for note in step["notes"])])


def _identify(step: Step, _: Explanation) -> Iterator[Branch]:
    where = _WHERE.get(step.get("named_in", ""), "")
    yield Branch(f"recipient: {step['recipient']}{f' ({where})' if where else ''} -> queue {step['queue']}")
    if agent := step.get("opened_by"):
        below = [Branch(line) for line in step["commands"]]
        yield Branch(f"opened by {agent}, who wrote or forwarded it for the sender named above", below)
    if declared := step.get("declared"):
        told = [f"from {declared['author']}"] if declared["author"] else []
        told += [f"about {declared['key']}"] if declared["key"] else []
        told += [f"a {declared['signal']}"] if declared["signal"] and declared["key"] else []
        said = ", ".join([*told, *([declared["why"]] if declared["why"] else [])]) or "from whom it says"
        yield Branch(f"declared source {declared['source']} ({declared['requester']}): {said}")


def _guard(step: Step, _: Explanation) -> Iterator[Branch]:
    detail = f": {step['detail']}" if step["detail"] else ""
    yield Branch(f"guard: {step['verdict']}, {_reason(step['reason'])}{detail}")


# ---- which ticket --------------------------------------------------------------------------------------------------


def _thread(step: Step, one: Explanation) -> Iterator[Branch]:
    number, follows = step["ticket"], step["follows"]
    if number is not None:
        verb = "joins" if one.verdict in ("accept", "quiet") else "belongs to"
        head = f"{verb} #{number}{', opens it again' if step.get('reopens') else ''}"
    elif one.verdict not in ("accept", "quiet") or any(each["step"] == "authority" for each in one.steps):
        head = "joins no ticket"
    else:
        head = f"a new ticket{f', which follows #{follows}' if follows else ''}"
    below = [Branch(_tried(tried)) for tried in step["tried"]]
    if step["mentions"]:
        below.append(Branch(f"mentions {', '.join(f'#{other}' for other in step['mentions'])}"))
    yield Branch(f"thread: {head}, {_reason(step['reason'])}", below)


def _tried(tried: Mapping[str, Any]) -> str:
    number = f"#{tried['ticket']}" if tried["ticket"] is not None else ""
    seen = [tried["evidence"], *(one for one in (number, tried["what"]) if one)]
    counts = "counts" if tried["outcome"] == "joined" else f"does not count, {_reason(tried['outcome'])}"
    return f"{' '.join(dict.fromkeys(seen))}: {counts}"


def _bounce(step: Step, _: Explanation) -> Iterator[Branch]:
    for mail in step["mails"]:
        reply = f": {mail['reply']}" if mail["reply"] else ""
        named = f", it names {mail['named']}" if mail["named"].lower() != mail["recipient"].lower() else ""
        yield Branch(f"reports on mail {mail['mail']} to {mail['recipient']}: {mail['outcome']}{named}{reply}")


# ---- what came of it -----------------------------------------------------------------------------------------------


def _assign(step: Step, _: Explanation) -> Iterator[Branch]:
    if step.get("reason") == "no_ticket_touched":
        return
    if step["agent"] is None and "reason" in step:
        yield Branch(f"assignment: {_UNASSIGNED.get(step['reason'], step['reason'])}")
        return
    head = f"{step['agent']} by {step['by']}" if step["agent"] else "nobody"
    below = [Branch(f"needs {', '.join(step['needed'])}")] if step.get("needed") else []
    below += [Branch(_candidate(one)) for one in step.get("candidates", ())]
    yield Branch(f"assignment: {head}", [*below, *(Branch(line) for line in step["how"])])


def _candidate(one: Mapping[str, Any]) -> str:
    most = f" of at most {one['most']}" if one["most"] is not None else ""
    skills = f", skills {', '.join(one['skills'])}" if one["skills"] else ""
    free = f"{', away' if one['away'] else ''}{', not at work now' if one['off_duty'] else ''}"
    return f"{one['agent']}: {one['open']} open{most}{skills}{free}"


def _priority(step: Step, _: Explanation) -> Iterator[Branch]:
    yield Branch(f"priority: {step['value']} by the table, {plain(step['why'])}")


def _sla(step: Step, _: Explanation) -> Iterator[Branch]:
    yield Branch(f"SLA: {step['value']}, that of {step['by'].replace(':', ' ')}")


def _occurrence(step: Step, _: Explanation) -> Iterator[Branch]:
    within = units.in_words(timedelta(seconds=step["within_seconds"]))
    yield Branch(f"occurrence: {step['value']} of {step['by']} {step['of']} within {within}, this one among them")


def _act(step: Step, one: Explanation) -> Iterator[Branch]:
    below = [Branch(f"{name}: {plain(before)} -> {plain(after)}") for name, (before, after) in step["changed"].items()]
    ticket = f", {'opens ' if step['opens'] else ''}#{step['ticket']}" if step["ticket"] is not None else ""
    why = "" if step["verdict"] in ("accept", "quiet") else f", {_reason(step['reason'])}"
    yield Branch(f"outcome: {step['state']}{ticket}{why}", below)
    due = clock_tree.due(one.due)
    if due:
        yield due


def _answer(step: Step, _: Explanation) -> Iterator[Branch]:
    if step["sent"]:
        until = step.get("put_off_until")
        later = (
            f"; put off until {instant(datetime.fromisoformat(until))}, {_reason(Reason.CAP_TOTAL)}" if until else ""
        )
        yield Branch(
            f"answer: {step['sent']} to {step['to']}, {_reason(step['reason'])}; template {step['template']}{later}"
        )
        return
    wanted = f"{step['template']} not sent" if step.get("template") else "none"
    detail = f": {step['detail']}" if step.get("detail") else ""
    yield Branch(f"answer: {wanted}, {_reason(step['reason'])}{detail}")


def _send(step: Step, _: Explanation) -> Iterator[Branch]:
    mails: Sequence[Mapping[str, Any]] = step["mails"]
    if not mails:
        yield Branch("sent: nothing")
    for mail in mails:
        below = [Branch(f"last reply: {mail['last_reply']}")] if mail.get("last_reply") else []
        when = f" {instant(mail['sent_at'])}" if mail.get("sent_at") else ""
        again = f", next try {instant(mail['next_try_at'])}" if mail.get("next_try_at") else ""
        tries = f", {mail['attempts']} attempt{'' if mail['attempts'] == 1 else 's'}" if mail.get("attempts") else ""
        why = f" ({mail['reason']})" if mail.get("reason") else ""
        known = f"mail {mail['mail_id']}, " if mail["mail_id"] is not None else ""
        if mail["state"] is None:
            yield Branch(f"would be sent: {mail['kind']} to {mail['to']}")
            continue
        yield Branch(f"sent: {known}{mail['kind']} to {mail['to']}: {mail['state']}{when}{why}{tries}{again}", below)


def _write(step: Step, _: Explanation) -> Iterator[Branch]:
    cause = step["because_of_mail"]
    yield Branch(f"written: {step['kind']}{f', because of mail {cause}' if cause is not None else ''}")


def _reason(reason: str) -> str:
    return agent_tree.reason(reason)


_TELLERS: Mapping[str, Callable[[Step, Explanation], Iterator[Branch]]] = {
    "authority": agent_tree.authority,
    "script": agent_tree.script,
    "course": agent_tree.course,
    "held": agent_tree.held,
    "would": agent_tree.would,
    "receive": _receive,
    "read": _read,
    "verify": _verify,
    "identify": _identify,
    "guard": _guard,
    "thread": _thread,
    "bounce": _bounce,
    "rules": rules_tree.rules,
    "priority": _priority,
    "sla": _sla,
    "occurrence": _occurrence,
    "assign": _assign,
    "act": _act,
    "answer": _answer,
    "send": _send,
    "write": _write,
}
