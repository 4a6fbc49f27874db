"""A customer's way through the real program: first mail, answer, stranger, closing, coming back."""

import textwrap
from pathlib import Path

import pytest

from support.daemon import Daemon
from support.mails import body_of, mail, parsed, reply_to

ANN, BOB = "ann@example.net", "bob@example.org"


def first(daemon: Daemon, **kinds: str) -> bytes:
    """Send a first mail; the acknowledgement."""
    daemon.send(mail(**kinds), sender=kinds.get("sender", ANN).rpartition("<")[2].rstrip(">"))
    daemon.settled()
    return daemon.delivered()[-1]


def numbers(daemon: Daemon) -> list[int]:
    return [ticket["number"] for ticket in daemon.ask("tickets")]


def test_first_mail_becomes_a_ticket_and_is_acknowledged(daemon: Daemon) -> None:
    letter = first(daemon)
    (ticket,) = daemon.ask("tickets")
    assert (ticket["number"], ticket["queue"], ticket["requester"]) == (1, "support", ANN)
    assert ticket["subject"] == "My lamp has not arrived"
    read = parsed(letter)
    assert "[Acme #1]" in read["Subject"]
    assert read["Auto-Submitted"] == "auto-replied"
    assert read["Delivered-To"] == ANN
    assert read["Return-Path"] in (None, "<>")
    assert "where is my lamp" not in body_of(letter)
    shown = daemon.ask("show", "1")
    assert [article["direction"] for article in shown["articles"]] == ["in"]
    assert daemon.command("fsck").returncode == 0


REPLIES = [
    ("token in the Message-ID", {}, "token_in_message_id"),
    ("marker, ids rewritten", {"rewrite_ids": True, "subject": "Re: lamp"}, "token_in_marker"),
    ("subject, nothing else left", {"rewrite_ids": True, "quote": False}, "subject_number"),
]


@pytest.mark.parametrize(("case", "how", "evidence"), REPLIES)
def test_the_answer_finds_its_ticket(daemon: Daemon, case: str, how: dict[str, object], evidence: str) -> None:
    letter = first(daemon)
    daemon.send(reply_to(letter, **how))  # type: ignore[arg-type]
    daemon.settled()
    assert numbers(daemon) == [1]
    shown = daemon.ask("show", "1")
    assert len(shown["articles"]) == 2
    assert shown["articles"][1]["text"].strip() == "It is still not here."
    assert any(event["reason"] == evidence for event in shown["events"])
    assert len(daemon.delivered()) == 1  # no second acknowledgement


def test_our_own_words_are_cut_whatever_her_client_made_of_them(daemon: Daemon) -> None:
    """No quote marks, no attribution, no marker line, other line ends: what we sent is known all the same."""
    letter = first(daemon)
    ours = [line for line in body_of(letter).splitlines() if "ref:" not in line and "##" not in line]
    text = f"It is still not here.\n\n{' '.join(ours)}\n\nAnd the lamp was blue."
    wrapped = "\n".join(textwrap.fill(line, 50) for line in text.split("\n"))
    daemon.send(reply_to(letter, text=wrapped, quote=False))
    daemon.settled()
    shown = daemon.ask("show", "1")
    article = shown["articles"][1]
    assert article["text"].split("\n\n") == ["It is still not here.", "And the lamp was blue."]
    assert "one of us will answer it" in " ".join(article["elided"].split())


def test_a_forward_is_shown_whole(daemon: Daemon) -> None:
    text = "Please see to it.\n\n---------- Forwarded message ---------\nFrom: Bob <bob@example.org>\n"
    text += "Date: Fri, 27 Nov 2026 at 10:00\nSubject: lamp\nTo: Ann <ann@example.net>\n\nThe lamp is broken."
    first(daemon, subject="Fwd: lamp", text=text)
    (article,) = daemon.ask("show", "1")["articles"]
    assert article["text"].startswith("Please see to it.")
    assert "The lamp is broken." in article["text"]
    assert article["elided"] == ""


