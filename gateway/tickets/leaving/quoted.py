"""An agent's own words apart from what comes back of the notice they answer.

What is marked as a quote stays only where all of it is the customer's to read: a quote is let through, never sieved.
What is not marked is known by our own letters, which the agent's client may have wrapped anew, but hardly reworded.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from gateway.mail import Mail
from gateway.mail.reply import attributions, markers, mobile, prefixes, separators
from gateway.mail.reply.marks import OPENERS, Mark, next_line
from gateway.tickets.leaving.runs import Runs, words

_RUN = 5  # words of a notice in a row; so few, for the notice is known to lie here
_BRIEF = 5  # words of a line that, between lines of a notice, is one of them
_HINT = 2  # words in a row by which a line that was damaged may still be one of a notice
_BY_CLIENT = re.compile(r"[\d@]")  # it says when, or who by address; a person says "you wrote:"
_UNSEEN = dict.fromkeys(
    map(ord, "\u00ad\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
)


class _Line(Enum):
    """What a line is."""

    OWN = "own"
    BLANK = "blank"
    QUOTE = "quote"  # the customer may read it
    OURS = "ours"  # of a notice, though the customer may read it
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Cut:
    """The agent's text, how many lines were taken out of it, and whether it is unclear where a quote ends."""

    text: str
    lines: int = 0
    is_unclear: bool = False


@dataclass(frozen=True, slots=True)
class _Judged:
    """A text line by line; `ours` are the numbers of those that come from notices, `below` where a quote opens."""

    lines: list[str]
    bare: list[str]
    kinds: list[_Line]
    ours: frozenset[int]
    below: int

    def own(self) -> list[int]:
        return [at for at, kind in enumerate(self.kinds) if kind is _Line.OWN]


def without_notice(text: str, notices: Runs, public: Runs) -> Cut:
    """`text` without our notices. `public`: all that the customer has written or read on this ticket."""
    found = _judge(text, notices, public)
    _settle_blocks(found.kinds)
    written = found.own()
    said = sum(map(bool, found.bare))
    if not written:
        return Cut("", said)
    # Nothing says where such a quote ends, unless what we sent is seen in it.
    is_unclear = found.below <= written[-1] and not any(at >= found.below for at in found.ours)
    shown = _shown(found, written[0], written[-1])
    return Cut("\n".join(shown).strip("\n"), said - sum(bool(line.strip()) for line in shown), is_unclear)


def with_answers_within(mail: Mail, text: str, commands: Collection[str], notices: Runs, public: Runs) -> str:
    """`text`, or more of the mail where the agent wrote between lines of our notice that no prefix marks.

    Nothing shows such answers but that all around them is ours. `commands`: the lines of its script.
    """
    found = _judge(mail.text, notices, public)
    if not found.ours:
        return text
    taken = Runs(text.split("\n"))
    signed = {line.strip() for line in mail.signature.split("\n")}
    for at in found.own():
        if found.bare[at] in signed or mobile.is_footer(found.bare[at]) or found.bare[at] in commands:
            found.kinds[at] = _Line.CUT
    within = [at for at in found.own() if min(found.ours) < at < max(found.ours)]
    if all(taken.holds(said) or _may_be_ours(said, notices) for at in within if (said := words(found.bare[at]))):
        return text
    written = found.own()
    return "\n".join(_shown(found, written[0], written[-1])).strip("\n")


def _may_be_ours(said: Sequence[str], notices: Runs) -> bool:
    return notices.holds(said) or sum(notices.covered(said, _HINT)) * 2 >= len(said)


