"""An Authentication-Results field (RFC 8601): who says so, and what came of which method.

Strict on purpose: servers write into it what senders said, in values and in comments. What does not read as a whole
says nothing at all.
"""

import re
from dataclasses import dataclass

from gateway.mail.header.address_list import Token, tokens

MAX_OCTETS = 16 * 1024
MAX_RESULTS = 50

_METHOD = re.compile(r"([A-Za-z0-9_-]{1,40})(?:/1)?=([A-Za-z0-9_-]{1,20})\Z", re.ASCII)
# Besides `ptype.property` what RFC 8601 and Microsoft write without a dot; anything else is a method out of its place.
_PROPERTY = re.compile(
    r"([A-Za-z0-9_-]{1,40}\.[A-Za-z0-9_-]{1,40}|reason|action|policy)=(.{0,1000})\Z", re.ASCII | re.S | re.I
)
_ID = re.compile(r"[A-Za-z0-9_.:\[\]-]{1,255}\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one method gave: `spf`, `pass`, and its properties (`smtp.mailfrom`) in order."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...] = ()

    def property(self, name: str) -> str:
        """The value of the property if it stands once, else `""`."""
        values = [value for key, value in self.properties if key == name]
        return values[0] if len(values) == 1 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One field: the id of the server that speaks, in lower case (`""` where it writes none), and what it says."""

    server: str
    outcomes: tuple[Outcome, ...] = ()

    def of(self, method: str) -> list[Outcome]:
        return [one for one in self.outcomes if one.method == method]


def parse(value: str) -> Results | None:
    """The field, unfolded; None where any part of it does not read."""
    if len(value) > MAX_OCTETS:
        return None
    found = tokens(value)
    if any(token.kind == "x" for token in found):  # a quote or bracket without its fellow: where does a comment end?
        return None
    first, *rest = [_words(segment) for segment in _segments(found)]
    if rest and not rest[-1]:
        rest.pop()
    server = ""
    if first and "=" in first[0]:
        rest = [first, *rest]
    elif len(first) not in (1, 2) or not _ID.match(first[0]) or first[1:] not in ([], ["1"]):
        return None
    else:
        server = first[0].lower()
    if rest == [["none"]]:
        return Results(server=server)
    outcomes = [_outcome(words) for words in rest]
    read = [one for one in outcomes if one is not None]
    if len(read) < len(outcomes) or len(read) > MAX_RESULTS:
        return None
    return Results(server=server, outcomes=tuple(read))


def _segments(found: list[Token]) -> list[list[Token]]:
    segments: list[list[Token]] = [[]]
    for token in found:
        if token.kind == ";":
            segments.append([])
        else:
            segments[-1].append(token)
    return segments


def _words(segment: list[Token]) -> list[str]:
    """What stands between blanks and comments; blanks around an equals sign do not count."""
    words: list[str] = []
    is_open = False
    for token in segment:
        if token.kind in (" ", "c"):
            is_open = bool(words) and words[-1].endswith("=")
        elif words and (is_open or token.text.startswith("=")):
            words[-1] += _plain(token)
            is_open = True
        else:
            words.append(_plain(token))
            is_open = True
    return words


def _plain(token: Token) -> str:
    return re.sub(r"\\(.)", r"\1", token.text[1:-1]) if token.kind == "q" else token.text


def _outcome(words: list[str]) -> Outcome | None:
    method = _METHOD.match(words[0]) if words else None
    properties = [_PROPERTY.match(word) for word in words[1:]]
    if method is None:
        return None
    read = [(found[1].lower(), found[2]) for found in properties if found]
    if len(read) < len(properties):
        return None
    return Outcome(method=method[1].lower(), result=method[2].lower(), properties=tuple(read))
