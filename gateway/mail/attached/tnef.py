"""winmail.dat, in which Outlook and Exchange wrap what a mail should carry openly (MS-OXTNEF): its files and texts.

An own reader: that of tnefparse loops as often as a number in the data says, four thousand million times if it likes.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.mail.attached import rtf
from gateway.mail.text import charset

TYPE = "application/ms-tnef"
MAX_FILES = 200
MAX_ATTRIBUTES = 10_000  # in one TNEF, and properties in one list of them
MAX_DEPTH = 5  # mails attached to mails

_SIGNATURE = 0x223E9F78
_HEADER, _ATTRIBUTE, _CHECKSUM = 6, struct.Struct("<BII"), 2

# Attributes: what they are about in the lower half (MS-OXTNEF 2.1.3.3).
_BODY, _CODEPAGE, _PROPERTIES = 0x800C, 0x9007, 0x9003
_NEW_FILE, _FILE_TITLE, _FILE_DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005

# Properties (MS-OXPROPS).
_SUBJECT, _TEXT, _RTF, _HTML, _HTML_CODEPAGE = 0x0037, 0x1000, 0x1009, 0x1013, 0x3FDE
_DATA, _SHORT_NAME, _LONG_NAME, _MIME_TYPE, _CONTENT_ID = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712

# Types of properties, and how many bytes a value of fixed size takes.
_STRING, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_SIZES = {**dict.fromkeys((2, 0x0B), 2), **dict.fromkeys((1, 3, 4, 0x0A), 4), **dict.fromkeys((5, 6, 7, 0x14, 0x40), 8)}
_SIZES[0x48] = 16
_MANY, _NAMED = 0x1000, 0x8000
_GUID = 16
_EMBEDDED_MAIL = bytes.fromhex("0703020000000000c000000000000046")

_CODEPAGES = {
    20127: "us-ascii",
    20866: "koi8-r",
    21866: "koi8-u",
    50220: "iso-2022-jp",
    51932: "euc-jp",
    51949: "euc-kr",
    54936: "gb18030",
    65001: "utf-8",
    **{28590 + number: f"iso-8859-{number}" for number in range(1, 17)},
}


class Damaged(ValueError):
    """These bytes are no TNEF, or end too soon, or hold more than anybody sends."""


@dataclass(slots=True)
class File:
    """One file in a TNEF; `type` as its sender declared it, or `""`."""

    name: str = ""
    data: bytes = b""
    type: str = ""
    content_id: str = ""


@dataclass(slots=True)
class Unpacked:
    """What a TNEF holds. Its `text` is that of its rich text where it has neither text nor HTML."""

    files: list[File] = field(default_factory=list)
    text: str = ""
    html: str = ""
    subject: str = ""


@dataclass(slots=True)
class _Budget:
    """How much rich text may still be unpacked, in bytes: it takes far longer than all else here."""

    left: int = rtf.MAX_RTF

    def text_of(self, rich: bytes) -> str:
        page = rtf.decompress(rich, self.left)
        self.left -= len(page)
        return rtf.text_of(page)


def unpack(data: bytes) -> Unpacked:
    """The files and the text in a TNEF; of mails attached inside it the text as a file, and their files behind it.

    Damaged where it cannot be read to its end.
    """
    try:
        return _unpack(data, 1, _Budget())
    except (struct.error, UnicodeError, ValueError) as fault:
        raise Damaged(str(fault)) from None


def _unpack(data: bytes, depth: int, budget: _Budget) -> Unpacked:
    if len(data) < _HEADER or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        raise Damaged("no TNEF")
    found, codepage, rich, parts = Unpacked(), "cp1252", b"", []
    for name, value in _attributes(data):
        if name == _CODEPAGE:
            codepage = _named(struct.unpack_from("<I", value)[0])
        elif name == _BODY:
            found.text = _string(value, codepage)
        elif name == _PROPERTIES:
            rich = _read_message(value, codepage, found) or rich
        elif name == _NEW_FILE:
            parts.append(File())
        elif name == _FILE_TITLE and parts:
            parts[-1].name = parts[-1].name or _string(value, codepage)
        elif name == _FILE_DATA and parts:
            parts[-1].data = value
        elif name == _FILE_PROPERTIES and parts:
            _read_file(value, codepage, parts[-1])
    if rich and not found.text.strip() and not found.html.strip():
        found.text = budget.text_of(rich)
    for part in parts:
        found.files += _opened(part, depth, budget) if part.type == TYPE else [part]
    if len(found.files) > MAX_FILES:
        raise Damaged("too many files")
    return found


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes of the stream in order."""
    at = _HEADER
    for _ in range(MAX_ATTRIBUTES):
        if at + _ATTRIBUTE.size > len(data) or data[at] not in (1, 2):  # the end, and what some pad it with
            return
        _, name, length = _ATTRIBUTE.unpack_from(data, at)
        at += _ATTRIBUTE.size
        if at + length > len(data):
            raise Damaged("ends too soon")
        yield name & 0xFFFF, data[at : at + length]
        at += length + _CHECKSUM
    raise Damaged("too many attributes")


