"""Delivery reports against the mails of ours that they may be about, and the score of an address."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.mail import Kind, Mail, Notice, Recipient
from gateway.tickets.bounces import (
    BELIEVED_FOR,
    HARD,
    SOFT,
    Outcome,
    Reach,
    Sent,
    after_failure,
    is_too_large,
    named,
    points,
    read,
    refused,
)
from gateway.tickets.token import Keys, Role

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEYS = Keys(secrets={1: b"k" * 32})
ANN, BOB = "ann@example.net", "bob@example.net"


def sent(outbox: int = 1, recipient: str = ANN, *, ticket: int | None = 7, state: str = "sent", **more: object) -> Sent:
    values = {
        "mail_id": outbox,
        "kind": "reply",
        "automatic": False,
        "message_id": f"<{outbox}@acme.example>",
        "reason": "",
        "at": AT,
        **more,
    }
    return Sent(outbox=outbox, recipient=recipient, ticket=ticket, state=state, **values)  # type: ignore[arg-type]


def report(*recipients: Recipient, ids: tuple[str, ...] = ("<1@acme.example>",), notice: str = "") -> Mail:
    return Mail(kind=Kind.BOUNCE, reported=recipients, reported_ids=ids, notice=notice)


def failed(addr: str = ANN, **more: object) -> Recipient:
    return Recipient(addr=addr, action="failed", status="5.1.1", hard=True, **more)  # type: ignore[arg-type]


def claim(recipient: str, ticket: int = 7):
    found = KEYS.read(KEYS.issue(ticket=ticket, role=Role.REQUESTER, recipient=recipient, at=AT))
    assert found
    return found


OURS = (sent(1), sent(2, BOB), sent(3), sent(4, ANN, ticket=8), sent(5, ANN, ticket=None))


@pytest.mark.parametrize(
    ("ids", "claims", "found"),
    [
        (("<1@acme.example>",), (), [1]),
        (("<2@acme.example>",), (claim(ANN),), [2]),  # the id is the better witness
        (("<5@acme.example>",), (), [5]),  # a letter on no ticket
        (("<9@acme.example>",), (), []),
        ((), (claim(ANN),), [3]),  # the newest to her on the ticket
        ((), (claim(BOB),), [2]),
        ((), (claim("eve@example.net"),), []),
        ((), (claim(ANN, 8),), [4]),
        ((), (claim(ANN, 9),), []),
        (("<1@acme.example>", "<3@acme.example>", "<1@acme.example>"), (), [1, 3]),
    ],
)
def test_which_of_our_mails_it_is_about(ids, claims, found) -> None:
    assert [one.outbox for one in named(report(failed(), ids=ids), OURS, claims, KEYS.is_for)] == found


DELAYED = Recipient(addr=ANN, action="delayed", status="4.4.1")
CASES = [
    (report(failed()), sent(), Outcome.FAILED),
    (report(failed("ANN@Example.net")), sent(), Outcome.FAILED),
    (report(failed(BOB), failed()), sent(), Outcome.FAILED),
    (report(failed()), sent(state="pending"), Outcome.FAILED),
    (report(failed()), sent(state="failed"), Outcome.AGAIN),
    (report(failed()), sent(state="held"), Outcome.AGAIN),
    (report(failed(BOB)), sent(), Outcome.ANOTHER),
    (report(DELAYED), sent(), Outcome.DELAYED),
    (report(Recipient(addr=BOB, action="delayed")), sent(), Outcome.DELAYED),
    (report(failed(BOB), Recipient(addr=ANN, action="delivered")), sent(), Outcome.DELIVERED),
    (report(), sent(), Outcome.FAILED),  # it says no more than which mail came back
    (report(notice=Notice.DELAYED), sent(), Outcome.DELAYED),
    (report(failed()), sent(at=AT - BELIEVED_FOR - timedelta(hours=1)), Outcome.TOO_LATE),
]


@pytest.mark.parametrize(("mail", "one", "outcome"), CASES)
def test_what_it_says_of_a_mail(mail: Mail, one: Sent, outcome: Outcome) -> None:
    found = read(mail, one, AT)
    assert found.outcome is outcome
    assert (found.points > 0) == (outcome is Outcome.FAILED)


@pytest.mark.parametrize(
    ("reply", "added"),
    [
        ("550 5.1.1 <ann@example.net>: no such user", HARD),
        ("550 no such user here", HARD),
        ("550 5.1.2 host unknown", HARD),
        ("552 5.2.2 mailbox full", SOFT),
        ("450 4.2.1 mailbox disabled", SOFT),
        ("550 5.7.1 message rejected as spam", 0),
        ("554 5.7.1 <ann@example.net>: relay access denied", 0),
        ("552 5.3.4 message too big", 0),
        ("554 5.6.0 message content rejected", 0),
        ("501 5.5.4 syntax error", 0),
        ("550 5.1.8 sender address rejected: domain not found", 0),
    ],
)
def test_what_a_refusal_counts(reply: str, added: int) -> None:
    code, hard = refused(reply)
    assert points(code, hard=hard) == added


@pytest.mark.parametrize(
    ("status", "reply", "too_large"),
    [
        ("", "552 5.3.4 message size exceeds limit", True),
        ("", "552 message size exceeds fixed maximum", True),
        ("5.3.4", "", True),
        ("", "550 5.2.3 message too large", True),
        ("", "552 5.2.2 mailbox full", False),
        ("", "550 5.1.1 no such user", False),
    ],
)
def test_what_is_too_large(status: str, reply: str, too_large: bool) -> None:
    assert is_too_large(status, reply) is too_large


def failing(*steps: tuple[float, int], limit: int = 4) -> Reach:
    """An address after failures: (days since the one before, points)."""
    reach, at = None, AT
    for days, added in steps:
        at += timedelta(days=days)
        reach = after_failure(reach, added, reply="no", limit=limit, within=timedelta(days=30), at=at)
    assert reach
    return reach


@pytest.mark.parametrize(
    ("steps", "limit", "score", "suspended"),
    [
        ([(0, HARD)], 4, 2, False),
        ([(0, HARD), (1, HARD)], 4, 4, True),
        ([(0, SOFT), (1, SOFT), (1, SOFT)], 4, 3, False),
        ([(0, SOFT), (1, SOFT), (1, SOFT), (1, SOFT)], 4, 4, True),
        ([(0, HARD), (31, HARD)], 4, 2, False),  # the first is forgotten
        ([(0, HARD), (29, SOFT), (29, SOFT)], 4, 4, True),
        ([(0, HARD), (1, HARD), (40, SOFT)], 4, 1, True),  # time alone ends no suspension
        ([(0, HARD)] * 9, 0, 18, False),
        ([(0, SOFT)], 1, 1, True),
    ],
)
def test_the_score_of_an_address(steps, limit, score, suspended) -> None:
    reach = failing(*steps, limit=limit)
    assert (reach.score, reach.suspended_at is not None) == (score, suspended)
