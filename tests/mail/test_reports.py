"""What delivery reports say of each recipient: RFC 3464 whole and damaged, then the shapes mail servers write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail import Kind, read
from gateway.mail.machine import prose
from gateway.mail.value import Notice

REPORT = b"""From: MAILER-DAEMON@mx.example
Subject: Undelivered Mail
Content-Type: multipart/report; boundary=b

--b

Your mail could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; gone@x.example
Action: failed
Status: 5.1.1 (no such user)

Final-Recipient: rfc822; full@x.example
Original-Recipient: rfc822;other@x.example
Action: Failed
Status: 4.2.2

Final-Recipient: rfc822; slow@x.example
Action: delayed
Status: 4.4.1

Final-Recipient: rfc822; fine@x.example
Action: delivered
Status: 2.0.0

--b
Content-Type: message/rfc822

Message-ID: <1@acme.example>
Subject: my mail

and its words
--b--
"""


def test_a_delivery_report_names_its_recipients() -> None:
    mail = read(REPORT)
    assert (mail.kind, mail.notice, mail.text) == (Kind.BOUNCE, "", "Your mail could not be delivered.")
    assert mail.failed_recipients == ("gone@x.example", "other@x.example")  # the address we wrote to
    assert mail.delayed_recipients == ("slow@x.example",)
    assert mail.dsn_status == ("5.1.1", "4.2.2", "4.4.1", "2.0.0")
    assert mail.hard_bounce == (True, False, False, False)
    assert mail.reported_ids == ("<1@acme.example>",)
    assert [item.type for item in mail.attachments] == ["message/delivery-status", "message/rfc822"]


def _report(groups: str, text: str = "It failed.", returned: str = "Message-ID: <1@acme.example>\n") -> bytes:
    parts = f"--b\n\n{text}\n--b\nContent-Type: message/delivery-status\n\n{groups}\n"
    parts += f"--b\nContent-Type: text/rfc822-headers\n\n{returned}\n--b--\n"
    head = "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b"
    return f"{head}\n\n{parts}".encode()


GROUPS = [
    # damaged and odd groups -> addr, action, status, reply, hard
    ("Final-Recipient: a@x.example\nAction: failed\n", ("a@x.example", "failed", "5.0.0", "", False)),
    (
        "Final-Recipient: RFC822; <a@x.example>\nAction: failed (x)\nStatus: 5.1.1\n",
        ("a@x.example", "failed", "5.1.1", "", True),
    ),
    (
        "Reporting-MTA: dns; mx\nFinal-Recipient: rfc822;a@x.example\nStatus: 5.0.0\n"
        "Diagnostic-Code: smtp; 550 5.7.1\n rejected as spam\n",
        ("a@x.example", "failed", "5.7.1", "550 5.7.1 rejected as spam", False),
    ),
    (
        "Final-Recipient: x400; /S=a/OU=b/\nOriginal-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 4.4.7\n",
        ("a@x.example", "failed", "4.4.7", "", False),
    ),
    (
        "Final-Recipient: rfc822; a@x.example\nAction: expired\nStatus: \nDiagnostic-Code: Connection timed out\n",
        ("a@x.example", "failed", "5.4.7", "Connection timed out", False),
    ),
    (
        "garbage\n\n\nFinal-Recipient: rfc822;a@x.example\nDiagnostic-Code: smtp;550-first line\n550 second: line\n"
        "Action: failed\nStatus: 5.1.1\n",
        ("a@x.example", "failed", "5.1.1", "550-first line 550 second: line", True),
    ),
    (
        "Final-Recipient: rfc822; a@x.example\nAction: delayed\nStatus: 4.4.7 (no answer)\n",
        ("a@x.example", "delayed", "4.4.7", "no answer", False),
    ),
]


@pytest.mark.parametrize(("groups", "wanted"), GROUPS)
def test_groups(groups: str, wanted: tuple[str, str, str, str, bool]) -> None:
    (one,) = read(_report(groups)).reported
    assert (one.addr, one.action, one.status, one.reply, one.hard) == wanted


def test_each_address_once_and_a_failure_counts() -> None:
    group = "Final-Recipient: rfc822; a@x.example\nAction: {}\nStatus: {}\n\n"
    mail = read(_report(group.format("delayed", "4.4.1") + group.format("failed", "5.4.7")))
    assert (mail.failed_recipients, mail.delayed_recipients) == (("a@x.example",), ())


def test_the_text_explains_what_the_group_does_not() -> None:
    text = "List of recipients:\n\na@x.example: 550 5.1.1 <a@x.example>: no such user\nb@x.example: 552 5.2.2 full\n"
    groups = "".join(f"Final-Recipient: rfc822; {one}@x.example\nAction: failed\nStatus: 5.0.0\n\n" for one in "ab")
    mail = read(_report(groups, text))
    assert [(one.status, one.hard) for one in mail.reported] == [("5.1.1", True), ("5.2.2", False)]


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_success_is_no_bounce(action: str) -> None:
    mail = read(_report(f"Final-Recipient: rfc822; a@x.example\nAction: {action}\nStatus: 2.0.0\n"))
    assert (mail.kind, mail.notice, mail.failed_recipients) == (Kind.AUTO, Notice.DELIVERED, ())
    assert [one.action for one in mail.reported] == [action]


def test_delay_alone() -> None:
    mail = read(_report("Final-Recipient: rfc822; a@x.example\nAction: delayed\nStatus: 4.4.1\n"))
    assert (mail.kind, mail.notice, mail.delayed_recipients) == (Kind.BOUNCE, Notice.DELAYED, ("a@x.example",))


def test_an_empty_group_leaves_the_header_and_then_the_mail_that_came_back() -> None:
    raw = _report("", returned="Message-ID: <1@acme.example>\nTo: Ann <a@x.example>\n")
    assert read(raw).failed_recipients == ("a@x.example",)
    assert read(b"X-Failed-Recipients: b@x.example\n" + raw).failed_recipients == ("b@x.example",)


def test_recipients_named_in_the_header() -> None:
    mail = read(b"X-Failed-Recipients: a@x.example,\n b@x.example\nSubject: Mail delivery failed\n\ntext\n")
    assert mail.failed_recipients == ("a@x.example", "b@x.example")


def test_a_report_that_a_gateway_wrapped() -> None:
    inner = (
        _report("Final-Recipient: rfc822; a@x.example\nAction: failed\n")
        .decode()
        .replace("--b", "--c")
        .replace("=b", "=c")
    )
    head = "From: postmaster@mx.example\nSubject: Delivery Status Notification (Failure)"
    head += "\nContent-Type: multipart/mixed; report-type=delivery-status; boundary=b"
    mail = read(f"{head}\n\n--b\nContent-Type: message/rfc822\n\n{inner}\n--b\n\nscanned\n--b--\n".encode())
    assert (mail.kind, mail.failed_recipients) == (Kind.BOUNCE, ("a@x.example",))


def test_groups_in_the_text() -> None:
    text = "Technical report:\n\nReporting-MTA: dns; mx\n\nAction: failed\nFinal-Recipient: rfc822; a@x.example\nStatus: 5.2.2\n"
    mail = read(f"From: MAILER-DAEMON@mx.example\nSubject: Delivery Status Notification (Failure)\n\n{text}".encode())
    assert [(one.addr, one.status) for one in mail.reported] == [("a@x.example", "5.2.2")]


# The shapes of mail servers, in our words: text -> (address, status class or status, hard) of each.
SHAPES = {
    "qmail": (
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message.\n\n"
        "<a@x.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 no such user\n"
        "Giving up on 192.0.2.1.\n\n<b@x.example>:\nSorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n",
        [("a@x.example", "5.1.1", True), ("b@x.example", "4.4.1", False)],
    ),
    "postfix": (
        "This is the mail system at host mx.example.\n\nIf you do so, please contact <help@mx.example>\n\n"
        "<a@x.example>: host mx.x.example[192.0.2.1] said: 550 5.2.2\n    <a@x.example>: Mailbox full (in reply to\n"
        "    RCPT TO command)\n\n<b@x.example>: connect to x.example[192.0.2.2]:25: Connection refused\n",
        [("a@x.example", "5.2.2", False), ("b@x.example", "5.4.7", False)],
    ),
    "exim": (
        "This message was created automatically by mail delivery software.\nThe following address(es) failed:\n\n"
        "  a@x.example\n    host mx.x.example [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<a@x.example>:\n"
        "    550 Unknown user\n  b@x.example\n    Unrouteable address\n",
        [("a@x.example", "5.1.1", True), ("b@x.example", "5.1.1", True)],
    ),
    "exim, an alias": (
        "The following address(es) failed:\n\n  b@y.example\n    (generated from a@x.example)\n    550 spam rejected\n",
        [("a@x.example", "5.7.1", False)],
    ),
    "sendmail": (
        "   ----- The following addresses had permanent fatal errors -----\n<a@x.example>\n"
        "    (reason: 550 5.1.1 <a@x.example>... User Unknown)\n\n   ----- Transcript of session follows -----\n"
        "... while talking to mx.x.example.:\n>>> RCPT To:<a@x.example>\n<<< 550 5.1.1 <a@x.example>... User Unknown\n"
        "550 5.1.1 <a@x.example>... User unknown\n",
        [("a@x.example", "5.1.1", True)],
    ),
    "old sendmail": (
        "   ----- Transcript of session follows -----\n550 <a@x.example>... User unknown\n",
        [("a@x.example", "5.1.1", True)],
    ),
    "exchange 5.5": (
        "Your message\n\n  To:      l@y.example\n  Subject: lamp\n\ndid not reach the following recipient(s):\n\n"
        "a@x.example on Thu, 29 Apr 2027 16:51:51 -0500\n    The recipient name is not recognized\n",
        [("a@x.example", "5.1.1", True)],
    ),
    "exchange 365": (
        "mx.x.example rejected your message to the following email addresses:\n\n"
        "a@x.example (a@x.example)<mailto:a@x.example>\nThe address wasn't found at the destination domain.\n\n"
        "Diagnostic information for administrators:\n\na@x.example\nmx.x.example\n"
        "Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found'\n",
        [("a@x.example", "5.1.10", True)],
    ),
    "domino": (
        "------- Failure Reasons  --------\n\nUser not listed in public Name & Address Book\na@x.example\n\n",
        [("a@x.example", "5.1.1", True)],
    ),
    "groupwise": (
        "The message that you sent was undeliverable to the following:\n\n\ta@x.example (The user is not in the post office)\n",
        [("a@x.example", "5.1.1", True)],
    ),
    "imail": (
        "Unknown user: a@x.example\n\nRCPT TO generated following response:\n553 5.3.0 <a@x.example>... Addressee unknown\n\n"
        "User mailbox exceeds allowed size: b@x.example\n",
        [("a@x.example", "5.3.0", True), ("b@x.example", "5.2.2", False)],
    ),
    "a carrier in Japan": (
        "次のあて先へのメッセージはエラーのため送信できませんでした。\n宛先不明\n\n<a@x.example>\n",
        [("a@x.example", "5.1.1", True)],
    ),
    "zoho": (
        "This is a permanent error.\n\na@x.example Invalid Address, ERROR_CODE :550, ERROR_CODE :5.2.2 <a@x.example> Mailbox Full\n",
        [("a@x.example", "5.2.2", False)],
    ),
    "james": (
        "I'm afraid I wasn't able to deliver your message.\n\nFailed recipient(s):\na@x.example\n\nError message:\n"
        "550 - Requested action not taken: no such user here\n",
        [("a@x.example", "5.1.1", True)],
    ),
    "mailmarshal": (
        "Your message:\n   Subject: lamp\nCould not be delivered because of\n\n550 5.1.1 User unknown\n\n"
        "The following recipients were affected:\n    a@x.example\n",
        [("a@x.example", "5.1.1", True)],
    ),
    "mdaemon": (
        "The following addresses did NOT receive a copy of your message:\n\n> a@x.example\n\n--- Session Transcript ---\n550 no such user\n",
        [("a@x.example", "5.1.1", True)],
    ),
    "smail": (
        "|------------------------- Failed addresses follow: ---------------------|\n a@x.example ... unknown host\n",
        [("a@x.example", "5.1.2", True)],
    ),
    "a transcript": (
        "Transcript of session follows.\n\n In:  RCPT TO:<a@x.example> ORCPT=rfc822;a@x.example\n Out: 451 4.3.0 Error: queue file write error\n",
        [("a@x.example", "4.3.0", False)],
    ),
    "a sentence": (
        "There was an error delivering your mail to <a@x.example>.\n\nmx.x.example did not like our RCPT TO:\n552 5.2.2 full\n",
        [("a@x.example", "5.2.2", False)],
    ),
    "a postmaster's prose": (
        "Sorry, I was unable to deliver your message to a@x.example for\nthe following reason:\n\n 552 Quota violation\n\n"
        "Questions? Contact help@mx.example\n",
        [("a@x.example", "5.2.2", False)],
    ),
    "Russian": (
        "К сожалению, Ваше письмо не может быть доставлено:\n\n  a@x.example\n    550 нет такого пользователя\n",
        [("a@x.example", "5.1.1", True)],
    ),
}
_BACK = "\n----- Original message -----\n\nReceived: from y\nMessage-ID: <1@acme.example>\nTo: Other <o@z.example>\n\n<p@z.example>:\n550 x\n"


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name: str) -> None:
    text, wanted = SHAPES[name]
    head = "From: MAILER-DAEMON@mx.example\nTo: Support <help@acme.example>\nSubject: failure notice"
    mail = read(f"{head}\n\n{text}{_BACK}".encode())
    assert mail.kind is Kind.BOUNCE
    assert [(one.addr, one.status, one.hard) for one in mail.reported] == wanted
    assert {one.action for one in mail.reported} == {"failed"}
    assert mail.reported_ids == ("<1@acme.example>",)


DELAYS = [
    (
        "Delivery Status Notification (Delay)",
        "Delivery to the following recipient has been delayed:\n\n     a@x.example\n",
    ),
    (
        "Warning: message 1 delayed 24 hours",
        "The message has not yet been delivered to:\n\n  a@x.example\n    450 busy\n",
    ),
    (
        "Warning: could not send message for past 4 hours",
        "THIS IS A WARNING MESSAGE ONLY\n\n<a@x.example>... Deferred\n",
    ),
]


@pytest.mark.parametrize(("subject", "text"), DELAYS)
def test_delays_in_prose(subject: str, text: str) -> None:
    mail = read(f"From: MAILER-DAEMON@mx.example\nSubject: {subject}\n\n{text}".encode())
    assert (mail.kind, mail.notice, mail.delayed_recipients) == (Kind.BOUNCE, Notice.DELAYED, ("a@x.example",))
    assert mail.dsn_status[0].startswith("4")


# Who sends reports that carry no structure, beside MAILER-DAEMON.
SENDERS = [
    "From: <>\nSubject: Undeliverable: lamp",
    "From: =?utf-8?b?TWFpbCBEZWxpdmVyeSBTdWJzeXN0ZW0=?= <x@mx.example>\nSubject: Returned mail",
    "From: Postmaster <postmaster@mx.example>\nSubject: Undeliverable Mail",
    "From: System Administrator <sysadmin@mx.example>\nSubject: Undeliverable: lamp",
    "Return-Path: <MAILER-DAEMON@mx.example>\nFrom: x@mx.example\nSubject: lamp",
    "Return-Path: <>\nFrom: x@mx.example\nSubject: lamp",
    "From: x@mx.example\nTo: l-bounces@acme.example\nSubject: Returned Mail - Error During Delivery",
    "From: x@mx.example\nAuto-Submitted: auto-replied\nSubject: Unzustellbar: Lampe",
    "From: no-reply@mx.example\nSubject: メールエラー通知",
    "From: post_master@mx.example\nSubject: Re: lamp",
]


@pytest.mark.parametrize("head", SENDERS)
def test_senders(head: str) -> None:
    mail = read(f"{head}\n\nIt could not be delivered.\n\n<a@x.example>:\n550 5.1.1 no such user\n".encode())
    assert (mail.kind, mail.failed_recipients) == (Kind.BOUNCE, ("a@x.example",))


def test_what_came_back_is_told_from_the_report() -> None:
    report, back = prose.parts("It failed.\n\nFrom: a\nTo: b\nSubject: c\n\nhello")
    assert (report, back) == ("It failed.\n\n", "From: a\nTo: b\nSubject: c\n\nhello")
    assert prose.parts("From: the roof\nit fell") == ("From: the roof\nit fell", "")


@given(st.text(max_size=500), st.text(max_size=200))
def test_never_raises(groups: str, text: str) -> None:
    mail = read(_report(f"Final-Recipient: rfc822; {groups}", text).replace(b"\r", b""))
    assert mail.from_problem != "unparsed"
    assert all("@" in one.addr for one in mail.reported)


@given(
    st.lists(
        st.sampled_from(["<a@x.example>:", "b@x.example", "550 5.1.1 no", "", "To: c@x.example", "x"]), max_size=30
    )
)
def test_only_addresses_of_the_text(lines: list[str]) -> None:
    said, _ = prose.recipients("\n".join(lines), ())
    assert {one.addr for one in said} <= {"a@x.example", "b@x.example", "c@x.example"}
    assert len({one.addr for one in said}) == len(said)
