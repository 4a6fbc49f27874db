"""A person with two addresses is written to where they wrote from last on the ticket, whatever their names are."""

from email.message import EmailMessage

from support.agent_desk import Office
from support.desk import Desk

HOME, WORK = "zoe@home.example", "anna@work.example"
CAROL = "carol@acme.example"


def _merged(desk: Desk) -> Office:
    office = Office(desk)
    office.post(f"Zoe <{HOME}>", "It burns.", subject="Printer")
    office.post(f"Zoe <{WORK}>", "Another matter.", subject="Lamp")
    assert desk.run("people", "merge", HOME, WORK).code == 0
    return office


def _answers(office: Office, address: str) -> list[EmailMessage]:
    return office.mails(address, "reply")


def test_an_agents_reply_goes_where_they_wrote_from(desk: Desk) -> None:
    office = _merged(desk)
    office.desk.run("do", "1", "assign", "carol")
    office.tell()
    office.post(CAROL, "Pull the plug.", answers=office.last(CAROL))
    assert [len(_answers(office, one)) for one in (HOME, WORK)] == [1, 0]

    office.post(f"Zoe <{WORK}>", "I did.", answers=office.last(HOME))
    office.tell()
    office.post(CAROL, "And now?", answers=office.last(CAROL))
    assert [len(_answers(office, one)) for one in (HOME, WORK)] == [1, 1]


def test_so_does_a_reply_from_the_command_line_and_what_is_told_of_progress(desk: Desk) -> None:
    office = _merged(desk)
    file = desk.folder / "reply.txt"
    file.write_text("Pull the plug.")
    assert desk.run("reply", "1", "--file", str(file)).code == 0
    desk.run("do", "1", "resolve")
    office.tell()
    assert "reply" in office.kinds(HOME)
    assert len(office.kinds(HOME)) > 2
    assert office.kinds(WORK) == [office.kinds(WORK)[0]]


def test_who_has_copies_has_one_of_a_reply_from_the_command_line(desk: Desk) -> None:
    office = Office(desk)
    office.post(f"Zoe <{HOME}>", "It burns.", subject="Printer", cc="bob@example.org, dave@acme.example")
    file = desk.folder / "reply.txt"
    file.write_text("Pull the plug.")
    assert desk.run("reply", "1", "--file", str(file)).code == 0
    (hers,), (his,) = _answers(office, HOME), _answers(office, "bob@example.org")
    for letter in (hers, his):
        assert (letter["To"], letter["Cc"]) == (f"Zoe <{HOME}>", "bob@example.org")
    assert hers["Message-ID"] != his["Message-ID"]
