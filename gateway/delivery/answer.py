"""What came of handing one mail to one recipient's side, as a value; `reply` is what the other side said, cleaned."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from gateway.compose import words
from gateway.store.bounces import REFUSED_RECIPIENT
from gateway.store.outbox import Due

REPLY_CAP = 500  # characters


class Reason(StrEnum):
    """Why a mail is not delivered, or not yet."""

    REFUSED_FOR_NOW = "refused_for_now"  # 4xx: greylisting, full mailbox, busy
    REFUSED = "refused"  # 5xx
    RECIPIENT_REFUSED = REFUSED_RECIPIENT  # 5xx that is about the recipient: a matter of the ticket, not of ours
    UNREACHABLE = "unreachable"  # no connection: nothing about this mail
    NO_TLS = "no_tls"  # none that can be trusted, though it is asked for: nothing goes in the clear
    LOGIN_REFUSED = "login_refused"
    SLOW_DOWN = "slow_down"  # too much for the server just now, of mail or of connections
    SENDER_DELAYED = "sender_delayed"  # 4xx at MAIL: nothing of this sender just now, for whatever reason
    SENDER_REFUSED = "sender_refused"  # not the recipient: we may not send under this address
    NULL_SENDER_REFUSED = "null_sender_refused"  # MAIL FROM:<>
    NULL_SENDER_UNWANTED = "null_sender_unwanted"  # the same, at RCPT or later: it may be the recipient's server alone
    CUT_OFF = "cut_off"  # the server had let us in, and hung up on this mail
    NO_VERDICT = "no_verdict"  # the connection died after the final dot: the other side may have it (T111)
    NOT_AN_ADDRESS = "not_an_address"
    UNSOUND = "unsound"  # bytes that must not be sent (T08)
    NO_SMTPUTF8 = "no_smtputf8"  # an address beyond ASCII, and a server that cannot
    TOO_LARGE = "too_large"
    GAVE_UP = "gave_up"  # tried for `delivery.retry_for`
    WITHOUT_FILES = "without_files"  # it was too large, so it goes once more without what hangs on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    reply: str
    reason: Reason = Reason.REFUSED_FOR_NOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    reply: str
    reason: Reason = Reason.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """Says nothing about the mail: the same would have happened to any other."""

    reply: str
    reason: Reason = Reason.UNREACHABLE


Answer = Sent | Retry | Failed | Unreachable

# Why mail waits that would leave if the other side only took mail of ours at all.
OF_THE_WAY = (Reason.UNREACHABLE, Reason.NO_TLS, Reason.LOGIN_REFUSED, Reason.SLOW_DOWN, Reason.SENDER_DELAYED)
# ... or if automatic mail had another envelope.
OF_THE_ENVELOPE = (Reason.SENDER_REFUSED, Reason.NULL_SENDER_REFUSED, Reason.NULL_SENDER_UNWANTED)


class Carrier(Protocol):
    """A way out. Used by one thread."""

    together: int  # how many mails are carried before their outcomes are recorded

    def deliver(self, dues: Sequence[Due]) -> list[Answer]:
        """Carry up to `together` mails; one answer each, in order. Never raises for what the other side does."""

    def rest(self) -> None:
        """Nothing is due: let go of what is not worth holding."""

    def close(self) -> None:
        """Let go of everything; a later `deliver` begins anew."""


# Postfix, OpenSMTPD; Exim; Sendmail; Gmail; Exchange; Amazon SES.
_QUEUE_ID = re.compile(
    r"queued as ([\w-]+)|\bid=([\w-]+)|^250 2\.0\.0 (\w+) Message accepted|^250 2\.0\.0 OK +\d+ (\S+) - gsmtp"
    r"|\[InternalId=(\d+)|^250 (?:2\.0\.0 )?ok:? ([0-9a-f][0-9a-f-]{15,})\Z",
    re.IGNORECASE,
)


def queue_id(reply: str) -> str:
    """What the server that took a mail calls it in its own log, `""` where it does not say."""
    found = _QUEUE_ID.search(reply)
    return next((one for one in found.groups() if one), "") if found else ""


def shown(reply: str | bytes) -> str:
    """A reply as it is stored and shown: one clean line of at most 500 characters."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return words.clean(text, REPLY_CAP)
