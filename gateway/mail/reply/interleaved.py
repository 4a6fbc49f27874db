"""Whether what stands above a quote says that the answers stand within it: "see my answers below in red".

Such answers bear no mark that plain text could show. One sentence has to say what stands there and where, in the words
of some thirty languages; who writes at length says all he has to say himself. Or the answers have a deeper prefix each
than the questions above them.
"""

import re
from collections.abc import Sequence

from gateway.mail.reply.marks import OPENERS, QUOTES, Mark
from gateway.mail.reply.phrases import ANSWERS, BELOW, CLOSINGS, GREETINGS, SEE, WITHIN, YOURS, YOURS_UNSPACED

MAX_TEXT = 500  # characters of what announces answers
MAX_WORDS = 5  # of a sentence that says no more than "inline"
MAX_LOOK = 40  # characters of a line that says no more than "see below", and its words
MAX_LOOK_WORDS = 6
MAX_GREETING = 4  # words of a line above or below that

_INSIDE = (QUOTES | OPENERS | {Mark.BELOW}) - {Mark.MARKER}
_QUESTIONS = ("?", "？", "؟")
_SENTENCE_END = re.compile(r"[.!?;]\s|[。！？；]|\n\n")


def _any_of(phrases: tuple[str, ...]) -> str:
    """A pattern for words that begin so; where blanks do not part the words, for these characters anywhere."""
    spaced = [phrase for phrase in phrases if phrase[0] < "\u0e00" or "\u1e00" <= phrase[0] < "\u2000"]
    unspaced = [phrase for phrase in phrases if phrase not in spaced]
    return rf"(?:(?<!\w)(?:{'|'.join(map(re.escape, spaced))})|{'|'.join(map(re.escape, unspaced))})"


_ANSWER = re.compile(_any_of(ANSWERS))
_SEE = re.compile(_any_of(SEE))
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
    if _answers_stand_out(bare, marks, first) or says_so(
        "\n".join(line for line, mark in zip(bare[:first], marks, strict=False) if mark in (own, Mark.BLANK))
    ):
        for at in range(first, len(marks)):
            if marks[at] in _INSIDE:
                marks[at] = own if bare[at] else Mark.BLANK


def says_so(text: str) -> bool:
    """True for a brief text that announces answers between the lines below it, or says no more than "see below"."""
    if len(text) > MAX_TEXT:
        return False
    text = text.casefold()
    return any(map(_announces, _SENTENCE_END.split(text))) or _only_points(text)


def _only_points(text: str) -> bool:
    """True where one line, but for a greeting and a closing, is all that is said, and it points to the quote."""
    lines = [line.strip(" ,.!;:。，！") for line in text.split("\n") if line.strip()]
    said = [line for line in lines if not (line.startswith(GREETINGS) and len(line.split()) <= MAX_GREETING)]
    if said and not _points(said[0]):
        said = said[1:] if len(said) > 1 and len(said[0].split()) <= 2 else said  # a name: "Ann, see below"
    return bool(said) and _points(said[0]) and all(map(_is_sign_off, said[1:]))


def _points(line: str) -> bool:
    if len(line) > MAX_LOOK or len(line.split()) > MAX_LOOK_WORDS:
        return False
    return bool(_SEE.search(line) and (_BELOW.search(line) or _WITHIN.search(line)))


def _is_sign_off(line: str) -> bool:
    return line.startswith(CLOSINGS) or len(line.split()) <= 2


def _answers_stand_out(bare: Sequence[str], marks: Sequence[Mark], first: int) -> bool:
    """True where below questions without a prefix stand lines that have one, again and again."""
    runs, at = 0, first
    while at < len(marks):
        if marks[at] is not Mark.PREFIXED:
            at += 1
            continue
        above = at - 1
        while above > first and not bare[above]:
            above -= 1
        if not bare[at].startswith(">>") or not bare[above].endswith(_QUESTIONS) or marks[above] is not Mark.BELOW:
            return False
        runs += 1
        while at < len(marks) and (marks[at] is Mark.PREFIXED or not bare[at]):
            at += 1
    return runs > 1


def _announces(sentence: str) -> bool:
    words = _ANOTHERS.sub(" ", " ".join(sentence.split()))
    below, within = _BELOW.search(words), _WITHIN.search(words)
    if not (below or within):
        return False
    return bool((below and within) or _ANSWER.search(words) or ("inline" in words and len(words.split()) <= MAX_WORDS))
