"""Words in their order: which runs of them stand in other texts too, whatever became of line ends and punctuation."""

import re
from collections.abc import Iterable, Iterator, Sequence

RUN = 8  # words in a row that nobody writes twice by chance
MAX_WORDS = 200_000

# What clients put beside words that they show as a link, and what one client links and the other does not.
_ADDED = re.compile(
    r"<[^<>\s]{0,2000}(?:://|mailto:)[^<>\s]{0,2000}>|\[(?:cid|image|bild|imagen?|immagine)[:：][^\]\n]{0,200}\]", re.I
)
_URL = re.compile(r"\b[a-z]{2,8}://[^\s<>]{1,2000}", re.I)
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")  # where no blanks part words, each character


def words(text: str) -> list[str]:
    """The words of a text, case folded; links that a client added are none."""
    if "<" in text or "[" in text:
        text = _ADDED.sub(" ", text)
    if "://" in text:
        text = _URL.sub(" ", text)
    return WORD.findall(text.casefold())


_SPOKEN = re.compile(rf"{_ADDED.pattern}|(?P<said>{_URL.pattern}|{WORD.pattern})", re.I)


def spoken(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text and the links that stand among them, case folded: each with where it begins and ends."""
    for found in _SPOKEN.finditer(text):
        if found["said"]:
            said = found["said"].rstrip(".,;:!?)]}'\"»”") if "://" in found["said"] else found["said"]
            yield said.casefold(), found.start(), found.start() + len(said)


class Runs:
    """Every run of one to `RUN` words in some lines, to be asked for."""

    def __init__(self, lines: Iterable[str]) -> None:
        found: list[str] = []
        for line in lines:
            found += words(line)
            if len(found) > MAX_WORDS:
                break
        self._words = found[:MAX_WORDS]
        self._runs: dict[int, set[tuple[str, ...]]] = {}

    def holds(self, sought: Sequence[str]) -> bool:
        """Do these words stand there in this order, each within a run of `RUN`?"""
        size = min(len(sought), RUN)
        if not size:
            return True
        runs = self._of(size)
        return all(tuple(sought[at : at + size]) in runs for at in range(len(sought) - size + 1))

    def covered(self, sought: Sequence[str], size: int) -> list[bool]:
        """Of each word, whether it lies in a run of `size` words that stands there too."""
        runs = self._of(size)
        found = [False] * len(sought)
        for at in range(len(sought) - size + 1):
            if tuple(sought[at : at + size]) in runs:
                found[at : at + size] = [True] * size
        return found

    def _of(self, size: int) -> set[tuple[str, ...]]:
        if size not in self._runs:
            ends = range(len(self._words) - size + 1)
            self._runs[size] = {tuple(self._words[at : at + size]) for at in ends}
        return self._runs[size]