def test_references_to_her_own_first_mail_join(daemon: Daemon) -> None:
    first(daemon, message_id="<first@example.net>")
    daemon.send(
        mail(subject="one more thing", message_id="<second@example.net>", headers=("References: <first@example.net>",))
    )
    daemon.settled()
    assert numbers(daemon) == [1]


@pytest.mark.parametrize(
    "claim", [{"subject": "Re: [Acme #1] My lamp"}, {"headers": ("In-Reply-To: <first@example.net>",)}]
)
def test_a_stranger_gets_a_ticket_that_mentions_the_other(daemon: Daemon, claim: dict[str, str]) -> None:
    first(daemon, message_id="<first@example.net>")
    daemon.send(mail(sender=f"Bob <{BOB}>", **claim), sender=BOB)  # type: ignore[arg-type]
    daemon.settled()
    assert numbers(daemon) == [1, 2]
    (link,) = daemon.ask("show", "2")["links"]
    assert (link["kind"], link["ticket"]) == ("mentions", 1)
    assert len(daemon.ask("show", "1")["articles"]) == 1


def test_two_siblings_of_an_unseen_parent_share_a_ticket(daemon: Daemon) -> None:
    named = ("References: <unseen@elsewhere.example>",)
    daemon.send(mail(sender=f"Ann <{ANN}>", to=f"support@acme.example, {BOB}", headers=named))
    answer = mail(sender=f"Bob <{BOB}>", to=f"support@acme.example, {ANN}", subject="Re: lamp", headers=named)
    daemon.send(answer, sender=BOB)
    daemon.settled()
    assert numbers(daemon) == [1]
    daemon.send(mail(sender="Eve <eve@example.com>", headers=named), sender="eve@example.com")
    daemon.settled()
    assert numbers(daemon) == [1, 2]


def test_a_late_parent_joins_its_answer(daemon: Daemon) -> None:
    daemon.send(
        mail(sender=f"Bob <{BOB}>", to=f"{ANN}, support@acme.example", headers=("In-Reply-To: <parent@example.net>",)),
        sender=BOB,
    )
    daemon.settled()
    daemon.send(mail(to=f"support@acme.example, {BOB}", message_id="<parent@example.net>"))
    daemon.settled()
    assert numbers(daemon) == [1]


def test_the_same_mail_again_changes_nothing(daemon: Daemon) -> None:
    raw = mail()
    assert "queued as" in daemon.send(raw)
    assert "duplicate of" in daemon.send(b"Received: from elsewhere by here; today\r\n" + raw)
    daemon.settled()
    assert numbers(daemon) == [1]
    assert len(daemon.delivered()) == 1


def test_a_copy_by_another_address_joins(daemon: Daemon) -> None:
    raw = mail(to="billing@acme.example, support@acme.example")
    daemon.send(raw, to="support@acme.example")
    daemon.settled()
    daemon.send(raw, to="billing@acme.example")
    daemon.settled()
    assert numbers(daemon) == [1]
    assert len(daemon.ask("show", "1")["articles"]) == 1


def test_same_id_with_other_content_is_another_mail(daemon: Daemon) -> None:
    daemon.send(mail(message_id="<squat@example.net>", sender="Eve <eve@example.com>"), sender="eve@example.com")
    daemon.settled()
    daemon.send(mail(message_id="<squat@example.net>", text="quite another matter"))
    daemon.send(mail(message_id="<squat@example.net>", text="and a third", subject="alarm 3"))
    daemon.settled()
    assert numbers(daemon) == [1, 2, 3]


AUTOMATIC = [
    ("auto-submitted", ("Auto-Submitted: auto-replied",), ANN),
    ("list", ("List-Id: <l.example.net>", "Precedence: list"), ANN),
    ("null sender", (), ""),
]


