"""DKIM (RFC 6376): is this signature of its domain, and does it cover what we read?

dkimpy does the arithmetic. Its own `verify` is not used: it looks at one signature, takes a time-out for a bad one,
believes SHA-1, l= and keys in test, and its patterns are quadratic in runs of blanks: a line of 64 KB costs seconds.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from gateway.mail.header import signature as fields
from gateway.mail.header import tags, verbatim
from gateway.mail.header.signature import Signature
from gateway.tickets.auth_result import Result, Signed
from gateway.verify.resolver import Lookups, Unanswered

MAX_CHECKED = 5  # signatures of one mail
MAX_SEEN = 50  # fields that are looked at to choose those
_SLICE = 1 << 20  # octets of a body in hand at once
_BITS = range(1024, 8193)  # of RSA keys: RFC 8301 section 3.2, and what an exponentiation may cost
_LARGEST_EXPONENT = 1 << 32
# A good signature over a mail that repeats one of these proves nothing: nobody knows which one others read.
_ONCE = (
    *("from", "subject", "date", "message-id", "to", "cc", "reply-to", "in-reply-to", "references"),
    *("content-type", "content-transfer-encoding"),
)

_BLANKS = re.compile(rb"[ \t]+")
_LINES_FROM_END = re.compile(rb"(?:\n\r)*")


@dataclass(slots=True)
class Body:
    """The body of one mail, hashed at most once each way."""

    raw: bytes
    start: int
    _digests: dict[tuple[str, int | None], tuple[bytes, int]] = field(default_factory=dict)

    def digest(self, canon: str, length: int | None) -> tuple[bytes, int]:
        """SHA-256 of the canonical body, cut at `length` octets where given, and how long the whole of it is."""
        key = (canon, length)
        if key not in self._digests:
            self._digests[key] = _hash_body(self.raw, self.start, canon, length)
        return self._digests[key]


def read_all(header: verbatim.Header) -> list[Signature]:
    """What the signatures of a mail claim, the first fifty."""
    return [fields.parse(one.raw) for one in header.all("dkim-signature")[:MAX_SEEN]]


def check(claims: Signature, header: verbatim.Header, body: Body, lookups: Lookups, at: int) -> Signed:
    """The verdict on one signature; `at` in seconds since 1970 is when the mail came in. Never raises."""
    verdict = Signed(result=Result.PERMERROR, domain=claims.domain, selector=claims.selector)
    if claims.problem:
        return _told(verdict, Result.PERMERROR, claims.problem)
    if claims.expires_at is not None and claims.expires_at < at:
        return _told(verdict, Result.FAIL, "it has expired")
    try:
        key = _key(claims, lookups)
    except Unanswered as error:
        return _told(verdict, Result.TEMPERROR, str(error))
    except _BadKeyError as error:
        return _told(verdict, Result.PERMERROR, str(error))
    digest, length = body.digest(claims.body_canon, claims.body_length)
    if claims.body_length is not None and claims.body_length > length:
        return _told(verdict, Result.PERMERROR, "l= is more than the body has")
    if digest != claims.body_hash:
        return _told(verdict, Result.FAIL, "the body was changed after signing")
    if not key.verifies(_header_octets(claims, header), claims.signature):
        return _told(verdict, Result.FAIL, "the header was changed after signing, or another key signed it")
    return _told(verdict, Result.PASS, f"selector {claims.selector}", weak=_weakness(claims, header, key))


def _told(verdict: Signed, result: Result, why: str, weak: str = "") -> Signed:
    return Signed(result=result, domain=verdict.domain, selector=verdict.selector, why=why, weak=weak)


def _weakness(claims: Signature, header: verbatim.Header, key: "_Key") -> str:
    """Why a good signature proves nothing of what we read (T78), `""` where it does."""
    if claims.body_length is not None:
        return "l= leaves the end of the body to anybody"
    if key.is_test:
        return "its key is in test (t=y)"
    for name in _ONCE:
        if len(header.all(name)) > 1:
            return f"the mail has more than one {name.title()}"
    if header.all("subject") and "subject" not in claims.signed:
        return "Subject is not signed"
    return ""


# ---- the key -------------------------------------------------------------------------------------------------------


class _BadKeyError(Exception):
    """No key that may be believed; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    rsa: dict[str, int] | None
    ed25519: bytes
    is_test: bool

    def verifies(self, octets: bytes, signature: bytes) -> bool:
        """Did the owner of this key sign SHA-256 of these octets?"""
        if self.rsa is not None:
            from dkim.crypto import DigestTooLargeError, RSASSA_PKCS1_v1_5_verify

            if int.from_bytes(signature, "big") >= self.rsa["modulus"]:
                return False
            try:
                return bool(RSASSA_PKCS1_v1_5_verify(hashlib.sha256(octets), signature, self.rsa))
            except DigestTooLargeError:
                return False
        from nacl.exceptions import BadSignatureError
        from nacl.exceptions import ValueError as NaClValueError
        from nacl.signing import VerifyKey

        try:
            VerifyKey(self.ed25519).verify(hashlib.sha256(octets).digest(), signature)
        except (BadSignatureError, NaClValueError):
            return False
        return True


