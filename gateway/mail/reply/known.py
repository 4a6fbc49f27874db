"""Which lines of an answer are words we sent ourselves, however they came back: wrapped anew, prefixed, made bold.

Compared are runs of words, so that neither line ends nor punctuation matter; a short phrase both sides use is no run.
"""

import re
from collections.abc import Collection, Sequence

from gateway.mail.reply.marks import Mark

RUN = 8  # words in a row
MAX_WORDS = 200_000  # of what we sent

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+")  # where no blanks part the words, each character


def mark(bare: Sequence[str], marks: list[Mark], known_lines: Collection[str]) -> None:
    """Mark the lines all of whose words lie in runs of at least `RUN` words that we sent in this order."""
    sent = _words(known_lines)[:MAX_WORDS]
    runs = {hash(tuple(sent[at : at + RUN])) for at in range(len(sent) - RUN + 1)}
    if not runs:
        return
    counts = [0] * len(bare)  # the words of each line that no run covers; -1 where it has no words
    words: list[str] = []
    line_of: list[int] = []
    for at, line in enumerate(bare):
        found = _words((line,))
        counts[at] = len(found) or -1
        words += found
        line_of += [at] * len(found)
    covered = 0  # words before this one lie in a run
    for at, line_number in enumerate(line_of):
        if at + RUN <= len(words) and hash(tuple(words[at : at + RUN])) in runs:
            covered = at + RUN
        counts[line_number] -= at < covered
    for at, count in enumerate(counts):
        if marks[at] is Mark.OWN and (count == 0 or (count < 0 and at > 0 and counts[at - 1] == 0)):
            marks[at] = Mark.KNOWN


def _words(lines: Collection[str]) -> list[str]:
    return [word for line in lines for word in _WORD.findall(line.casefold())]
