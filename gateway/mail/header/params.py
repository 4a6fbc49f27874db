"""Parameters of Content-Type and Content-Disposition: RFC 2045, 2231, 2047 inside quotes, mixed; at most 100 (T55)."""

import re
from urllib.parse import unquote_to_bytes

from gateway.mail import clean
from gateway.mail.header import headers
from gateway.mail.text import charset

MAX_PARAMS = 100

_GAP = re.compile(r"[;\s]*")
_NAME = re.compile(r"""([^\s=;"]+)\s*=\s*""")
_QUOTED = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.S)
_AFTER_QUOTE = re.compile(r"\s*(?:[;(]|\Z|[A-Za-z*\d-]{1,60}\s*=)")
_LAST_QUOTE = re.compile(r'"\s*(?:;|\Z)')
_MAX_TAIL = 1_000  # characters behind a quote in a value up to its last one
_ESCAPE = re.compile(r'\\(["\\])')  # no other: a backslash in a file name is nearly always a path of Windows
_PIECE = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?\Z")
_TYPE = re.compile(r"([!#$&^_`{}~0-9A-Za-z.+-]{1,100})/([!#$&^_`{}~0-9A-Za-z.+*-]{1,100})")
_EXTENDED = re.compile(r"([^']*)'[^']*'(.*)\Z", re.S)
_FREE = ("name", "filename")  # values that senders leave unquoted though blanks and brackets are in them

# A boundary that no two readers understand differently: all of ASCII between quotes, no special outside them.
_BOUNDARY = re.compile(r';\s*(?i:boundary)=(?:"[ !#-\[\]-~]{0,200}[!#-\[\]-~]"|[!#-&*-:=?-Z^-~]{1,200})(?=\s*(?:;|\Z))')
_BOUNDARIES = re.compile(r"(?<![^\s;])boundary(?:\*\d{0,3}\*?)?\s*=", re.I)


def parse(raw: str, body_charset: str = "") -> tuple[str, dict[str, str]]:
    """The value before the first `;` in lower case, and its parameters by lower-case name, decoded and clean.

    `body_charset` is tried on raw 8-bit values that are no UTF-8.
    """
    value, semicolon, rest = raw.partition(";")
    if "=" in value:  # the semicolon is forgotten, or the value
        first, _, more = value.strip().partition(" ")
        value, semicolon, rest = ("", ";", raw) if "=" in first else (first, ";", f"{more};{rest}")
    return value.strip("\"' \t").lower(), _join(_pairs(rest), body_charset) if semicolon else {}


def media_type(value: str) -> str:
    """`type/subtype`, or `""` where the value is none."""
    found = _TYPE.match(value)
    return found.group() if found else ""


def is_clear(raw: str) -> bool:
    """True where a Content-Type names one boundary, and in the one way that every reader understands."""
    return len(_BOUNDARIES.findall(raw)) == 1 and _BOUNDARY.search(raw) is not None


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    at = 0
    while len(pairs) < MAX_PARAMS:
        gap = _GAP.match(text, at)
        at = gap.end() if gap else at
        found = _NAME.match(text, at)
        if not found:
            at = text.find(";", at)  # a word that is no parameter
            if at < 0:
                break
            continue
        name = found.group(1).lower()
        value, at = _value(text, found.end(), is_free=name.partition("*")[0] in _FREE)
        pairs.append((name, value))
    return pairs


def _value(text: str, at: int, *, is_free: bool) -> tuple[str, int]:
    """The value that begins there, and where it ends. What goes on behind a blank is another parameter or a comment."""
    stop = text.find(";", at)
    stop = len(text) if stop < 0 else stop
    if text[at : at + 1] == '"':
        return _quoted(text, at, stop)
    value = text[at:stop].strip()
    if is_free:
        return value[1:-1] if len(value) > 1 and value[0] == value[-1] == "'" else value, stop
    word = value.partition("(")[0].split(None, 1)
    if len(word) < 2 or "(" in value:
        return word[0].strip('"') if word else "", stop
    return word[0].strip('"'), text.index(word[0], at) + len(word[0])


def _quoted(text: str, at: int, stop: int) -> tuple[str, int]:
    """A value in quotes, which may never close, or have quotes inside that no backslash marks."""
    found = _QUOTED.match(text, at)
    if not found:
        return text[at:stop].strip().strip('"'), stop
    value, end = found.group(1), found.end()
    if not _AFTER_QUOTE.match(text, end):
        last = _LAST_QUOTE.search(text, end, end + _MAX_TAIL)
        value, end = (text[at : last.start()].strip('"'), last.start() + 1) if last else (value, stop)
    return _ESCAPE.sub(r"\1", value) if "\\" in value else value, end


def _join(pairs: list[tuple[str, str]], body_charset: str) -> dict[str, str]:
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for name, value in pairs:
        found = _PIECE.match(name) if "*" in name else None
        if found is None:
            if name not in plain:
                plain[name] = value.strip() if name == "boundary" else _decoded(name, value, body_charset)
        else:
            number, extended = int(found.group(2) or 0), found.group(3) is not None
            pieces.setdefault(found.group(1), {}).setdefault(number, (extended, value))
    for name, parts in pieces.items():
        raw, declared = _extended([parts[number] for number in sorted(parts)])
        if joined := _of_bytes(name, raw, declared, body_charset):
            plain[name] = joined
    return plain


def _decoded(name: str, value: str, body_charset: str) -> str:
    """A value as text. What no person reads is ASCII, or not worth the time that a guess takes."""
    if name in _FREE or value.isascii():
        return headers.decode(value, body_charset)
    return clean.line(value.encode("ascii", "surrogateescape").decode("utf-8", "replace"))


def _of_bytes(name: str, raw: bytes, declared: str, body_charset: str) -> str:
    if name not in _FREE:
        return clean.line(raw.decode("utf-8", "replace"))
    text = charset.decode(raw, declared, body_charset).text
    return clean.line(headers.decode(text) if "=?" in text and text.isascii() else text)


def _extended(parts: list[tuple[bool, str]]) -> tuple[bytes, str]:
    """The bytes of an RFC 2231 value from its pieces in order, and its charset.

    The first extended piece names the charset, unmarked pieces are literal.
    """
    data, name = [], ""
    for at, (extended, value) in enumerate(parts):
        if extended and not name and (found := _EXTENDED.match(value)):
            name, value = found.groups()
        raw = value.encode("ascii", "surrogateescape")
        data.append(unquote_to_bytes(raw) if extended or ("%" in value and at and name) else raw)
    return b"".join(data), name
