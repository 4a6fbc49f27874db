"""What is frozen of a letter before it is composed: Message-ID, Date and the signed token."""

import hashlib
import secrets
from datetime import datetime

from gateway.compose.values import Stamp
from gateway.config import Config
from gateway.mail.value import Address
from gateway.tickets.token import Keys, Role


def signed(cfg: Config, keys: Keys, ticket: int, recipient: Address, *, role: Role, at: datetime, of: str) -> Stamp:
    """The stamp of a letter on a ticket; an answer to it is known by the token.

    The same `of` and recipient make the same Message-ID, so that what is decided again is not another letter.
    """
    token = keys.issue(ticket=ticket, role=role, recipient=recipient.key, at=at)
    unique = hashlib.sha256(f"{of} {recipient.key}".encode()).hexdigest()[:12]
    host = cfg.mail.host
    return Stamp(message_id=f"<{token}.{unique}@{host}>", at=at, token=token, anchor=anchor(cfg, ticket))


def anchor(cfg: Config, ticket: int) -> str:
    """The Message-ID that all letters of a ticket name."""
    return f"<ticket.{ticket}@{cfg.mail.host}>"


def plain(cfg: Config, at: datetime) -> Stamp:
    """The stamp of a letter that is on no ticket."""
    return Stamp(message_id=f"<{secrets.token_hex(12)}@{cfg.mail.host}>", at=at)
