"""A mail that reached us by its envelope alone: to whom else it was written must not learn that we have it (T115)."""

import pytest
from sqlalchemy import select

from gateway.store import tables
from support.agent_desk import Office
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"
A, B, C = "ann@example.net", "bob@example.org", "carol@acme.example"


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def roles(office: Office) -> set[tuple[str, str]]:
    part, address = tables.participant.c, tables.address.c
    rows = select(address.addr, part.role).join_from(
        tables.participant, tables.address, address.person_id == part.person_id
    )
    with office.desk.store.main.read() as conn:
        return {(row.addr, row.role) for row in conn.execute(rows)}


def test_a_hidden_copy_to_us_opens_a_ticket_of_its_author_alone(office: Office) -> None:
    office.post(ANN, "You owe me 5 euros.", to=f"Bob <{B}>", cc="Eve <eve@example.org>")
    assert roles(office) == {(A, "requester")}
    office.post(CAROL, "We noted it.", answers=office.last(C))
    assert office.kinds(B) == []
    assert office.kinds("eve@example.org") == []


def test_nor_does_one_on_a_known_ticket_propose_anybody(office: Office) -> None:
    office.post(ANN, "It burns.")
    office.post(ANN, "See what they wrote.", to=f"Bob <{B}>", answers=office.last(A))
    assert roles(office) == {(A, "requester")}


def test_who_stands_beside_us_is_copied(office: Office) -> None:
    office.post(ANN, "It burns.", to=f"Bob <{B}>", cc="support+anything@acme.example")
    assert (B, "watcher") in roles(office)
