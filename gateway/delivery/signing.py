"""DKIM signatures on what leaves (RFC 6376; Ed25519 by RFC 8463): made when it is sent, so that keys may change."""

import base64
import re
from importlib import import_module
from typing import Any

from gateway.config import Route
from gateway.errors import ConfigError

# Each is signed once more than it stands there: adding another one breaks the signature.
_OVERSIGNED = ("from", "to", "subject", "date", "message-id")
_ALSO = (
    *("cc", "reply-to", "in-reply-to", "references", "mime-version", "content-type", "content-transfer-encoding"),
    *("auto-submitted", "list-unsubscribe", "list-unsubscribe-post"),
)
_FROM = re.compile(rb"^from:((?:[^\r\n]|\r\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_PEM = re.compile(r"-----BEGIN PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----")
_ED25519 = bytes.fromhex("302e020100300506032b657004220420")  # PKCS 8, up to the 32 bytes that are the key (RFC 8410)


class Signer:
    """One private key under its selector. Raises ConfigError for a key that cannot sign."""

    def __init__(self, key: str, selector: str, *, place: str = "delivery.dkim_key") -> None:
        self._selector = selector.encode()
        seed = _ed25519(key)
        self._key = base64.b64encode(seed) if seed else key.encode()
        self._algorithm = b"ed25519-sha256" if seed else b"rsa-sha256"
        try:
            self.signed(b"From: a@example.org\r\n\r\nprobe\r\n")
        except ValueError as error:
            raise ConfigError([f"{place}: is no private key in PEM that can sign: {error}"]) from None

    def signed(self, data: bytes) -> bytes:
        """The mail with its signature in front, by the domain of its From. ValueError for what cannot be signed."""
        head = data.partition(b"\r\n\r\n")[0] + b"\r\n"
        domain = _author_domain(head)
        there = [
            line.partition(b":")[0].strip().lower().decode("ascii")
            for line in head.split(b"\r\n")
            if line[:1] not in b" \t"
        ]
        names = [name for name in there if name in _OVERSIGNED or name in _ALSO] + list(_OVERSIGNED)
        signer = _dkim().DKIM(data, signature_algorithm=self._algorithm)
        try:
            made: bytes = signer.sign(
                self._selector,
                domain,
                self._key,
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=[name.encode() for name in names],
            )
        except Exception as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error
        return made + data

    @property
    def public(self) -> str:
        """The public half as its TXT record has it: what is to be published."""
        if self._algorithm.startswith(b"ed25519"):
            made = import_module("nacl.signing").SigningKey(base64.b64decode(self._key))
            return f"v=DKIM1; k=ed25519; p={base64.b64encode(bytes(made.verify_key)).decode()}"
        return f"v=DKIM1; k=rsa; p={base64.b64encode(_rsa_public(self._key)).decode()}"


def signer_of(route: Route) -> Signer | None:
    """Who signs what leaves this way; None where nobody does. Temporary where the key cannot be read now."""
    way = route.way
    if way.dkim_key is None or way.dkim_selector is None:
        return None
    return Signer(way.dkim_key.read(), way.dkim_selector, place=f"{route.place}.dkim_key")


def _author_domain(head: bytes) -> bytes:
    """The domain of the last address in From, as DNS has it. ValueError where there is none."""
    field = _FROM.search(head)
    _, found, domain = field[1].rpartition(b"@") if field else (b"", b"", b"")
    name = domain.strip(b"> \t\r\n").decode("utf-8")  # raw where an address is not ASCII (RFC 6532)
    if not found or not name:
        raise ValueError("no domain in From")
    return name.encode("idna").lower()


def _dkim() -> Any:
    return import_module("dkim")  # costs more than a start should, and few sign


def _ed25519(key: str) -> bytes:
    """The 32 bytes of an Ed25519 key in PEM, b"" where it is another."""
    match = _PEM.search(key)
    if match is None:
        return b""
    try:
        raw = base64.b64decode("".join(match[1].split()), validate=True)
    except ValueError:
        return b""
    return raw.removeprefix(_ED25519) if raw.startswith(_ED25519) and len(raw) == len(_ED25519) + 32 else b""


def _rsa_public(key: bytes) -> bytes:
    """SubjectPublicKeyInfo (DER) of an RSA key (RFC 8017 appendix A.1)."""
    found = import_module("dkim.crypto").parse_pem_private_key(key)
    numbers = _tlv(0x30, _integer(found["modulus"]) + _integer(found["publicExponent"]))
    rsa = bytes.fromhex("300d06092a864886f70d0101010500")  # the algorithm: rsaEncryption, no parameters
    return _tlv(0x30, rsa + _tlv(0x03, b"\0" + numbers))


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _tlv(tag: int, value: bytes) -> bytes:
    size = len(value)
    if size < 0x80:
        return bytes([tag, size]) + value
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + value
