"""Where a customer wants answers: Reply-To is shown, and followed within their own domain, by all letters alike (T84)."""

import shutil
from pathlib import Path

import pytest

from gateway.mail import Mail
from gateway.tickets.auth_result import AuthResult, Dmarc, Result
from support.agent_desk import Office, proved, text_of
from support.desk import Desk

CAROL = "Carol <carol@acme.example>"
C, A, OTHER = "carol@acme.example", "a1@zz.example", "a2@zz.example"
ASKED = {"Reply-To": f"Ann <{OTHER}>"}
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@pytest.fixture
def office(desk: Desk) -> Office:
    shutil.copytree(TEMPLATES, desk.folder / "templates")
    return Office(desk)


def test_all_letters_go_where_the_first_mail_asked(office: Office) -> None:
    office.post(f"Ann <{A}>", "It burns.", more=ASKED)
    notice = text_of(office.last(C))
    assert f"Wants answers at: {OTHER}" in notice
    assert f"A reply to this mail goes to Ann <{OTHER}>." in notice
    office.post(CAROL, "#resolve\n\nPull the plug.", answers=office.last(C))
    assert office.kinds(OTHER) == ["acknowledgement", "reply", "resolved"]
    assert office.kinds(A) == []
    assert office.ticket(1)["requester_id"] is not None
    office.post(f"Ann <{OTHER}>", "It burns again.", answers=office.last(OTHER))
    assert office.ticket(1)["status"] == "open"


def test_a_later_mail_leads_answers_nowhere_new(office: Office) -> None:
    office.post(f"Ann <{A}>", "It burns.")
    office.post(f"Ann <{A}>", "Still.", answers=office.last(A), more=ASKED)
    assert f"Wants answers at: {OTHER}" in text_of(office.last(C))
    office.post(CAROL, "Pull the plug.", answers=office.last(C))
    assert office.kinds(OTHER) == []
    assert office.kinds(A)[-1] == "reply"


def test_another_domain_is_shown_and_not_followed(office: Office) -> None:
    office.post(f"Ann <{A}>", "It burns.", more={"Reply-To": "mallory@evil.example"})
    notice = text_of(office.last(C))
    assert "Wants answers at: mallory@evil.example" in notice
    office.post(CAROL, "Pull the plug.", answers=office.last(C))
    assert office.kinds(A) == ["acknowledgement", "reply"]
    assert office.kinds("mallory@evil.example") == []


def test_who_is_not_from_where_it_says_leads_answers_nowhere(office: Office) -> None:
    def refuted(mail: Mail) -> AuthResult:
        failed = AuthResult(from_addr=A, dmarc=Dmarc(result=Result.FAIL, domain="zz.example", policy="reject"))
        return failed if mail.from_ and mail.from_.addr == A else proved(mail)

    office.desk.auth = refuted
    office.post(f"Ann <{A}>", "It burns.", more=ASKED)
    office.post(CAROL, "Pull the plug.", answers=office.last(C))
    assert office.kinds(OTHER) == []
    assert office.kinds(A) == ["acknowledgement", "reply"]
