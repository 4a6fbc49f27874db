"""Whether what stands above a quote says that the answers stand within it: "see my answers below in red".

Such answers bear no mark that plain text could show. One sentence has to say what stands there and where, in the words
of some thirty languages; who writes at length says all he has to say himself.
"""

import re
from collections.abc import Sequence

from gateway.mail.reply.marks import OPENERS, QUOTES, Mark
from gateway.mail.reply.phrases import ANSWERS, BELOW, WITHIN, YOURS, YOURS_UNSPACED

MAX_TEXT = 500  # characters of what announces answers
MAX_WORDS = 5  # of a sentence that says no more than "inline"

_INSIDE = (QUOTES | OPENERS | {Mark.BELOW}) - {Mark.MARKER}
_SENTENCE_END = re.compile(r"[.!?;]\s|[。！？；]|\n\n")


def _any_of(phrases: tuple[str, ...]) -> str:
    """A pattern for words that begin so; where blanks do not part the words, for these characters anywhere."""
    spaced = [phrase for phrase in phrases if phrase[0] < "\u0e00" or "\u1e00" <= phrase[0] < "\u2000"]
    unspaced = [phrase for phrase in phrases if phrase not in spaced]
    return rf"(?:(?<!\w)(?:{'|'.join(map(re.escape, spaced))})|{'|'.join(map(re.escape, unspaced))})"


_ANSWER = re.compile(_any_of(ANSWERS))
_BELOW = re.compile(_any_of(BELOW))
_WITHIN = re.compile(_any_of(WITHIN))
_ANOTHERS = re.compile(
    rf"(?:(?<!\w)(?:{'|'.join(YOURS)})\s(?:\w{{1,15}}\s)?|(?:{'|'.join(YOURS_UNSPACED)})\s?){_any_of(ANSWERS)}"
)


def release(bare: Sequence[str], marks: list[Mark]) -> None:
    """Make a quote the sender's own where his words above say that the answers stand in it and no prefix shows them."""
    own = Mark.OWN
    first = next((at for at, mark in enumerate(marks) if mark in _INSIDE), 0)
    if own not in marks[:first]:
        return
    quoted = marks.index(Mark.PREFIXED) if Mark.PREFIXED in marks else len(marks)
    if own in marks[quoted:]:
        return
    if says_so("\n".join(line for line, mark in zip(bare[:first], marks, strict=False) if mark in (own, Mark.BLANK))):
        for at in range(first, len(marks)):
            if marks[at] in _INSIDE:
                marks[at] = own if bare[at] else Mark.BLANK


def says_so(text: str) -> bool:
    """True for a brief text that announces answers between the lines below it."""
    return len(text) <= MAX_TEXT and any(map(_announces, _SENTENCE_END.split(text.casefold())))


def _announces(sentence: str) -> bool:
    words = _ANOTHERS.sub(" ", " ".join(sentence.split()))
    below, within = _BELOW.search(words), _WITHIN.search(words)
    if not (below or within):
        return False
    return bool((below and within) or _ANSWER.search(words) or ("inline" in words and len(words.split()) <= MAX_WORDS))
