"""Before anything is parsed: where a header block ends and which structural bombs (T52-T54) it holds. Linear, in bytes.

A mail over a limit gets a degraded reading: as much of its header as the limits allow, the mail itself attached.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

MAX_HEADER = 256 * 1024
HEADER_KEPT = 64 * 1024  # of a header block over its limit
MAX_FIELD = 64 * 1024
MAX_FIELDS = 1000
MAX_WORDS = 2000  # encoded words in one header block
MAX_PARTS = 1000
MAX_DEPTH = 50

_FIELD = re.compile(rb"\n[^ \t\r\n]")
_JUNK = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*\r?\n)*[ \t]*")
_FIRST_LINE = re.compile(
    rb">?From |(?:from|to|cc|sender|reply-to|subject|date|message-id|received|return-path|delivered-to|envelope-to"
    rb"|mime-version|content-type|[a-z]{1,20}-[a-z0-9-]{1,40})[ \t]{0,9}:",
    re.I,
)
_LONE_CR = re.compile(rb"\r(?!\n)")
_CR_FIELD = re.compile(rb"[^\r\n]{1,990}\r(?:[ \t]|[A-Za-z-]{1,60}:)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One header block in the raw bytes: `[start, end)`, where its body begins, and the limits it breaks."""

    start: int
    end: int
    body: int
    bombs: tuple[str, ...] = ()


def line_ends(raw: bytes) -> bytes:
    """Old Macintosh line ends, and those that some gateway doubled the CR of, as those of everybody else."""
    first = raw.find(b"\n")
    if first < 0:
        return raw.replace(b"\r", b"\n")
    if raw[max(first - 2, 0) : first] == b"\r\r":
        return raw.replace(b"\r\r\n", b"\r\n")
    if raw.find(b"\r\r", 0, first) > 0 and _CR_FIELD.match(raw):  # the header ends before the first line feed
        return _LONE_CR.sub(b"\n", raw)
    return raw


def beginning(raw: bytes) -> int:
    """Where the header begins: behind a byte order mark and blanks where a field known in mail follows, else 0."""
    if raw[:1] not in b"\r\n\xef \t":
        return 0
    junk = _JUNK.match(raw)
    at = junk.end() if junk else 0
    return at if at and _FIRST_LINE.match(raw, at) else 0


def block(raw: bytes, start: int, stop: int) -> Block:
    """The header block that begins at `start`; everything up to `stop` is header where no blank line follows."""
    first = raw.find(b"\n", start, stop)
    if first < 0:
        end, body = stop, stop
    elif raw[start:first] in (b"", b"\r"):
        return Block(start=start, end=start, body=first + 1)
    else:
        end, body = _blank_line(raw, first - (raw[first - 1] == 13), stop)
    bombs = _bombs(raw, start, end)
    return Block(start=start, end=min(end, start + HEADER_KEPT) if bombs else end, body=body, bombs=bombs)


def _blank_line(raw: bytes, first: int, stop: int) -> tuple[int, int]:
    """End of the header and start of the body. Tried first with the line end of the first line: nearly always right."""
    crlf_first = raw[first : first + 2] == b"\r\n"
    pair, other = (b"\n\r\n", b"\n\n") if crlf_first else (b"\n\n", b"\n\r\n")
    found = raw.find(pair, first, stop)
    sooner = raw.find(other, first, found if found >= 0 else stop)
    if sooner >= 0:
        found, pair = sooner, other
    return (found + 1, found + len(pair)) if found >= 0 else (stop, stop)


def _bombs(raw: bytes, start: int, end: int) -> tuple[str, ...]:
    found = []
    if end - start > MAX_HEADER:
        found.append("degraded:header_size")
    looked_at = min(end, start + MAX_HEADER)
    if end - start > MAX_FIELD or raw.count(b"\n", start, looked_at) > MAX_FIELDS:
        starts = [start, *(field.start() for field in _FIELD.finditer(raw, start, looked_at)), looked_at]
        if max(after - before for before, after in pairwise(starts)) > MAX_FIELD:
            found.append("degraded:field_size")
        if len(starts) - 1 > MAX_FIELDS:
            found.append("degraded:fields")
    if raw.count(b"=?", start, looked_at) > MAX_WORDS:
        found.append("degraded:encoded_words")
    return tuple(found)