def _read_message(value: bytes, codepage: str, found: Unpacked) -> bytes:
    """Put what these properties say into `found`; the rich text among them as it is."""
    html, rich = b"", b""
    html_codepage = codepage
    for name, kind, data in _properties(value):
        if name == _TEXT:
            found.text = _text(data, kind, codepage)
        elif name == _SUBJECT:
            found.subject = _text(data, kind, codepage)
        elif name == _HTML_CODEPAGE:
            html_codepage = _named(int.from_bytes(data, "little"))
        elif name == _HTML:
            html = data if kind != _UNICODE else _text(data, kind, "").encode()
            html_codepage = html_codepage if kind != _UNICODE else "utf-8"
        elif name == _RTF:
            rich = data
    found.html = _string(html, html_codepage) or found.html
    return rich


def _read_file(value: bytes, codepage: str, file: File) -> None:
    for name, kind, data in _properties(value):
        if name == _LONG_NAME or (name == _SHORT_NAME and not file.name):
            file.name = _text(data, kind, codepage)
        elif name == _MIME_TYPE:
            file.type = _text(data, kind, codepage).lower()
        elif name == _CONTENT_ID:
            file.content_id = _text(data, kind, codepage)
        elif name == _DATA:
            embedded = kind == _OBJECT and data.startswith(_EMBEDDED_MAIL)
            file.data = data[_GUID:] if kind == _OBJECT else data
            file.type = TYPE if embedded else file.type


def _opened(mail: File, depth: int, budget: _Budget) -> list[File]:
    """A mail attached inside: its text as a file, then its own files."""
    inner = _unpack(mail.data, depth + 1, budget) if depth < MAX_DEPTH else Unpacked()
    title = inner.subject or mail.name
    if inner.html.strip():
        text = File(name=f"{title}.html", data=inner.html.encode(), type="text/html")
    else:
        text = File(name=f"{title}.txt", data=inner.text.encode(), type="text/plain")
    return [text, *inner.files]


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Number, type and first value of each property in a list (MS-OXTNEF 2.1.3.4), up to one of a type unknown here."""
    (count,) = struct.unpack_from("<I", data)
    at = 4
    for _ in range(min(count, MAX_ATTRIBUTES)):
        if at >= len(data):
            return
        kind, name = struct.unpack_from("<HH", data, at)
        at += 4
        if name >= _NAMED:
            at = _behind_name(data, at + _GUID)
        kind, many = kind & ~_MANY, kind & _MANY
        values = 1
        if many or kind not in _SIZES:
            (values,) = struct.unpack_from("<I", data, at)
            at += 4
        if kind in _SIZES:
            yield name, kind, data[at : at + _SIZES[kind]]
            at += _padded(_SIZES[kind] * values)
        elif kind in (_STRING, _UNICODE, _OBJECT, _BINARY):
            for number in range(values):
                (length,) = struct.unpack_from("<I", data, at)
                if at + 4 + length > len(data):
                    raise Damaged("a property ends too soon")
                if number == 0:
                    yield name, kind, data[at + 4 : at + 4 + length]
                at += 4 + _padded(length)
        else:
            return


def _behind_name(data: bytes, at: int) -> int:
    kind, number = struct.unpack_from("<II", data, at)
    return at + 8 + (_padded(number) if kind else 0)


def _padded(length: int) -> int:
    return (length + 3) & ~3


def _named(codepage: int) -> str:
    return _CODEPAGES.get(codepage) or f"cp{codepage}"


def _text(data: bytes, kind: int, codepage: str) -> str:
    return data.decode("utf-16-le", "replace").rstrip("\0") if kind == _UNICODE else _string(data, codepage)


def _string(data: bytes, codepage: str) -> str:
    return charset.decode(data.rstrip(b"\0"), codepage).text
