"""Mails made to take long, as large as the tables of known attacks and ten times that: each ends within a reader's budget.

They go through real readers, under the limits of time and memory that the daemon sets. What a bomb costs is structure:
its text is cut or the mail hangs on itself as an attachment, but there is always a mail.
"""

import base64
from collections.abc import Callable, Iterator

import pytest

from gateway.mail import Mail
from gateway.reader import Readers

HEAD = b"From: Ann <ann@customer.example>\r\nTo: support@acme.example\r\nMessage-ID: <bomb@customer.example>\r\n"
MIXED = HEAD + b"Subject: bomb\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
PLAIN = HEAD + b"Subject: bomb\r\n\r\n"
HTML = HEAD + b"Subject: bomb\r\nContent-Type: text/html; charset=utf-8\r\n\r\nhello\r\n"
REPORT = HEAD + b"Subject: bomb\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=b\r\n\r\n"


def nested(count: int) -> bytes:
    """Multiparts within multiparts."""
    parts = [b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(count)]
    return HEAD + b"Subject: bomb\r\n" + b"".join(parts) + b"\r\nhello"


def attached(count: int) -> bytes:
    """Mails within mails."""
    return HEAD + b"Subject: bomb\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * count + b"Subject: last\r\n\r\nhello"


def calendar(count: int) -> bytes:
    events = b"".join(b"BEGIN:VEVENT\r\nUID:%d\r\nSUMMARY:x\r\nEND:VEVENT\r\n" % n for n in range(count))
    return (
        HEAD + b"Subject: bomb\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n"
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + events + b"END:VCALENDAR\r\n"
    )


def large(count: int) -> bytes:
    body = base64.encodebytes(b"\x00\xff" * count).replace(b"\n", b"\r\n")
    return (
        MIXED + b"--b\r\n\r\nhello\r\n--b\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + body + b"--b--\r\n"
    )


