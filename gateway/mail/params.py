"""Parameters of Content-Type and Content-Disposition: RFC 2045, 2231, 2047 inside quotes, mixed; at most 100 (T55)."""

import re
from urllib.parse import unquote_to_bytes

from gateway.mail import charset, clean, headers

MAX_PARAMS = 100

_GAP = re.compile(r"[;\s]*")
_PARAM = re.compile(r"""([^\s=;"]+)\s*=\s*("[^"\\]*(?:\\.[^"\\]*)*"|[^;]*)""", re.S)
_ESCAPE = re.compile(r"\\(.)", re.S)
_PIECE = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?\Z")
_TYPE = re.compile(r"([!#$&^_`{}~0-9A-Za-z.+-]{1,100})/([!#$&^_`{}~0-9A-Za-z.+*-]{1,100})")
_EXTENDED = re.compile(r"([^']*)'[^']*'(.*)\Z", re.S)


def parse(raw: str) -> tuple[str, dict[str, str]]:
    """The value before the first `;` in lower case, and its parameters by lower-case name, decoded and clean."""
    value, semicolon, rest = raw.partition(";")
    return value.strip().lower(), _join(_pairs(rest)) if semicolon else {}


def media_type(value: str) -> str:
    """`type/subtype`, or `""` where the value is none."""
    found = _TYPE.match(value)
    return found.group() if found else ""


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    at = 0
    while len(pairs) < MAX_PARAMS:
        gap = _GAP.match(text, at)
        at = gap.end() if gap else at
        found = _PARAM.match(text, at)
        if not found:
            at = text.find(";", at)  # a word that is no parameter
            if at < 0:
                break
            continue
        value = found.group(2)
        if value.startswith('"') and len(value) > 1 and value.endswith('"'):
            value = _ESCAPE.sub(r"\1", value[1:-1]) if "\\" in value else value[1:-1]
        pairs.append((found.group(1).lower(), value.strip()))
        at = found.end()
    return pairs


def _join(pairs: list[tuple[str, str]]) -> dict[str, str]:
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for name, value in pairs:
        found = _PIECE.match(name) if "*" in name else None
        if found is None:
            plain.setdefault(name, value if name == "boundary" else headers.decode(value))
        else:
            number, extended = found.group(2), found.group(3) is not None
            pieces.setdefault(found.group(1), []).append((int(number or 0), extended, value))
    for name, parts in pieces.items():
        if joined := clean.line(_extended(sorted(parts, key=lambda part: part[0]))):
            plain[name] = joined
    return plain


def _extended(parts: list[tuple[int, bool, str]]) -> str:
    """Pieces of one RFC 2231 value in order; the first extended one names the charset, unmarked pieces are literal."""
    data, name = [], ""
    for at, (_, extended, value) in enumerate(parts):
        if extended and not name and (found := _EXTENDED.match(value)):
            name, value = found.groups()
        raw = value.encode("ascii", "surrogateescape")
        data.append(unquote_to_bytes(raw) if extended or ("%" in value and at and name) else raw)
    text = charset.decode(b"".join(data), name).text
    return headers.decode(text) if "=?" in text and text.isascii() else text
