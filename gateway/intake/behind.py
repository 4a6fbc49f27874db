"""Who stands behind a relay of ours: what XCLIENT of Postfix and the PROXY header of load balancers say of a client.

Pure. Only a relay named in `trusted_relays` is listened to (T31); from anybody else these are unknown commands.
"""

import ipaddress
import re
import struct
from dataclasses import dataclass

XCLIENT_OFFER = "XCLIENT NAME ADDR PORT PROTO HELO"
HEADER_MAX = 536  # octets of the longest header we read: version 2 with addresses and a little beside them

_V1_MAX = 107
_V2_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_V2_FIXED = 16
_V2_LENGTHS = {0x1: (4, 12), 0x2: (16, 36)}  # family -> octets of an address, of the whole block
_LOCAL, _PROXY = 0x20, 0x21  # version and command
_V1 = re.compile(rb"PROXY (TCP4|TCP6) ([0-9A-Fa-f:.]{2,45}) ([0-9A-Fa-f:.]{2,45}) (\d{1,5}) (\d{1,5})\Z")
_ATTRIBUTE = re.compile(r"([A-Za-z]{1,20})=([!-<>-~]{1,255})\Z")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_UNKNOWN = ("[UNAVAILABLE]", "[TEMPUNAVAIL]")
_KNOWN = frozenset({"NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT", "REVERSE_NAME"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """`ip` of the client, `""` where the relay does not know it; `helo` as it called itself, `""` where not told."""

    ip: str = ""
    helo: str = ""


class NotAHeaderError(ValueError):
    """What came is no PROXY header."""


def xclient(arg: str) -> Behind | None:
    """The argument of XCLIENT; None where it cannot be read. A LOGIN that it tells counts for nothing here."""
    found: dict[str, str] = {}
    for word in arg.split():
        match = _ATTRIBUTE.match(word)
        if match is None or (name := match[1].upper()) not in _KNOWN or name in found:
            return None
        value = _XTEXT.sub(lambda code: chr(int(code[1], 16)), match[2])
        found[name] = "" if value.upper() in _UNKNOWN else value
    if not found:
        return None
    try:
        ip = _address(re.sub(r"\AIPV6:", "", found.get("ADDR", ""), flags=re.IGNORECASE))
    except ValueError:
        return None
    helo = found.get("HELO", "")
    return Behind(ip=ip, helo=helo if helo.isascii() and helo.isprintable() else "")


def proxy(data: bytes) -> tuple[Behind, int] | None:
    """The PROXY header that `data` begins with and its length; None while more of it is to come.

    Raises NotAHeaderError where `data` begins with something else.
    """
    if data[: len(_V2_SIGNATURE)] == _V2_SIGNATURE[: len(data)]:
        return _version_2(data)
    if data[:6] == b"PROXY "[: len(data)]:
        return _version_1(data)
    raise NotAHeaderError


def _version_1(data: bytes) -> tuple[Behind, int] | None:
    line, end, _ = data[:_V1_MAX].partition(b"\r\n")
    if not end:
        if len(data) >= _V1_MAX:
            raise NotAHeaderError
        return None
    length = len(line) + len(end)
    if line == b"PROXY UNKNOWN" or line.startswith(b"PROXY UNKNOWN "):
        return Behind(), length
    match = _V1.match(line)
    if match is None:
        raise NotAHeaderError
    try:
        return Behind(ip=_address(match[2].decode())), length
    except ValueError:
        raise NotAHeaderError from None


def _version_2(data: bytes) -> tuple[Behind, int] | None:
    if len(data) < _V2_FIXED:
        return None
    command, family, size = struct.unpack_from("!BBH", data, len(_V2_SIGNATURE))
    length = _V2_FIXED + size
    if command not in (_LOCAL, _PROXY) or length > HEADER_MAX:
        raise NotAHeaderError
    if len(data) < length:
        return None
    if command == _LOCAL:  # the balancer itself asks whether we are alive
        return Behind(), length
    octets, block = _V2_LENGTHS.get(family >> 4, (0, 0))
    if size < block:
        raise NotAHeaderError
    raw = data[_V2_FIXED : _V2_FIXED + octets]
    return Behind(ip=_address(str(ipaddress.ip_address(raw))) if octets else ""), length


def _address(text: str) -> str:
    if not text:
        return ""
    address = ipaddress.ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
