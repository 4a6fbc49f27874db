"""Who must never be answered by a machine, and why (RFC 3834, T96)."""

import pytest

from gateway.mail import Kind, read

CASES = [
    ("From: ann@x.example", Kind.NORMAL, ""),
    ("From: ann@x.example\nAuto-Submitted: no", Kind.NORMAL, ""),
    ("From: ann@x.example\nReturn-Path: <ann@x.example>", Kind.NORMAL, ""),
    ("From: ann@x.example\nFeedback-ID: 1:2:3:esp", Kind.NORMAL, ""),
    ("From: ann@x.example\nX-Auto-Response-Suppress: DR, RN", Kind.NORMAL, ""),
    ("Auto-Submitted: auto-replied", Kind.AUTOREPLY, "Auto-Submitted: auto-replied"),
    ("Auto-Submitted: Auto-Replied (vacation); x=y", Kind.AUTOREPLY, "Auto-Submitted: auto-replied"),
    ("Auto-Submitted: auto-generated", Kind.AUTO, "Auto-Submitted: auto-generated"),
    ("auto-submitted: auto-notified", Kind.AUTO, "Auto-Submitted: auto-notified"),
    ("X-Autoreply: yes", Kind.AUTOREPLY, "X-Autoreply"),
    ("X-AutoRespond: x", Kind.AUTOREPLY, "X-AutoRespond"),
    ("X-Autoreply: no", Kind.NORMAL, ""),
    ("Precedence: auto_reply", Kind.AUTOREPLY, "Precedence: auto_reply"),
    ("Precedence: Bulk", Kind.LIST, "Precedence: bulk"),
    ("Precedence: list", Kind.LIST, "Precedence: list"),
    ("Precedence: junk", Kind.AUTO, "Precedence: junk"),
    ("Precedence: first-class", Kind.NORMAL, ""),
    ("List-Id: <a.x.example>", Kind.LIST, "List-Id"),
    ("Return-Path: <>", Kind.AUTO, "Return-Path: <>"),
    ("X-Loop: x", Kind.AUTO, "X-Loop"),
    ("From: MAILER-DAEMON@x.example", Kind.AUTO, "From: MAILER-DAEMON@x.example"),
    ("From: no-reply@x.example", Kind.AUTO, "From: no-reply@x.example"),
    ("From: do_not_reply@x.example", Kind.AUTO, "From: do_not_reply@x.example"),
    ("From: bounces+1@x.example", Kind.AUTO, "From: bounces+1@x.example"),
    ("From: noreen@x.example", Kind.NORMAL, ""),
    ("From: bouncer@x.example", Kind.NORMAL, ""),
    ("X-Failed-Recipients: a@x.example", Kind.BOUNCE, "X-Failed-Recipients"),
    ("Return-Path: <>\nSubject: Undelivered Mail Returned to Sender", Kind.BOUNCE, "Return-Path: <>, Subject"),
    ("From: MAILER-DAEMON@x.example\nSubject: failure notice", Kind.BOUNCE, "From: MAILER-DAEMON@x.example, Subject"),
    ("From: ann@x.example\nSubject: Undelivered Mail Returned to Sender?", Kind.NORMAL, ""),
    (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        Kind.BOUNCE,
        "multipart/report: delivery-status",
    ),
    (
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b",
        Kind.FEEDBACK,
        "multipart/report: feedback-report",
    ),
    (
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
        Kind.AUTO,
        "multipart/report: disposition-notification",
    ),
    ("Content-Type: message/disposition-notification", Kind.AUTO, "message/disposition-notification"),
]

AWAY = [
    "Out of Office: Re: lamp",
    "Automatic reply: lamp",
    "Auto: Abwesend",
    "Abwesenheitsnotiz: Lampe",
    "Автоответ: лампа",
]
AWAY = [
    "Out of Office",
    *AWAY[:2],
    *AWAY[3:],
    "Mimo kancelář: lampa",
    "Automatická odpověď: lampa",
    "Réponse automatique : lampe",
]
AWAY += [
    "Respuesta automática: x",
    "Risposta automatica: x",
    "Automatische Antwort: x",
    "Out of office AutoReply: x",
    "自動返信: x",
]
NOT_AWAY = [
    "Out of office assistant does not work",
    "Re: Automatic reply: lamp",
    "Abwesende Lampe",
    "My automatic reply: how?",
    "",
]


@pytest.mark.parametrize(("header", "kind", "reason"), CASES)
def test_by_header(header: str, kind: Kind, reason: str) -> None:
    mail = read(f"{header}\n\ntext\n--b\n\n--b--\n".encode())
    assert (mail.kind, mail.auto_reason) == (kind, reason)


@pytest.mark.parametrize("subject", AWAY)
def test_by_subject(subject: str) -> None:
    mail = read(f"From: ann@x.example\nSubject: {subject}\n\nI am away\n".encode())
    assert (mail.kind, mail.auto_reason) == (Kind.AUTOREPLY, "Subject")
    mail = read(f"From: ann@x.example\nPrecedence: bulk\nSubject: {subject}\n\nI am away\n".encode())
    assert (mail.kind, mail.auto_reason) == (Kind.AUTOREPLY, "Precedence: bulk, Subject")


@pytest.mark.parametrize("subject", NOT_AWAY)
def test_a_persons_subject(subject: str) -> None:
    assert read(f"From: ann@x.example\nSubject: {subject}\n\nhello\n".encode()).kind is Kind.NORMAL


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

Subject: my mail

and its words
--b--
"""


def test_a_delivery_report_names_its_recipients() -> None:
    mail = read(REPORT)
    assert (mail.kind, mail.text) == (Kind.BOUNCE, "Your mail could not be delivered.")
    assert mail.failed_recipients == ("gone@x.example", "full@x.example")
    assert mail.delayed_recipients == ("slow@x.example",)
    assert mail.dsn_status == ("5.1.1", "4.2.2", "4.4.1")
    assert mail.hard_bounce == (True, False, False)
    assert [item.type for item in mail.attachments] == ["message/delivery-status", "message/rfc822"]


def test_recipients_named_in_the_header() -> None:
    mail = read(b"X-Failed-Recipients: a@x.example,\n b@x.example\nSubject: Mail delivery failed\n\ntext\n")
    assert mail.failed_recipients == ("a@x.example", "b@x.example")


SILENT = [
    ("X-Auto-Response-Suppress: OOF, AutoReply", "X-Auto-Response-Suppress"),
    ("X-Auto-Response-Suppress: All", "X-Auto-Response-Suppress"),
    ("X-Auto-Response-Suppress: DR, RN", ""),
    ("List-Unsubscribe: <mailto:u@x.example>", "List-Unsubscribe"),
    ("X-Other: 1", ""),
]


@pytest.mark.parametrize(("header", "silence"), SILENT)
def test_a_person_may_ask_for_silence(header: str, silence: str) -> None:
    mail = read(f"From: ann@x.example\n{header}\n\ntext\n".encode())
    assert (mail.kind, mail.silence) == (Kind.NORMAL, silence)
