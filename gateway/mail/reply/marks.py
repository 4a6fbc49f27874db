"""What a line of a mail's text is, as the rules of `reply` mark it, one after the other; the value is for the trail."""

from collections.abc import Iterator, Sequence
from enum import Enum


class Mark(Enum):
    """OWN until a rule says otherwise."""

    OWN = "the sender's words"
    BLANK = "blank"
    PREFIXED = "quoted, by its prefix"
    BOXED = "quoted, by the container in the HTML"
    KNOWN = "quoted, we sent these words"
    MARKER = "our marker line"
    ATTRIBUTION = "says whom it quotes"
    HEADERS = "header block of a quoted mail"
    SEPARATOR = "separator above a quoted mail"
    BELOW = "below what opens a quoted mail"
    SIGNATURE = "signature"
    CONTACT = "contact details below the closing"
    MOBILE = "footer of a mail program"
    NOTICE = "disclaimer or footer of a mail system"
    WARNING = "warning about external senders"
    IMAGE = "place of an inline image"

    __hash__ = object.__hash__  # Enum's own is slow


QUOTES = frozenset({Mark.PREFIXED, Mark.BOXED, Mark.KNOWN, Mark.MARKER})
OPENERS = frozenset({Mark.ATTRIBUTION, Mark.HEADERS, Mark.SEPARATOR})
SIGNED = frozenset({Mark.SIGNATURE, Mark.CONTACT, Mark.MOBILE})

_WRITTEN = frozenset({Mark.OWN, Mark.BLANK})


def fill(marks: list[Mark], start: int, stop: int, mark: Mark) -> None:
    """Mark `[start, stop)` where no rule has spoken; blank lines there become part of it."""
    for at in range(start, stop):
        if marks[at] in _WRITTEN:
            marks[at] = mark


def regions(marks: Sequence[Mark]) -> Iterator[tuple[int, int]]:
    """`[start, stop)` of each run of the sender's own lines with the blank ones between them, none around them."""
    own, blank = Mark.OWN, Mark.BLANK  # a member of an Enum is slow to look up
    owned = marks.count(own)
    if owned and owned + marks.count(blank) == len(marks):
        last = len(marks) - 1
        while marks[last] is blank:
            last -= 1
        yield marks.index(own), last + 1
        return
    start = last = -1
    for at, mark in enumerate(marks):
        if mark is own:
            start, last = (at if start < 0 else start), at
        elif mark is not blank and start >= 0:
            yield start, last + 1
            start = -1
    if start >= 0:
        yield start, last + 1


def next_line(marks: Sequence[Mark], at: int) -> int:
    """The first line from `at` on that is not blank, or the number of lines."""
    while at < len(marks) and marks[at] is Mark.BLANK:
        at += 1
    return at
