"""Mails made to take long, as large as the tables of known attacks and ten times that: each ends within a reader's budget.

They go through real readers, under the limits of time and memory that the daemon sets. What a bomb costs is structure:
its text is cut or the mail hangs on itself as an attachment, but there is always a mail.
"""

import base64
import struct
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


def rich(count: int) -> bytes:
    """A TNEF with as many rich texts of 100 KB."""
    page = b"{\\rtf1 " + b"\\b a" * 25_000 + b"}"
    packed = struct.pack("<II4sI", len(page) + 12, len(page), b"MELA", 0) + page
    listed = struct.pack("<IHHII", 1, 0x102, 0x1009, 1, len(packed)) + packed + bytes(-len(packed) % 4)
    one = struct.pack("<BII", 1, 0x69003, len(listed)) + listed + b"\0\0"
    data = struct.pack("<IH", 0x223E9F78, 1) + one * count
    return (
        HEAD + b"Subject: bomb\r\nContent-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(data)
    )  # fmt: skip


def typed(count: int, parameters: bytes) -> bytes:
    """Parts with these parameters."""
    part = b"--b\r\nContent-Type: a/b; " + parameters + b"\r\nContent-Disposition: x; " + parameters + b"\r\n\r\n\r\n"
    return MIXED + part * count


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
    "10,000 parameters in a charset to be guessed": lambda scale: (
        typed(100 * scale, b"; ".join(b"a%d=\xe9\xff\x81abc" % n for n in range(99)))
    ),
    "10,000 names in a charset to be guessed": lambda scale: typed(100 * scale, b"; ".join([b"name=\xe9\xff\x81abc"] * 99)),
    "10,000 quotes in a value": lambda scale: typed(100 * scale, b'a="b"!;' * 100 + b'c="' + b"x" * 3_000 + b'"'),
    "a header of one line ended 50,000 times": lambda scale: HEAD + b"Subject: a\rX-A: b" * 50_000 * scale + b"\r\n\r\nhello",
    "50,000 blank lines in a header": lambda scale: HEAD + b"Subject: a" + b"\r\n \r\n b" * 50_000 * scale + b"\r\n\r\nhello",
    "10 rich texts": lambda scale: rich(10 * scale),
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
    "20,000 beginnings of uuencoded blocks": lambda scale: PLAIN + b"begin 644 x\r\n`\r\n" * 20_000 * scale,
    "a uuencoded block of empty lines": lambda scale: PLAIN + b"begin 644 x\r\n" + b"`\r\n" * 1_000_000 * scale,
    "60,000 beginnings of yEnc": lambda scale: PLAIN + b"=ybegin x\r\n" * 60_000 * scale + b"\n=yend\n",
    "yEnc of nothing but escapes": lambda scale: (
        PLAIN + b"=ybegin line=128 size=1 name=x\r\n" + b"=a" * 1_000_000 * scale + b"\r\n=yend size=1\r\n"
    ),
    "base64 in pieces": lambda scale: (
        HEAD + b"Subject: bomb\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"AAA=" * 700_000 * scale
    ),
    "shifts of UTF-7": lambda scale: (
        HEAD + b"Subject: bomb\r\nContent-Type: text/plain; charset=imap-utf-7\r\n\r\n" + b"&-" * 1_000_000 * scale
    ),
    "marks that fall apart into marks": lambda scale: (
        HEAD + b"Subject: bomb\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + "\u0f73".encode() * 60_000 * scale
    ),
    "empty lines in 3,000 cells": lambda scale: (
        HTML + b"<table><tr><td><td>" * 3_000 * scale + b"<pre>" + b"\n" * 30_000 * scale
    ),
    "20,000 selectors": lambda scale: (
        HTML + b"<style>" + b"p," * 20_000 * scale + b"p{display:" + b"x" * 40_000 * scale + b"}</style>deep"
    ),
    "500,000 ends of nothing": lambda scale: HTML + b"<i>" * 40 + b"</b>" * 500_000 * scale + b"deep",
    "6,000 separators": lambda scale: PLAIN + b"hi\r\n" + b"---\r\n" * 6_000 * scale + b"x",
    "400,000 quote marks before a header block": lambda scale: PLAIN + b">" * 400_000 * scale + b"From: a: b: c\n",
    "19,000 colons in 30 lines": lambda scale: PLAIN + (b"From: " + b":" * 19_000 + b"\r\n") * 30 * scale,
    "colons in 200 quotes": lambda scale: (
        HTML + (b"<blockquote>From: x" + b":" * 2_000 + b"</blockquote>") * 200 * scale
    ),
    "attributions between markers": lambda scale: (
        PLAIN + (b"[ref:abcdefghijklmnopqrst]\r\n" + b"1.1.2026 a, x:\r\n" * 500) * 40 * scale
    ),
    "a forward of blanks": lambda scale: (
        HEAD + b"Subject: Fwd: x\r\n\r\nFrom: a <a@b.example>\r\nDate: 1.1.2026 10:00\r\nSubject: x\r\n\r\n"
        + b" " * 190_000 * scale + b"x"
    ),
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
