"""The arguments of MAIL and RCPT, read strictly and without I/O (RFC 5321 section 4.1.2, RFC 6531 section 3.3).

An address is taken as it stands or not at all: nothing is decoded, unquoted or routed. A sender may be any valid
address; a recipient is held to the plain dot-atom form, because nothing else can be ours.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.intake.replies import Reply

# A path is at most 256 octets with its brackets (4.5.3.1.3), a local part of ours 64 (4.5.3.1.1). Senders' local
# parts may be longer: return paths that carry a recipient often are.
_ADDRESS_OCTETS = 254
_OUR_LOCAL_OCTETS = 64
_DOMAIN_OCTETS = 255
_LABEL_OCTETS = 63
_SIZE_DIGITS = 20

_SHAPE = {
    "FROM": re.compile(r"FROM:[ ]{0,8}<([^<>]*)>(?:[ ]+(.*))?\Z", re.IGNORECASE | re.DOTALL),
    "TO": re.compile(r"TO:[ ]{0,8}<([^<>]*)>(?:[ ]+(.*))?\Z", re.IGNORECASE | re.DOTALL),
}
# A quoted local part may hold `<` and `>`; only a sender may have one.
_QUOTED_SENDER = re.compile(r'FROM:[ ]{0,8}<("(?:[^"\\]|\\.)*"@[^<>"]*)>(?:[ ]+(.*))?\Z', re.IGNORECASE | re.DOTALL)

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*\Z")
_QUOTED = re.compile(r'"(?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*"\Z')
_LABEL = re.compile(r"[A-Za-z0-9_\u0080-\U0010ffff](?:[A-Za-z0-9_\u0080-\U0010ffff-]*[A-Za-z0-9_\u0080-\U0010ffff])?\Z")
# C0, DEL, C1, surrogates (bytes that are not UTF-8), separators and bidi controls
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]")
_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*\Z")
_VALUE = re.compile(r"[!-<>-~]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """An accepted MAIL argument: `address` is `""` for the null sender, `size` in octets or None if not declared."""

    address: str
    size: int | None = None
    utf8: bool = False


def parse_sender(arg: str, *, extended: bool) -> Sender | Reply:
    """`FROM:<address> [SIZE=n] [BODY=7BIT|8BITMIME] [SMTPUTF8]`, or the reply that refuses it.

    `extended`: the client said EHLO, so parameters are allowed.
    """
    shape = _SHAPE["FROM"].match(arg) or _QUOTED_SENDER.match(arg)
    if shape is None:
        return Reply.SENDER_SYNTAX
    address = shape[1]
    if address and not _is_sender(address):
        return Reply.BAD_ADDRESS
    parameters = _parameters(shape[2] or "")
    if parameters is None:
        return Reply.SYNTAX
    if parameters and not extended:
        return Reply.UNKNOWN_PARAMETER
    return _with_parameters(address, parameters)


def parse_recipient(arg: str) -> str | Reply:
    """`TO:<address>`: the address as it stood, or the reply that refuses it. `<postmaster>` needs no domain."""
    shape = _SHAPE["TO"].match(arg)
    if shape is None or not shape[1]:
        return Reply.RECIPIENT_SYNTAX
    address = shape[1]
    if address.lower() != "postmaster" and not _is_recipient(address):
        return Reply.BAD_ADDRESS
    parameters = _parameters(shape[2] or "")
    if parameters is None:
        return Reply.SYNTAX
    return Reply.UNKNOWN_PARAMETER if parameters else address


def _with_parameters(address: str, parameters: Mapping[str, str | None]) -> Sender | Reply:
    size: int | None = None
    utf8 = False
    for keyword, value in parameters.items():
        match keyword:
            case "SIZE":
                if value is None or not (value.isascii() and value.isdigit()) or len(value) > _SIZE_DIGITS:
                    return Reply.SYNTAX
                size = int(value)
            case "BODY":
                if value is None or value.upper() not in ("7BIT", "8BITMIME"):
                    return Reply.SYNTAX
            case "SMTPUTF8":
                if value is not None:
                    return Reply.SYNTAX
                utf8 = True
            case _:
                return Reply.UNKNOWN_PARAMETER
    if not utf8 and not address.isascii():
        return Reply.ADDRESS_NEEDS_UTF8
    return Sender(address=address, size=size, utf8=utf8)


def _parameters(text: str) -> dict[str, str | None] | None:
    """Keyword (upper case) to value, None where there was no `=`; None for the whole if malformed or given twice."""
    parameters: dict[str, str | None] = {}
    for word in text.split():
        keyword, equals, value = word.partition("=")
        keyword = keyword.upper()
        if not _KEYWORD.match(keyword) or keyword in parameters or (equals and not _VALUE.match(value)):
            return None
        parameters[keyword] = value if equals else None
    return parameters


def _is_sender(address: str) -> bool:
    if not _is_clean(address):
        return False
    local, at, domain = address.rpartition("@")
    return bool(at and (_DOT_ATOM.match(local) or _QUOTED.match(local)) and _is_domain(domain))


def _is_recipient(address: str) -> bool:
    if not _is_clean(address):
        return False
    local, at, domain = address.rpartition("@")
    if not at or "%" in local or "!" in local or len(local.encode()) > _OUR_LOCAL_OCTETS:
        return False
    return bool(_DOT_ATOM.match(local) and _is_domain(domain))


def _is_clean(address: str) -> bool:
    # `=?` could become another address if any later program took it for an encoded word.
    return not _UNPRINTABLE.search(address) and "=?" not in address and len(address.encode()) <= _ADDRESS_OCTETS


def _is_domain(domain: str) -> bool:
    if domain.startswith("["):
        return _is_literal(domain)
    if len(domain.encode()) > _DOMAIN_OCTETS:
        return False
    return all(_LABEL.match(label) and len(label.encode()) <= _LABEL_OCTETS for label in domain.split("."))


def _is_literal(domain: str) -> bool:
    """`[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3)."""
    if not domain.endswith("]"):
        return False
    inner = domain[1:-1]
    try:
        if inner[:5].lower() == "ipv6:":
            return "%" not in inner and bool(ipaddress.IPv6Address(inner[5:]))
        return bool(ipaddress.IPv4Address(inner))
    except ValueError:
        return False
