"""What `gateway simulate` foretells is what comes: reminders, ends of holds, and the minute at which somebody reads of it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway.store import tables
from gateway.tickets.actions import Remind
from support.clocked import PRAGUE, Clocked
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
CAROL, DAVE, BOSS = "carol@acme.example", "dave@acme.example", "boss@corp.example"
STEPS = """
[limits]
notices_per_agent = "3/h"

[[sla.standard.step]]
of = "first_response"
at = "50%"
do = ["notify:assignee"]

[[sla.standard.step]]
of = "first_response"
at = "100%"
do = ["notify:lead", "notify:boss@corp.example"]

[[sla.standard.step]]
of = "resolution"
at = "100%"
do = ["notify:assignee", "priority:+1"]
"""
IDLE = """
[[rule]]
name = "silent for a day"
on = "idle"
when.status = "waiting"
when.idle.over = "1 day"
set.status = "resolved"
set.reply = "closed_for_silence"
"""
KINDS = ("step", "reminder_due", "ruled", "closed_by_clock")
Letter = tuple[datetime, str]


def prague(when: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{when}").replace(tzinfo=PRAGUE)


def an_office(desk: Desk, clock: Path, more: str = STEPS, rules: str = "") -> Clocked:
    office = Clocked(desk, clock, more=more, rules=rules)
    text = desk.config.read_text()
    text = text.replace("[agents.carol]\n", '[agents.carol]\nquiet = "09:30-10:30"\n')
    for agent in ("carol", "dave"):  # no word of what is new
        text = text.replace(f"[agents.{agent}]\n", f'[agents.{agent}]\nnotify = ["assigned", "due", "overdue"]\n')
    desk.config.write_text(text)
    office.to("2026-11-26 09:00")
    return office


def remind(desk: Desk, number: int, agent: str, when: str, text: str = "call Bo") -> None:
    desk.act(Remind(ticket=number, agent=agent, at=prague(when), text=text), name=f"agent:{agent}")


def done(desk: Desk, number: int, *command: str) -> None:
    answer = desk.run("do", str(number), *command)
    assert answer.code == 0, answer


def simulated(desk: Desk, until: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ask("simulate", "--until", prague(until).isoformat())
    return [{**one, "at": datetime.fromisoformat(one["at"]).astimezone(PRAGUE)} for one in found]


def told(found: list[dict[str, Any]], *clocks: str) -> list[tuple[str, int, str, str, list[str], list[str]]]:
    return [
        (f"{one['at']:%d %H:%M}", one["ticket"], one["clock"], one["step"], one["do"], one["who"])
        for one in found
        if one["clock"] in clocks
    ]


def held(found: list[dict[str, Any]]) -> dict[tuple[int, str], dict[str, datetime]]:
    """From when on, where it is later than it comes due."""
    return {
        (one["ticket"], f"{one['at']:%H:%M}"): {
            who: datetime.fromisoformat(at) for who, at in one["held_until"].items()
        }
        for one in found
        if one["held_until"]
    }


def letters(found: list[dict[str, Any]]) -> set[Letter]:
    """When whom something reaches."""
    return {
        (datetime.fromisoformat(later) if (later := one["held_until"].get(who)) else one["at"], who)
        for one in found
        for who in one["who"]
    }


def live(office: Clocked, found: list[dict[str, Any]]) -> set[Letter]:
    """The same time in earnest, looked at whenever something is foretold and a minute before; what was written then."""
    office.look()  # what was done a moment ago is told first
    before = _written(office)
    instants = {at for at, _ in letters(found)} | {one["at"] for one in found}
    for at in sorted(instants | {one - timedelta(minutes=1) for one in instants}):
        office.to(at.isoformat()).look()
    return set(_written(office)[len(before) :])


def _written(office: Clocked) -> list[Letter]:
    mail = tables.mail.c
    with office.desk.store.main.read() as conn:
        rows = conn.execute(select(mail.at, mail.recipient).where(mail.direction == "out").order_by(mail.id)).all()
    admin = office.site.cfg.gateway.admin  # hears of a clock that jumps
    return [(at, who) for at, who in rows if who != admin]


def happened(office: Clocked) -> list[tuple[datetime, int, str]]:
    event = tables.event.c
    with office.desk.store.main.read() as conn:
        query = select(event.at, event.ticket, event.kind).where(event.kind.in_(KINDS))
        rows = conn.execute(query.order_by(event.at, event.ticket, event.id))
        return [(row.at, row.ticket, row.kind) for row in rows]


def test_a_day_and_a_half_as_foretold(desk: Desk, clock: Path) -> None:
    """Quiet hours, caps, a digest, reminders of two at once, a hold that ends, and what follows from each."""
    office = an_office(desk, clock, rules=IDLE)
    for subject in ("Lamp", "Chair", "Desk", "Door"):
        office.post(ANN, "It burns.", subject=subject)
    done(desk, 1, "assign", "carol")
    done(desk, 2, "assign", "dave")
    done(desk, 2, "hold", "until", "2026-11-27 10:00")
    done(desk, 4, "wait")
    for when in ("26 10:35", "26 10:40", "26 10:45", "26 10:50"):  # with the letter on #3 at ten two too many
        remind(desk, 1, "dave", when)
    remind(desk, 2, "carol", "26 14:00", "look at the chair")
    remind(desk, 2, "dave", "26 14:00", "chair")
    found = simulated(desk, "27 16:00")

    assert told(found, "on_hold", "remind")[-3:] == [
        ("26 14:00", 2, "remind", "look at the chair", ["notify:carol"], [CAROL]),
        ("26 14:00", 2, "remind", "chair", ["notify:dave"], [DAVE]),
        ("27 10:00", 2, "on_hold", "ends", ["status:open"], []),
    ]
    assert told(found, "first_response")[-2:] == [  # its clock stood still: two hours of the next day
        ("27 11:00", 2, "first_response", "50%", ["notify:assignee"], [DAVE]),
        ("27 12:00", 2, "first_response", "100%", ["notify:lead", "notify:boss@corp.example"], [DAVE, BOSS]),
    ]
    assert held(found) == {
        (1, "10:00"): {CAROL: prague("26 10:30")},  # quiet
        (1, "10:45"): {DAVE: prague("26 10:55")},  # in a digest
        (1, "10:50"): {DAVE: prague("26 10:55")},
        (1, "11:00"): {DAVE: prague("26 11:35")},  # when three of an hour have become two, the digest counted
        (3, "11:00"): {DAVE: prague("26 11:35")},
    }

    assert live(office, found) == letters(found)
    kinds = {"remind": "reminder_due", "idle": "ruled", "close_after": "closed_by_clock", "on_hold": ""}
    foretold = [(one["at"], one["ticket"], kinds.get(one["clock"], "step")) for one in found]
    assert happened(office) == [one for one in foretold if one[2]]
    assert office.ticket(2)["status"] == "open"


def test_the_table_says_from_when_on(desk: Desk, clock: Path) -> None:
    office = an_office(desk, clock)
    office.post(ANN, "It burns.")
    done(desk, 1, "assign", "carol")
    lines = desk.run("simulate", "--until", "2 h").out.splitlines()
    assert lines[1].endswith("  carol@acme.example (from 09:30)"), "by the clock of the first column, in UTC"


def test_what_rules_end_in_the_quiet_hours_is_not_told(desk: Desk, clock: Path) -> None:
    resolves = IDLE.replace('"waiting"', '"open"').replace("1 day", "62 min")
    office = an_office(desk, clock, rules=resolves)
    office.post(ANN, "It burns.")
    done(desk, 1, "assign", "carol")
    found = simulated(desk, "26 11:00")
    assert told(found, "first_response") == [("26 10:00", 1, "first_response", "50%", ["notify:assignee"], [])]
    assert [one["clock"] for one in found] == ["first_response", "idle"]
    assert live(office, found) == letters(found) == {(prague("26 10:02:01"), "ann@example.net")}
    office.to("2026-11-26 10:30").look()
    assert office.mails(CAROL, "notice_due") == []


def test_whom_no_letter_goes_to_is_left_out(desk: Desk, clock: Path) -> None:
    """Five tickets of one customer end at once, of whom three letters an hour are written."""
    office = an_office(desk, clock, more="", rules=IDLE)
    for number in range(1, 6):
        office.post(ANN, "It burns.", subject=f"Matter {number}")
        done(desk, number, "wait")
    found = simulated(desk, "28 09:00")
    assert [one["who"] for one in found if one["clock"] == "idle"] == [["ann@example.net"]] * 3 + [[]] * 2
    live(office, found)
    assert office.kinds("ann@example.net").count("closed_for_silence") == 3


def test_a_hold_that_may_not_end_keeps_no_reminder_back(desk: Desk, clock: Path) -> None:
    office = an_office(desk, clock)
    desk.config.write_text(f'{desk.config.read_text()}\n[statuses.on_hold]\nmoves = ["closed"]\n')
    office.post(ANN, "It burns.")
    done(desk, 1, "hold", "until", "2026-11-26 14:00")
    remind(desk, 1, "carol", "26 14:00")
    found = simulated(desk, "26 15:00")
    assert told(found, "remind", "on_hold") == [("26 14:00", 1, "remind", "call Bo", ["notify:carol"], [CAROL])]
    assert live(office, found) == letters(found) == {(prague("26 14:00"), CAROL)}
    assert office.ticket(1)["status"] == "on_hold"
