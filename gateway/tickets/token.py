"""Signed tokens: which ticket, for whom, in what role. They stand in our Message-IDs, marker lines and reply addresses.

A token is lower-case base32 without padding (local parts get case-folded on the way) over
`key id (1) | issue week (2) | role (1) | recipient tag (5) | ticket (1-8) | MAC (10)`: at most 44 characters, so
that `support+TOKEN` keeps within 64 octets. The MAC is HMAC-SHA-256 cut to 80 bits.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

_MAC_BYTES = 10
_HEAD_BYTES = 9
_MIN_BYTES = _HEAD_BYTES + 1 + _MAC_BYTES
_MAX_BYTES = _HEAD_BYTES + 8 + _MAC_BYTES
_SHAPE = re.compile(r"[a-z2-7]{32,44}\Z")
_MIN_CHARS = 32


class Role(StrEnum):
    REQUESTER = "requester"
    WATCHER = "watcher"
    AGENT = "agent"
    THIRD = "third"  # somebody who was asked about the ticket: what they answer is a note
    HELD = "held"  # names no ticket but a mail of an agent's that is held, and confirms that
    RATING = "rating"  # in the links by which a customer rates: good for that, and for nothing else


JOINING = frozenset(
    {Role.REQUESTER, Role.WATCHER, Role.AGENT, Role.THIRD, Role.RATING}
)  # whose tokens bring a mail to its ticket
_ROLE_BYTE = {Role.REQUESTER: 1, Role.WATCHER: 2, Role.AGENT: 3, Role.RATING: 4, Role.HELD: 5, Role.THIRD: 6}
_ROLE_OF = {byte: role for role, byte in _ROLE_BYTE.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a good token says. `recipient_tag` is compared by `Keys.is_for`; `week` counts from 1970."""

    ticket: int
    role: Role
    recipient_tag: bytes
    week: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The signing secrets by key id (0-255); the highest id signs, all of them check."""

    secrets: Mapping[int, bytes]

    def issue(self, *, ticket: int, role: Role, recipient: str, at: datetime) -> str:
        """The token that names `ticket`, `role` and `recipient` (an address key)."""
        key_id = max(self.secrets)
        number = ticket.to_bytes((ticket.bit_length() + 7) // 8 or 1, "big")
        head = bytes([key_id]) + _week(at).to_bytes(2, "big") + bytes([_ROLE_BYTE[role]])
        payload = head + self._recipient_tag(key_id, recipient) + number
        return base64.b32encode(payload + self._mac(key_id, payload)).decode().rstrip("=").lower()

    def read(self, token: str) -> Claim | None:
        """The claim of a token that we issued, else None."""
        data = _decode(token)
        if data is None or data[0] not in self.secrets:
            return None
        payload, mac = data[:-_MAC_BYTES], data[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(data[0], payload)) or payload[3] not in _ROLE_OF:
            return None
        return Claim(
            ticket=int.from_bytes(payload[_HEAD_BYTES:], "big"),
            role=_ROLE_OF[payload[3]],
            recipient_tag=payload[0:1] + payload[4:_HEAD_BYTES],
            week=int.from_bytes(payload[1:3], "big"),
        )

    def is_for(self, claim: Claim, recipient: str) -> bool:
        """Was this token issued for that address (key)?"""
        key_id = claim.recipient_tag[0]
        return hmac.compare_digest(claim.recipient_tag[1:], self._recipient_tag(key_id, recipient))

    def _mac(self, key_id: int, payload: bytes) -> bytes:
        return _sign(self.secrets[key_id], b"token\0" + payload)[:_MAC_BYTES]

    def _recipient_tag(self, key_id: int, recipient: str) -> bytes:
        # Keyed, so that nobody can search offline for an address that shares an agent's tag.
        return _sign(self.secrets[key_id], b"recipient\0" + recipient.lower().encode())[:5]


@lru_cache(maxsize=16)
def _keyed(secret: bytes) -> hmac.HMAC:
    return hmac.new(secret, digestmod=hashlib.sha256)


def _sign(secret: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256; taking up a key costs more than signing, so that is done once."""
    signed = _keyed(secret).copy()
    signed.update(message)
    return signed.digest()


def looks_like_token(text: str) -> bool:
    """Has `text` the shape of a token? Says nothing about its signature."""
    return _decode(text) is not None


def in_message_ids(ids: Iterable[str]) -> Iterator[str]:
    """Every text with the shape of a token at the head of a Message-ID `<TOKEN.unique@host>`."""
    for message_id in ids:
        head = message_id.lstrip("<").partition("@")[0].partition(".")[0].lower()
        if looks_like_token(head):
            yield head


def in_address(addr: str) -> str | None:
    """What stands behind the plus of `support+anything@host`, else None."""
    _, plus, tail = addr.rpartition("@")[0].partition("+")
    return tail.lower() if plus else None


def is_expired(claim: Claim, *, at: datetime, after: timedelta) -> bool:
    """Has the token's authority ended? It still delivers and threads."""
    return (_week(at) - claim.week) * timedelta(weeks=1) > after


def _week(at: datetime) -> int:
    return int(at.timestamp()) // (7 * 86400)


def _decode(token: str) -> bytes | None:
    token = token.lower()
    if not _SHAPE.match(token):
        return None
    try:
        data = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except ValueError:
        return None
    if not _MIN_BYTES <= len(data) <= _MAX_BYTES:
        return None
    # One spelling a token: left-over bits of the last character must be zero.
    return data if base64.b32encode(data).decode().rstrip("=").lower() == token else None
