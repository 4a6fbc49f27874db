"""The outer shell of a CMS object (RFC 5652), as in `smime.p7m`: what it is, and what an opaque signature covers.

Nothing is verified. BER as well as DER is read, for writers that stream use lengths without end.
"""

from gateway.mail.scan import MAX_DEPTH

_SEQUENCE, _OCTETS, _OCTETS_IN_PIECES, _OID, _EXPLICIT = 0x30, 0x04, 0x24, 0x06, 0xA0
_PKCS7 = bytes.fromhex("2a864886f70d0107")
_SMIME = bytes.fromhex("2a864886f70d01091001")
_DATA, _SIGNED = _PKCS7 + b"\1", _PKCS7 + b"\2"
_KINDS = {
    _SIGNED: "signed",
    _PKCS7 + b"\3": "encrypted",  # enveloped
    _PKCS7 + b"\4": "encrypted",  # signed and enveloped
    _SMIME + b"\x17": "encrypted",  # authenticated and enveloped
    _SMIME + b"\x09": "compressed",
}


class _NotCms(ValueError):
    """These bytes are not what was looked for."""


def kind_of(data: bytes) -> str:
    """`signed`, `encrypted`, `compressed`, or `""` for anything else. The first hundred bytes are enough."""
    try:
        kind, _ = _object(data, 0)
    except (_NotCms, IndexError):
        return ""
    return _KINDS.get(kind, "")


def signed_content(data: bytes) -> bytes | None:
    """What a signature covers that has it inside: a MIME entity (RFC 8551 3.5.2). or None."""
    try:
        kind, at = _object(data, 0)
        if kind != _SIGNED:
            return None
        at = _enter(data, _enter(data, at, _EXPLICIT), _SEQUENCE)
        at = _after(data, _after(data, at))  # the version, the digest algorithms
        kind, at = _object(data, at)
        return _octets(data, _enter(data, at, _EXPLICIT)) if kind == _DATA else None
    except (_NotCms, IndexError):
        return None


def _object(data: bytes, at: int) -> tuple[bytes, int]:
    """The type at the start of a ContentInfo, and where its content begins."""
    start = _enter(data, at, _SEQUENCE)
    tag, begin, end = _element(data, start)
    if tag != _OID or end is None:
        raise _NotCms
    return data[begin:end], end


def _enter(data: bytes, at: int, wanted: int) -> int:
    tag, begin, _ = _element(data, at)
    if tag != wanted:
        raise _NotCms
    return begin


def _element(data: bytes, at: int) -> tuple[int, int, int | None]:
    """Tag, start and end of the value of the element at `at`; no end where its end is marked instead (X.690 8.1.3)."""
    tag, length, begin = data[at], data[at + 1], at + 2
    if length == 0x80:
        return tag, begin, None
    if length > 0x80:
        more = length & 0x7F
        if more > 8:
            raise _NotCms
        length = int.from_bytes(data[begin : begin + more], "big")
        begin += more
    return tag, begin, begin + length


def _after(data: bytes, at: int) -> int:
    """Where the next element begins."""
    opened = 0
    while True:
        tag, begin, end = _element(data, at)
        if end is None:
            opened, at = opened + 1, begin
        else:
            opened, at = opened - (tag == 0), end
        if opened <= 0:
            return at
        if opened > MAX_DEPTH:
            raise _NotCms


def _octets(data: bytes, at: int) -> bytes:
    """An octet string, in one or in pieces."""
    tag, begin, end = _element(data, at)
    if tag == _OCTETS and end is not None and end <= len(data):
        return data[begin:end]
    if tag != _OCTETS_IN_PIECES:
        raise _NotCms
    stop = len(data) if end is None else min(end, len(data))
    pieces, at = [], begin
    while at < stop:
        tag, begin, end = _element(data, at)
        if tag == 0:
            break
        if tag == _OCTETS and end is not None:
            pieces.append(data[begin:end])
        elif tag != _OCTETS_IN_PIECES:
            raise _NotCms
        at = begin if tag == _OCTETS_IN_PIECES or end is None else end
    return b"".join(pieces)
