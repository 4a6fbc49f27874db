"""Who is named in a note hears of it, and what they answer stays among agents."""

import pytest

from support.agent_desk import Office, text_of
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"
DAVE = "Dave <dave@acme.example>"


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def test_who_is_named_in_a_note_is_told_and_answers_with_a_note(office: Office) -> None:
    office.post(ANN, "It burns.")
    office.post(CAROL, "#note\n@dave have you seen this before?", answers=office.last("carol@acme.example"))
    assert office.kinds("dave@acme.example") == ["notice_new", "notice_mentioned"]
    mentioned = office.last("dave@acme.example")
    assert "have you seen this before?" in text_of(mentioned)
    office.post(DAVE, "Never. Pull the plug.", answers=mentioned)
    assert office.articles(1)[-1] == ("note", "agent:dave", "Never. Pull the plug.")
    assert "reply" not in office.kinds("ann@example.net")


def test_nobody_hears_of_a_note_that_names_nobody(office: Office) -> None:
    office.post(ANN, "It burns. @dave should know.")
    before = office.kinds("dave@acme.example")
    notice = office.last("carol@acme.example")
    office.post(CAROL, "#note\nask dave@acme.example, or me: @carol", answers=notice)
    assert office.kinds("dave@acme.example") == before
    assert "notice_mentioned" not in office.kinds("carol@acme.example")


def test_what_goes_to_the_customer_mentions_nobody(office: Office) -> None:
    office.post(ANN, "It burns.")
    before = office.kinds("dave@acme.example")
    office.post(CAROL, "#reply\nAsk the man at the counter, @dave.", answers=office.last("carol@acme.example"))
    assert office.kinds("dave@acme.example") == before


def test_who_works_the_ticket_hears_of_a_colleagues_note_by_no_conversation(office: Office) -> None:
    office.post(ANN, "It burns.")
    office.post(DAVE, "#assign me", answers=office.last("dave@acme.example"))
    office.post(CAROL, "#note\nShe is brave.", answers=office.mails("carol@acme.example", "notice_new")[-1])
    told = office.last("dave@acme.example")
    assert office.kinds("dave@acme.example")[-1] == "notice_mentioned"
    office.post(DAVE, "Yes, she is.", answers=told)
    assert office.articles(1)[-1][0] == "note"
    assert "reply" not in office.kinds("ann@example.net")


def test_who_does_not_wish_to_hear_is_not_told(office: Office) -> None:
    office.desk.configure(more="")
    text = office.desk.config.read_text().replace(
        'addresses = ["dave@acme.example"]', 'addresses = ["dave@acme.example"]\nnotify = ["new"]'
    )
    office.desk.config.write_text(text)
    office.post(ANN, "It burns.")
    office.post(CAROL, "#note\n@dave look", answers=office.last("carol@acme.example"))
    assert office.kinds("dave@acme.example") == ["notice_new"]