@pytest.mark.parametrize(("case", "headers", "sender"), AUTOMATIC)
def test_no_automatic_mail_to_automatic_mail(daemon: Daemon, case: str, headers: tuple[str, ...], sender: str) -> None:
    daemon.send(mail(headers=headers), sender=sender)
    daemon.settled()
    assert numbers(daemon) == [1]
    assert daemon.delivered() == []
    assert any(event["kind"] == "not_sent" for event in daemon.ask("show", "1")["events"])


def test_an_out_of_office_reopens_nothing(daemon: Daemon) -> None:
    letter = first(daemon)
    daemon.send(reply_to(letter).replace(b"MIME-Version", b"Auto-Submitted: auto-replied\r\nMIME-Version"), sender="")
    daemon.settled()
    shown = daemon.ask("show", "1")
    assert len(shown["articles"]) == 2
    assert shown["status"] == "open"


def test_a_late_thank_you_is_filed_and_opens_nothing(daemon: Daemon) -> None:
    letter = first(daemon)
    close(daemon, 30)
    daemon.send(reply_to(letter, text="Thank you!"))
    daemon.settled()
    assert numbers(daemon) == [1]
    assert daemon.ask("show", "1")["status"] == "closed"


def test_old_mail_is_filed_under_its_own_date(daemon: Daemon) -> None:
    old = mail().replace(b"Fri, 27 Nov 2026 09:00:00", b"Mon, 02 Nov 2015 09:00:00")
    copies = [b"Delivered-To: " + to + b"\r\n" + old for to in (b"support@acme.example", b"billing@acme.example")]
    for copy in copies:
        daemon.command("ingest", "--import", stdin=copy)
    daemon.settled()
    (ticket,) = daemon.ask("tickets")
    assert ticket["created_at"].startswith("2015-11-02")
    (article,) = daemon.ask("show", "1")["articles"]
    assert article["at"].startswith("2015-11-02")
    assert daemon.delivered() == []


def test_our_own_mail_coming_back_is_ignored(daemon: Daemon) -> None:
    letter = first(daemon)
    daemon.send(letter)
    daemon.settled()
    assert numbers(daemon) == [1]
    assert len(daemon.ask("show", "1")["articles"]) == 1


@pytest.mark.parametrize(("days", "want"), [(3, [1]), (20, [1, 2])])
def test_closed_reopens_or_is_followed(tmp_path: Path, daemon: Daemon, days: int, want: list[int]) -> None:
    letter = first(daemon)
    close(daemon, days)
    daemon.send(reply_to(letter))
    daemon.settled()
    assert numbers(daemon) == want
    if want == [1]:
        assert daemon.ask("show", "1")["status"] == "open"
        return
    (link,) = daemon.ask("show", "2")["links"]
    assert (link["kind"], link["ticket"]) == ("follows", 1)
    (told,) = [one for one in daemon.delivered() if "#2" in str(parsed(one)["Subject"])]
    assert "1" in body_of(told)


def close(daemon: Daemon, days: int) -> None:
    """Close ticket 1 as if it had been done `days` ago, by the same door as everybody."""
    from datetime import timedelta

    from gateway import act
    from gateway.config import load
    from gateway.daemon import open_site_store
    from gateway.now import now
    from gateway.store.lookup import tickets
    from gateway.tickets.actions import Actor, Change

    store = open_site_store(load(daemon.config))
    try:
        at = now() - timedelta(days=days)
        with store.main.write() as conn:
            row = tickets(conn, [1])[1]
            before = {**row, "updated_at": at}  # or the ticket's time would go back, which it never does
            values = {"status": "closed", "closed_at": at}
            change = Change(ticket=1, seen_version=row["version"], values=values, before=before)
            act.apply(conn, [change], Actor(name="test", at=at))
    finally:
        store.close()


def test_a_bounce_of_our_acknowledgement_is_noted_and_opens_nothing(daemon: Daemon) -> None:
    letter = first(daemon)
    daemon.send(bounce_of(letter), sender="")
    daemon.settled()
    assert numbers(daemon) == [1]
    shown = daemon.ask("show", "1")
    (event,) = [event for event in shown["events"] if event["kind"] == "bounced"]
    assert event["data"]["failed"] == [ANN]
    assert len(daemon.delivered()) == 1
    assert daemon.command("fsck").returncode == 0


