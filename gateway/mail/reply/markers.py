"""Tokens in marker lines `[ref:TOKEN]` that our mails carry, found again after wrapping, quoting and HTML."""

import re
from collections.abc import Iterator
from itertools import islice

MAX_MARKERS = 10
MAX_TRIES = 200

_REF = re.compile(r"ref\s{0,8}(?::|&#58;|&colon;)")
_OPEN = re.compile(r"(?:\[|&#91;|&#x5b;|&lbrack;|&lsqb;)\s{0,8}\Z")
_CLOSE = re.compile(r"\]|&#93;|&#x5d;|&rbrack;|&rsqb;")
_TAG = re.compile(r"<[^<>]{0,300}>")
_ENTITY = re.compile(r"&#?\w{1,10};")
_JUNK = re.compile(r"[\s>|=\u00ad\u200b-\u200f\u2060\ufeff]+")
_TOKEN = re.compile(r"[a-z2-7]{16,90}\Z")
_REACH = 1000  # characters from the colon to the closing bracket, whatever HTML stands between


def markers(*texts: str) -> tuple[str, ...]:
    """The tokens of every marker in these texts in order, lower case, each once, at most ten."""
    found: dict[str, None] = {}
    for text in filter(_has_bracket, texts):
        for token, _, _ in _found(text.lower()):
            found[token] = None
            if len(found) >= MAX_MARKERS:
                return tuple(found)
    return tuple(found)


def marked_lines(text: str) -> frozenset[int]:
    """The numbers, from 0, of the lines that hold a marker or a piece of one."""
    if not _has_bracket(text):
        return frozenset()
    lines: set[int] = set()
    lower = text.lower()
    for _, start, end in _found(lower):
        first = lower.count("\n", 0, start)
        lines.update(range(first, first + lower.count("\n", start, end) + 1))
    return frozenset(lines)


def _has_bracket(text: str) -> bool:
    return "[" in text or "&" in text


def _found(lower: str) -> Iterator[tuple[str, int, int]]:
    """Each marker of a text in lower case: its token, where its `ref` begins and its bracket closes."""
    if "ref" not in lower:
        return
    for start in islice(_REF.finditer(lower), MAX_TRIES):
        if _OPEN.search(lower, max(0, start.start() - 16), start.start()):
            token, end = _token(lower, start.end())
            if token:
                yield token, start.start(), end


def _token(lower: str, start: int) -> tuple[str, int]:
    """What stands from here to the closing bracket, freed of markup, and that bracket's place; `""`: no token."""
    close = _CLOSE.search(lower, start, start + _REACH)
    if not close:
        return "", start
    token = _JUNK.sub("", _ENTITY.sub("", _TAG.sub("", lower[start : close.start()])))
    return token if _TOKEN.match(token) else "", close.start()
