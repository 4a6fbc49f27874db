"""Letters on progress: in one language, with what was done when, and what is said to come next is so."""

import shutil
from pathlib import Path

import pytest

from support.agent_desk import Office, text_of
from support.busy_office import NO_CAPS
from support.clocked import Clocked
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"
A, C = "ann@example.net", "carol@acme.example"
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
OLD, NEW = 'subject_tag = "Acme"\n', 'subject_tag = "Acme"\nprogress = {progress}\n'


def wishes(desk: Desk, *progress: str, more: str = "") -> None:
    """The site tells customers of these."""
    shutil.copytree(TEMPLATES, desk.folder / "templates", dirs_exist_ok=True)
    told = "[" + ", ".join(f'"{one}"' for one in progress) + "]"
    text = desk.config.read_text()
    desk.config.write_text(text.replace(OLD, NEW.format(progress=told)) + more)


def history(office: Office) -> list[str]:
    lines = [line for line in text_of(office.last(A)).splitlines() if line.startswith("  ") and ": " in line]
    return [line.rpartition(": ")[2] for line in lines]


def test_what_was_done_when(desk: Desk) -> None:
    wishes(desk, "moved", "resolved", "closed", "reopened", more=NO_CAPS)
    office = Office(desk)
    office.post(ANN, "It burns.")
    for told in ("assign carol", "queue billing", "resolve", "open", "close"):
        desk.run("do", "1", *told.split())
        office.tell()
    assert history(office) == [
        "your message reached us",
        "one of us took it on",
        "another team took it over",
        "we resolved it",
        "it was opened again",
        "it was closed",
    ]


def test_what_was_only_closed_was_not_resolved(desk: Desk) -> None:
    wishes(desk, "closed")
    office = Office(desk)
    office.post(ANN, "It burns.")
    desk.run("do", "1", "close")
    office.tell()
    assert history(office) == ["your message reached us", "it was closed"]


def test_a_letter_speaks_one_language(desk: Desk) -> None:
    wishes(desk, "resolved")
    desk.config.write_text(desk.config.read_text().replace("[queues.support]\n", '[queues.support]\nlanguage = "cs"\n'))
    office = Office(desk)
    office.post(ANN, "1234")
    desk.run("do", "1", "resolve")
    office.tell()
    told = text_of(office.last(A))
    assert "Stav: vyřešený" in told
    assert "obdrželi jsme" in told


@pytest.mark.parametrize("own", [True, False])
def test_where_answers_come_from_is_said_where_it_changes(desk: Desk, own: bool) -> None:
    wishes(desk, "moved")
    if own:
        sender = '[queues.billing]\nfrom = "Billing <billing@acme.example>"\n'
        desk.config.write_text(desk.config.read_text().replace("[queues.billing]\n", sender))
    office = Office(desk)
    office.post(ANN, "It burns.")
    desk.run("do", "1", "queue", "billing")
    office.tell()
    told = text_of(office.last(A))
    assert "is now with billing" in told
    assert ("From now on our answers come from there" in told) is own


def test_a_delay_is_told_once_for_each_deadline(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock, more="")
    wishes(desk, "delayed")
    office.post(ANN, "It burns.")
    office.to("2026-11-26 10:59").look()
    assert office.kinds(A) == ["acknowledgement"]
    office.to("2026-11-26 11:00").look()
    office.look()
    assert office.kinds(A) == ["acknowledgement", "delayed"]


def test_a_step_that_tells_of_the_delay_is_not_doubled(desk: Desk, clock: Path) -> None:
    step = '[[sla.standard.step]]\nof = "first_response"\nat = "+10 min"\ndo = ["reply:delayed"]\n'
    office = Clocked(desk, clock, more=step)
    wishes(desk, "delayed")
    office.post(ANN, "It burns.")
    office.to("2026-11-26 11:00").look()
    assert office.kinds(A) == ["acknowledgement"]
    office.to("2026-11-26 11:10").look()
    assert office.kinds(A) == ["acknowledgement", "delayed"]