def bounce_of(letter: bytes) -> bytes:
    """A delivery report (RFC 3464) that returns only the headers of our mail."""
    head = letter.partition(b"\r\n\r\n" if b"\r\n\r\n" in letter else b"\n\n")[0].decode()
    text = "\r\n".join(
        [
            "--b",
            "Content-Type: text/plain",
            "",
            "Your mail could not be delivered.",
            "--b",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; mx.example.net",
            "",
            f"Final-Recipient: rfc822; {ANN}",
            "Action: failed",
            "Status: 5.1.1",
            "",
            "--b",
            "Content-Type: text/rfc822-headers",
            "",
            head,
            "",
            "--b--",
        ]
    )
    raw = mail(sender="MAILER-DAEMON@mx.example.net", subject="Undelivered Mail Returned to Sender", text=text)
    kind = b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"'
    return raw.replace(b"Content-Type: text/plain; charset=utf-8", kind, 1)


def test_nobody_catches_anothers_mail_by_cc_and_references(daemon: Daemon) -> None:
    """Eve names a mail that we have not seen, and Bob in Cc; what Bob then writes to us is none of hers."""
    named = ("References: <talk@elsewhere.example>", f"Cc: {BOB}")
    daemon.send(mail(sender="Eve <eve@example.com>", headers=named), sender="eve@example.com")
    daemon.settled()
    private = mail(sender=f"Bob <{BOB}>", headers=("In-Reply-To: <talk@elsewhere.example>",))
    daemon.send(private, sender=BOB)
    daemon.settled()
    assert numbers(daemon) == [1, 2]
    assert len(daemon.ask("show", "1")["articles"]) == 1


def test_text_beside_a_delivery_status_is_not_lost(daemon: Daemon) -> None:
    letter = first(daemon)
    text = "--b\r\nContent-Type: text/plain\r\n\r\nDeliver to 7 Elm Street!\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nAction: failed\r\n\r\n--b--"
    answer = reply_to(letter, text="x", quote=False)
    head, _, _ = answer.partition(b"\r\n\r\n")
    kind = b'Content-Type: multipart/mixed; boundary="b"'
    raw = head.replace(b"Content-Type: text/plain; charset=utf-8", kind) + b"\r\n\r\n" + text.encode()
    daemon.send(raw)
    daemon.settled()
    assert "7 Elm Street" in daemon.ask("show", "1")["articles"][1]["text"]


def test_a_replay_as_a_bounce_does_not_take_the_customers_acknowledgement(daemon: Daemon) -> None:
    raw = mail()
    daemon.send(raw, sender="")
    daemon.settled()
    assert daemon.delivered() == []
    assert "queued as" in daemon.send(raw)


@pytest.mark.parametrize(
    ("header", "envelope", "why"),
    [
        (b"Return-Path: <>\r\n", ANN, "asks_for_silence"),
        (b"Feedback-ID: 4711:bulk:news:esp\r\n", ANN, "asks_for_silence"),
        (b"", "MAILER-DAEMON@relay.example", "sender_takes_no_mail"),
    ],
)
def test_signs_of_a_machine_are_answered_by_nothing(daemon: Daemon, header: bytes, envelope: str, why: str) -> None:
    """What stands in the mail is not believed to be the envelope's: it is a person's mail, but nothing answers."""
    daemon.send(header + mail(), sender=envelope)
    daemon.settled()
    (ticket,) = daemon.ask("tickets")
    assert ticket["requester"] == ANN
    assert daemon.delivered() == []
    (mail_in,) = daemon.ask("trace", ANN)["mails"]
    assert (mail_in["kind"], mail_in["verdict"], mail_in["reason"]) == ("normal", "quiet", why)
