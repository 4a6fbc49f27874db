"""`gateway trace`: from an address, a Message-ID, a queue id, a number, to what became of the mail."""

from typing import Any

import pytest

from gateway.now import now
from gateway.store import outbox
from gateway.store import trace as store_trace
from support.desk import Desk
from support.mails import mail

RECEIVED = (
    "Received: from out.example.net (out.example.net [203.0.113.9]) by mx.acme.example (Postfix)",
    "\twith ESMTPS id 4XyZAB12cd for <support@acme.example>; Fri, 27 Nov 2026 09:00:00 +0000",
)


def traced(desk: Desk, what: str, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ask("trace", what, *options)["mails"]
    return found


def step(found: dict[str, Any], name: str) -> dict[str, Any]:
    (one,) = (one for one in found["steps"] if one["step"] == name)
    return dict(one)


@pytest.fixture
def lamp(desk: Desk) -> Desk:
    """Ann's mail with a refund in it, acknowledged and delivered, and a stranger who names her ticket."""
    desk.take_in(mail(subject="Refund", message_id="<first@example.net>", headers=RECEIVED))
    desk.work()
    (due,) = outbox.claim_due(desk.store, node="node", limit=9, now=now())
    outbox.record_sent(desk.store, due, node="node", reply="250 2.0.0 Ok: queued as ABC123DEF")
    desk.take_in(
        mail(sender="bob@example.org", subject="Re: [Acme #1]", message_id="<bob@example.org>"),
        mail_from="bob@example.org",
    )
    desk.work()
    return desk


def test_an_address_shows_what_came_in_and_what_left(lamp: Desk) -> None:
    came, left = traced(lamp, "Ann@Example.NET")
    assert (came["direction"], came["spool_id"], came["state"]) == ("in", 1, "done")
    assert (came["source"], came["peer"], came["helo"]) == ("smtp", "192.0.2.7", "mx.example.net")
    assert (came["verdict"], came["ticket"], came["queue_ids"]) == ("accept", 1, ["4XyZAB12cd"])
    assert step(came, "rules")["fields"]["queue"]["rule"] == "refunds"
    assert step(came, "answer")["sent"] == "acknowledgement"
    assert (left["direction"], left["recipients"], left["ticket"]) == ("out", ["ann@example.net"], 1)
    assert (left["outbox"]["state"], left["outbox"]["last_reply"]) == ("sent", "250 2.0.0 Ok: queued as ABC123DEF")


FOUND_BY = {
    "<first@example.net>": ["<first@example.net>"],
    "first@example.net": ["<first@example.net>"],
    "4XyZAB12cd": ["<first@example.net>"],
    "4xyzab12CD": ["<first@example.net>"],
    "spool:2": ["<bob@example.org>"],
    "queued as 2": ["<bob@example.org>"],
}


def test_what_else_a_mail_is_found_by(lamp: Desk) -> None:
    assert {what: [one["message_id"] for one in traced(lamp, what)] for what in FOUND_BY} == FOUND_BY
    assert [one["direction"] for one in traced(lamp, "Bob <bob@example.org>")] == ["in", "out"]


def test_what_left_is_found_by_the_id_the_smarthost_gave_it(lamp: Desk) -> None:
    assert [one["direction"] for one in traced(lamp, "abc123def")] == ["out"]
    assert lamp.run("trace", "ABC123").code == 1


def test_a_number_shows_the_mails_of_the_ticket(lamp: Desk) -> None:
    for what in ("1", "#1", "[Acme #1]"):
        assert [one["direction"] for one in traced(lamp, what)] == ["in", "out"]


def test_the_page_tells_it_all(lamp: Desk) -> None:
    page = lamp.run("trace", "ann@example.net").out
    for line in (
        "received by  smtp from 192.0.2.7 (mx.example.net)",
        "queue ids    4XyZAB12cd",
        "spool        mail 1 is done (ordinary)",
        "verdict      accept, normal mail",
        "queue = billing by refunds (",
        "tags = money by refunds (",
        "ticket       #1",
        "answered     acknowledgement to ann@example.net",
        "1 attempt, last reply: 250 2.0.0 Ok: queued as ABC123DEF",
    ):
        assert line in page
    stranger = lamp.run("trace", "bob@example.org").out
    assert "subject_number for #1, #1: sender_not_a_party" in stranger


def test_mail_that_still_waits_is_found_by_envelope_and_by_its_first_bytes(desk: Desk) -> None:
    desk.take_in(
        mail(sender="Eve <eve@example.com>", headers=RECEIVED, message_id="<w@e.example>"), mail_from="b@r.example"
    )
    for what in ("eve@example.com", "b@r.example", "<w@e.example>", "w@e.example", "4XyZAB12cd", "spool:1"):
        (found,) = traced(desk, what)
        assert (found["spool_id"], found["state"], found["mail_id"]) == (1, "new", None)
        assert (found["from"], found["subject"]) == ("eve@example.com", "My lamp has not arrived")
    assert "mail 1 is new, waits to be processed" in desk.run("trace", "eve@example.com").out
    assert desk.run("trace", "eve@example").code == 1


def test_processed_mail_is_found_by_its_envelope_sender(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.take_in(mail(sender="Eve <eve@example.com>", message_id="<e@e.example>"), mail_from="Bounces@r.example")
    desk.work()
    (found,) = traced(desk, "bounces@R.example")
    assert (found["state"], found["mail_from"], found["from"]) == ("done", "Bounces@r.example", "eve@example.com")
    assert found["mail_id"] is not None
    assert len(traced(desk, "eve@example.com")) == 2  # it came in, and was answered: each once
    monkeypatch.setattr(store_trace, "ENVELOPES_OF", 1)
    desk.take_in(mail(text="another"))
    assert desk.run("trace", "bounces@r.example").code == 1


def test_mail_in_quarantine_is_found_read_or_not(desk: Desk) -> None:
    desk.quarantine(desk.take_in(mail(text="unread")))
    desk.take_in(mail(headers=("X-Spam-Flag: YES",)))
    desk.work()
    unread, read = traced(desk, "ann@example.net")
    assert (unread["state"], unread["reason"], unread["verdict"]) == ("quarantined", "killed_the_reader", None)
    assert (read["state"], read["reason"], read["verdict"]) == ("quarantined", "rule: spam", "quarantine")


def test_why_nothing_was_answered(desk: Desk) -> None:
    desk.take_in(mail(headers=("Auto-Submitted: auto-generated",)))
    desk.work()
    assert "answered     no: automatic_mail" in desk.run("trace", "ann@example.net").out


def test_nothing_found_says_what_was_searched(desk: Desk) -> None:
    answer = desk.run("trace", "nobody@example.net")
    assert (answer.code, answer.out) == (1, "")
    assert "nothing found of nobody@example.net" in answer.err
    assert "address nobody@example.net, Message-ID <nobody@example.net>" in answer.err
    assert "queue id 4ABC1234" in desk.run("trace", "4ABC1234").err
    assert "nothing it could mean" in desk.run("trace", "?!").err
    empty = desk.run("trace", "nobody@example.net", "--json")
    assert empty.code == 1
    assert '"mails": []' in empty.out


def test_a_mail_we_never_got_but_somebody_names(desk: Desk) -> None:
    desk.take_in(mail(headers=("References: <lost@example.net>",)))
    desk.work()
    answer = desk.run("trace", "<lost@example.net>")
    assert answer.code == 1
    assert "mails on #1 name it" in answer.err


def test_the_newest_only_and_how_many_are_left_out(desk: Desk) -> None:
    for number in range(4):
        desk.take_in(mail(message_id=f"<{number}@example.net>", headers=("Auto-Submitted: auto-generated",)))
    desk.work()
    desk.take_in(mail(message_id="<waits@example.net>"))
    found = desk.ask("trace", "ann@example.net", "--last", "2")
    assert [one["message_id"] for one in found["mails"]] == ["<3@example.net>", "<waits@example.net>"]
    assert found["left_out"] == 3
    assert len(traced(desk, "ann@example.net", "--last", "0")) == 5


def test_a_bare_number_may_be_a_queue_id_too(desk: Desk) -> None:
    desk.ticket()
    desk.take_in(mail(headers=("Received: by mx.acme.example id 12345678; Fri, 27 Nov 2026 09:00:00 +0000",)))
    desk.work()
    assert [one["spool_id"] for one in traced(desk, "12345678")] == [1]


def test_wildcards_are_plain_characters(lamp: Desk) -> None:
    assert lamp.run("trace", "4XyZ_B12cd").code == 1
    assert lamp.run("trace", "4XyZAB12").code == 1  # a part of an id is another id


def test_nothing_a_stranger_wrote_reaches_the_terminal_as_it_is(desk: Desk) -> None:
    desk.take_in(mail(subject="=?utf-8?q?x=1B[31m=C2=9B?=", sender="ann@example.net"))
    desk.take_in(mail(subject="raw \x1b[2J", text="other"))
    for out in (desk.run("trace", "ann@example.net").out, desk.run("trace", "ann@example.net", "--json").out):
        assert not set(out) & set("\x1b\x9b")
