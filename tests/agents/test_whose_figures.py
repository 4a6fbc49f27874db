"""Reports by agent, out of tickets that went from hand to hand by mail and command."""

from pathlib import Path
from typing import Any

from gateway.mail import Envelope
from gateway.now import now
from gateway.store import spool
from support.agent_desk import Office
from support.clocked import Clocked
from support.desk import Desk

NAME = "Ann Novak <ann@example.net>"
CAROL, DAVE = "carol@acme.example", "dave@acme.example"


def assigned(office: Office, agent: str, number: int = 1) -> None:
    assert office.desk.run("do", str(number), "assign", agent).code == 0
    office.tell()


def by_agent(desk: Desk) -> dict[str, tuple[Any, ...]]:
    """Open, solved, first answers, tickets of several, minutes."""
    groups = desk.ask("report", "--by", "agent", "--from", "2026-11-20", "--to", "2026-12-10")["groups"]
    return {
        str(one["name"]): (
            one["open"], one["solved"], one["first_response"]["count"], one["several"], one["time_spent"],
        )
        for one in groups
        if one["by"] == "agent"
    }  # fmt: skip


def test_a_ticket_that_goes_from_hand_to_hand(desk: Desk, clock: Path) -> None:
    """Carol has it and Dave answers first; he solves it; opened again it is Carol's, and then nobody's."""
    office = Clocked(desk, clock, more="")
    office.post(NAME, "It burns.")
    assigned(office, "carol")
    notice = office.mails(DAVE, "notice_new")[-1]
    office.to("2026-11-26 10:00").post(f"Dave <{DAVE}>", "#time 20 min\n\nWhich printer?", answers=notice)
    assert by_agent(desk) == {"carol": (1, 0, 0, 0, 0), "dave": (0, 0, 1, 0, 20)}

    office.to("2026-11-26 11:00")
    assigned(office, "dave")
    assert desk.run("do", "1", "resolve").code == 0
    assert by_agent(desk) == {"dave": (0, 1, 1, 0, 20)}

    office.to("2026-11-26 12:00").post(NAME, "It burns again.", answers=office.last("ann@example.net"))
    assigned(office, "carol")
    assert by_agent(desk) == {"carol": (1, 0, 0, 0, 0), "dave": (0, 1, 1, 0, 20)}


def test_an_answer_from_the_command_line_is_whose_ticket_it_was(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock, more="")
    office.post(NAME, "It burns.")
    assigned(office, "carol")
    office.to("2026-11-26 10:00").reply("Which printer?")
    office.to("2026-11-26 11:00")
    assigned(office, "dave")
    assert by_agent(desk) == {"carol": (0, 0, 1, 0, 0), "dave": (1, 0, 0, 0, 0)}


def test_a_direct_answer_is_whose_name_it_has(desk: Desk, clock: Path) -> None:
    """Written past us, with our address in copy."""
    office = Clocked(desk, clock, more="")
    mail = office.post(NAME, "It burns.", cc=f"Dave <{DAVE}>")
    assigned(office, "carol")
    office.to("2026-11-26 10:00").post(
        f"Dave <{DAVE}>", "Which printer?", to=NAME, cc="support@acme.example", answers=mail
    )
    assert office.ticket(1)["first_response_at"] is not None
    assert by_agent(desk) == {"carol": (1, 0, 0, 0, 0), "dave": (0, 0, 1, 0, 0)}


def test_an_answer_out_of_a_mailbox_is_whose_name_it_has(desk: Desk, clock: Path) -> None:
    """Found among the sent mails of our mailbox: it is no agent's mail that we took in."""
    office = Clocked(desk, clock, more="")
    first = office.post(NAME, "It burns.")
    assigned(office, "carol")
    office.to("2026-11-26 10:00")
    raw = f"From: {DAVE}\r\nTo: {NAME}\r\nSubject: Re: Printer\r\nIn-Reply-To: {first['Message-ID']}\r\n\r\nWhich?\r\n"
    envelope = Envelope(recipients=("support@acme.example",))
    sent = spool.NewMail(raw=raw.encode(), envelope=envelope, source="sent:main", received_at=now())
    spool.insert_batch(desk.store, [sent])
    desk.work()
    office.tell()
    assert by_agent(desk)["dave"] == (0, 0, 1, 0, 0)
