"""DKIM keys and signatures for tests: made by dkimpy, so that what we check was signed by another's code."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import dkim
import nacl.signing
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from support.dns_stub import DnsStub

# What a mail program's server signs.
USUAL = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type", "in-reply-to", "references")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A private key as dkimpy wants it, and its public half as DNS has it (`p=`)."""

    private: bytes
    public: str
    algorithm: bytes = b"rsa-sha256"

    @property
    def record(self) -> str:
        kind = "ed25519" if self.algorithm.startswith(b"ed25519") else "rsa"
        return f"v=DKIM1; k={kind}; p={self.public}"


@cache
def rsa_key(bits: int = 2048, number: int = 0) -> Key:
    """A key of that length, the same one each time for the same `number`. No fewer than 1,024 bits."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    private = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Key(private=private, public=base64.b64encode(public).decode())


@cache
def ed25519_key() -> Key:
    made = nacl.signing.SigningKey.generate()
    return Key(
        private=base64.b64encode(bytes(made)),
        public=base64.b64encode(bytes(made.verify_key)).decode(),
        algorithm=b"ed25519-sha256",
    )


def publish(stub: DnsStub, domain: str, key: Key | None = None, *, selector: str = "s1", flags: str = "") -> None:
    """The public half in DNS; `flags` are further tags, such as `t=y;`."""
    record = (key or rsa_key()).record
    stub.txt(f"{selector}._domainkey.{domain}", f"{flags} {record}" if flags else record)


def sign(
    mail: bytes,
    domain: str,
    key: Key | None = None,
    *,
    selector: str = "s1",
    headers: Sequence[str] = USUAL,
    canon: str = "relaxed/relaxed",
    length: bool = False,
    identity: str | None = None,
    algorithm: bytes | None = None,
) -> bytes:
    """The mail with a signature on top. `headers` may name a field more often than it stands (oversigning)."""
    key = key or rsa_key()
    signer = dkim.DKIM(mail, signature_algorithm=algorithm or key.algorithm)
    present = {name.lower() for name, _ in signer.headers}
    names = [name.encode() for name in headers if name.encode() in present or headers.count(name) > 1]
    header, body = canon.encode().split(b"/")
    field = signer.sign(
        selector.encode(),
        domain.encode(),
        key.private,
        identity=identity.encode() if identity else None,
        canonicalize=(header, body),
        include_headers=names,
        length=length,
    )
    return bytes(field) + mail