# What the text names is how much of it there is at scale 1.
BOMBS: dict[str, Callable[[int], bytes]] = {
    "100,000 empty parts": lambda scale: MIXED + b"--b\r\n\r\n" * 100_000 * scale,
    "100,000 header fields": lambda scale: HEAD + b"X-Field: 1\r\n" * 100_000 * scale + b"\r\nhello",
    "a field folded 100,000 times": lambda scale: HEAD + b"Subject: a" + b"\r\n b" * 100_000 * scale + b"\r\n\r\nhello",
    "5,000 encoded words": lambda scale: HEAD + b"Subject:" + b" =?utf-8?q?a?=" * 5_000 * scale + b"\r\n\r\nhello",
    "20,000 addresses": lambda scale: HEAD + b"Cc: " + b"a@b.example," * 20_000 * scale + b"\r\n\r\nhello",
    "25,000 quoted words": lambda scale: HEAD + b"Cc: " + b'"a" ' * 25_000 * scale + b"\r\n\r\nhello",
    "20,000 groups": lambda scale: HEAD + b"Cc: " + b"a:" * 20_000 * scale + b"\r\n\r\nhello",
    "50,000 comments": lambda scale: HEAD + b"Cc: " + b"(" * 50_000 * scale + b"\r\n\r\nhello",
    "5,000 parameters": lambda scale: (
        HEAD + b"Content-Type: text/plain" + b"".join(b"; p*%d=x" % n for n in range(5_000 * scale)) + b"\r\n\r\nhello"
    ),
    "2,000 multiparts deep": lambda scale: nested(2_000 * scale),
    "2,000 mails deep": lambda scale: attached(2_000 * scale),
    "2.5 MB attached": lambda scale: large(1_250_000 * scale),
    "20,000 tags deep": lambda scale: HTML + b"<div>" * 20_000 * scale + b"deep",
    "20,000 quotes deep": lambda scale: HTML + b"<blockquote>" * 20_000 * scale + b"deep",
    "20,000 tables deep": lambda scale: HTML + b"<table><tr><td>" * 20_000 * scale + b"deep",
    "20,000 lists deep": lambda scale: HTML + b"<ul><li>" * 20_000 * scale + b"deep",
    "100,000 attributes": lambda scale: (
        HTML + b"<p " + b" ".join(b"a%d=1" % n for n in range(100_000 * scale)) + b">deep"
    ),
    "200,000 opened tags": lambda scale: HTML + b"<a " * 200_000 * scale,
    "200,000 angles": lambda scale: HTML + b"<" * 200_000 * scale,
    "100,000 links": lambda scale: HTML + b"<a href=http://x.example/>x</a>" * 10_000 * scale,
    "200,000 entities": lambda scale: HTML + b"&amp;&#x41;&nosuch" * 60_000 * scale,
    "200,000 line breaks": lambda scale: HTML + b"<br>" * 200_000 * scale,
    "a style of 1 MB": lambda scale: HTML + b'<p style="' + b"display:block;" * 70_000 * scale + b'">deep',
    "misnested formatting": lambda scale: HTML + b"<b><i><p></b></i>" * 20_000 * scale + b"deep",
    "100,000 quoted lines": lambda scale: PLAIN + b"hello\r\n" + b"> x\r\n" * 100_000 * scale,
    "100,000 deep quotes": lambda scale: PLAIN + b"hello\r\n" + b">" * 100_000 * scale,
    "100,000 lines like attributions": lambda scale: PLAIN + b"On 1.2.2026 10:00, a@b.example wrote\r\n" * 20_000 * scale,
    "100,000 lines like header blocks": lambda scale: PLAIN + b"From: a@b.example\r\nTo: b\r\n" * 30_000 * scale,
    "100,000 lines like separators": lambda scale: PLAIN + b"-----Original Message-----\r\n" * 50_000 * scale,
    "100,000 signature lines": lambda scale: PLAIN + b"hello\r\n" + b"-- \r\n" * 100_000 * scale,
    "1 MB without a blank": lambda scale: PLAIN + b"a" * 1_000_000 * scale,
    "1 MB of dashes": lambda scale: PLAIN + b"-" * 1_000_000 * scale,
    "1 MB of blanks": lambda scale: PLAIN + b" " * 1_000_000 * scale + b"x",
    "1 MB of colons": lambda scale: PLAIN + b":" * 1_000_000 * scale,
    "1 MB of combining marks": lambda scale: PLAIN + "e\u0301\u0316".encode() * 200_000 * scale,
    "1 MB of broken base64": lambda scale: (
        HEAD + b"Subject: bomb\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"a=b=" * 250_000 * scale
    ),
    "20,000 uuencoded blocks": lambda scale: PLAIN + b"begin 644 x\r\n#0V%T\r\n`\r\nend\r\n" * 20_000 * scale,
    "10,000 markers": lambda scale: PLAIN + b"[ref:abcdefgh\r\n" * 10_000 * scale,
    "5,000 events": lambda scale: calendar(5_000 * scale),
    "20,000 recipients of a report": lambda scale: (
        REPORT + b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        + b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n" * 20_000 * scale
    ),
    "20,000 lines of a report in prose": lambda scale: (
        b"From: MAILER-DAEMON@x.example\r\nReturn-Path: <>\r\nSubject: failure notice\r\n\r\nhello\r\n"
        + b"<a@b.example>: 550 user unknown\r\n" * 20_000 * scale
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(count=1) as pool:
        yield pool


@pytest.mark.parametrize("scale", [1, 10])
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_ends_with_its_mail(readers: Readers, bomb: str, scale: int) -> None:
    raw = BOMBS[bomb](scale)
    (mail,) = readers.read_many([raw])
    assert isinstance(mail, Mail)
    assert not [defect for defect in mail.defects if defect.startswith("unparsed")], mail.defects
    assert mail.text.strip() or mail.attachments, "neither text nor attachment: the mail is lost"
    assert len(mail.text) < 2_100_000
