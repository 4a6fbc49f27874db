"""Tokens in marker lines `[ref:TOKEN]` that our mails carry, found again after wrapping, quoting and HTML."""

import re

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
    for text in texts:
        lower = text.lower()
        if "ref" not in lower:
            continue
        for tries, start in enumerate(_REF.finditer(lower)):
            if tries >= MAX_TRIES or len(found) >= MAX_MARKERS:
                break
            if _OPEN.search(lower, max(0, start.start() - 16), start.start()) and (token := _token(lower, start.end())):
                found[token] = None
    return tuple(found)


def _token(lower: str, start: int) -> str:
    """What stands from here to the closing bracket, freed of markup; `""` where that is no token."""
    close = _CLOSE.search(lower, start, start + _REACH)
    if not close:
        return ""
    token = _JUNK.sub("", _ENTITY.sub("", _TAG.sub("", lower[start : close.start()])))
    return token if _TOKEN.match(token) else ""
