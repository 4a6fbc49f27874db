"""Probes: mails by which `gateway check --probe` tests the whole way, and how they are told from all others.

A probe carries a header that we signed, so that nobody else can open tickets of which no agent hears; it is good for
one mail, for others saw it on the way. The ticket it opens is closed from its beginning and bears a tag that neither
people nor rules can write.
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


def signed(keys: Keys, *, nonce: str, sender: str, to: str, at: datetime) -> str:
    """The value of the header: `nonce` (16 hex digits), the second, and a MAC over both and the two addresses."""
    stem = f"{nonce}.{int(at.timestamp())}"
    return f"{stem}.{_mac(keys.secrets[max(keys.secrets)], stem, sender, to)}"


def nonce_of(keys: Keys, value: str, *, sender: str, to: str, at: datetime) -> str:
    """The nonce where we signed this header for a mail from `sender` to `to`, within an hour of `at`; else `""`."""
    match = _SHAPE.fullmatch(value.strip())
    if match is None or abs(int(match["at"]) - at.timestamp()) > _GOOD_FOR.total_seconds():
        return ""
    stem = f"{match['nonce']}.{match['at']}"
    good = any(hmac.compare_digest(match["mac"], _mac(secret, stem, sender, to)) for secret in keys.secrets.values())
    return match["nonce"] if good else ""


def _mac(secret: bytes, stem: str, sender: str, to: str) -> str:
    told = f"probe\0{stem}\0{sender.lower()}\0{to.lower()}"
    return hmac.new(secret, told.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]
