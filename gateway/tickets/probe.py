"""Probes: mails by which `gateway check --probe` tests the whole way, and how they are told from all others.

A probe carries a header that we signed, so that nobody else can open tickets of which no agent hears. The ticket it
opens is closed from its beginning and bears a tag that neither people nor rules can write.
"""

import hashlib
import hmac
import re
from datetime import datetime, timedelta

from gateway.tickets.token import Keys

HEADER = "X-Gateway-Probe"
TAG = "[probe]"
_GOOD_FOR = timedelta(hours=1)  # before and after it was signed, for clocks differ
_SHAPE = re.compile(r"(?P<nonce>[0-9a-f]{16})\.(?P<at>[0-9]{1,12})\.(?P<mac>[0-9a-f]{32})", re.ASCII)


def signed(keys: Keys, *, nonce: str, sender: str, at: datetime) -> str:
    """The value of the header: `nonce` (16 hex digits), the second, and a MAC over both and the sender's address."""
    stem = f"{nonce}.{int(at.timestamp())}"
    return f"{stem}.{_mac(keys.secrets[max(keys.secrets)], stem, sender)}"


def is_ours(keys: Keys, value: str, *, sender: str, at: datetime) -> bool:
    """Whether we signed this header for a mail from `sender` (address key), within an hour of `at`."""
    match = _SHAPE.fullmatch(value.strip())
    if match is None or abs(int(match["at"]) - at.timestamp()) > _GOOD_FOR.total_seconds():
        return False
    stem = f"{match['nonce']}.{match['at']}"
    return any(hmac.compare_digest(match["mac"], _mac(secret, stem, sender)) for secret in keys.secrets.values())


def _mac(secret: bytes, stem: str, sender: str) -> str:
    return hmac.new(secret, f"probe\0{stem}\0{sender.lower()}".encode(), hashlib.sha256).hexdigest()[:32]
