"""Whether the commands of one mail go together, and with its text; with who gives them, and where."""

from collections.abc import Iterator, Sequence

from gateway.tickets.commands import COMMANDS, Call, Kind, Misread, Needs, People, Role, Tags, Use
from gateway.tickets.script.block import misread_of

# Of each of these one may stand in a mail, and why.
_ONE_OF = (
    (("note", "reply", "describe", "forward", "new"), "each takes the text of the mail"),
    (("close", "resolve", "open", "wait", "hold", "status"), "a ticket has one status"),
    (("send", "drop", "cancel", "undo"), "nobody can tell which is to come first"),
    (("pin", "unpin"), "one is the opposite of the other"),
    (("away", "back"), "one is the opposite of the other"),
    (("merge", "join", "split"), "each says which mails belong together"),
    (("spam", "canned"), "spam is not answered"),
    (("spam", "reply"), "spam is not answered"),
    (("spam", "forward"), "spam is passed on to nobody"),
    (("cc", "spam"), "spam is not copied to anybody"),
)
_ON_OLD = ("merge", "join", "split", "undo", "send", "drop", "cancel", "spam", "why", "files", "requester", "unlink")
_SENDS_NOTHING = {  # commands below which a text has no addressee
    "spam": "spam is not answered",
    "send": "it sends the reply that waits as it is; to stop that write #drop, and this text to a notice",
    "undo": "it sends nothing",
}


def disagreements(calls: Sequence[Call], use: Use, text: str) -> tuple[Misread, ...]:
    """What stands against carrying out these calls together, each told at the later line."""
    found = [*_repeated(calls), *_exclusive(calls), *_signs(calls), *_of_new(calls), *_of_text(calls, use, text)]
    return tuple(dict.fromkeys(found))


def forbidden(calls: Sequence[Call], role: Role | str) -> tuple[Misread, ...]:
    """The calls that an agent of this role may not give."""
    why = 'may be given by a lead alone; ask one, or your admin for role = "lead"'
    return tuple(
        _of(call, Kind.ROLE, f"#{call.command} {why}")
        for call in calls
        if COMMANDS[call.command].role is Role.LEAD and role != Role.LEAD
    )


def without_ticket(calls: Sequence[Call]) -> tuple[Misread, ...]:
    """The calls that need a ticket, of a mail that is on none and opens none."""
    if any(call.command == "new" for call in calls):
        return ()
    why = "is about a ticket, and this mail is on none; answer a notice about it, or write #new above"
    return tuple(
        _of(call, Kind.NO_TICKET, f"#{call.command} {why}")
        for call in calls
        if COMMANDS[call.command].needs is Needs.TICKET
    )


def _of(call: Call, kind: Kind, why: str) -> Misread:
    return misread_of(call.line, call.at, kind, why, COMMANDS[call.command])


def _repeated(calls: Sequence[Call]) -> Iterator[Misread]:
    seen: dict[str, Call] = {}
    for call in calls:
        first = seen.setdefault(call.command, call)
        if first is not call and not COMMANDS[call.command].many:
            yield _of(call, Kind.REPEATED, f"#{call.command} stands in line {first.at} too; leave one of them")


def _exclusive(calls: Sequence[Call]) -> Iterator[Misread]:
    for names, why in _ONE_OF:
        given = {call.command: call for call in reversed(calls) if call.command in names}
        if len(given) > 1:
            *others, last = sorted(given.values(), key=lambda call: call.at)
            against = " and ".join(f"#{call.command}" for call in others)
            yield _of(last, Kind.CONFLICT, f"#{last.command} does not go with {against}: {why}; leave one of them")


def _signs(calls: Sequence[Call]) -> Iterator[Misread]:
    """What one line adds and another takes away."""
    added: dict[tuple[str, str], int] = {}
    dropped: dict[tuple[str, str], int] = {}
    for call in calls:
        add, drop = _added_and_dropped(call)
        for key in add:
            added.setdefault((call.command, key), call.at)
        for key in drop:
            dropped.setdefault((call.command, key), call.at)
        both = [key for key in (*add, *drop) if (call.command, key) in added and (call.command, key) in dropped]
        if both:
            yield _of(call, Kind.CONFLICT, f"{both[0]} is both added and taken away; leave one of them")


def _added_and_dropped(call: Call) -> tuple[Sequence[str], Sequence[str]]:
    if isinstance(call.argument, Tags):
        return call.argument.add, call.argument.drop
    if isinstance(call.argument, People):
        return [one.key for one in call.argument.add], [one.key for one in call.argument.drop]
    return (), ()


def _of_new(calls: Sequence[Call]) -> Iterator[Misread]:
    is_new = any(call.command == "new" for call in calls)
    for call in calls:
        if call.command == "for" and not is_new:
            yield _of(call, Kind.CONFLICT, "#for says whom a new ticket is for; write #new above it")
        if is_new and call.command in _ON_OLD:
            yield _of(call, Kind.CONFLICT, f"#{call.command} is about a ticket that is there, and #new opens another")


def _of_text(calls: Sequence[Call], use: Use, text: str) -> Iterator[Misread]:
    if not calls:
        return
    given = {call.command: call for call in reversed(calls)}
    if not text.strip():
        for name, what in (("note", "note"), ("describe", "description"), ("reply", "reply")):
            if name in given and not (name == "reply" and "canned" in given):
                yield _of(given[name], Kind.MISSING, f"#{name} has no text; write the {what} below it")
        return
    if use is not Use.REPLY or "reply" in given:
        return
    for name, why in _SENDS_NOTHING.items():
        if name in given:
            yield _of(given[name], Kind.CONFLICT, f"#{name} does not go with a text: {why}. For a note write #note")
    if all(COMMANDS[call.command].asks for call in calls):
        why = "nobody can tell whom the text below is for; write #note or #reply above it, or leave it out"
        yield _of(calls[-1], Kind.AMBIGUOUS, why)
