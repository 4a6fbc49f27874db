"""Mails of ours that come back: mapped to their outbox row, on the ticket, on the address's score (T98-T101)."""

import threading
from email.utils import parseaddr
from typing import Any

import pytest

from gateway.config import load
from gateway.delivery.sender import Sender
from gateway.mail import Address
from gateway.now import now
from gateway.store import bounces, outbox
from gateway.tickets.actions import Send
from support.desk import Desk
from support.mails import mail, parsed, reply_to
from support.reports import report_on

ANN = "ann@example.net"
NO_CAPS = '[limits]\nauto_per_address = "0"\nbounce_score = 4\n'


def send_all(desk: Desk) -> None:
    cfg = load(desk.config)
    while Sender(desk.store, cfg, node=desk.store.node, wake=threading.Event()).run_once():
        pass


def letters(desk: Desk) -> list[bytes]:
    return [outbox.bytes_of(desk.store, row["id"]) for row in desk.ask("outbox", "list")]


def written(desk: Desk, count: int = 1) -> bytes:
    """Tickets of Ann, each acknowledged and sent; the last letter."""
    for _ in range(count):
        desk.take_in(mail())
        desk.work()
    send_all(desk)
    return letters(desk)[-1]


def back(desk: Desk, raw: bytes, **envelope: Any) -> None:
    desk.take_in(raw, **{"mail_from": "", **envelope})
    desk.work()


def events(desk: Desk, kind: str, number: int = 1) -> list[dict[str, Any]]:
    return [event["data"] for event in desk.ask("show", str(number))["events"] if event["kind"] == kind]


def rows(desk: Desk) -> list[tuple[str, str]]:
    return [(row.state, row.reason) for row in outbox.rows(desk.store)]


def score(desk: Desk, address: str = ANN) -> int:
    with desk.store.main.read() as conn:
        found = bounces.reaches(conn, [address])
    return found[address].score if found else 0


def test_a_report_fails_the_row_of_its_mail_and_stands_on_the_ticket(desk: Desk) -> None:
    letter = written(desk)
    assert rows(desk) == [("sent", "")]
    back(desk, report_on(letter, ANN))
    assert rows(desk) == [("failed", "bounced")]
    assert "no such user" in desk.ask("outbox", "list")[0]["last_reply"]
    (event,) = events(desk, "bounced")
    assert (event["outcome"], event["recipient"], event["hard"], event["status"]) == ("failed", ANN, True, "5.1.1")
    assert event["failed"] == [ANN]
    (told,) = events(desk, "undelivered")
    assert (told["recipient"], told["kind"], told["hard"]) == (ANN, "acknowledgement", True)
    assert score(desk) == 2
    assert [one["number"] for one in desk.ask("tickets")] == [1]
    assert len(letters(desk)) == 1
    assert desk.run("fsck").code == 0


def test_a_second_report_on_the_same_mail_counts_no_more(desk: Desk) -> None:
    letter = written(desk)
    for _ in range(3):
        back(desk, report_on(letter, ANN))
    assert score(desk) == 2
    assert [event["outcome"] for event in events(desk, "bounced")] == ["failed", "reported_already", "reported_already"]
    assert len(events(desk, "undelivered")) == 1


def test_a_delay_is_noted_and_nothing_has_failed(desk: Desk) -> None:
    letter = written(desk)
    back(desk, report_on(letter, ANN, action="delayed", status="4.4.1", words="connection timed out"))
    assert rows(desk) == [("sent", "")]
    assert (score(desk), events(desk, "bounced"), events(desk, "undelivered")) == (0, [], [])
    (event,) = events(desk, "delayed")
    assert event["delayed"] == [ANN]


def test_a_report_on_another_recipient_changes_nothing(desk: Desk) -> None:
    """Somebody who knows a Message-ID of ours would have a victim's address suspended, or Ann's mail passed on."""
    letter = written(desk)
    for _ in range(3):
        back(desk, report_on(letter, "victim@example.org"))
    assert rows(desk) == [("sent", "")]
    assert (score(desk), score(desk, "victim@example.org")) == (0, 0)
    assert {event["outcome"] for event in events(desk, "bounced")} == {"another_recipient"}
    assert [told["named"] for told in events(desk, "undelivered")] == ["victim@example.org"]


