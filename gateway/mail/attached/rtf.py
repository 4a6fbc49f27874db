"""Rich text as Outlook keeps it in a TNEF: its compression undone (MS-OXRTFCP), and what it says as plain text."""

import re
from dataclasses import dataclass, field
from struct import unpack_from

from gateway.mail.text import charset

MAX_RTF = 500_000  # bytes: a body, not its pictures; what is longer is cut

_COMPRESSED, _PLAIN = b"LZFu", b"MELA"
_HEADER = 16
_WINDOW = 4096
_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor "
    rb"MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    + b"\r\n"
    + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_TOKEN = re.compile(r"\\(?:([a-z]{1,32})(-?\d{1,10})? ?|'([0-9a-fA-F]{2})|([^a-z]))|([{}])|([^\\{}\r\n]+)", re.S)
_SILENT = frozenset("fonttbl colortbl stylesheet info pict object themedata datastore listtable generator".split())
_WORDS = {
    **dict.fromkeys(("par", "line", "row", "sect", "page"), "\n"),
    **dict.fromkeys(("tab", "cell"), "\t"),
    **dict(zip(("lquote", "rquote", "ldblquote", "rdblquote"), "\u2018\u2019\u201c\u201d", strict=True)),
    **dict(zip(("endash", "emdash", "bullet"), "\u2013\u2014\u2022", strict=True)),
}
_SIGNS = {"~": "\u00a0", "_": "-", "\n": "\n", "\r": "\n", "\\": "\\", "{": "{", "}": "}"}


def decompress(data: bytes, limit: int = MAX_RTF) -> bytes:
    """The RTF in a PidTagRtfCompressed, at most `limit` bytes of it; ValueError where it is none."""
    if len(data) < _HEADER:
        raise ValueError("no compressed RTF")
    size, kind = min(unpack_from("<I", data, 4)[0], limit), data[8:12]
    if kind == _PLAIN:
        return data[_HEADER : _HEADER + size]
    if kind != _COMPRESSED:
        raise ValueError("no compressed RTF")
    return _unfold(data, size)


def _unfold(data: bytes, size: int) -> bytes:
    """References into the last 4,096 bytes undone. The output, behind what the window holds at first, is the window."""
    out = bytearray(_START)
    at, wanted = _HEADER, len(_START) + size
    while at < len(data) and len(out) < wanted:
        flags = data[at]
        at += 1
        for bit in range(8):
            if not flags >> bit & 1:
                out += data[at : at + 1]
                at += 1
                continue
            pair = int.from_bytes(data[at : at + 2], "big")
            at += 2
            back = (len(out) - (pair >> 4)) % _WINDOW
            if back == 0 or at > len(data):  # a reference to where it stands is the end
                return bytes(out[len(_START) : wanted])
            begin, length = max(0, len(out) - back), (pair & 15) + 2
            piece = out[begin : begin + length]
            out += (piece * length)[:length]  # it may run into what it writes
    return bytes(out[len(_START) : wanted])


@dataclass(slots=True)
class _Page:
    """A page of RTF as far as it has been read."""

    out: list[str] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)  # bytes of the code page: a letter may take two
    codepage: str = "cp1252"
    silent: bool = False  # inside a group that is no text
    echo: int = 1  # `\ucN`: after each `\uN` come N characters for readers without Unicode
    skip: int = 0  # of those, how many are still to come
    groups: list[tuple[bool, int]] = field(default_factory=list)

    def byte(self, value: str) -> None:
        if self.skip:
            self.skip -= 1
        elif not self.silent:
            self.pending.append(int(value, 16))

    def flush(self) -> None:
        if self.pending:
            self.out.append(charset.decode(bytes(self.pending), self.codepage).text)
            self.pending.clear()

    def brace(self, value: str) -> None:
        if value == "{":
            self.groups.append((self.silent, self.echo))
        elif self.groups:
            self.silent, self.echo = self.groups.pop()
        self.skip = 0

    def word(self, value: str, number: int) -> None:
        if value in _SILENT:
            self.silent = True
        elif value == "ansicpg":
            self.codepage = f"cp{number}"
        elif value == "uc":
            self.echo = min(max(number, 0), 8)
        elif not self.silent and value == "u":
            self.out.append(chr(number & 0xFFFF))
            self.skip = self.echo
        elif not self.silent:
            self.out.append(_WORDS.get(value, ""))

    def sign(self, value: str) -> None:
        if value == "*":  # a group to be left out by those who do not know it
            self.silent = True
        elif not self.silent:
            self.out.append(_SIGNS.get(value, ""))

    def text(self, value: str) -> None:
        if not self.silent:
            self.out.append(value[self.skip :])
            self.skip = max(0, self.skip - len(value))


def text_of(rtf: bytes) -> str:
    """What a page of RTF says, without its looks; `""` where it says nothing."""
    page = _Page()
    for token in _TOKEN.finditer(rtf[:MAX_RTF].decode("latin-1")):
        word, number, byte, sign, brace, text = token.groups()
        if byte:
            page.byte(byte)
            continue
        page.flush()
        if word:
            page.word(word, int(number) if number else 1)
        elif sign:
            page.sign(sign)
        elif brace:
            page.brace(brace)
        else:
            page.text(text)
    page.flush()
    # A letter beyond the basic plane is written as two halves.
    return "".join(page.out).encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
