"""The body of a letter: text/plain, or multipart/alternative with HTML, in an encoding that every relay carries."""

import base64
import binascii
import hashlib
import re

_BREAK = re.compile("\r\n?|\x85|\u2028|\u2029|\x0b|\x0c")
_UNSAFE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE = 998  # RFC 5322 section 2.1.1


def clean(text: str) -> str:
    """Text with LF line ends and without controls, surrogates and blank lines around it; ends in one LF."""
    if not text.replace("\n", "").isprintable():
        text = _UNSAFE.sub("", _BREAK.sub("\n", text))
    return text.strip("\n") + "\n"


def build(text: str, html: str = "") -> tuple[str, bytes]:
    """The Content-* header lines (without the last CRLF) and the bytes below the empty line; cleans both texts."""
    plain = _part("plain", clean(text))
    if not html:
        return plain
    rich = _part("html", clean(html))
    boundary = _boundary(plain[1], rich[1])
    lines = [b"".join((b"--", boundary, b"\r\n", head.encode(), b"\r\n\r\n", data)) for head, data in (plain, rich)]
    data = b"\r\n".join([*lines, b"--" + boundary + b"--\r\n"])
    return f'Content-Type: multipart/alternative; boundary="{boundary.decode()}"', data


def _part(subtype: str, text: str) -> tuple[str, bytes]:
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


def _boundary(*parts: bytes) -> bytes:
    # From the content, so that composing again gives the same bytes; "=_" cannot occur in quoted-printable or base64.
    digest = hashlib.sha256(b"\0".join(parts)).hexdigest()
    for start in range(40):
        boundary = f"=_{digest[start : start + 24]}".encode()
        if not any(boundary in part for part in parts):
            return boundary
    raise ValueError("no boundary that the parts do not hold themselves")
