"""Who must never be answered by a machine, and why (RFC 3834, T96); and whom no word of theirs makes a machine."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail import Kind, read, tree
from gateway.mail.machine import kind
from gateway.mail.value import Notice

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
    ("X-POST-MessageClass: 9; Autoresponder", Kind.AUTOREPLY, "X-POST-MessageClass"),
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


@pytest.mark.parametrize(("header", "sort", "reason"), CASES)
def test_by_header(header: str, sort: Kind, reason: str) -> None:
    mail = read(f"{header}\n\ntext\n--b\n\n--b--\n".encode())
    assert (mail.kind, mail.auto_reason) == (sort, reason)


# ---- people: what they write about machines makes them none ----------------------------------------------------------

_BOUNCE_TEXT = """I got this, what shall I do?

This message was created automatically by mail delivery software.
A message that you sent could not be delivered to one or more of its recipients:

  bob@y.example
    550 5.1.1 <bob@y.example>... User unknown

------ This is a copy of the message, including all the headers. ------

Return-path: <ann@x.example>
From: ann@x.example
To: bob@y.example
Subject: hello
"""
_AWAY_TEXT = "I am out of the office until 24 December. In urgent cases contact Bob. Thank you for your message."
PEOPLE = [
    ("Undelivered parcel", "My parcel could not be delivered. Where is it?"),
    ("Undelivered Mail Returned to Sender", "I got this when I wrote to you. Why?"),
    ("Undeliverable: your invoice", "Your invoice came back undeliverable from the post office."),
    ("Delivery failed", "The courier says that delivery failed. The street is Main Street 5."),
    ("Delivery Status Notification (Failure)", _BOUNCE_TEXT),
    ("Mail delivery failed: returning message to sender", _BOUNCE_TEXT),
    ("Fwd: Mail delivery failed: returning message to sender", _BOUNCE_TEXT),
    ("FW: Undeliverable: lamp", _BOUNCE_TEXT),
    ("WG: Unzustellbar: Lampe", "Das kam zurück: <bob@y.example>: 550 5.1.1 User unknown"),
    ("TR: Non remis : lampe", "Voici ce que j'ai reçu : <bob@y.example> 550 5.1.1 inconnu"),
    ("Fwd: Недоставленное сообщение", "Вот что пришло: bob@y.example: 550 5.1.1 user unknown"),
    ("Mail bounces", "550 5.7.1 <bob@y.example>: Relay access denied\nThat is what our server says."),
    ("failure notice", "Hi. This is the failure notice of my boiler: error 550."),
    ("Returned mail", "The returned mail lies at our reception, please fetch it."),
    ("Unzustellbar", "Mein Paket ist unzustellbar, sagt die Post."),
    ("Message delayed", "My message to you was delayed, sorry."),
    ("Warning: could not send", "My phone shows 'Warning: could not send message'. What is that?"),
    ("Mailbox full", "My mailbox is full, please give me more quota. 552 5.2.2 mailbox full"),
    ("User unknown", "When I log in it says 'user unknown'."),
    ("Postmaster", "Who is your postmaster? <bob@y.example>: 550 no such user"),
    ("Re: Automatic reply: lamp", "You are back? The lamp is still dark."),
    ("RE: Out of Office: lamp", "Thank you, I will write to Bob until then."),
    ("AW: Automatische Antwort: Lampe", "Danke, ich bin bis 5.1. im Urlaub, danach gern."),
    ("Out of office assistant does not work", "It sends no automatic reply, I tried until 7 December."),
    ("Out of office", "How do I switch the assistant on in Outlook?"),
    ("My automatic reply: how?", "I will be out of the office and want an automatic reply."),
    ("Vacation", "We plan a vacation in June, is the flat free?"),
    ("Abwesende Lampe", "Die Lampe ist abwesend."),
    ("Urlaub", "Ich möchte im Mai Urlaub nehmen. Wo trage ich das ein?"),
    ("Absence", "Mon fils sera absent lundi."),
    ("Autoantwort einrichten", "Wie richte ich eine automatische Antwort ein?"),
    ("Ticket #4711", "I got 'we have received your request' but no answer since."),
    ("Re: [Ticket #4711] received", "This is an automated response, you wrote. I want a human."),
    ("Request 12: automated tests", "Our automated tests fail since Monday, thank you for looking."),
    ("Read: this is important", "Please read it on Monday."),
    ("Not read: the meter", "The meter was not read this year."),
    ("Recall: brake pads", "Is my car part of the recall of last week?"),
    ("Rappel : facture", "Votre facture n'est pas payée."),
    ("Rückruf: bitte", "Bitte rufen Sie mich zurück."),
    ("Please confirm", "Please confirm that you received my message, then I will wait."),
    ("Verify my account", "I cannot verify my e-mail address, the link is dead."),
    ("Complaint about message from Bob", "Bob wrote me a rude message."),
    ("Spam", "All mail from x.example is blocked as spam: 554 5.7.1 rejected."),
    ("Auto: Reifenwechsel", "Bitte einen Termin für mein Auto."),
    ("不在", "いつ戻りますか"),
    ("", "hello"),
]


@pytest.mark.parametrize(("subject", "text"), PEOPLE)
@pytest.mark.parametrize("more", ["", "In-Reply-To: <1@acme.example>\nReturn-Path: <ann@x.example>\n"])
def test_a_person(subject: str, text: str, more: str) -> None:
    if more and not subject.lower().startswith(("re", "aw", "fw", "wg", "tr")):
        more = "Return-Path: <ann@x.example>\n"  # a new subject with In-Reply-To is what machines write
    mail = read(f"From: Ann Lee <ann@x.example>\nTo: help@acme.example\n{more}Subject: {subject}\n\n{text}\n".encode())
    assert (mail.kind, mail.auto_reason, mail.notice, mail.reported) == (Kind.NORMAL, "", "", ())


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (
            "Your server",
            "Dear colleague,\n\nyour server refuses our users' mail: 550 5.7.1 blocked. Please look.\n\nBob",
        ),
        ("Undeliverable mail to your domain", "Hello, we see undeliverable mail to your domain since Monday. Regards"),
    ],
)
def test_a_postmaster_who_writes_himself_is_no_bounce(subject: str, text: str) -> None:
    mail = read(f"From: Bob Postmaster <postmaster@y.example>\nSubject: {subject}\n\n{text}\n".encode())
    assert mail.kind is not Kind.BOUNCE


def _with_parts(header: str, *parts: str) -> bytes:
    body = "".join(f"--b\n{part}\n" for part in parts)
    return f"{header}\nContent-Type: multipart/mixed; boundary=b\n\n{body}--b--\n".encode()


_STATUS_PART = "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;bob@y.example\nAction: failed\n"
_RETURNED_PART = "Content-Type: message/rfc822\n\nMessage-ID: <1@x.example>\nSubject: hello\n\nhello\n"


@pytest.mark.parametrize("from_", ["Ann <ann@x.example>", "Administrator Ann <ann@x.example>"])
@pytest.mark.parametrize("subject", ["Fwd: Undeliverable: hello", "RE: my lamp", "WG: Unzustellbar: hello"])
def test_a_person_who_passes_a_report_on(from_: str, subject: str) -> None:
    head = f"From: {from_}\nSubject: {subject}"
    mail = read(_with_parts(head, "\nSee what I got.\n", _STATUS_PART, _RETURNED_PART))
    assert (mail.kind, mail.reported) == (Kind.NORMAL, ())


def test_a_report_attached_whole_is_not_this_mail() -> None:
    report = (
        _with_parts("From: MAILER-DAEMON@y.example", _STATUS_PART).decode().replace("--b", "--c").replace("=b", "=c")
    )
    inner = f"Content-Type: message/rfc822\n\n{report}"
    mail = read(_with_parts("From: ann@x.example\nSubject: Undeliverable: hello", "\nWhy?\n", inner))
    assert mail.kind is Kind.NORMAL


def test_a_report_in_a_mail_of_another_type() -> None:
    mail = read(_with_parts("From: MAILER-DAEMON@y.example\nSubject: hello", "\nIt failed.\n", _STATUS_PART))
    assert mail.auto_reason == "message/delivery-status, From: MAILER-DAEMON@y.example"
    assert mail.failed_recipients == ("bob@y.example",)


# ---- what is what ----------------------------------------------------------------------------------------------------

NOTICES = [
    ("Read: lamp", "Your message\nSubject: lamp\nwas read on Monday, 7 December 2026.", Kind.AUTO, Notice.RECEIPT),
    ("Gelesen: Lampe", "Ihre Nachricht Lampe wurde am 7. Dezember gelesen.", Kind.AUTO, Notice.RECEIPT),
    ("Not read: lamp", 'Your message "lamp" was deleted without being read.', Kind.AUTO, Notice.RECEIPT),
    ("Lu : lampe", "Votre message « lampe » a été lu le 7 décembre.", Kind.AUTO, Notice.RECEIPT),
    ("Recall: lamp", 'Lee, Ann would like to recall the message, "lamp".', Kind.AUTO, Notice.RECALL),
    ("Rückruf: Lampe", 'Ann Lee möchte die Nachricht "Lampe" zurückrufen.', Kind.AUTO, Notice.RECALL),
]


@pytest.mark.parametrize(("subject", "text", "sort", "notice"), NOTICES)
def test_notices_by_subject_and_text(subject: str, text: str, sort: Kind, notice: Notice) -> None:
    mail = read(f"From: ann@x.example\nSubject: {subject}\n\n{text}\n".encode())
    assert (mail.kind, mail.notice, mail.auto_reason) == (sort, notice, "Subject and text")


def test_a_receipt_by_a_header_beside_its_words() -> None:
    text = "Subject: Read: lamp\n\nYour message was read on Monday."
    assert read(f"From: ann@x.example\n{text}\n".encode()).kind is Kind.NORMAL
    assert read(f"From: ann@x.example\nIn-Reply-To: <1@acme.example>\n{text}\n".encode()).notice is Notice.RECEIPT


def test_a_receipt_by_structure() -> None:
    head = "Content-Type: multipart/report; report-type=disposition-notification; boundary=b"
    mail = read(f"{head}\n\n--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\n\n--b--\n".encode())
    assert (mail.kind, mail.notice) == (Kind.AUTO, Notice.RECEIPT)


CHALLENGES = [
    ("Precedence: bulk\n", "Your message is being held. Please confirm that you are a person to have it delivered."),
    ("Auto-Submitted: auto-replied\n", "To have your mail delivered, verify your e-mail address by clicking below."),
    ("In-Reply-To: <1@acme.example>\n", "Please confirm your message; until then it is held in the queue."),
    ("X-TMDA-Confirm: yes\n", "Hello."),
]


@pytest.mark.parametrize(("header", "text"), CHALLENGES)
def test_a_challenge(header: str, text: str) -> None:
    mail = read(f"From: ann@x.example\n{header}Subject: Please confirm your message\n\n{text}\n".encode())
    assert (mail.kind, mail.notice) == (Kind.AUTOREPLY, Notice.CHALLENGE)


def test_a_feedback_report_by_its_part_alone() -> None:
    mail = read(
        _with_parts("From: fbl@y.example\nSubject: x", "\nabuse\n", "Content-Type: message/feedback-report\n\n")
    )
    assert (mail.kind, mail.auto_reason) == (Kind.FEEDBACK, "message/feedback-report")
    mail = read(_with_parts("From: staff@y.example\nSubject: complaint about message from 192.0.2.1", _RETURNED_PART))
    assert mail.kind is Kind.FEEDBACK


def test_what_list_software_refuses() -> None:
    head = "From: l-owner@y.example\nX-MLServer: x\nSubject: You ann@x.example are not member (L)"
    mail = read(
        f"{head}\n\nYou are not a member of this mailing list <l@y.example>.\n\nWrite to\n\nl-ctl@y.example\n".encode()
    )
    assert (mail.kind, mail.failed_recipients) == (Kind.BOUNCE, ("l@y.example",))


def test_the_trail_tells_why() -> None:
    mail = read(b"From: MAILER-DAEMON@y.example\nSubject: failure notice\n\n<a@x.example>:\n550 no such user\n")
    assert "kind: bounce, by From: MAILER-DAEMON@y.example, Subject" in mail.trail
    assert "recipients: 1, from its text" in mail.trail
    assert not kind.judge(tree.parse(b"From: ann@x.example\n\nhello\n"), None, "", "hello").trail


HOSTILE = {
    "addresses": "<a@x.example>:\n" * 100_000,
    "words": "<a@x.example>: 550 " + "user " * 400_000,
    "at": "a@" * 1_000_000,
    "lines": "x\n" * 1_000_000,
    "groups": "Final-Recipient: rfc822; a@x.example\n\n" * 50_000,
    "dates": "back on 7 december until 8 december " * 50_000,
    "confirm": "please confirm your message " * 70_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "head", ["From: MAILER-DAEMON@x", "Auto-Submitted: auto-replied\nDate: Tue, 1 Dec 2026 10:00:00 +0100"]
)
def test_a_huge_text_takes_no_time(name: str, head: str) -> None:
    tree_of = tree.parse(f"{head}\nSubject: failure notice\n\n".encode())
    begun = time.process_time()
    kind.judge(tree_of, None, "failure notice", HOSTILE[name])
    assert time.process_time() - begun < 0.5


SILENT = [
    ("X-Auto-Response-Suppress: OOF, AutoReply", "X-Auto-Response-Suppress"),
    ("X-Auto-Response-Suppress: All", "X-Auto-Response-Suppress"),
    ("X-Auto-Response-Suppress: DR, RN", ""),
    ("List-Unsubscribe: <mailto:u@x.example>", "List-Unsubscribe"),
    ("Feedback-ID: 4711:bulk:news:esp", "Feedback-ID"),
    ("Feedback-ID: campaign.BULK-7:esp", "Feedback-ID"),
    ("Feedback-ID: 1:bulky:3:esp", ""),
    ("X-Other: 1", ""),
]


@pytest.mark.parametrize(("header", "silence"), SILENT)
def test_a_person_may_ask_for_silence(header: str, silence: str) -> None:
    mail = read(f"From: ann@x.example\n{header}\n\ntext\n".encode())
    assert (mail.kind, mail.silence) == (Kind.NORMAL, silence)


@given(st.text(max_size=80), st.text(max_size=300))
def test_words_alone_never_make_a_bounce(subject: str, text: str) -> None:
    subject = " ".join(subject.split())
    mail = read(
        f"From: ann@x.example\nSubject: Undeliverable: {subject}\n\n<b@y.example>: 550 {text}".encode(
            "utf-8", "replace"
        )
    )
    assert mail.kind is not Kind.BOUNCE
    assert mail.reported == ()
