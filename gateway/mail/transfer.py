"""Content-Transfer-Encoding undone: bytes of a part as its sender had them, and whether some were lost (T67)."""

import binascii
import re

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", re.M)
_UU_NAMES = frozenset({"x-uuencode", "uuencode", "uue", "x-uue"})


def decode(data: bytes, encoding: str) -> tuple[bytes, bool]:
    """The decoded bytes, and True where something could not be decoded. An unknown encoding leaves them as they are."""
    if encoding == "base64":
        return base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data), False
    if encoding in _UU_NAMES:
        return _uu(data)
    return data, False


def base64(data: bytes) -> tuple[bytes, bool]:
    """What can be decoded up to the first padding, and True where letters were missing or text followed."""
    try:
        out = binascii.a2b_base64(data)
    except binascii.Error:
        letters = _NOT_BASE64.sub(b"", data)
        whole = letters[:-1] if len(letters) % 4 == 1 else letters
        return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4)), True
    pad = data.find(b"=")
    return out, pad >= 0 and bool(data[pad:].strip(b"=\r\n\t \x00"))


def _uu(data: bytes) -> tuple[bytes, bool]:
    begin = _UU_BEGIN.search(data)
    out, lost = [], begin is None
    for line in data[begin.end() if begin else 0 :].splitlines():
        if line.strip() in (b"end", b"`", b""):
            if line.strip() == b"end":
                break
            continue
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            lost = True
            continue
    return b"".join(out), lost
