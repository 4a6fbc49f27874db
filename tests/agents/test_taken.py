"""Whoever heard of a new ticket hears that somebody took it, quietly, in the same thread; of all else they do not."""

import pytest

from support.agent_desk import Office
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
CAROL, DAVE = "Carol <carol@acme.example>", "Dave <dave@acme.example>"
C, D = "carol@acme.example", "dave@acme.example"


@pytest.fixture
def office(desk: Desk) -> Office:
    office = Office(desk)
    office.post(ANN, "It burns.")
    return office


def test_the_first_who_takes_it(office: Office) -> None:
    office.post(CAROL, "#assign me", answers=office.last(C))
    assert office.kinds(D) == ["notice_new", "notice_taken"]


def test_a_ticket_handed_on_is_news_to_whoever_gets_it(office: Office) -> None:
    office.post(CAROL, "#assign me", answers=office.last(C))
    office.post(CAROL, "#assign dave", answers=office.mails(C, "notice_new")[0])
    assert office.kinds(D) == ["notice_new", "notice_taken", "notice_assigned"]
    office.post(DAVE, "#assign carol", answers=office.last(D))
    assert "notice_taken" not in office.kinds(C)
    assert office.kinds(D).count("notice_taken") == 1


def test_what_is_somebodys_from_the_start_was_new_to_nobody_else(desk: Desk) -> None:
    desk.rules = '[[rule]]\nname = "hers"\nset.assign = ["carol"]\n'
    office = Office(desk)
    office.post(ANN, "It burns.")
    assert office.kinds(D) == []
