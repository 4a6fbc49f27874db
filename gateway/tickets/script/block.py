"""The block of commands at the head of a text: its lines read one by one, and where the text below it begins."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.tickets.commands import COMMANDS, Call, Command, Kind, Misread, Names, Unreadable, Use
from gateway.tickets.commands.folding import seen
from gateway.tickets.commands.values import shown
from gateway.tickets.script import spelling
from gateway.tickets.script.spelling import Spelled

NARROWEST = 60  # characters; no client wraps sooner
MAX_LINES = 100  # of commands
MAX_TOLD = 20  # mistakes of one mail
MAX_SIGNS = 5_000  # lines of a text that begin with the sign
_INTERNAL = frozenset({Use.NOTE, Use.DESCRIPTION})
WITH_WORDS = _INTERNAL | {Use.REPLY}  # what stands on the line of the command is one text with what stands below


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What the head of a text says. `stop`: how many of its lines the block takes, blank ones above the text too."""

    calls: tuple[Call, ...] = ()
    misread: tuple[Misread, ...] = ()
    stop: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.calls or self.misread)


def read_block(lines: Sequence[str], names: Names, *, may_wrap: bool) -> Block:
    """The commands before any text. `may_wrap`: long lines may have been broken in two on the way."""
    calls: list[Call] = []
    misread: list[Misread] = []
    last = -1  # the last line of the block
    stop = 0
    while stop < len(lines):
        line = lines[stop]
        if seen(line):
            found = _one(line, stop + 1, names)
            if found is None:
                break
            if isinstance(found, Call):
                calls.append(found)
            else:
                misread.append(found)
            last = stop
        stop += 1
        if len(calls) + len(misread) > MAX_LINES:
            misread.insert(0, _too_many(lines[stop - 1], stop))
            break
    is_next = 0 <= last == stop - 1 and stop < len(lines)
    goes_on = bool(calls) and calls[-1].at == stop and COMMANDS[calls[-1].command].takes in WITH_WORDS
    if may_wrap and is_next and not goes_on and _may_go_on(lines[last], lines[stop]):
        misread.append(_wrapped(lines[last], lines[stop], last + 1))
    return Block(calls=tuple(calls), misread=tuple(misread[:MAX_TOLD]), stop=stop if last >= 0 else 0)


def read_call(found: Spelled, line: str, at: int, names: Names) -> Call | Misread:
    """A well-spelled command with its argument."""
    assert found.command is not None
    try:
        argument = found.command.argument(found.behind, names)
    except Unreadable as error:
        return misread_of(line, at, error.kind, f"#{found.command.name} {_said(error)}", found.command)
    return Call(command=found.command.name, argument=argument, line=seen(line), at=at)


def misread_of(line: str, at: int, kind: Kind, why: str, command: Command | None = None) -> Misread:
    """`line 2, "#clsoe": ...`, one line."""
    where = f'line {at}, "{shown(line)}": ' if at else f'"{shown(line)}": '
    return Misread(line=seen(line), kind=kind, say=where + why, command=command.name if command else "", at=at)


def below_text(lines: Sequence[str], first: int, use: Use, names: Names) -> tuple[Misread, ...]:
    """The lines of a text that are commands, or nearly, and so must not go out as text.

    `first`: the number of its first line. In what only agents read, a line counts that could be carried out as it is.
    """
    found: list[Misread] = []
    signs = 0
    for at, line in enumerate(lines, first):
        if not _may_begin(line):
            continue
        signs += 1
        if signs > MAX_SIGNS:
            why = f"more than {MAX_SIGNS} lines begin with #, and not all were looked at; send them as a file"
            return (misread_of(line, at, Kind.TOO_MANY, why), *found)
        one = spelling.below_text(line)
        if one is None or one.command is None:
            continue
        if use in _INTERNAL and not (one.kind is None and isinstance(read_call(one, line, at, names), Call)):
            continue
        say = f"stands below a text, where no command is read; put {one.command.typed} at the very top, "
        found.append(misread_of(line, at, Kind.BELOW_TEXT, f"{say}or write \\# for # if it is text", one.command))
        if len(found) == MAX_TOLD:
            break
    return tuple(found)


def unescaped(line: str) -> str:
    """A line of the text as it is meant: `\\#close` was written for `#close`."""
    head, mark, tail = line.partition(spelling.ESCAPE)
    return f"{head}#{tail}" if mark and not seen(head) else line


def _one(line: str, at: int, names: Names) -> Call | Misread | None:
    found = spelling.spelled(line)
    if found is None:
        return None
    if found.kind is None:
        return read_call(found, line, at, names)
    if found.is_doubtful and not isinstance(read_call(found, line, at, names), Call):
        return None
    return misread_of(line, at, found.kind, found.why, found.command)


def _said(error: Unreadable) -> str:
    """What is wrong as the rest of a sentence that begins with the command."""
    why = str(error)
    return why if why[0].islower() and not why.startswith("there ") else f"cannot be read: {why}"


def _may_begin(line: str) -> bool:
    """Quick: whether a line has a sign in its first few characters that a command could begin with."""
    head = line.lstrip()[:12]
    return "#" in head or (not head.isascii() and any(map(head.__contains__, spelling.HASHES)))


def _may_go_on(line: str, below: str) -> bool:
    return len(line.rstrip()) + 1 + len(below.split(maxsplit=1)[0]) > NARROWEST


def _wrapped(line: str, below: str, at: int) -> Misread:
    why = (
        f'nobody can tell whether the next line, "{shown(below)}", belongs to it or is your text; '
        "put an empty line between them, or shorten it"
    )
    return misread_of(line, at, Kind.WRAPPED, why)


def _too_many(line: str, at: int) -> Misread:
    return misread_of(line, at, Kind.TOO_MANY, f"a mail may hold {MAX_LINES} commands; send the rest in another one")