def _key(claims: Signature, lookups: Lookups) -> _Key:
    """The key that DNS has for a signature (RFC 6376 section 3.6.1). Raises _BadKeyError or Unanswered."""
    name = f"{claims.selector}._domainkey.{claims.domain}"
    texts = [text.decode("ascii", "replace") for text in lookups.txt(name)]
    records = [record for text in texts if (record := tags.parse(text)) and "p" in record]
    if not records:
        raise _BadKeyError(f"there is no key at {name}")
    if len(records) > 1:
        raise _BadKeyError(f"there is more than one key at {name}")
    record = records[0]
    kind = record.get("k", "rsa").lower()
    flags = _listed(record.get("t", ""))
    if record.get("v", "DKIM1") != "DKIM1":
        raise _BadKeyError(f"the key at {name} is of another version")
    if not record["p"]:
        raise _BadKeyError(f"the key at {name} was revoked")
    if claims.algorithm != f"{kind}-sha256":
        raise _BadKeyError(f"the key at {name} is for {kind[:20]}, the signature for {claims.algorithm}")
    if "sha256" not in _listed(record.get("h", "sha256")):
        raise _BadKeyError(f"the key at {name} is not for SHA-256")
    if not {"*", "email"} & set(_listed(record.get("s", "*"))):
        raise _BadKeyError(f"the key at {name} is not for mail")
    if "s" in flags and claims.identity_domain != claims.domain:
        raise _BadKeyError(f"the key at {name} is not for names below {claims.domain}")
    return _key_of(kind, record["p"], name, is_test="y" in flags)


def _key_of(kind: str, text: str, name: str, *, is_test: bool) -> _Key:
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _BadKeyError(f"the key at {name} is no base64")
    if kind == "ed25519":
        if len(data) != 32:
            raise _BadKeyError(f"the key at {name} is no Ed25519 key")
        return _Key(rsa=None, ed25519=data, is_test=is_test)
    rsa = _rsa(data)
    if rsa is None:
        raise _BadKeyError(f"the key at {name} is no RSA key")
    bits = rsa["modulus"].bit_length()
    if bits not in _BITS:
        raise _BadKeyError(f"the key at {name} has {bits} bits; {_BITS.start} to {_BITS.stop - 1} are believed")
    if not 2 < rsa["publicExponent"] < _LARGEST_EXPONENT or not rsa["modulus"] & rsa["publicExponent"] & 1:
        raise _BadKeyError(f"the key at {name} is a weak RSA key")
    return _Key(rsa=rsa, ed25519=b"", is_test=is_test)


def _rsa(data: bytes) -> dict[str, int] | None:
    from dkim.crypto import UnparsableKeyError, parse_public_key

    try:
        key: dict[str, Any] = parse_public_key(data)
    except (UnparsableKeyError, IndexError, TypeError, ValueError, KeyError):  # its ASN.1 reader trusts lengths
        return None
    return {name: int(value) for name, value in key.items()}


def _listed(text: str) -> list[str]:
    return [part.strip().lower() for part in text.split(":")]


# ---- what is signed ------------------------------------------------------------------------------------------------


def _header_octets(claims: Signature, header: verbatim.Header) -> bytes:
    """The fields named in h=, the lowest of a name first, then the signature itself (RFC 6376 sections 3.7, 5.4.2)."""
    left = {name: header.all(name) for name in set(claims.signed)}
    parts = [_canonical(left[name].pop().raw, claims.header_canon) for name in claims.signed if left[name]]
    return b"\r\n".join([*parts, _canonical(claims.unsigned, claims.header_canon)])


def _canonical(raw: bytes, canon: str) -> bytes:
    """RFC 6376 sections 3.4.1 and 3.4.2, without the line end behind it."""
    if canon == "simple":
        return raw
    name, _, value = raw.partition(b":")
    return name.strip().lower() + b":" + _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def _lines(data: bytes, *, is_relaxed: bool) -> bytes:
    """Whole lines, each with CRLF behind it; relaxed: runs of blanks are one, and none stands at the end of a line."""
    if data.count(b"\n") != data.count(b"\r\n"):
        data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if not data.endswith(b"\r\n"):
        data += b"\r\n"
    if is_relaxed:
        data = data.replace(b"\t", b" ")
        while b"  " in data:  # each turn halves the runs; a pattern takes ten times as long over a mail of short words
            data = data.replace(b"  ", b" ")
        data = data.replace(b" \r\n", b"\r\n")
    return data


def _empty_lines(data: bytes) -> int:
    """How many octets of line ends stand at the end of it."""
    if not data.endswith(b"\r\n\r\n"):
        return 2
    found = _LINES_FROM_END.match(data[::-1])
    return found.end() if found else 0


def _hash_body(raw: bytes, start: int, canon: str, length: int | None) -> tuple[bytes, int]:
    """SHA-256 of the body from `start` on and its canonical length (sections 3.4.3, 3.4.4), a slice at a time."""
    digest = hashlib.sha256()
    total = waiting = 0  # octets so far, and empty lines that count only if something follows them

    def add(data: bytes) -> None:
        nonlocal total
        digest.update(data if length is None else data[: max(length - total, 0)])
        total += len(data)

    at = start
    while at < len(raw):
        end = raw.find(b"\n", at + _SLICE) + 1 or len(raw)
        data = _lines(raw[at:end], is_relaxed=canon == "relaxed")
        blank = _empty_lines(data)
        if blank < len(data):
            add(b"\r\n" * waiting)
            add(data[: len(data) - blank])
            waiting = 0
        waiting += blank // 2
        at = end
    if total or canon == "simple":
        add(b"\r\n")
    return digest.digest(), total
