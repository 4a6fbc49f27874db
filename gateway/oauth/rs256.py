"""RS256 (RFC 7518 section 3.3) by the library that signs our mail."""

import hashlib
from importlib import import_module

from gateway.errors import Permanent


def sign(data: bytes, key: bytes) -> bytes:
    """Signed with a private key in PEM. Permanent where it is none."""
    crypto = import_module("dkim.crypto")
    try:
        parsed = crypto.parse_pem_private_key(key)
        found: bytes = crypto.RSASSA_PKCS1_v1_5_sign(hashlib.sha256(data), parsed)
    except Exception as error:  # noqa: BLE001 - it raises what it likes on keys
        raise Permanent(f"the private key cannot sign: {error}") from None
    return found