@pytest.mark.parametrize(
    "message_id", ["<made.up@mail.acme.example>", "<aeaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.1@acme.example>"]
)
def test_a_report_on_a_mail_that_we_never_sent_changes_nothing(desk: Desk, message_id: str) -> None:
    letter = written(desk)
    own = next(line for line in letter.decode().split("\r\n") if line.startswith("Message-ID"))
    forged = letter.replace(own.encode(), f"Message-ID: {message_id}".encode())
    back(desk, report_on(forged, ANN))
    assert rows(desk) == [("sent", "")]
    assert (score(desk), events(desk, "bounced")) == (0, [])
    assert len(letters(desk)) == 1


def test_after_the_limit_nothing_automatic_leaves_and_a_mail_from_there_ends_it(desk: Desk) -> None:
    desk.configure(more=NO_CAPS)
    first = written(desk)
    second = written(desk)
    back(desk, report_on(first, ANN))
    back(desk, report_on(second, ANN, status="4.2.2", words="452 4.2.2 mailbox full"))
    assert (score(desk), events(desk, "suspended", 2)) == (3, [])
    back(desk, report_on(written(desk), ANN))  # she wrote for it, which was forgotten by then
    assert score(desk) == 2
    back(desk, report_on(first, ANN))
    third, fourth = written(desk), written(desk)
    for letter in (third, fourth):
        back(desk, report_on(letter, ANN))
    assert [event["address"] for event in events(desk, "suspended", 5)] == [ANN]

    before = len(letters(desk))
    letter = Send(
        ticket=5,
        kind="progress",
        recipient=Address(addr="Ann@example.net"),
        envelope_from="",
        message_id="<p@mail.acme.example>",
        subject="News",
        data=b"Subject: News\r\n\r\nNews\r\n",
        automatic=True,
    )
    desk.act(letter)
    assert len(letters(desk)) == before
    (kept,) = [one for one in desk.ask("show", "5")["events"] if one["kind"] == "not_sent"]
    assert (kept["reason"], kept["data"]["kind"]) == ("address_suspended", "progress")

    assert desk.run("do", "5", "reply", "--file", str(text_file(desk))).code == 0  # a person tries all the same
    assert len(letters(desk)) == before + 1
    assert [one["reason"] for one in desk.ask("show", "5")["events"] if one["kind"] == "queued"][-1] == (
        "address_suspended"
    )

    desk.take_in(mail())
    desk.work()
    assert events(desk, "unsuspended", 6) == [{"address": ANN}]
    assert score(desk) == 0
    assert len(letters(desk)) == before + 2  # acknowledged again


def text_file(desk: Desk) -> Any:
    path = desk.folder / "text"
    path.write_text("We are on it.")
    return path


def test_a_form_filled_in_with_a_suspended_address_is_not_acknowledged(desk: Desk) -> None:
    desk.configure(more=NO_CAPS + '[[source]]\nfrom = "form@shop.example"\nrequester = "reply_to"\n')
    for letter in [written(desk), written(desk)]:
        back(desk, report_on(letter, ANN))
    back(desk, report_on(written(desk), ANN))
    desk.act(*[_unreached(points=2)])
    before = len(letters(desk))
    desk.take_in(mail(sender="form@shop.example", headers=(f"Reply-To: {ANN}",)), mail_from="form@shop.example")
    desk.work()
    ticket = desk.ask("tickets")[-1]
    assert ticket["requester"] == ANN
    assert len(letters(desk)) == before
    assert [
        one["reason"] for one in desk.ask("show", str(ticket["number"]))["events"] if one["kind"] == "not_sent"
    ] == ["address_suspended"]


def _unreached(*, points: int, address: str = ANN) -> Any:
    from datetime import timedelta

    from gateway.tickets.actions import Unreached

    return Unreached(ticket=None, address=address, points=points, reply="550 no", limit=4, within=timedelta(days=30))


def test_an_agent_whose_mailbox_takes_nothing_begets_no_notices_and_the_admin_hears_of_it(desk: Desk) -> None:
    """Four agents and a bouncing mailbox must not grow to sixteen (T97)."""
    desk.configure(more=NO_CAPS)
    number = desk.ticket()
    for one in range(5):
        for agent in ("carol", "dave"):
            desk.act(_notice(number, agent, one))
        send_all(desk)
        dave = [row for row in desk.ask("outbox", "list") if row["recipient"] == "dave@acme.example"]
        back(desk, report_on(outbox.bytes_of(desk.store, dave[-1]["id"]), "dave@acme.example"))
    sent = [row["recipient"] for row in desk.ask("outbox", "list")]
    assert (sent.count("carol@acme.example"), sent.count("dave@acme.example")) == (5, 2)
    assert len(sent) == 7
    assert events(desk, "undelivered", number) == []
    assert [event["address"] for event in events(desk, "suspended", number)] == ["dave@acme.example"]
    assert [subject for subject, _ in desk.alarms] == ["mail to dave@acme.example keeps coming back"]


