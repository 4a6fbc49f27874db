"""Content-Transfer-Encoding undone: bytes of a part as its sender had them, and whether some were lost (T67)."""

import binascii
import re

from gateway.mail.text import uu

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_PIECE = re.compile(rb"[A-Za-z0-9+/]++={0,2}+")
_IN_PIECES = re.compile(rb"(?:(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?+)*+")
_MAX_PIECED = 4_000_000  # bytes; nobody writes more of it that way
_NOT_LETTERS = re.compile(r"[^a-z0-9]")
# What `a2b_qp` reads wrongly: a soft line break with blanks behind it or at a bare CR, an equals sign that is one.
_ODD = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n)")
_BLANKS_BEHIND = re.compile(rb"=[ \t]+(?=\r?\n|\Z)")
_SOFT_AT_CR = re.compile(rb"=\r(?!\n)")
_STRAY = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")
_LOOKED_AT = 1024


def name_of(declared: str) -> str:
    """The encoding a declared one means: `"base64"`, `"quoted-printable"`, `"uuencode"`, `""` for none of these."""
    name = _NOT_LETTERS.sub("", declared)
    if name.startswith("quotedprint"):
        return "quoted-printable"
    if name.startswith(("base64", "xbase64")):
        return "base64"
    return "uuencode" if name.removeprefix("x").startswith("uu") else ""


def decode(data: bytes, encoding: str) -> tuple[bytes, bool]:
    """The decoded bytes, and True where something could not be decoded. An unknown encoding leaves them as they are."""
    name = name_of(encoding) if encoding not in ("", "7bit", "8bit", "binary") else ""
    if name == "base64":
        return base64(data)
    if name == "quoted-printable":
        return quoted_printable(data), False
    if name == "uuencode":
        _, files = uu.split(data)
        return (files[0].data, files[0].damaged) if files else (data, True)
    return data, False


def quoted_printable(data: bytes) -> bytes:
    """RFC 2045 section 6.7, the strays left as they stand: everything can be decoded."""
    if _ODD.search(data):
        data = _SOFT_AT_CR.sub(b"", _BLANKS_BEHIND.sub(b"=", data))
        data = _STRAY.sub(b"=3D", data)
    return binascii.a2b_qp(data)


def base64(data: bytes) -> tuple[bytes, bool]:
    """What can be decoded, and True where letters were missing or there was something else between or behind them."""
    if _is_prose(data[:_LOOKED_AT]):
        return data, False  # the declaration is wrong, nothing is encoded
    try:
        out = binascii.a2b_base64(data)
    except binascii.Error:
        letters = _NOT_BASE64.sub(b"", data)
        whole = letters[:-1] if len(letters) % 4 == 1 else letters
        strange = letters != whole or len(letters) != len(data.translate(None, b" \t\r\n").rstrip(b"="))
        return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4)), strange
    pad = data.find(b"=")
    if pad < 0 or not data[pad:].strip(b"=\r\n\t \x00"):
        return out, False
    compact = data.translate(None, b" \t\r\n")
    if len(compact) <= _MAX_PIECED and _IN_PIECES.fullmatch(compact):  # encoded piece by piece, each with its padding
        return b"".join(binascii.a2b_base64(piece[0]) for piece in _PIECE.finditer(compact)), False
    return out, True


def _is_prose(sample: bytes) -> bool:
    """True where the first line is words with blanks between them: an encoded one is long and has none."""
    line = sample.lstrip().partition(b"\n")[0].strip()
    words = line.split()
    return len(words) > 1 and len(line) < len(words) * 16 and not words[0].endswith(b"=")
