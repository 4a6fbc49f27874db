"""Whose word closes, reopens and rates a ticket: the requester's, who is proved or holds our token; nobody else's."""

import re
import shutil
from pathlib import Path

import pytest

from gateway.mail import Mail
from gateway.tickets.auth_result import AuthResult
from support.agent_desk import Office, proved
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
BOB = "Bob <bob@example.org>"
CAROL = "Carol <carol@acme.example>"
A, B, C = "ann@example.net", "bob@example.org", "carol@acme.example"
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def nobody_proved(mail: Mail) -> AuthResult:
    found = proved(mail)
    return found if found.from_addr.endswith("@acme.example") else AuthResult(from_addr=found.from_addr)


@pytest.fixture
def office(desk: Desk) -> Office:
    shutil.copytree(TEMPLATES, desk.folder / "templates")
    office = Office(desk)
    office.desk.auth = nobody_proved
    office.post(ANN, "It burns.", cc=BOB)
    office.post(CAROL, "Pull the plug.", answers=office.last(C))
    return office


def test_a_copy_closes_nothing(office: Office) -> None:
    office.post(BOB, "close", answers=office.last(B))
    assert office.ticket(1)["status"] == "open"
    assert office.articles(1)[-1] == ("in", B, "close")
    assert office.kinds(C)[-1] == "notice_answered"


def test_nor_does_a_stranger_with_the_number_or_the_id(office: Office) -> None:
    office.post("Eve <eve@evil.example>", "I know of it.", answers=office.last(A))
    office.post("Eve <eve@evil.example>", "close", answers=office.last(A))
    assert office.ticket(1)["status"] == "open"
    office.desk.auth = proved
    office.post("Eve <eve@evil.example>", "close", subject="Re: [Acme #1] Printer is on fire")
    assert office.ticket(1)["status"] == "open"


def test_the_requester_by_our_token_or_proved_does(office: Office) -> None:
    office.post(ANN, "close", subject="Re: [Acme #1] Printer is on fire")
    assert office.ticket(1)["status"] == "open"
    office.post(ANN, "close", answers=office.mails(A)[-1])
    assert office.ticket(1)["status"] == "closed"
    office.desk.auth = proved
    office.post(ANN, "reopen", subject="Re: [Acme #1] Printer is on fire")
    assert office.ticket(1)["status"] == "open"


def test_a_copy_may_want_no_more_letters(office: Office) -> None:
    office.post(BOB, "unsubscribe", answers=office.last(B))
    assert office.ticket(1)["status"] == "waiting"


def test_only_who_was_asked_rates(office: Office) -> None:
    office.desk.run("do", "1", "resolve")
    office.tell()
    assert office.kinds(A)[-1] == "resolved"
    office.post(BOB, "1", answers=office.last(B))
    assert office.ticket(1)["rating"] is None
    assert office.ticket(1)["status"] == "open"
    office.desk.run("do", "1", "resolve")
    office.tell()
    office.post(ANN, "4", answers=office.last(A), quote=False)
    assert (office.ticket(1)["rating"], office.ticket(1)["status"]) == (4, "resolved")


def test_one_digit_is_a_rating_only_in_answer_to_a_letter_that_asks(office: Office) -> None:
    office.post(CAROL, "#resolve\n\nCourier 1 or courier 2?", answers=office.last(C))
    question = office.mails(A, "reply")[-1]
    office.post(ANN, "1", answers=question)
    assert office.ticket(1)["rating"] is None
    assert office.ticket(1)["status"] == "open"
    assert office.kinds(C)[-1] == "notice_answered"


def test_a_signed_link_rates_from_whatever_mailbox(office: Office) -> None:
    office.desk.run("do", "1", "resolve")
    office.tell()
    page = office.last(A).get_body(("html",))
    assert page is not None
    token = re.findall(r"body=2.*?ref%3A(\w+)%5D", page.get_content())[0]
    office.post("Ann <ann@home.example>", f"2\n\n[ref:{token}]", subject="Re: [Acme #1] Printer is on fire")
    assert (office.ticket(1)["rating"], office.ticket(1)["status"]) == (2, "resolved")
