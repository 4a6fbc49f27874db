"""The body of a letter: text, the same as HTML with its images, files; encoded so that every relay carries it."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence

from gateway.compose import files
from gateway.compose.files import File

Part = tuple[str, bytes]  # header lines without the last CRLF, and what stands below the empty line

_BREAK = re.compile("\r\n?|\x85|\u2028|\u2029|\x0b|\x0c")
_UNSAFE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE = 998  # RFC 5322 section 2.1.1
_BOUNDARY = re.compile(r'Content-Type: multipart/(\w+); boundary="([^"]+)"')


def clean(text: str) -> str:
    """Text with LF line ends and without controls, surrogates and blank lines around it; ends in one LF."""
    if not text.replace("\n", "").isprintable():
        text = _UNSAFE.sub("", _BREAK.sub("\n", text))
    return text.strip("\n") + "\n"


def build(text: str, html: str = "", hung: Sequence[File] = ()) -> Part:
    """The Content-* header lines and the bytes below the empty line; cleans both texts.

    Text and HTML are alternatives; files that the HTML shows belong to it, the others hang on the whole.
    """
    content = _text("plain", clean(text))
    if html:
        rich = _text("html", clean(html))
        shown = [files.part(file) for file in hung if file.cid]
        if shown:
            rich = _joined("related", [rich, *shown])
        content = _joined("alternative", [content, rich])
    others = [files.part(file) for file in hung if not (file.cid and html)]
    return _joined("mixed", [content, *others]) if others else content


def lighter(head: str, below: bytes, note: str) -> Part | None:
    """What `build` made, without its files and images, and with `note` in their place; None where it has none."""
    kind, parts = _parts(head, below)
    without = parts[0] if kind == "mixed" else (head, below)
    inner, versions = _parts(*without)
    if inner == "alternative":
        without = _joined("alternative", [_without_images(version) for version in versions])
    if without == (head, below):
        return None
    return _joined("mixed", [without, _text("plain", clean(note))])


def _without_images(part: Part) -> Part:
    kind, parts = _parts(*part)
    return parts[0] if kind == "related" else part


def _parts(head: str, below: bytes) -> tuple[str, list[Part]]:
    """The kind of a multipart of ours and its parts; `""` and none for any other part."""
    found = _BOUNDARY.match(head)
    if not found:
        return "", []
    line = b"--" + found[2].encode()
    pieces = below.removesuffix(b"\r\n" + line + b"--\r\n").removeprefix(line + b"\r\n").split(b"\r\n" + line + b"\r\n")
    split = [piece.partition(b"\r\n\r\n") for piece in pieces]
    return found[1], [(lines.decode(), data) for lines, _, data in split]


def _joined(subtype: str, parts: Sequence[Part]) -> Part:
    boundary = _boundary(*(data for _, data in parts))
    line = b"--" + boundary.encode()
    pieces = [b"".join((line, b"\r\n", head.encode(), b"\r\n\r\n", data)) for head, data in parts]
    # RFC 2387 section 3.1 asks for the type of what is to be shown.
    root = '; type="text/html"' if subtype == "related" else ""
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"{root}', b"\r\n".join([*pieces, line + b"--\r\n"])


def _text(subtype: str, text: str) -> Part:
    encoding, data = _encode(text.replace("\n", "\r\n"))
    return f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}", data


def _encode(text: str) -> tuple[str, bytes]:
    data = text.encode()
    if len(data) == len(text) and (len(data) <= _LINE or max(map(len, data.split(b"\r\n"))) <= _LINE):
        return "7bit", data
    if (len(data) - len(text)) * 6 < len(data):
        return "quoted-printable", binascii.b2a_qp(data, istext=True)
    coded = base64.b64encode(data)  # quoted-printable would more than double it
    lines = [coded[start : start + 76] for start in range(0, len(coded), 76)]
    return "base64", b"\r\n".join(lines) + b"\r\n"


def _boundary(*parts: bytes) -> str:
    # From the content, so that composing again gives the same bytes; "=_" cannot occur in quoted-printable or base64.
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()
    for start in range(40):
        boundary = f"=_{digest[start : start + 24]}"
        if not any(boundary.encode() in part for part in parts):
            return boundary
    raise ValueError("no boundary that the parts do not hold themselves")