def _notice(number: int, agent: str, one: int) -> Send:
    message_id = f"<{agent}.{one}@mail.acme.example>"
    data = (
        f"From: support@acme.example\r\nTo: {agent}@acme.example\r\nDate: Mon, 2 Mar 2026 12:00:00 +0000\r\n"
        f"Message-ID: {message_id}\r\n\r\nHello\r\n"
    )
    return Send(
        ticket=number,
        kind="notice_answered",
        recipient=Address(addr=f"{agent}@acme.example"),
        envelope_from="",
        message_id=message_id,
        subject="Notice",
        data=data.encode(),
        automatic=True,
    )


def test_a_report_to_the_signed_address_is_known_without_a_message_id(desk: Desk) -> None:
    """A relay gave our mail another Message-ID; what is left is the token in the envelope."""
    text = desk.config.read_text().replace('subject_tag = "Acme"', 'subject_tag = "Acme"\nplus_addressing = true')
    desk.config.write_text(text)
    letter = written(desk)
    signed = parseaddr(" ".join(parsed(letter)["Reply-To"].split()))[1]
    report = report_on(letter, ANN, keep="Subject")
    back(desk, report, recipient=signed)
    assert rows(desk) == [("failed", "bounced")]
    assert score(desk) == 2


def test_a_report_that_comes_before_our_own_record_of_the_sending_is_believed(desk: Desk) -> None:
    desk.take_in(mail())
    desk.work()
    (due,) = outbox.claim_due(desk.store, node="n", limit=1, now=now())
    back(desk, report_on(due.data, ANN))
    assert rows(desk) == [("failed", "bounced")]
    assert not outbox.record_sent(desk.store, due, node="n", reply="250 taken")
    assert rows(desk) == [("failed", "bounced")]
    assert desk.run("fsck").code == 0


def test_a_customers_answer_goes_on_after_a_bounce(desk: Desk) -> None:
    letter = written(desk)
    back(desk, report_on(letter, ANN))
    desk.take_in(reply_to(letter))
    desk.work()
    assert [one["number"] for one in desk.ask("tickets")] == [1]
    assert score(desk) == 0


def test_status_warns_of_one_of_us_that_notices_do_not_reach_and_not_of_customers(desk: Desk) -> None:
    letter = written(desk)
    back(desk, report_on(letter, ANN))
    desk.act(_unreached(points=4), _unreached(points=4, address="carol@acme.example"))
    told = desk.run("status", "--json")
    assert '"alarms": ["the daemon is not running", "notices do not reach carol@acme.example' in told.out
    assert "in the outbox failed" not in told.out
    assert ANN not in told.out


def test_a_notice_that_came_back_for_its_size_goes_once_more_without_its_files(desk: Desk) -> None:
    from gateway.compose import headers
    from gateway.compose.files import File
    from gateway.mail import read

    number = desk.ticket()
    fields: list[tuple[str, headers.Value]] = [
        ("From", Address(addr="support@acme.example")),
        ("To", Address(addr="dave@acme.example")),
        ("Date", now()),
        ("Message-ID", "<notice@mail.acme.example>"),
    ]
    files = [File(name="scan.pdf", type="application/pdf", content=b"x" * 50_000)]
    data = headers.build(fields, text="Hello", files=files)
    notice = Send(
        ticket=number,
        kind="notice_new",
        recipient=Address(addr="dave@acme.example"),
        envelope_from="support@acme.example",
        message_id="<notice@mail.acme.example>",
        subject="Notice",
        data=data,
        automatic=True,
    )
    desk.act(notice)
    send_all(desk)
    size = {"status": "5.3.4", "words": "552 5.3.4 message size exceeds limit"}
    back(desk, report_on(data, "dave@acme.example", **size))
    assert rows(desk) == [("pending", "bounced")]
    (left_out,) = events(desk, "files_left_out", number)
    assert left_out["files"] == ["scan.pdf (49 KB)"]
    send_all(desk)
    got = read(letters(desk)[-1])
    assert (got.message_id, got.attachments) == ("<notice@mail.acme.example>", ())
    assert "scan.pdf (49 KB)" in got.text
    assert score(desk, "dave@acme.example") == 0
    back(desk, report_on(data, "dave@acme.example", **size))  # even so
    assert rows(desk) == [("failed", "bounced")]
