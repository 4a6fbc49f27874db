"""Lines quoted by a prefix: `>` everywhere; `|`, `:>` and `AB>` only where nothing else is likely."""

import re
from collections.abc import Sequence

from gateway.mail.reply.marks import Mark, fill

MIN_WIDTH = 68  # characters; no client wraps sooner
MAX_TAIL = 60  # characters of a line that begins with the `>` of an address broken before it

_ARROWS = (">", "＞")
_STRIPPED = ">＞| \t\u00a0"
_RARE = re.compile(r"(?:\||:\s?>|(?!mailto)\w{1,15}>)(?=\s|\Z|\w)")
_BARS = re.compile(r"(?:\|\s|:\s?>)[^|]*\Z")
_PROMPT = re.compile(r">>>(?!>)")
_ENDS = (".", "!", "?", ":", "。", "？", "！")


def mark(bare: Sequence[str], marks: list[Mark]) -> None:
    """Mark the lines that begin with `>`, and runs of two and more that begin with `|` or `:>`."""
    start = 0
    while start < len(bare):
        stop = start
        while stop < len(bare) and bare[stop].startswith(_ARROWS) and not _closes_an_address(bare, stop):
            stop += 1
        if stop == start:
            while stop < len(bare) and _BARS.match(bare[stop]):
                stop += 1
            if stop - start > 1:
                fill(marks, start, stop, Mark.PREFIXED)
        elif not all(_PROMPT.match(line) for line in bare[start:stop]):  # Python's own sessions begin their lines so
            fill(marks, start, stop, Mark.PREFIXED)
        start = stop + (stop == start)
    _mend(bare, marks)


def follow(bare: Sequence[str], marks: list[Mark], at: int) -> bool:
    """Mark the lines below an attribution that share a rare prefix with line `at`; False where that has none."""
    if at >= len(bare) or not (found := _RARE.match(bare[at])):
        return False
    stop = last = at
    while stop < len(bare) and (not bare[stop] or bare[stop].startswith(found.group())):
        last = stop if bare[stop] else last
        stop += 1
    fill(marks, at, last + 1, Mark.PREFIXED)
    return True


def stripped(line: str) -> str:
    """A quoted line without its prefix."""
    return line.lstrip(_STRIPPED)


def _closes_an_address(bare: Sequence[str], at: int) -> bool:
    """True for `>:` or `> wrote:` below `Ann Lee <ann@example.net`."""
    line = bare[at]
    if at == 0 or len(line) > MAX_TAIL or not line.endswith((":", "：")) or bare[at - 1].startswith(_ARROWS):
        return False
    above = " ".join(bare[max(0, at - 2) : at])[-400:]
    return above.count("<") > above.count(">")


def _mend(bare: Sequence[str], marks: list[Mark]) -> None:
    """Mark the rest of a quoted line that was wrapped after it got its prefix: it stands right between two others."""
    for at in range(1, len(bare) - 1):
        if marks[at] is Mark.OWN and marks[at - 1] is Mark.PREFIXED and _is_wrapped(bare[at - 1], bare[at]):
            below = at + 1 + (marks[at + 1] is Mark.OWN)
            if below < len(bare) and marks[below] is Mark.PREFIXED:
                fill(marks, at, below, Mark.PREFIXED)


def _is_wrapped(line: str, rest: str) -> bool:
    if len(line) + 1 + len(rest.split(maxsplit=1)[0]) <= MIN_WIDTH:
        return False
    return not line.endswith(_ENDS) or (line[-1] == "." and rest[0].islower())
