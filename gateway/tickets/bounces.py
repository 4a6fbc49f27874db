"""What a delivery report means for the mail of ours that it names, and for the address it did not get through to.

A report counts only where it names, by Message-ID or token, a mail that we sent, and its recipient: anybody can write
one (T100). What it may do is small, and a mail from the address takes it back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateway.mail import Mail, Notice, Recipient
from gateway.mail.machine import status
from gateway.tickets.token import Claim

HARD, SOFT = 2, 1  # points
BELIEVED_FOR = timedelta(days=30)  # servers give up within days; later reports are replayed, or made up
MAY_FAIL = ("pending", "sending", "sent")  # rows of the outbox: a report may be quicker than our own record
MAX_NAMED = 5  # mails of ours that one report is about
# Reason, subject and detail of a status (RFC 3463) that say nothing of the address: our name, our mail, our server.
_NOT_THE_ADDRESS = ("1.7", "1.8", "2.3", "3.4", "5.", "6.", "7.")
_TOO_LARGE = ("2.3", "3.4")


class Outcome(StrEnum):
    """What a report comes to for a mail of ours."""

    FAILED = "failed"
    DELAYED = "delayed"  # nothing has failed yet
    DELIVERED = "delivered"
    AGAIN = "reported_already"
    ANOTHER = "another_recipient"  # it went on from there and was refused elsewhere, or somebody makes it up
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A mail of ours as the outbox has it. `at` is when it was written."""

    outbox: int
    mail_id: int
    ticket: int | None
    recipient: str  # as written
    kind: str
    automatic: bool
    message_id: str
    state: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What a report says of one mail of ours. `points` raise the score of its recipient's address."""

    sent: Sent
    outcome: Outcome
    recipient: str = ""  # whom the report names
    status: str = ""
    reply: str = ""
    hard: bool = False

    @property
    def points(self) -> int:
        return points(self.status, hard=self.hard) if self.outcome is Outcome.FAILED else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How an address was not got through to lately: `score` since the first of the failures that count together."""

    score: int
    failed_at: datetime
    reply: str = ""
    suspended_at: datetime | None = None


def named(
    mail: Mail, rows: Sequence[Sent], claims: Sequence[Claim], is_for: Callable[[Claim, str], bool]
) -> tuple[Sent, ...]:
    """The mails of ours, of `rows`, that a report is about: by Message-ID; where none is named so, by token.

    A token names ticket and recipient: the newest mail of those it may be. `is_for`: was it issued for that address?
    """
    by_id = {row.message_id: row for row in rows}
    ids = dict.fromkeys((*mail.reported_ids, *mail.in_reply_to, *mail.references))
    found = [by_id[one] for one in ids if one in by_id]
    if not found:
        newest = sorted(rows, key=lambda row: row.outbox, reverse=True)
        for claim in claims:
            of_ticket = (row for row in newest if row.ticket == claim.ticket)
            found += [row for row in of_ticket if is_for(claim, row.recipient.lower())][:1]
    return tuple(dict.fromkeys(found))[:MAX_NAMED]


def read(mail: Mail, sent: Sent, at: datetime) -> Reported:
    """What a report says of a mail of ours, and whether it counts."""
    own = next((one for one in mail.reported if one.addr.lower() == sent.recipient.lower()), None)
    if own is None and mail.reported:
        told = mail.reported[0]
        outcome = Outcome.DELAYED if told.action == "delayed" else Outcome.ANOTHER
    elif own is None:
        told = Recipient(addr=sent.recipient, action="delayed" if mail.notice == Notice.DELAYED else "failed")
        outcome = _outcome(told, sent, at)
    else:
        told, outcome = own, _outcome(own, sent, at)
    return Reported(
        sent=sent, outcome=outcome, recipient=told.addr, status=told.status, reply=told.reply, hard=told.hard
    )


def _outcome(told: Recipient, sent: Sent, at: datetime) -> Outcome:
    if told.action != "failed":
        return Outcome.DELAYED if told.action == "delayed" else Outcome.DELIVERED
    if sent.state not in MAY_FAIL:
        return Outcome.AGAIN
    return Outcome.TOO_LATE if at - sent.at > BELIEVED_FOR else Outcome.FAILED


def refused(reply: str) -> tuple[str, bool]:
    """The status in a server's refusal while we sent, and whether trying that address again is of no use."""
    return status.conclude("", reply, "failed")


def points(code: str, *, hard: bool) -> int:
    """What one failure with this status (`"5.1.1"`, `""` for unknown) adds to the score of the address."""
    if hard:
        return HARD
    return 0 if code[2:].startswith(_NOT_THE_ADDRESS) else SOFT


def is_too_large(code: str, reply: str) -> bool:
    """Does a refusal, by its status or its words, say that the mail is larger than the other side takes?"""
    said, _ = status.conclude(code, reply, "failed")
    return said[2:] in _TOO_LARGE or (reply.startswith("552") and said[2:] in ("0.0", "5.0"))


def after_failure(
    before: Reach | None, added: int, *, reply: str, limit: int, within: timedelta, at: datetime
) -> Reach:
    """How an address stands after a failure of `added` points.

    Failures within that time of one another add up; at `limit` points the address is suspended (0: never), until it
    is heard of.
    """
    score = added + (before.score if before and at - before.failed_at <= within else 0)
    since = before.suspended_at if before else None
    if since is None and limit and score >= limit:
        since = at
    return Reach(score=score, failed_at=at, reply=reply, suspended_at=since)