def _judge(text: str, notices: Runs, public: Runs) -> _Judged:
    lines = text.split("\n")
    bare = [line.strip() for line in text.translate(_UNSEEN).split("\n")]
    marks = [Mark.OWN if line else Mark.BLANK for line in bare]
    prefixes.mark(bare, marks)
    for at in markers.marked_lines(text):
        marks[at] = Mark.MARKER
    ours = _of_notices(bare, marks, notices)
    below = min(
        separators.mark(bare, marks, 0, len(bare), is_answer=True),
        attributions.mark(bare, marks, 0, len(bare), is_answer=True),
    )
    kinds = [_kind(bare, marks, ours, at, public) for at in range(len(bare))]
    return _Judged(lines, bare, kinds, frozenset(ours), below)


def _of_notices(bare: Sequence[str], marks: Sequence[Mark], notices: Runs) -> set[int]:
    """The numbers of the lines that come from our notices, and bear no mark or the prefix of a quote."""
    own = [at for at, mark in enumerate(marks) if mark is Mark.OWN or mark is Mark.PREFIXED]
    of_line = {at: words(bare[at]) for at in own}
    covered = notices.covered([word for at in own for word in of_line[at]], _RUN)
    found: set[int] = set()
    start = 0
    for at in own:
        stop = start + len(of_line[at])
        if start < stop and all(covered[start:stop]):
            found.add(at)
        start = stop
    for above, at, below in zip(own, own[1:], own[2:], strict=False):
        # A line too short to be known by itself, and one of nothing but dashes.
        if above in found and below in found and len(of_line[at]) < _BRIEF and notices.holds(of_line[at]):
            found.add(at)
    return found


def _kind(bare: Sequence[str], marks: Sequence[Mark], ours: set[int], at: int, public: Runs) -> _Line:
    mark = marks[at]
    if mark is Mark.BLANK:
        return _Line.BLANK
    if mark is Mark.PREFIXED:
        return _Line.QUOTE if public.holds(words(prefixes.stripped(bare[at]))) else _Line.CUT
    if at in ours:
        return _Line.OURS if public.holds(words(bare[at])) else _Line.CUT
    if mark is Mark.ATTRIBUTION:
        return _Line.CUT if _introduces(bare, marks, ours, at) else _Line.OWN
    return _Line.CUT if mark in OPENERS or mark is Mark.MARKER else _Line.OWN


def _introduces(bare: Sequence[str], marks: Sequence[Mark], ours: set[int], at: int) -> bool:
    """Did a client put this line above a quote?"""
    first = last = at
    while first > 0 and marks[first - 1] is Mark.ATTRIBUTION:
        first -= 1
    while last + 1 < len(marks) and marks[last + 1] is Mark.ATTRIBUTION:
        last += 1
    below = next_line(marks, last + 1)
    is_above_quote = below < len(marks) and (marks[below] is Mark.PREFIXED or below in ours)
    return is_above_quote and any(map(_BY_CLIENT.search, bare[first : last + 1]))


def _settle_blocks(kinds: list[_Line]) -> None:
    """The customer's words, where none of ours stand around them, are what the agent put there himself."""
    start = 0
    while start < len(kinds):
        stop = start
        while stop < len(kinds) and kinds[stop] is not _Line.OWN:
            stop += 1
        if _Line.CUT not in kinds[start:stop]:
            kinds[start:stop] = [_Line.OWN if kind is _Line.OURS else kind for kind in kinds[start:stop]]
        start = stop + 1


def _shown(found: _Judged, first: int, last: int) -> list[str]:
    """The agent's lines, and between them those that they answer, marked as quotes."""
    shown: list[str] = []
    was_cut = False
    for at in range(first, last + 1):
        kind, line = found.kinds[at], found.lines[at]
        if kind is _Line.CUT:
            was_cut = True
            continue
        if kind is _Line.OURS or kind is _Line.QUOTE:
            line = f"> {prefixes.stripped(found.bare[at])}".rstrip()
        is_empty = kind is _Line.BLANK or not line.strip(" >\t")
        if is_empty and was_cut and (not shown or not shown[-1].strip(" >\t")):
            continue  # one empty line is enough where others went
        shown.append("" if is_empty and was_cut else line)
        was_cut = was_cut and is_empty
    return shown
