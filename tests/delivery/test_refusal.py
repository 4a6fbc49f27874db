"""What refusals of real providers come to."""

import pytest

from gateway.delivery.answer import Failed, Reason, Retry
from gateway.delivery.refusal import Stage, refusal

MAIL, RCPT, DATA = Stage.MAIL, Stage.RCPT, Stage.DATA


@pytest.mark.parametrize(
    ("text", "stage", "reason"),
    [
        ("501 5.1.7 bad sender address syntax", MAIL, Reason.NULL_SENDER_REFUSED),
        ("550 5.7.1 <> not allowed", MAIL, Reason.NULL_SENDER_REFUSED),
        ("553 5.1.7 <>", MAIL, Reason.NULL_SENDER_REFUSED),
        ("550 5.7.1 null sender not permitted here", RCPT, Reason.NULL_SENDER_UNWANTED),
        ("550 empty envelope sender refused", DATA, Reason.NULL_SENDER_UNWANTED),
        ("450 4.7.1 rate limit exceeded", MAIL, Reason.SENDER_DELAYED),
        ("451 4.3.0 try again later", MAIL, Reason.SENDER_DELAYED),
        ("450 4.2.0 greylisted", RCPT, Reason.REFUSED_FOR_NOW),
        ("452 4.2.2 mailbox full", RCPT, Reason.REFUSED_FOR_NOW),
        (
            "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
            DATA,
            Reason.SENDER_REFUSED,
        ),
        ("554 5.2.252 SendAsDenied; a@x.example not allowed to send as b@x.example", DATA, Reason.SENDER_REFUSED),
        ("554 Message rejected: Email address is not verified.", DATA, Reason.SENDER_REFUSED),
    ],
)
def test_what_is_about_us_waits(text: str, stage: Stage, reason: Reason) -> None:
    assert refusal(text, stage, by_null_sender=True) == Retry(reply=text, reason=reason)


@pytest.mark.parametrize("text", ["553 5.7.1 <a@x.example>: Sender address rejected: not owned by user b", "550 no"])
def test_an_address_that_we_may_not_send_from(text: str) -> None:
    assert refusal(text, MAIL) == Retry(reply=text, reason=Reason.SENDER_REFUSED)


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("554 5.7.1 <ann@example.net>: Relay access denied", RCPT),
        ("554 <ann@example.net>: relaying denied", RCPT),
        ("550 5.7.1 blocked, see our block list", RCPT),
        ("550 5.7.133 sender not allowed to write to this group", RCPT),  # the recipient's own server says so
        ("552 5.3.4 message size exceeds fixed limit", MAIL),
        ("552 5.3.4 message size exceeds fixed limit", DATA),
        ("554 5.7.1 looks like spam", DATA),
        ("554 no", DATA),
    ],
)
def test_what_is_about_the_mail_fails(text: str, stage: Stage) -> None:
    assert refusal(text, stage) == Failed(reply=text)


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("550 5.1.1 no such user", RCPT),
        ("550 5.4.1 Recipient address rejected: Access denied", RCPT),
        ("552 5.2.2 mailbox full", RCPT),
        ("550 no", RCPT),
        ("550 5.1.1 no such user", DATA),  # one who passes mail on asks there first
    ],
)
def test_what_is_about_the_recipient_fails_and_is_no_matter_of_ours(text: str, stage: Stage) -> None:
    assert refusal(text, stage) == Failed(reply=text, reason=Reason.RECIPIENT_REFUSED)
