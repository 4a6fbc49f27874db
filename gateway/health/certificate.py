"""When a certificate ends (RFC 5280 section 4.1.2.5), and how long before that it is time to say so."""

import ssl
from datetime import UTC, datetime, timedelta

ENDS_SOON = timedelta(days=14)  # those that renew by themselves are renewed by then
_SEQUENCE, _VERSION, _UTC_TIME, _TIME = 0x30, 0xA0, 0x17, 0x18


def ends_at(pem: str) -> datetime:
    """The end of the first certificate in a PEM file. ValueError where there is none that can be read."""
    try:
        begin, end = pem.index("-----BEGIN CERTIFICATE-----"), pem.index("-----END CERTIFICATE-----")
        der = ssl.PEM_cert_to_DER_cert(pem[begin:end] + "-----END CERTIFICATE-----\n")
        inside = _value(_value(der, _SEQUENCE)[0], _SEQUENCE)[0]
        if inside[0] == _VERSION:
            inside = _after(inside)
        for _ in ("serial number", "signature", "issuer"):
            inside = _after(inside)
        times = _value(inside, _SEQUENCE)[0]
        return _instant(_after(times))
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"no certificate that can be read: {error}") from None


def shown_until(sock: object) -> datetime | None:
    """Until when the certificate is good that the other side showed; None without TLS. ValueError as `ends_at`."""
    shown = sock.getpeercert(binary_form=True) if isinstance(sock, ssl.SSLSocket) else None
    return ends_at(ssl.DER_cert_to_PEM_cert(shown)) if shown else None


def _value(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first element, which has to have this tag, and what stands behind it."""
    if der[0] != tag:
        raise ValueError(f"tag {der[0]:#x} where {tag:#x} was expected")
    start, length = _length(der)
    return der[start : start + length], der[start + length :]


def _after(der: bytes) -> bytes:
    start, length = _length(der)
    return der[start + length :]


def _length(der: bytes) -> tuple[int, int]:
    """Where the content of the first element begins, and how long it is."""
    if der[1] < 0x80:
        return 2, der[1]
    octets = der[1] & 0x7F
    return 2 + octets, int.from_bytes(der[2 : 2 + octets], "big")


def _instant(der: bytes) -> datetime:
    tag, start, length = der[0], *_length(der)
    text = der[start : start + length].decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _TIME:
        raise ValueError(f"tag {tag:#x} where a time was expected")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
