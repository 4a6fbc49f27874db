"""Tickets that an agent hears of in a digest: how they are answered all the same."""

import shutil
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway import now as clock
from gateway.config import load
from gateway.mail import Mail
from gateway.site import load_site
from gateway.store import tables
from gateway.telling.teller import tell_digests
from gateway.tickets.auth_result import AuthResult
from support.agent_desk import Office, text_of
from support.desk import Desk

CAROL = "Carol <carol@acme.example>"
C, A = "carol@acme.example", "ann@example.net"
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def nothing_proved(mail: Mail) -> AuthResult:
    return AuthResult(from_addr=mail.from_.addr if mail.from_ else "")


@pytest.fixture
def office(desk: Desk) -> Office:
    """Six tickets came at once; the sixth waits for a digest."""
    shutil.copytree(TEMPLATES, desk.folder / "templates")
    office = Office(desk)
    for one in range(5):
        office.post(f"Bob <b{one}@example.net>", "Nothing works.", subject=f"Matter {one}")
    office.post(f"Ann <{A}>", "It burns with a blue flame.")
    return office


def digest(office: Office, monkeypatch: pytest.MonkeyPatch) -> EmailMessage:
    at = clock.now() + timedelta(minutes=11)
    with monkeypatch.context() as patched:
        patched.setattr("gateway.telling.teller.now", lambda: at)
        tell_digests(office.desk.store, load_site(load(office.desk.config), office.desk.store))
    return office.mails(C, "digest")[-1]


def events(office: Office, number: int) -> list[str]:
    at = tables.event.c
    with office.desk.store.main.read() as conn:
        return list(conn.execute(select(at.kind).where(at.ticket == number).order_by(at.id)).scalars())


def number_of(office: Office) -> int:
    return int(office.desk.ask("tickets")[-1]["number"])


def test_a_digest_says_how_to_answer_and_the_ticket_that_it_was_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(office.mails(C, "notice_new")) == 5
    assert "gathered" in events(office, 6)
    told = text_of(digest(office, monkeypatch))
    assert "[Acme #6] Printer is on fire" in told
    assert "#show 6" in told
    assert events(office, 6)[-1] == "told"


def test_the_number_in_the_subject_holds_an_agents_mail_and_send_lets_it_act(office: Office) -> None:
    office.post(CAROL, "Pull the plug.", subject="Re: [Acme #6] Printer is on fire")
    assert number_of(office) == 6
    assert office.states()[-1] == ("held", "no_token")
    told = text_of(office.last(C))
    assert "ticket #6" in told
    assert "#send" in told
    assert not office.mails(A, "reply")
    office.post(CAROL, "#send", answers=office.last(C))
    assert "Pull the plug." in text_of(office.mails(A, "reply")[-1])
    assert office.ticket(6)["status"] == "waiting"


def test_commands_with_the_number_in_the_subject(office: Office) -> None:
    office.post(CAROL, "#assign dave", subject="[Acme #6] Printer is on fire")
    assert office.ticket(6)["assignee"] is None
    office.post(CAROL, "#send", answers=office.last(C))
    assert office.ticket(6)["assignee"] == "dave"


def test_whoever_only_says_to_be_an_agent_is_held_and_told_to_the_agent(office: Office) -> None:
    office.desk.auth = nothing_proved
    office.post(CAROL, "Pull the plug.", subject="Re: [Acme #6] Printer is on fire")
    assert number_of(office) == 6
    assert office.states()[-1] == ("held", "sender_not_verified")
    assert not office.mails(A, "reply")


def test_a_forward_or_a_new_ticket_may_name_another(office: Office) -> None:
    office.post(CAROL, "#new\n#for bob@example.org\n\nLike the other one.", subject="As in [Acme #6]")
    assert number_of(office) == 7
    assert office.ticket(7)["title"] == "As in"


def test_an_answer_to_the_digest_is_held_with_what_to_do(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.post(CAROL, "The first one is mine.", answers=digest(office, monkeypatch))
    assert number_of(office) == 6
    assert office.states()[-1] == ("held", "names_no_ticket")
    assert "#show N" in text_of(office.last(C))


def test_show_brings_a_letter_that_is_answered(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.post(CAROL, "#show 6", answers=digest(office, monkeypatch))
    shown = office.last(C)
    assert "It burns with a blue flame." in text_of(shown)
    office.post(CAROL, "#reply\n\nPull the plug.", answers=shown)
    assert "Pull the plug." in text_of(office.mails(A, "reply")[-1])
    office.post(CAROL, "He has a point.", answers=shown)
    assert office.articles(6)[-1][0] == "note"


def test_of_several_that_are_shown_none_is_answered(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.post(CAROL, "#show 6\n#show 5", answers=digest(office, monkeypatch))
    office.post(CAROL, "#reply\n\nPull the plug.", answers=office.last(C))
    assert not office.mails(A, "reply")


def test_notices_are_no_answers_to_a_customer(office: Office) -> None:
    """An agent who writes to another desk of ours is a customer there, however many notices they had."""
    office.post(CAROL, "My chair is broken.", subject="A chair")
    assert office.kinds(C)[-1] == "acknowledgement" or "acknowledgement" in office.kinds(C)
