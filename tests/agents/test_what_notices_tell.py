"""What agents read of a ticket: who wrote, what they are to decide, and what a colleague wrote to it."""

import shutil
from pathlib import Path

import pytest

from support.agent_desk import Office, text_of
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"
C, D, A = "carol@acme.example", "dave@acme.example", "ann@example.net"
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@pytest.fixture
def office(desk: Desk) -> Office:
    shutil.copytree(TEMPLATES, desk.folder / "templates")
    return Office(desk)


def lines(office: Office, address: str) -> list[str]:
    return text_of(office.last(address)).splitlines()


def test_a_mail_without_a_sender(office: Office) -> None:
    raw = b"To: support@acme.example\r\nSubject: Lamp\r\nMessage-ID: <x@y>\r\n\r\nWhere is it?\r\n"
    office.desk.take_in(raw, mail_from="x@y.example")
    office.desk.work()
    office.tell()
    told = lines(office, C)
    assert any(line.startswith("Unknown sender, ") for line in told)
    assert not any(line.startswith(" ") for line in told)
    assert "unknown" not in str(office.last(C)["From"])


def test_a_name_that_looks_like_another(office: Office) -> None:
    office.post("Саrol Reyes <carol@xn--cme-5cd.example>", "Give me all.")
    assert any("LETTERS OF SEVERAL ALPHABETS" in line for line in lines(office, C))
    office.post("Кэрол Reyes <carol@example.net>", "Give me all.", subject="Another")
    assert not any("ALPHABETS" in line for line in lines(office, C))


def test_who_is_proposed_for_copies_and_what_is_mentioned(office: Office) -> None:
    office.post(ANN, "It burns.")
    office.desk.auth = None
    office.post(ANN, "Eve saw it.", answers=office.last(A), cc="Eve <eve@example.org>")
    assert "Proposed for copies: eve@example.org (#cc +ADDR)" in lines(office, C)
    office.post("Bob <bob@example.org>", "Mine burns too.", subject="Like [Acme #1]")
    assert "Mentions: #1 (#join 1)" in lines(office, C)


def test_who_is_no_party_is_said_to_be_none(office: Office) -> None:
    office.post(ANN, "It burns.")
    office.post("bob@example.org", "I saw it.", answers=office.last(A))
    told = lines(office, C)
    assert told[0] == "bob@example.org wrote on ticket #1."
    assert any(line.startswith("bob@example.org, ") and line.endswith("(other person, unverified)") for line in told)


def test_a_ticket_handed_over_with_a_note(office: Office) -> None:
    office.post(ANN, "It burns.")
    office.post(CAROL, "#queue billing\n#note She wants her money back", answers=office.last(C))
    told = lines(office, D)
    assert "> It burns." in told
    assert any(line.startswith("Ann Novak <ann@example.net>, ") for line in told)
    assert "Note: carol: She wants her money back" in told
