"""Which agents a note names: `@carol`, or `@Carol Reyes`."""

import re
from collections.abc import Iterator, Mapping

# Not within an address or a word: `carol@acme.example` names nobody.
_BEFORE = r"(?<![\w@./+-])@"
_AFTER = r"(?![\w@]|[.-]\w)"


def mentioned(text: str, agents: Mapping[str, str]) -> list[str]:
    """The keys of the agents that the text names, in the order of `agents` (key -> name); case does not count."""
    return [key for key, name in agents.items() if any(_stands(text, word) for word in _words(key, name))]


def _words(key: str, name: str) -> Iterator[str]:
    yield key
    if name.strip():
        yield " ".join(name.split())


def _stands(text: str, word: str) -> bool:
    if "@" not in text:
        return False
    spelled = r"\s+".join(map(re.escape, word.split(" ")))
    return re.search(_BEFORE + spelled + _AFTER, text, re.IGNORECASE) is not None
