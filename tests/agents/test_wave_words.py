"""What the letters about due tickets say: whose, by when, and why to them."""

import shutil
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from gateway.store.desk import be_away
from support import agent_desk
from support.clocked import STEPS, Clocked
from support.desk import Desk

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
DAVE, BOSS = "dave@acme.example", "boss@corp.example"
OUTSIDE = """
[[sla.standard.step]]
of = "first_response"
at = "100%"
do = ["notify:boss@corp.example"]
"""
LAST, FAR = datetime.fromisoformat("2026-11-25T00:00+00:00"), datetime.fromisoformat("2026-12-24T00:00+00:00")


def text_of(letter: EmailMessage) -> str:
    return agent_desk.text_of(letter).replace("\r\n", "\n")


def an_office(desk: Desk, clock: Path, more: str, *names: str) -> Clocked:
    office = Clocked(desk, clock, more=more)
    shutil.copytree(TEMPLATES, desk.folder / "templates")
    for number, name in enumerate(names, 1):
        office.post(f"{name}@example.net", "It burns.", subject=f"{name}'s printer")
        assert desk.run("do", str(number), "assign", "carol").code == 0
    return office


def test_a_digest_names_agent_queue_and_clock(desk: Desk, clock: Path) -> None:
    office = an_office(desk, clock, STEPS, "ann", "bo")
    office.to("2026-11-26 11:00").look()
    (letter,) = office.mails(DAVE, "digest")
    assert (
        "ann@example.net, high, in progress, first answer due 26 November 2026, 11:00 CET\n      support, carol\n"
    ) in text_of(letter)


def test_who_stands_in_for_somebody_reads_for_whom(desk: Desk, clock: Path) -> None:
    office = an_office(desk, clock, STEPS, "ann")
    with desk.store.main.write() as conn:
        be_away(conn, "carol", LAST, FAR)
    office.to("2026-11-26 10:00").look()
    assert "\nWhy: in place of carol, who is away\n" in text_of(office.mails(DAVE, "notice_due")[-1])


def test_where_nobody_has_the_ticket_the_lead_reads_so(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock)
    shutil.copytree(TEMPLATES, desk.folder / "templates")
    office.post("ann@example.net", "It burns.")
    office.to("2026-11-26 10:00").look()
    assert "\nWhy: nobody has the ticket\n" in text_of(office.mails(DAVE, "notice_due")[-1])


def test_who_is_told_as_always_reads_no_reason(desk: Desk, clock: Path) -> None:
    office = an_office(desk, clock, STEPS, "ann")
    office.to("2026-11-26 11:00").look()
    assert "Why:" not in text_of(office.mails(DAVE, "notice_overdue")[-1])


def test_an_address_outside_reads_by_when(desk: Desk, clock: Path) -> None:
    office = an_office(desk, clock, OUTSIDE, "ann", "bo")
    office.to("2026-11-26 11:00").look()
    letter = office.last(BOSS)
    assert letter["Subject"].endswith("2 tickets are due")
    text = text_of(letter)
    assert "#1  ann's printer (support, normal, carol): overdue\n" in text
    assert "First answer due 26 November 2026, 11:00 CET" in text
