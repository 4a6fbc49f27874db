"""The one page: an agent's mail -> which commands, which text, for whom; or what could not be read. Nothing is done."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.mail import Mail
from gateway.tickets.commands import COMMANDS, Call, Kind, Misread, Names, Script, Use
from gateway.tickets.commands.folding import seen
from gateway.tickets.script import agree, block, forms, spelling
from gateway.tickets.script.block import Block
from gateway.tickets.script.forms import Head
from gateway.tickets.script.signature import signs_only

_UNSAFE = "cannot be read safely"
# Where one of these is told, no single line is worth a word.
_OF_THE_MAIL = frozenset({Kind.DIFFERS, Kind.UNSAFE, Kind.AUTOMATIC, Kind.BELOW_TEXT, Kind.TOO_MANY})
_NO_MARK = "\ufffd"  # what stands for a character that was lost


def read(mail: Mail, names: Names) -> Script:
    """The script of a mail. Subject, quotes, signature and files are not looked at; a machine's mail has no calls."""
    head = forms.head_of(mail)
    found = block.read_block(head.lines, names, may_wrap=head.may_wrap)
    found, stop = _in_text(head, found, names)
    found = _trusted(mail, head, found)
    reply = mail.reply.split("\n")
    below = _below(reply, head.plain[:stop])
    if below is None:
        found = replace(found, misread=(*found.misread, _cut(head.plain)))
        below = 0
    elif found.is_empty:
        found = _hidden(reply, head, found)
    return _script(found.calls, found.misread, reply[below:], first=below + 1, names=names)


def read_line(words: Sequence[str], names: Names, *, text: str = "") -> Script:
    """One command as typed behind `gateway do N`, with or without its `#`; `text` is what it takes, from a file."""
    typed, _, more = " ".join(words).strip().partition("\n")
    line = seen(typed)
    found = spelling.spelled(line if line.startswith(("#", *spelling.HASHES)) else f"#{line}")
    if found is None or found.kind is not None or found.command is None:
        why = found.why.removesuffix(spelling.AS_TEXT).replace("#", "") if found else "is no command; see --help"
        return Script(misread=(block.misread_of(line, 0, Kind.UNKNOWN, why, found.command if found else None),))
    if found.command.by_mail:
        why = f"{found.command.name} is for mail alone"
        return Script(misread=(block.misread_of(line, 0, Kind.ARGUMENT, why, found.command),))
    use = found.command.takes or Use.NOTHING
    if use in block.WITH_WORDS:
        text = "\n".join(filter(None, (more, text)))
    else:
        found = replace(found, behind=seen(f"{found.behind} {more}"))
    one = block.read_call(found, line, 0, names)
    if isinstance(one, Misread):
        return Script(misread=(replace(one, say=one.say.replace(f"#{one.command}", one.command)),))
    inline = one.argument if use in block.WITH_WORDS and isinstance(one.argument, str) else ""
    whole = "\n".join(filter(None, (inline, text.strip("\n"))))
    return Script(calls=(one,), rest=text, use=use if whole else Use.NOTHING, text=whole)


def _in_text(head: Head, found: Block, names: Names) -> tuple[Block, int]:
    """The block, and how many lines of the plain text it is; with both forms, only where they say the same."""
    if not head.has_two:
        return found, found.stop
    plain = block.read_block(head.plain, names, may_wrap=False)
    if found.is_empty and plain.is_empty:
        return found, 0
    lines = [line for line in head.lines[: found.stop] if seen(line)]
    stop = forms.lines_of_block(head.plain, lines)
    if stop is None or found.is_empty or not forms.goes_on_alike(head.plain, stop, head.lines, found.stop):
        where = next((line for line in (*head.lines[: found.stop], *head.plain[: plain.stop]) if seen(line)), "")
        why = f"{_UNSAFE}: the plain text of this mail and its HTML do not begin with the same commands"
        differs = block.misread_of(where, 1, Kind.DIFFERS, f"{why}; send it as plain text")
        return Block(misread=(differs,)), 0
    return found, stop


def _trusted(mail: Mail, head: Head, found: Block) -> Block:
    """The block, unless a machine sent it, or what was typed is not surely what was read."""
    if found.is_empty:
        return found
    first = next(filter(seen, (*head.lines, *head.plain)), "")
    if mail.is_automatic:
        why = f"this mail is automatic ({mail.auto_reason or mail.kind}), and no command of such a mail is read"
        return Block(misread=(block.misread_of(first, 1, Kind.AUTOMATIC, why),))
    lost = next((line for line in head.lines[: found.stop] if _NO_MARK in line), "")
    words = sum(len(line.split()) for line in head.lines[: found.stop])
    struck = "something in it is struck out" if head.struck is not None and head.struck < words else ""
    if head.problem or lost or struck:
        why = head.problem or struck or "a character in it was lost on the way"
        return Block(
            misread=(block.misread_of(lost or first, 1, Kind.UNSAFE, f"{_UNSAFE}: {why}; send it as plain text"),)
        )
    return found


def _below(reply: Sequence[str], taken: Sequence[str]) -> int | None:
    """Where the text begins in what the sender wrote, below the lines of the block; None: those are not in there."""
    at = 0
    for line in filter(seen, taken):
        while at < len(reply) and not seen(reply[at]):
            at += 1
        if at == len(reply) or seen(reply[at]) != seen(line):
            return None
        at += 1
    while taken and at < len(reply) and not seen(reply[at]):
        at += 1
    return at


def _cut(plain: Sequence[str]) -> Misread:
    first = next(filter(seen, plain), "")
    why = f"{_UNSAFE}: it stands among what was quoted or added to this mail; send it again without that"
    return block.misread_of(first, 1, Kind.UNSAFE, why)


def _hidden(reply: Sequence[str], head: Head, found: Block) -> Block:
    """A command that begins what the sender wrote, but not the mail: a quote or something else stands above it."""
    at = next((at for at, line in enumerate(reply) if seen(line)), None)
    if at is None or seen(reply[at]) == seen(next(filter(seen, head.plain), "")):
        return found
    one = spelling.spelled(reply[at])
    if one is None or one.is_doubtful:
        return found
    why = "stands below a quote or a signature, where no command is read; put it at the very top"
    return Block(misread=(block.misread_of(reply[at], at + 1, Kind.BELOW_TEXT, why, one.command),))


def _script(
    calls: tuple[Call, ...], misread: tuple[Misread, ...], rest: Sequence[str], *, first: int, names: Names
) -> Script:
    takers = [call for call in calls if COMMANDS[call.command].takes is not None]
    use = COMMANDS[takers[0].command].takes if takers else Use.REPLY
    assert use is not None
    inline = takers[0].argument if takers and use in block.WITH_WORDS else ""
    is_whole = any(one.kind in _OF_THE_MAIL for one in misread)
    below = () if is_whole else block.below_text(rest, first, use, names)
    text = "\n".join(map(block.unescaped, rest)).strip("\n")
    said = "" if calls and signs_only(text, names) else text
    whole = "\n".join(filter(None, (inline if isinstance(inline, str) else "", said)))
    against = () if misread else agree.disagreements(calls, use, whole)
    return Script(
        calls=calls,
        rest=text,
        misread=(*misread, *below, *against)[: block.MAX_TOLD],
        use=use if whole.strip() else Use.NOTHING,
        text=whole,
    )
