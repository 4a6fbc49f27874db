"""A whole mail: every field of it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.mail import Address, Kind, read

WHOLE = """From ann@example.net Fri Nov 27 09:00:00 2026
Return-Path: <ann@example.net>
Delivered-To: support@acme.example
X-Original-To: Support+abc@acme.example
Received: from out.example.net (out.example.net [192.0.2.1])
\tby mail.acme.example (Postfix) with ESMTPS id 4WXyz12345
\tfor <support@acme.example>; Fri, 27 Nov 2026 09:00:01 +0000
Received: by out.example.net id r1Kabc99001; Fri, 27 Nov 2026 09:00:00 +0000
From: =?utf-8?q?=C3=84nn?= Lee <ann@Example.NET>
Sender: Office <office@example.net>
Reply-To: ann.lee@example.net
To: Acme Support <support@acme.example>
Cc: Bo <bo@example.net>, cy@example.net
Subject: =?utf-8?b?TXkgbGFtcA==?= has
 not arrived
Date: Fri, 27 Nov 2026 10:00:00 +0100
Message-ID: <1.2@example.net>
In-Reply-To: <0@acme.example>
References: <-1@acme.example>
 <0@acme.example>
X-Odd: tab\there
Content-Type: text/plain; charset=utf-8

It is still missing.

On Fri, 27 Nov 2026, Acme Support wrote:
> [ref:abcdefghijklmnop234567]
> We have received your mail.
--\x20
Ann
"""


def test_every_field() -> None:
    mail = read(WHOLE.replace("\n", "\r\n").encode())
    assert mail.from_ == Address(addr="ann@example.net", name="Änn Lee")
    assert mail.from_problem == ""
    assert mail.sender == Address(addr="office@example.net", name="Office")
    assert mail.reply_to == (Address(addr="ann.lee@example.net"),)
    assert mail.to == (Address(addr="support@acme.example", name="Acme Support"),)
    assert mail.cc == (Address(addr="bo@example.net", name="Bo"), Address(addr="cy@example.net"))
    assert mail.delivered_to == ("support@acme.example", "Support+abc@acme.example")
    assert mail.subject == "My lamp has not arrived"
    assert mail.message_id == "<1.2@example.net>"
    assert mail.in_reply_to == ("<0@acme.example>",)
    assert mail.references == ("<-1@acme.example>", "<0@acme.example>")
    assert mail.date == datetime(2026, 11, 27, 10, tzinfo=timezone(timedelta(hours=1)))
    assert mail.reply == "It is still missing."
    assert mail.elided.startswith("On Fri, 27 Nov 2026, Acme Support wrote:\n> [ref:")
    assert mail.signature == "Ann"
    assert mail.text.startswith(mail.reply)
    assert mail.markers == ("abcdefghijklmnop234567",)
    assert mail.queue_ids == ("4WXyz12345", "r1Kabc99001")
    assert mail.received_count == 2
    assert (mail.kind, mail.auto_reason, mail.attachments, mail.defects) == (Kind.NORMAL, "", (), ())
    assert mail.header("x-odd") == "tab here"
    assert [name for name, _ in mail.headers[:2]] == ["Return-Path", "Delivered-To"]


def test_reading_twice_gives_the_same() -> None:
    assert read(WHOLE.encode()) == read(WHOLE.encode())


def test_an_empty_mail_is_a_mail() -> None:
    mail = read(b"")
    assert (mail.from_, mail.from_problem, mail.subject, mail.text, mail.reply) == (None, "missing", "", "", "")


def test_a_subject_alone() -> None:
    mail = read(b"From: a@x.example\nSubject: please call\n\n")
    assert (mail.subject, mail.text, mail.attachments) == ("please call", "", ())


@pytest.mark.parametrize("name", ["From", "Sender", "Subject", "To", "Date", "Message-ID", "Content-Type", "Reply-To"])
def test_fields_that_may_stand_once(name: str) -> None:
    mail = read(f"{name}: a@x.example\n{name}: b@x.example\n\ntext".encode())
    assert mail.defects[0] == f"dup_header:{name.lower()}"


def test_two_senders_are_none() -> None:
    mail = read(b"From: agent@corp.example\nFrom: evil@x.example\n\n")
    assert (mail.from_, mail.from_problem) == (None, "two From lines")


DATES = [
    ("Fri, 27 Nov 2026 09:00:00 +0000", datetime(2026, 11, 27, 9, tzinfo=UTC)),
    ("27 Nov 2026 09:00 GMT", datetime(2026, 11, 27, 9, tzinfo=UTC)),
    ("Fri, 27 Nov 2026 09:00:00 -0000", datetime(2026, 11, 27, 9, tzinfo=UTC)),
    ("Fri, 27 Nov 2026 09:00:60 +0000", datetime(2026, 11, 27, 9, 0, 59, tzinfo=UTC)),
    ("Fri, 27 Nov 26 09:00:00 EST", datetime(2026, 11, 27, 14, tzinfo=UTC)),
    ("Fri, 32 Nov 2026 09:00:00 +0000", None),
    ("Fri, 27 Nov 99999 09:00:00 +0000", None),
    ("Fri, 27 Nov 2026 09:00:00 +9999", None),
    ("Fri, 31 Dec 9999 23:59:59 -1200", None),
    ("yesterday", None),
    ("", None),
    ("\x00", None),
    ("1" * 10_000, None),
]


@pytest.mark.parametrize(("raw", "at"), DATES)
def test_dates(raw: str, at: datetime | None) -> None:
    assert read(f"Date: {raw}\n\n".encode()).date == at


def test_a_fault_of_ours_keeps_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.mail.machine.kind.judge", lambda *_: [][0])
    mail = read(WHOLE.encode())
    assert mail.defects == ("unparsed:IndexError",)
    assert "It is still missing." in mail.text
    assert [item.part for item in mail.attachments] == ["0"]
