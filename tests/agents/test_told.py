"""How an agent's mail is explained, and what the same mail is told of what it did."""

import pytest

from support.agent_desk import Office, text_of
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"


@pytest.fixture
def office(desk: Desk) -> Office:
    office = Office(desk)
    office.post(ANN, "It burns with a blue flame.")
    return office


def explained(office: Office) -> list[str]:
    """The newest mail that came in, line by line as people read it."""
    spool_id = len(office.states())
    return [line.strip() for line in office.desk.run("explain", f"spool:{spool_id}").out.splitlines()]


def test_an_answer_sees_what_the_same_mail_did(office: Office) -> None:
    office.post(
        CAROL, "#assign me\n#priority high\n#pin\n#show 1\n#why\n#list", answers=office.last("carol@acme.example")
    )
    told = text_of(office.last("carol@acme.example"))
    assert "assignee: carol" in told
    assert "priority: high  (by carol)" in told
    assert "#1  open, high, support, carol, pinned" in told


def test_what_is_asked_of_nothing_holds_the_mail(office: Office) -> None:
    office.post(CAROL, "#priority high\n#show 99", answers=office.last("carol@acme.example"))
    assert office.states()[-1] == ("held", "cannot_be_done")
    assert "there is no ticket #99" in text_of(office.last("carol@acme.example"))
    assert office.ticket(1)["priority"] == "normal"


def test_a_reply_is_explained(office: Office) -> None:
    office.post(CAROL, "#priority high\n\nPull the plug.", answers=office.last("carol@acme.example"))
    lines = explained(office)
    assert "authentication: dkim proves From carol@acme.example" in lines
    why = "it is from whom it says, and answers a notice we sent them on this ticket (proved): dkim"
    assert f"authority of carol: it acts on its ticket, {why}" in lines
    assert "C, our token for them and this ticket: yes" in lines
    assert "commands: 1" in lines
    assert "text: goes to the customer, it answers what the customer wrote (answers_the_conversation)" in lines
    assert "it answers our letter notice_new" in lines
    assert "priority: normal -> high" in lines
    assert any(line.startswith("sent: mail") and "reply to ann@example.net" in line for line in lines)
    assert not any(line.startswith(("rules:", "assignment:", "answer:")) for line in lines)
    traced = office.desk.run("trace", "carol@acme.example").out
    assert "authority of carol  it acts on its ticket" in traced


def test_a_held_mail_is_explained(office: Office) -> None:
    notice = office.last("carol@acme.example")
    office.post(CAROL, "#clsoe\n\nPull the plug.", answers=notice)
    lines = explained(office)
    assert "commands: none, and nothing of the mail is carried out" in lines
    assert any(line.startswith("not read: ") and "#clsoe" in line for line in lines)
    assert any(line.startswith("text: is held, ") for line in lines)
    office.desk.auth = None
    office.post(CAROL, "Pull the plug.", answers=notice)
    assert any(line.startswith("authority of carol: it may do nothing") for line in explained(office))


def test_who_opened_a_ticket_for_whom_is_explained(office: Office) -> None:
    office.post(CAROL, "#new billing\n#for bob@example.org\n\nHe wants his money back.", subject="Refund")
    lines = explained(office)
    assert "opened by carol, who wrote or forwarded it for the sender named above" in lines
    assert "#for bob@example.org" in lines


def test_whoever_is_not_the_requester_is_marked(office: Office) -> None:
    office.post("Bob <bob@example.net>", "I saw it too.", answers=office.last("ann@example.net"))
    office.post(ANN, "5", answers=office.last("ann@example.net"))
    page = office.desk.run("show", "1").out
    assert "from bob@example.net (other person, unverified), " in page
    assert "from ann@example.net, " in page
    office.desk.run("do", "1", "pin")
    office.desk.ticket("another")
    assert "pinned" in office.desk.run("show", "1").out
    assert office.desk.ask("show", "1")["pinned"] is True
    rows = office.desk.run("tickets").out.splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["1", "2"]
    office.desk.run("do", "1", "unpin")
    office.desk.run("do", "2", "pin")
    rows = office.desk.run("tickets").out.splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["2", "1"]
    assert [one["number"] for one in office.desk.ask("tickets")] == [1, 2]
