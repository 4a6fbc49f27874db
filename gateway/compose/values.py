"""The values of this room: a letter, and what the caller knows of its desk, its ticket and its recipient."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.mail.value import Address


class Auto(StrEnum):
    """Who wrote it, as Auto-Submitted says (RFC 3834 section 5)."""

    NO = ""  # a person
    REPLIED = "auto-replied"  # at once, to a mail
    GENERATED = "auto-generated"  # by the clock, or to an agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A composed mail to one recipient. `template`: the file used, "": built-in text; `fallback`: why that was used."""

    kind: str
    template: str
    sender: Address
    recipient: Address
    envelope_from: str  # "" is the null sender
    message_id: str
    at: datetime
    subject: str
    data: bytes
    automatic: bool
    fallback: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What all letters of one queue share: who writes, in which language, under which envelope."""

    queue: str
    title: str
    sender: Address
    automatic_from: str  # "" is the null sender
    tag: str  # the word in `[Acme #1042]`
    language: str
    signature: str = ""
    plus_addressing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the caller freezes for one recipient: Message-ID, Date, and the signed token ("" for none).

    `anchor` is the Message-ID of no mail at all: all letters of a ticket name it, so that mail clients show them as
    one thread, whichever of them their reader has.
    """

    message_id: str
    at: datetime
    token: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A ticket as people see it: `1042`, `[Acme #1042]`, and its title. A letter on no ticket has neither."""

    number: str
    tag: str
    title: str = ""
    status: str = "new"
