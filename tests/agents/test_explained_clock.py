"""What `gateway explain N` tells of the clock: steps, who was told and why, and whether a promise was kept."""

import shutil
from datetime import datetime
from pathlib import Path

from gateway.store.desk import be_away
from support.clocked import STEPS, Clocked
from support.desk import Desk

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
ANN = "Ann Novak <ann@example.net>"
CAROL = "Carol <carol@acme.example>"
FAR = datetime.fromisoformat("2026-12-24T00:00+01:00")


def an_office(desk: Desk, clock: Path, more: str = STEPS) -> Clocked:
    office = Clocked(desk, clock, more=more)
    shutil.copytree(TEMPLATES, desk.folder / "templates")
    return office


def told(desk: Desk) -> str:
    answer = desk.run("explain", "1")
    assert answer.code == 0, answer
    return answer.out


def test_each_step_and_who_was_told_and_why(desk: Desk, clock: Path) -> None:
    office = an_office(desk, clock)
    for name in ("ann", "bo"):
        office.post(f"{name}@example.net", "It burns.", subject=f"{name}'s printer")
        assert desk.run("do", "1" if name == "ann" else "2", "assign", "carol").code == 0
    with desk.store.main.write() as conn:
        be_away(conn, "carol", datetime.fromisoformat("2026-11-25T00:00+00:00"), FAR)
    office.to("2026-11-26 10:00").look()
    office.to("2026-11-26 11:00").look()
    text = told(desk)
    assert (
        "    2026-11-26 10:00:00+01:00: step 50% of first response: notify:assignee; due 2026-11-26 11:00:00+01:00\n"
        in text
    )
    assert ": dave is to hear that it is due: carol is away\n" in text
    assert ": step 100% of first response: notify:lead, priority:+1, tag:late; due 2026-11-26 11:00:00+01:00\n" in text
    assert ": dave is to hear that it is overdue: lead\n" in text
    assert ": told by a digest to dave@acme.example\n" in text
    assert ": priority: normal -> high, " in text
    clock_lines = desk.ask("explain", "1")["clock"]
    assert [one["kind"] for one in clock_lines if one["kind"] == "step"] == ["step", "step"]


def test_an_answer_names_its_due_time_and_whether_it_was_late(desk: Desk, clock: Path) -> None:
    office = an_office(desk, clock)
    office.post(ANN, "It burns.")
    office.to("2026-11-26 11:30").reply("Pull the plug.")
    text = told(desk)
    assert (
        "    first response due: done 2026-11-26 11:30:00+01:00, late: it was due 2026-11-26 11:00:00+01:00, "
        "2 h of office, 150 min\n"
        "      2026-11-26 09:00:00+01:00 to 2026-11-26 11:30:00+01:00: 150 min\n"
    ) in text
    assert desk.run("do", "1", "priority", "urgent").code == 0
    assert "late: it was due 2026-11-26 11:00" in told(desk)


def test_an_answer_in_time_says_so(desk: Desk, clock: Path) -> None:
    office = an_office(desk, clock)
    office.post(ANN, "It burns.")
    office.to("2026-11-26 10:00").reply("Pull the plug.")
    assert "first response due: done 2026-11-26 10:00:00+01:00, in time: it was due 2026-11-26 11:00:00+01:00" in told(
        desk
    )


def test_a_due_time_that_the_settings_moved(desk: Desk, clock: Path) -> None:
    office = an_office(desk, clock, more="")
    office.post(ANN, "It burns.")
    office.look()
    desk.config.write_text(desk.config.read_text().replace("09:00-17:00", "09:00-10:00"))
    office.look()
    line = (
        ": first response due: 2026-11-26 11:00:00+01:00 -> 2026-11-27 10:00:00+01:00, something else is promised now "
        "(promised_anew)\n"
    )
    assert line in told(desk)
