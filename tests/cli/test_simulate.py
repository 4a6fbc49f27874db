"""`gateway simulate`: what would come due, for whom, and nothing of it stays."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway import deadlines
from gateway.config import load
from gateway.rules import RegexMatcher
from gateway.site import load_site
from gateway.store import tables
from support.desk import Desk

# A Monday, nine o'clock in Prague.
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
SITE = """
[calendars.office]
timezone = "Europe/Prague"
mon-fri = "09:00-17:00"
[sla.standard]
calendar = "office"
first_response = "4 h"
resolution = { high = "8 h", normal = "2 business days" }
[[sla.standard.step]]
of = "first_response"
at = "50%"
do = ["notify:assignee"]
[[sla.standard.step]]
of = "first_response"
at = "100%"
do = ["notify:boss@corp.example", "priority:+1"]
[[sla.standard.step]]
of = "resolution"
at = "100%"
do = ["notify:assignee", "tag:late"]
[organisations.big]
domains = ["big.example"]
"""
IDLE = """
[[rule]]
name = "nobody answered for ten days"
on = "idle"
when.idle.over = "10 days"
set.status = "resolved"
set.reply = "closed_for_silence"
"""
KEYS = ["at", "ticket", "clock", "step", "do", "who", "held_until"]


@pytest.fixture
def promising(desk: Desk) -> Desk:
    """The queue support promises."""
    desk.configure(more=SITE)
    text = desk.config.read_text().replace("[queues.support]\n", '[queues.support]\nsla = "standard"\n')
    desk.config.write_text(text)
    with_rules(desk, "")
    return desk


def with_rules(desk: Desk, rules: str) -> None:
    (desk.folder / "rules").mkdir(exist_ok=True)
    (desk.folder / "rules" / "10-all.toml").write_text(rules)


def simulated(desk: Desk, *options: str, at: datetime = MONDAY) -> list[dict[str, Any]]:
    return desk.ask("simulate", "--at", at.isoformat(), *options)  # type: ignore[no-any-return]


def told(found: list[dict[str, Any]]) -> list[tuple[str, int, str, str, list[str], list[str]]]:
    """In UTC, to the minute."""
    return [
        (
            f"{datetime.fromisoformat(one['at']).astimezone(UTC):%a %H:%M}",
            one["ticket"], one["clock"], one["step"], one["do"], one["who"],
        )
        for one in found
    ]  # fmt: skip


def everything(desk: Desk) -> dict[str, list[Any]]:
    """Every row of every table."""
    with desk.store.main.read() as conn:
        return {
            table.name: sorted(map(repr, conn.execute(select(table)).all())) for table in tables.main_db.sorted_tables
        }


def test_nothing_is_an_empty_list(promising: Desk) -> None:
    assert simulated(promising) == []
    assert promising.run("simulate").out.startswith("nothing until ")


def test_the_steps_of_a_ticket_in_order(promising: Desk) -> None:
    """The step that makes it more urgent brings the end of the resolution nearer: eight hours, not two days."""
    number = promising.ticket(at=MONDAY, assignee="carol")
    found = simulated(promising)
    assert [list(one) for one in found] == [KEYS] * 3
    assert told(found) == [
        ("Mon 10:00", number, "first_response", "50%", ["notify:assignee"], ["carol@acme.example"]),
        (
            "Mon 12:00", number, "first_response", "100%", ["notify:boss@corp.example", "priority:+1"],
            ["boss@corp.example"],
        ),
        ("Mon 16:00", number, "resolution", "100%", ["notify:assignee", "tag:late"], ["carol@acme.example"]),
    ]  # fmt: skip


def test_until_when(promising: Desk) -> None:
    promising.ticket(at=MONDAY, assignee="carol")
    assert len(simulated(promising, "--until", "3 h")) == 1
    assert len(simulated(promising, "--until", "2026-11-23T13:00:00+01:00")) == 2
    assert promising.run("simulate", "--at", "2026-11-23", "--until", "2026-11-22").code == 64


def test_what_is_due_already_comes_at_once(promising: Desk) -> None:
    promising.ticket(at=MONDAY, assignee="carol")
    tuesday = MONDAY + timedelta(days=1)
    assert {one["at"] for one in simulated(promising, at=tuesday)} == {tuesday.isoformat()}


def test_nothing_of_it_stays(promising: Desk) -> None:
    with_rules(promising, IDLE)
    promising.ticket(at=MONDAY, assignee="carol")
    promising.ticket(at=MONDAY, status="waiting")
    before = everything(promising)
    assert len(simulated(promising, "--until", "30 days")) > 3
    assert everything(promising) == before


def test_rules_on_silence_and_whom_they_write_to(promising: Desk) -> None:
    with_rules(promising, IDLE)
    number = promising.ticket(at=MONDAY, status="waiting", assignee="carol")
    (idle, closed) = simulated(promising, "--until", "30 days")
    assert (idle["ticket"], idle["clock"], idle["step"]) == (number, "idle", "nobody answered for ten days")
    assert set(idle["do"]) == {"status:resolved", "reply:closed_for_silence"}
    assert idle["who"] == ["ann@example.net"]
    assert datetime.fromisoformat(idle["at"]) - MONDAY == timedelta(days=10, seconds=1)
    assert (closed["clock"], closed["step"], closed["do"]) == ("close_after", "after 7 days", ["status:closed"])
    assert datetime.fromisoformat(closed["at"]) - MONDAY == timedelta(days=17, seconds=1)


def test_what_is_foretold_is_what_comes(promising: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock itself, at each of the instants: the same steps in the same order, and the same people."""
    with_rules(promising, IDLE)
    for priority, status in (("normal", "new"), ("high", "open"), ("low", "waiting"), ("urgent", "open")):
        promising.ticket(at=MONDAY, priority=priority, status=status, assignee="carol")
    found = simulated(promising, "--until", "30 days")
    site = load_site(load(promising.config))
    matcher = RegexMatcher(time.monotonic)
    for instant in sorted({MONDAY, *(datetime.fromisoformat(one["at"]) for one in found)}):
        monkeypatch.setattr(deadlines, "now", lambda at=instant: at)
        deadlines.turn(promising.store, site, matcher)
    with promising.store.main.read() as conn:
        events = conn.execute(select(tables.event).order_by(tables.event.c.at, tables.event.c.ticket)).all()
    steps = [
        (one.data["at"], one.ticket, one.data["clock"], one.data["step"], one.data["do"])
        for one in events
        if one.kind == "step"
    ]
    clocks = ("first_response", "resolution")
    assert steps == [tuple(one[key] for key in KEYS[:5]) for one in found if one["clock"] in clocks]
    assert len(steps) >= 6
    assert [one.ticket for one in events if one.kind == "ruled"] == [
        one["ticket"] for one in found if one["clock"] == "idle"
    ]
    reached = [
        one.data.get("address") or f"{one.data['agent']}@acme.example" for one in events if one.kind == "escalated"
    ]
    assert sorted(reached) == sorted(who for one in found if one["clock"] in clocks for who in one["who"])


