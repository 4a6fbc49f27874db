"""Files written into the text of a mail: uuencode (POSIX), its base64 form, and yEnc.

The word `begin` at the start of a line is no block: a first line must follow that only an encoder writes.
"""

import binascii
import re
from dataclasses import dataclass

_BEGIN = re.compile(rb"^begin(-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n|^=ybegin ([^\r\n]{1,500})\r?\n", re.M)
_LINE = re.compile(rb"[^\n]*(?:\n|\Z)")
_UU = re.compile(rb"[ -`]{1,88}\Z")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}\Z")
_YENC_NAME = re.compile(rb"\bname=(.*)")
_YENC = bytes((byte - 42) % 256 for byte in range(256))
_YENC_ESCAPED = bytes((byte - 64) % 256 for byte in range(256))
_SLACK = 4  # letters a line may be longer than its bytes need: a last group filled up, a checksum
MAX_FILES = 100
MAX_TRIES = 1_000  # beginnings that turn out to be none
MAX_YENC = 20_000_000  # bytes; more of it stays in the text


@dataclass(frozen=True, slots=True)
class File:
    """One file; `name` as it stood, `damaged` where lines of it could not be read or its end is missing."""

    name: bytes
    data: bytes
    damaged: bool


def hinted(data: bytes) -> bool:
    """False, at once, for nearly every text."""
    return b"begin" in data


def split(data: bytes) -> tuple[bytes, list[File]]:
    """The text without its blocks, and their files in order."""
    text: list[bytes] = []
    files: list[File] = []
    at = tries = 0
    for begin in _BEGIN.finditer(data):
        if begin.start() < at:
            continue
        if len(files) >= MAX_FILES or tries >= MAX_TRIES:
            break
        if begin[3]:
            found = _yenc(data, begin)
        else:
            found = _block(data, begin.end(), begin[2].strip(), is_base64=bool(begin[1]))
        if found:
            text.append(data[at : begin.start()])
            at = found[1]
            files.append(found[0])
        else:
            tries += 1
    return b"".join([*text, data[at:]]) if files else data, files


def _block(data: bytes, start: int, name: bytes, *, is_base64: bool) -> tuple[File, int] | None:
    """The block whose first line begins at `start`, and where it ends; None where no block does.

    One bad line and the blank ones are passed over; two bad ones are the text after a block without an end.
    """
    last, read = (b"====", _base64_line) if is_base64 else (b"end", _uu_line)
    out: list[bytes] = []
    whole, bad, end = True, 0, start
    for line in _LINE.finditer(data, start):
        letters = line.group().strip(b"\r\n")
        if letters.rstrip() == last:
            end = line.end()
            break
        if letters.startswith(b"begin "):  # the one before has no end
            whole = False
            break
        piece = read(letters) if letters else None
        if piece == b"" and out and not out[-1]:
            whole = False
            break  # a line of no bytes stands once, before the end
        if piece is not None:
            out.append(piece)
            whole, bad, end = whole and not bad, 0, line.end()
            continue
        bad += bool(letters)
        if bad > 1 or not out or not line.group():
            whole = False
            break
    if not any(out) or not (whole or _is_full(data, start, is_base64=is_base64)):
        return None
    return File(name, b"".join(out), not whole), end


def _is_full(data: bytes, start: int, *, is_base64: bool) -> bool:
    """True where a first line is as long as the number at its start says: what a block without an end must show."""
    line = data[start : start + 100].partition(b"\n")[0].rstrip()
    return is_base64 or (len(line) > 1 and len(line) > _letters_of(line[0]))


def _uu_line(letters: bytes) -> bytes | None:
    """The bytes of one line; None where it is none. Blanks at its end may be lost: they encode zeros."""
    if not _UU.match(letters):
        return None
    needed = _letters_of(letters[0])
    if len(letters) > 1 + needed + _SLACK or (len(letters) <= needed and b" " not in letters):
        return None
    try:
        return binascii.a2b_uu(letters[: needed + 1])
    except binascii.Error:
        return None


def _letters_of(count: int) -> int:
    """How many letters hold the bytes that the letter at the start of a line counts."""
    return ((count - 32 & 63) * 4 + 2) // 3


def _base64_line(letters: bytes) -> bytes | None:
    if not _BASE64.match(letters) or len(letters) % 4:
        return None
    return binascii.a2b_base64(letters)


def _yenc(data: bytes, begin: re.Match[bytes]) -> tuple[File, int] | None:
    """A yEnc block (yEnc draft 1.3): every byte 42 higher, critical ones escaped by `=` and 64 higher still."""
    named = _YENC_NAME.search(begin[3])
    end = data.find(b"\n=yend", begin.end(), begin.end() + MAX_YENC) if named else -1
    if not named or end < 0:
        return None
    start = begin.end()
    if data.startswith(b"=ypart", start):
        start = data.find(b"\n", start) + 1
    if data.count(b"=", start, end) * 10 > end - start:
        return None  # an encoder escapes one byte in sixty
    first, *escaped = data[start:end].translate(None, b"\r\n").split(b"=")
    plain = (first + b"".join(piece[:1].translate(_YENC_ESCAPED) + piece[1:] for piece in escaped)).translate(_YENC)
    size = re.search(rb"\bsize=(\d{1,12})", data[end : end + 200])
    after = data.find(b"\n", end + 1)
    damaged = size is None or int(size[1]) != len(plain)
    return File(named[1].strip(), plain, damaged), after + 1 if after >= 0 else len(data)
