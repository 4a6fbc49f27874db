"""Who gets copies of a reply: each once, named to the others, and nobody who must not be."""

import pytest
from sqlalchemy import update

from gateway.mail import Address
from gateway.store import tables
from gateway.tickets.actions import Participate
from support.agent_desk import Office, text_of
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
BOB = "Bob <bob@example.org>"
CAROL = "Carol <carol@acme.example>"
BOTH = ("ann@example.net", "bob@example.org")


@pytest.fixture
def office(desk: Desk) -> Office:
    office = Office(desk)
    office.post(ANN, "It burns.", cc=BOB)
    return office


def answered(office: Office, text: str = "Pull the plug.") -> None:
    office.post(CAROL, text, answers=office.mails("carol@acme.example", "notice_new")[-1])


def test_each_reads_who_else_has_it(office: Office) -> None:
    answered(office)
    for address in BOTH:
        (letter,) = office.mails(address, "reply")
        assert "Pull the plug." in text_of(letter)
        assert letter["To"] == "Ann Novak <ann@example.net>"
        assert letter["Cc"] == "Bob <bob@example.org>"
        assert letter["Bcc"] is None
    ids = [office.mails(address, "reply")[0]["Message-ID"] for address in BOTH]
    assert len(set(ids)) == 2


def test_each_letter_goes_to_one_alone(office: Office) -> None:
    answered(office)
    sent = [(one["recipient"], one["state"]) for one in office.desk.ask("outbox", "list") if one["recipient"] in BOTH]
    replies = [one for one in sent if one[0] == "bob@example.org"]
    assert replies == [("bob@example.org", "pending")]


def test_alone_nobody_else_is_named(desk: Desk) -> None:
    office = Office(desk)
    office.post(ANN, "It burns.")
    answered(office)
    assert office.mails("ann@example.net", "reply")[0]["Cc"] is None


def test_of_us_and_of_the_proposed_nobody_is_named(office: Office) -> None:
    for addr, role in (("dave@acme.example", "watcher"), ("eve@evil.example", "proposed"), ("sue@s.example", "third")):
        office.desk.act(Participate(ticket=1, address=Address(addr=addr), role=role))
    answered(office)
    assert office.mails("dave@acme.example", "reply")  # a watcher all the same
    assert not office.mails("eve@evil.example", "reply")
    assert not office.mails("sue@s.example", "reply")
    whole = office.mails("bob@example.org", "reply")[0].as_string()
    for hidden in ("dave@", "eve@", "sue@", "carol@acme"):
        assert hidden not in whole


def test_who_has_two_addresses_gets_it_once(office: Office) -> None:
    office.desk.act(Participate(ticket=1, address=Address(addr="robert@example.org"), role="watcher"))
    address = tables.address
    with office.desk.store.main.write() as conn:
        bob = conn.execute(address.select().where(address.c.addr == "bob@example.org")).one()
        mine = update(address).where(address.c.addr == "robert@example.org")
        conn.execute(tables.participant.delete().where(tables.participant.c.person_id != bob.person_id,
                                                       tables.participant.c.role == "watcher"))  # fmt: skip
        conn.execute(mine.values(person_id=bob.person_id))
    answered(office)
    assert len(office.mails("bob@example.org", "reply")) + len(office.mails("robert@example.org", "reply")) == 1