def test_who_stands_still_is_not_asked(promising: Desk) -> None:
    promising.ticket(at=MONDAY, status="waiting")
    promising.ticket(at=MONDAY, status="closed")
    promising.ticket(at=MONDAY, queue="billing")  # which promises nothing
    assert simulated(promising) == []


def test_the_table(promising: Desk) -> None:
    number = promising.ticket(at=MONDAY, assignee="carol")
    printed = promising.run("simulate", "--at", MONDAY.isoformat()).out.splitlines()
    assert printed[0].split() == KEYS[:6]
    assert f"#{number}" in printed[1]
    assert len(printed) == 4


# ---- other promises ------------------------------------------------------------------------------------------------


def other_config(desk: Desk, old: str, new: str) -> Path:
    path = desk.folder / "other.toml"
    text = desk.config.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def test_past_tickets_under_other_promises(promising: Desk) -> None:
    """Answered after two and after three hours, and one never: by a promise of two and a half hours one is kept."""
    for hours in (2, 3):
        at = MONDAY + timedelta(hours=hours)
        promising.ticket(at=MONDAY, first_response_at=at)
    promising.ticket(at=MONDAY)
    promising.ticket(at=MONDAY - timedelta(days=9), first_response_at=MONDAY)
    promising.ticket(at=MONDAY, queue="billing")
    path = other_config(promising, 'first_response = "4 h"', 'first_response = "150 min"')
    before = everything(promising)
    found = promising.ask("simulate", "--sla", str(path), "--since", "2026-11-23")
    assert found["tickets"] == 4
    assert found["before"]["first_response"] == {"kept": 2, "broken": 1, "none": 1}
    assert found["after"]["first_response"] == {"kept": 1, "broken": 2, "none": 1}
    assert found["before"]["resolution"] == found["after"]["resolution"]
    assert found["samples"] == [{"ticket": 2, "clock": "first_response", "before": "kept", "after": "broken"}]
    assert found["changed"] == 1
    assert everything(promising) == before
    printed = promising.run("simulate", "--sla", str(path), "--since", "2026-11-23").out
    assert printed.startswith("4 tickets opened since ")


def test_another_calendar_counts_too(promising: Desk) -> None:
    promising.ticket(at=MONDAY, first_response_at=MONDAY + timedelta(hours=3))
    path = other_config(promising, 'mon-fri = "09:00-17:00"', 'tue-fri = "09:00-17:00"')
    found = promising.ask("simulate", "--sla", str(path), "--since", "2026-11-23")
    assert found["changed"] == 0
    path = other_config(promising, 'first_response = "4 h"', 'first_response = "1 h"')
    path.write_text(path.read_text().replace('mon-fri = "09:00-17:00"', 'tue-fri = "09:00-17:00"'))
    found = promising.ask("simulate", "--sla", str(path), "--since", "2026-11-23")
    assert found["after"]["first_response"] == {"kept": 1, "broken": 0, "none": 0}


def test_mistakes_of_another_config_are_told(promising: Desk) -> None:
    path = other_config(promising, 'first_response = "4 h"', 'first_response = "4 hurs"')
    answer = promising.run("simulate", "--sla", str(path))
    assert answer.code == 78
    assert "hurs" in answer.err
    assert promising.run("simulate", "--since", "1 day").code == 64
