"""A DKIM-Signature field (RFC 6376 section 3.5) as what it says, checked for form. Nothing is verified here.

Bounds come before patterns: all of it is a stranger's, and the costs of verifying grow with it.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from gateway.mail.header import tags

MAX_OCTETS = 8 * 1024  # of the field
MAX_SIGNED = 200  # names in h=
MAX_SIGNATURE = 1024  # octets: an RSA key of 8,192 bits

_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]\Z")
_SELECTOR = re.compile(r"(?=.{1,200}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*\Z")
_HEADER_NAME = re.compile(r"[!-9;-~]{1,128}\Z")
_NUMBER = re.compile(r"\d{1,15}\Z", re.ASCII)
_BLANKS = re.compile(r"[ \t\r\n]+")
ALGORITHMS = ("rsa-sha256", "ed25519-sha256")  # RFC 8301 section 3.1 leaves no other; RFC 8463
_CANONS = ("simple", "relaxed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a field claims; `problem` says why it cannot be verified. `body_length` is l=, `expires_at` x= in seconds.

    `unsigned` is the field itself without the value of b=, as the signature covers it.
    """

    problem: str = ""
    domain: str = ""
    selector: str = ""
    identity_domain: str = ""  # of i=, else the domain
    algorithm: str = ""
    header_canon: str = "simple"
    body_canon: str = "simple"
    signed: tuple[str, ...] = ()  # names of h=, in lower case and in order
    body_hash: bytes = b""
    signature: bytes = b""
    body_length: int | None = None
    expires_at: int | None = None
    unsigned: bytes = b""


class _UnusableError(ValueError):
    """The field cannot be verified; the text says why."""


def parse(field: bytes) -> Signature:
    """The claims of one whole field. Never raises; of an unusable field the domain is told where there is one."""
    if len(field) > MAX_OCTETS:
        return Signature(problem=f"the field is longer than {MAX_OCTETS} octets")
    value = field.partition(b":")[2].replace(b"\r\n", b"").decode("ascii", "replace")
    found = tags.parse(value)
    if found is None:
        return Signature(problem="the field is no list of tags")
    domain = found.get("d", "").lower()
    try:
        return _claims(found, domain, field)
    except _UnusableError as error:
        return Signature(problem=str(error), domain=domain if _DOMAIN.match(domain) else "")


def _claims(found: dict[str, str], domain: str, field: bytes) -> Signature:
    for tag in ("v", "a", "b", "bh", "d", "h", "s"):
        if not found.get(tag):
            raise _UnusableError(f"{tag}= is missing")
    if found["v"] != "1":
        raise _UnusableError("v= is not 1")
    if not _DOMAIN.match(domain):
        raise _UnusableError("d= is no domain")
    selector = found["s"].lower()
    if not _SELECTOR.match(selector):
        raise _UnusableError("s= is no selector")
    algorithm = found["a"].lower()
    if algorithm not in ALGORITHMS:
        raise _UnusableError(f"a={algorithm[:30]} is not believed any more")
    if "dns/txt" not in _list(found.get("q", "dns/txt")):
        raise _UnusableError("q= names no way to the key that we know")
    identity = found.get("i", f"@{domain}").rpartition("@")[2].lower()
    if identity != domain and not identity.endswith(f".{domain}"):
        raise _UnusableError("i= lies outside d=")
    header_canon, body_canon = _canons(found.get("c", "simple/simple").lower())
    return Signature(
        domain=domain,
        selector=selector,
        identity_domain=identity,
        algorithm=algorithm,
        header_canon=header_canon,
        body_canon=body_canon,
        signed=_signed(found["h"]),
        body_hash=_base64(found["bh"], "bh"),
        signature=_base64(found["b"], "b"),
        body_length=_number(found, "l"),
        expires_at=_number(found, "x"),
        unsigned=_without_b(field),
    )


def _canons(text: str) -> tuple[str, str]:
    header, _, body = text.partition("/")
    header, body = header.strip(), body.strip() or "simple"
    if header not in _CANONS or body not in _CANONS:
        raise _UnusableError("c= names no canonical form that there is")
    return header, body


def _signed(text: str) -> tuple[str, ...]:
    names = _list(text)
    if len(names) > MAX_SIGNED or not all(_HEADER_NAME.match(name) for name in names):
        raise _UnusableError("h= is no list of header names")
    if "from" not in names:
        raise _UnusableError("From is not signed")
    return names


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in text.split(":"))


def _base64(text: str, tag: str) -> bytes:
    try:
        data = base64.b64decode(_BLANKS.sub("", text), validate=True)
    except (binascii.Error, ValueError):
        raise _UnusableError(f"{tag}= is no base64")
    if not 0 < len(data) <= MAX_SIGNATURE:
        raise _UnusableError(f"{tag}= is of no length that it can have")
    return data


def _number(found: dict[str, str], tag: str) -> int | None:
    if tag not in found:
        return None
    if not _NUMBER.match(found[tag]):
        raise _UnusableError(f"{tag}= is no number")
    return int(found[tag])


def _without_b(field: bytes) -> bytes:
    """The value of b= deleted, with all blanks around it, and nothing else (RFC 6376 section 3.7)."""
    name, _, value = field.partition(b":")
    parts = value.split(b";")
    for index, part in enumerate(parts):
        tag, equals, _ = part.partition(b"=")
        if equals and tag.strip() == b"b":
            parts[index] = tag + b"="
    return name + b":" + b";".join(parts)
