"""Header fields: a block of bytes to raw fields, a raw value to readable text, however it was folded or encoded.

Raw values are unfolded `str` with 8-bit bytes as surrogates (ASCII, surrogateescape). Addresses and ids are read from
these, so that nothing encoded can pretend to be structure.
"""

import binascii
import re
from dataclasses import dataclass, field

from gateway.mail import charset, clean, transfer
from gateway.mail.scan import MAX_FIELDS

_FOLD = re.compile(r"\n[ \t]+")
_NAME = re.compile(r"[!-9;-~]+[ \t]*\Z")
# At most eight stray question marks in one word: unbounded, a value full of `=?` would be read again and again.
_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*(?:\?(?!=)[^?]*){0,8})\?=")


@dataclass(slots=True)
class Fields:
    """The fields of one header block, raw and in order, with what was wrong with it; `plain`: printable ASCII only."""

    raw: list[tuple[str, str]] = field(default_factory=list)
    by_name: dict[str, list[str]] = field(default_factory=dict)
    plain: bool = False
    defects: list[str] = field(default_factory=list)

    def first(self, name: str) -> str:
        """The first raw value of a field named in lower case, `""` where there is none."""
        values = self.by_name.get(name)
        return values[0] if values else ""

    def all(self, name: str) -> list[str]:
        return self.by_name.get(name, [])


def split(block: bytes) -> tuple[Fields, int | None]:
    """The fields of a header block (without its closing blank line), and where in it the body already starts, or None.

    A bad line with a field close below it is skipped; else the body begins there.
    """
    text = block.decode("ascii", "surrogateescape")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", " ")
    text = _FOLD.sub(" ", text)
    lines = text.split("\n")
    fields = Fields(plain=clean.is_plain(text))
    raw, by_name = fields.raw, fields.by_name
    for index, line in enumerate(lines):
        name, colon, value = line.partition(":")
        if not colon or not _NAME.match(name):
            if not line or (index == 0 and line.startswith(("From ", ">From "))):
                continue
            if not raw or not _goes_on(lines, index):
                fields.defects.append("missing_blank_line")
                return fields, _start_of(block, index)
            fields.defects.append("bad_header_line")
            continue
        name, value = name.rstrip(), value.strip(" \t")
        raw.append((name, value))
        by_name.setdefault(name.lower(), []).append(value)
        if len(raw) >= MAX_FIELDS:
            break
    return fields, None


def _goes_on(lines: list[str], bad: int) -> bool:
    """True where a field stands within three lines below a bad one."""
    near = (line.partition(":") for line in lines[bad + 1 : bad + 4])
    return any(colon and _NAME.match(name) for name, colon, _ in near)


def _start_of(block: bytes, wanted: int) -> int:
    """The offset of an unfolded line, counted in lines."""
    at, index = 0, -1
    for number, line in enumerate(block.split(b"\n")):
        index += number == 0 or line[:1] not in (b" ", b"\t")
        if index == wanted:
            return at
        at += len(line) + 1
    return len(block)


def decode_all(fields: Fields, body_charset: str) -> tuple[tuple[str, str], ...]:
    """Every field as readable text, in order."""
    if fields.plain:
        return tuple([(name, decode(raw, body_charset) if "=?" in raw else raw) for name, raw in fields.raw])
    return tuple([(name, decode(raw, body_charset)) for name, raw in fields.raw])


def decode(raw: str, body_charset: str = "") -> str:
    """A raw value as clean text of one line: encoded words decoded, raw 8-bit read as UTF-8, else as the body is."""
    if "=?" in raw:
        return clean.line(_words(raw, body_charset))
    return clean.line(_eight_bit(raw, body_charset))


def _eight_bit(raw: str, body_charset: str) -> str:
    if raw.isascii():
        return raw
    return charset.decode(raw.encode("ascii", "surrogateescape"), "", body_charset).text


def _words(raw: str, body_charset: str) -> str:
    out: list[str] = []
    run: list[tuple[str, str, str]] = []  # neighbouring words: charset, encoding, text
    end = 0
    for word in _WORD.finditer(raw):
        between = raw[end : word.start()]
        if not run or between.strip():
            out.append(_run(run))
            run = []
            out.append(_eight_bit(between, body_charset))
        run.append((word.group(1).lower(), word.group(2).lower(), word.group(3)))
        end = word.end()
    out.append(_run(run))
    out.append(_eight_bit(raw[end:], body_charset))
    return "".join(out)


def _run(run: list[tuple[str, str, str]]) -> str:
    """Neighbouring words as one text: those of one charset share their bytes, for senders split inside a character."""
    out: list[str] = []
    at = 0
    while at < len(run):
        name, stop = run[at][0], at
        while stop < len(run) and run[stop][0] == name:
            stop += 1
        out.append(charset.decode(_bytes(run[at:stop]), name).text)
        at = stop
    return "".join(out)


def _bytes(words: list[tuple[str, str, str]]) -> bytes:
    out: list[bytes] = []
    letters = ""  # base64 of a word that was cut inside a group of four
    for _, encoding, text in words:
        data = text.encode("ascii", "surrogateescape")
        if encoding == "q":
            out.append(binascii.a2b_qp(data, header=True))
            continue
        letters += "".join(text.split())
        if len(letters.rstrip("=")) % 4 and "=" not in letters and words[-1][1] == "b":
            continue
        out.append(transfer.base64(letters.encode("ascii", "surrogateescape"))[0])
        letters = ""
    if letters:
        out.append(transfer.base64(letters.encode("ascii", "surrogateescape"))[0])
    return b"".join(out)
