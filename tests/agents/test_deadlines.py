"""What comes due: each step once, to who is there to hear of it, whatever the clock and the nodes do."""

import shutil
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from gateway.deadlines import turn
from gateway.rules import RegexMatcher
from gateway.site import Site
from gateway.store import Store, tables
from gateway.wall_clock import MOST
from support.agent_desk import text_of
from support.cli import CHECKOUT
from support.clocked import Clocked
from support.desk import Desk

ANN = "Ann Novak <ann@example.net>"
CAROL, DAVE = "carol@acme.example", "dave@acme.example"


def assign(office: Clocked, agent: str) -> None:
    assert office.desk.run("do", "1", "assign", agent).code == 0


# ---- the clocks of a ticket ----------------------------------------------------------------------------------------


def test_a_life_under_the_clock(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock)
    office.post(ANN, "It burns.")
    assert office.due() == ["26 11:00", None, "27 17:00"]
    assert office.desk.ask("tickets")[0]["first_response_due"] == "2026-11-26T10:00:00+00:00"

    office.to("2026-11-26 10:00").reply("Which printer?")
    assert (office.due(), office.ticket(1)["first_response_minutes"]) == ([None, None, None], 60)

    office.to("2026-11-30 09:00").post(ANN, "The red one.", answers=office.last("ann@example.net"))
    assert office.due() == [None, "30 17:00", "01 16:00"]
    office.to("2026-11-30 10:00").desk.run("do", "1", "hold")
    assert office.due() == [None, None, None]
    office.to("2026-12-01 10:00").desk.run("do", "1", "open")
    assert office.due() == [None, "01 17:00", "02 16:00"]
    office.desk.run("do", "1", "priority", "urgent")
    changed = office.desk.ask("show", "1")["events"][-2]["data"]
    assert changed["resolve_due"] == ["2026-12-02T15:00:00+00:00", "2026-12-01T11:00:00+00:00"]
    office.to("2026-12-01 11:00").desk.run("do", "1", "resolve")
    assert (office.due(), office.ticket(1)["resolve_minutes"]) == ([None, None, None], 180)
    told = office.desk.ask("explain", "1")["due"]["resolve_due"]
    assert told["state"] == "done"
    assert [one["minutes"] for one in told["intervals"]] == [60, 60, 60]


def test_the_customer_reads_by_when_we_answer(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock)
    shutil.copytree(CHECKOUT / "templates", desk.folder / "templates")
    office.post(ANN, "It burns.")
    told = text_of(office.last("ann@example.net"))
    assert "You will hear from us by" in told
    assert "11:00" in told


def test_a_calendar_that_is_edited_moves_what_is_due(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock, more="")
    office.post(ANN, "It burns.")
    office.look()
    desk.config.write_text(desk.config.read_text().replace("09:00-17:00", "09:00-10:00"))
    office.look()
    assert office.due() == ["27 10:00", None, "27 10:00"]
    line = office.desk.ask("show", "1")["events"][-1]
    assert (line["kind"], line["actor"], line["reason"]) == ("changed", "config", "promised_anew")
    assert line["data"]["first_response_due"] == ["2026-11-26T10:00:00+00:00", "2026-11-27T09:00:00+00:00"]
    events = len(office.desk.ask("show", "1")["events"])
    office.look()
    assert len(office.desk.ask("show", "1")["events"]) == events


def test_what_a_person_says_stands_until_it_is_taken_back(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock)
    office.post(ANN, "It burns.")
    before = office.due()
    desk.run("do", "1", "due", "2026-12-01 12:00")
    assert office.due()[2] == "01 12:00"
    desk.run("do", "1", "priority", "urgent")
    assert office.due()[2] == "01 12:00"
    desk.run("do", "1", "undo")
    desk.run("do", "1", "undo")
    assert office.due() == before


# ---- steps ---------------------------------------------------------------------------------------------------------


def test_each_step_once_and_at_its_minute(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock)
    office.post(ANN, "It burns.")
    assign(office, "carol")
    for when in ("09:59", "10:00", "10:01"):
        office.to(f"2026-11-26 {when}").look()
    assert office.steps() == ["first_response 50%"]
    assert [str(mail["Subject"]) for mail in office.mails(CAROL, "notice_due")] == ["[Acme #1] Printer is on fire"]
    office.to("2026-11-26 11:00").look()
    office.to("2026-11-26 10:00").look()  # set back by an hour
    office.to("2026-11-26 11:01").look()
    assert office.steps() == ["first_response 50%", "first_response 100%"]
    assert len(office.mails(DAVE, "notice_overdue")) == 1
    ticket = office.ticket(1)
    assert (ticket["priority"], ticket["tags"], ticket["set_by"]["priority"]) == ("high", ["late"], "clock")  # type: ignore[index]
    for when in ("12:00", "13:00", "14:00", "15:00"):
        office.to(f"2026-11-26 {when}").look()
    assert [text for _, author, text in office.articles(1) if author == "clock"] == ["still nobody"] * 3


def test_after_an_outage_one_catch_up(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock)
    shutil.copytree(CHECKOUT / "templates", desk.folder / "templates")
    for name in ("ann", "bo", "cid"):
        office.post(f"{name}@example.net", "It burns.", subject=f"{name}'s printer")
    office.to("2026-11-26 16:00").look()
    office.look()
    assert len([author for _, author, _ in office.articles(1) if author == "clock"]) == 1
    assert office.steps() == ["first_response 50%", "first_response 100%", "first_response +1 h"]
    (letter,) = office.mails(DAVE, "digest")  # who leads, and stands in for the assignee that there is not
    assert str(letter["Subject"]) == "Your tickets: 3 overdue"
    assert all(f"{name}'s printer" in text_of(letter) for name in ("ann", "bo", "cid"))
    assert office.kinds(DAVE).count("notice_overdue") == 0


def test_a_clock_set_ahead_escalates_no_more_than_fifty_a_minute(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock)
    for number in range(MOST + 5):
        office.post(f"c{number}@example.net", "It burns.", subject=f"printer {number}")
    office.look()
    office.to("2026-11-26 16:00").look()
    office.look()
    late = [one["number"] for one in office.desk.ask("tickets") if "late" in one["tags"]]
    assert len(late) == MOST
    (told,) = [
        str(mail["Subject"]) for mail in office.mails(office.site.cfg.gateway.admin) if "clock" in str(mail["Subject"])
    ]
    assert told.endswith("the clock was set ahead by 7 h")
    office.to("2026-11-26 09:00").look()  # somebody puts it right: the rest is left alone, and counts no more
    office.to("2026-11-26 09:01").look()
    assert [one["number"] for one in office.desk.ask("tickets") if "late" in one["tags"]] == late


def test_who_answered_a_moment_ago_is_not_escalated(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock)
    office.post(ANN, "It burns.")
    assign(office, "carol")
    office.to("2026-11-26 11:00").reply("On my way.")
    office.look()
    assert office.steps() == []


def test_who_is_away_hands_over(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock)
    office.post(ANN, "It burns.")
    assign(office, "carol")
    with desk.store.main.write() as conn:
        conn.execute(
            tables.absence.insert().values(
                agent="carol",
                since=datetime.fromisoformat("2026-11-25T00:00Z"),
                until=datetime.fromisoformat("2026-11-29T00:00Z"),
            )
        )
    office.to("2026-11-26 10:00").look()
    assert (office.mails(CAROL, "notice_due"), len(office.mails(DAVE, "notice_due"))) == ([], 1)
    (line,) = [one["data"] for one in office.desk.ask("show", "1")["events"] if one["kind"] == "escalated"]
    assert (line["agent"], line["why"]) == ("dave", "carol is away")


def test_quiet_hours(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock)
    text = desk.config.read_text()
    desk.config.write_text(text.replace("[agents.carol]\n", '[agents.carol]\nquiet = "09:30-10:30"\n'))
    office.post(ANN, "It burns.")
    assign(office, "carol")
    office.to("2026-11-26 10:00").look()
    assert office.steps() == ["first_response 50%"]
    assert office.mails(CAROL, "notice_due") == []
    office.to("2026-11-26 10:30").look()
    assert len(office.mails(CAROL, "notice_due")) == 1


def test_what_was_answered_in_quiet_hours_needs_no_telling(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock)
    text = desk.config.read_text()
    desk.config.write_text(text.replace("[agents.carol]\n", '[agents.carol]\nquiet = "09:30-10:30"\n'))
    office.post(ANN, "It burns.")
    assign(office, "carol")
    office.to("2026-11-26 10:00").look()
    office.to("2026-11-26 10:10").reply("On my way.")
    office.to("2026-11-26 10:30").look()
    assert office.mails(CAROL, "notice_due") == []


def test_the_customer_is_told_of_a_delay_once(desk: Desk, clock: Path) -> None:
    step = '[[sla.standard.step]]\nof = "first_response"\nat = "100%"\ndo = ["reply:delayed", "assign:lead", "notify:boss@example.org"]\n'
    office = Clocked(desk, clock, more=step)
    office.post(ANN, "It burns.")
    office.to("2026-11-26 11:00").look()
    office.look()
    assert office.kinds("ann@example.net") == ["acknowledgement", "delayed"]
    assert office.ticket(1)["assignee"] == "dave"
    assert len(office.mails("boss@example.org")) == 1


RESOLUTION = """
[[sla.standard.step]]
of = "resolution"
at = "100%"
do = ["notify:lead"]
"""

# ---- rules ---------------------------------------------------------------------------------------------------------

ASKED = """
[[rule]]
name = "near"
on = "due"
add.tags = ["near"]

[[rule]]
name = "late"
on = "overdue"
set.priority = "urgent"

[[rule]]
name = "remind who owes an answer"
on = "idle"
when.status = "waiting"
when.idle.over = "3 days"
unless.idle.over = "6 days"
set.reply = "progress"

[[rule]]
name = "silent for a week"
on = "idle"
when.status = "waiting"
when.idle.over = "7 days"
set.status = "resolved"
set.reply = "closed_for_silence"
"""


def test_rules_are_asked_of_deadlines(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock, more="", rules=ASKED)
    office.post(ANN, "It burns.")
    office.to("2026-11-26 10:36").look()
    assert (office.ticket(1)["tags"], office.ticket(1)["priority"]) == (["near"], "normal")
    office.to("2026-11-26 11:00").look()
    office.look()
    assert office.ticket(1)["priority"] == "urgent"
    ruled = [one for one in office.desk.ask("show", "1")["events"] if one["kind"] == "ruled"]
    assert [one["data"]["event"] for one in ruled] == ["due", "overdue"]


def test_silence_is_reminded_of_then_ended_then_closed(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock, more="", rules=ASKED)
    office.post(ANN, "It burns.")
    office.reply("Which printer?")
    for when in ("11-29 09:00:00", "11-29 09:00:01", "11-30 09:00", "12-03 09:00:00"):
        office.to(f"2026-{when}").look()
    assert f"{office.ticket(1)['next_tick_at']}" == "2026-12-03 08:00:01+00:00", "nobody looks before"
    assert (office.kinds("ann@example.net")[-1], office.ticket(1)["status"]) == ("progress", "waiting")
    office.to("2026-12-03 09:00:01").look()
    office.look()
    assert (office.kinds("ann@example.net")[-1], office.ticket(1)["status"]) == ("closed_for_silence", "resolved")
    office.to("2026-12-10 09:00:00").look()
    assert office.ticket(1)["status"] == "resolved"
    office.to("2026-12-10 09:00:01").look()
    assert office.ticket(1)["status"] == "closed"
    assert Counter(office.kinds("ann@example.net")).most_common(1)[0][1] == 1


# ---- several nodes -------------------------------------------------------------------------------------------------


def test_two_nodes_do_each_step_once(desk: Desk, clock: Path, another_store: Any) -> None:
    office = Clocked(desk, clock)
    count = 40 if desk.store.main.name == "sqlite" else 1_000
    site = office.site
    _fill(office, count)
    office.to("2026-11-26 11:00")
    stores: list[Store] = [desk.store, another_store("node2")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda store: _to_the_end(store, site), stores))
    event = tables.event.c
    with desk.store.main.read() as conn:
        each = select(event.ticket, func.count()).where(event.kind == "step").group_by(event.ticket)
        done = dict(map(tuple, conn.execute(each)))
        raised = conn.execute(select(func.count()).where(tables.ticket.c.priority == "high")).scalar()
    assert (set(done.values()), len(done), raised) == ({2}, count, count)


def _to_the_end(store: Store, site: Site) -> None:
    while turn(store, site, RegexMatcher(time.monotonic)):
        pass


def _fill(office: Clocked, count: int) -> None:
    site = office.site
    for number in range(1, count + 1):
        office.desk.ticket(f"Matter {number}", promises=site.promises)


def test_a_clock_that_is_set_forward_and_back(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock)
    office.post(ANN, "It burns.")
    office.to("2026-11-26 11:00").look()  # an hour too early: it is ten
    due = office.due()
    office.to("2026-11-26 10:00").look()
    office.to("2026-11-26 11:00").look()
    assert office.steps() == ["first_response 50%", "first_response 100%"]
    assert office.due() == due == ["26 11:00", None, "26 17:00"]


# ---- what keeps what from being told -------------------------------------------------------------------------------


def test_who_cannot_be_written_to_keeps_nobody_else(desk: Desk, clock: Path) -> None:
    step = (
        '[[sla.standard.step]]\nof = "first_response"\nat = "100%"\ndo = ["notify:boss@example.org", "notify:lead"]\n'
    )
    office = Clocked(desk, clock, more=step)
    shutil.copytree(CHECKOUT / "templates", desk.folder / "templates")
    for name in ("ann", "bo"):
        office.post(f"{name}@example.net", "It burns.", subject=f"{name}'s printer")
    office.to("2026-11-26 11:00")
    office.deadlines.turn()
    with desk.store.main.write() as conn:  # as config.toml let it once
        for row in conn.execute(select(tables.announcement)).all():
            if "address" in row.data:
                changed = tables.announcement.update().where(tables.announcement.c.id == row.id)
                conn.execute(changed.values(data={**row.data, "address": "boss@"}))
    office.look()
    office.look()
    assert [str(mail["Subject"]) for mail in office.mails(DAVE, "digest")] == ["Your tickets: 2 overdue"]
    lines = [one["data"] for one in desk.ask("show", "1")["events"] if one["kind"] == "not_told"]
    assert lines == [{"of": ["escalated"], "to": "boss@"}]
    told = [str(mail["Subject"]) for mail in office.mails(office.site.cfg.gateway.admin)]
    assert [one for one in told if "boss@ could not be told" in one] == told != []


def test_a_due_time_that_moves_later_is_kept_too(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock, more=RESOLUTION)
    office.post(ANN, "It burns.")
    assign(office, "carol")
    desk.run("do", "1", "priority", "urgent")
    office.to("2026-11-26 13:00").look()
    assert office.steps() == ["resolution 100%"]
    for priority in ("low", "urgent", "low"):
        desk.run("do", "1", "priority", priority)
        office.look()
    assert office.due()[2] == "02 17:00"
    assert [one["step"] for one in desk.ask("simulate", "--until", "2026-12-02T17:00+01:00")] == ["100%"]
    office.to("2026-12-02 17:00").look()
    office.look()
    assert office.steps() == ["resolution 100%"] * 2
    desk.run("do", "1", "due", "2026-12-15 12:00")
    office.to("2026-12-15 12:00").look()
    assert office.steps() == ["resolution 100%"] * 3
    assert len(office.mails(DAVE, "notice_overdue")) == 3


def test_a_calendar_that_is_edited_keeps_its_steps(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock, more=RESOLUTION)
    office.post(ANN, "It burns.")
    office.look()
    office.to("2026-11-27 17:00").look()
    desk.config.write_text(desk.config.read_text().replace('"2 business days"', '"3 business days"'))
    office.look()
    assert office.due()[2] == "30 17:00"
    office.to("2026-11-30 17:00").look()
    assert office.steps() == ["resolution 100%"] * 2


def test_what_is_late_when_it_is_opened_again_is_told_once(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock, more=RESOLUTION, rules=ASKED)
    office.post(ANN, "It burns.")
    office.to("2026-11-27 17:00").look()
    desk.run("do", "1", "resolve")
    office.to("2026-11-30 09:00").look()
    desk.run("do", "1", "open")
    for minute in ("09:00", "09:01", "12:00"):
        office.to(f"2026-11-30 {minute}").look()
    assert office.steps() == ["resolution 100%"] * 2
    assert len(office.mails(DAVE, "notice_overdue")) == 2


def test_a_clock_set_back_turns_nothing_round(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock)
    office.post(ANN, "It burns.")
    office.to("2026-11-26 09:10").reply("Which printer?")
    office.to("2026-11-26 11:30").post(ANN, "The red one.", answers=office.last("ann@example.net"))
    assert office.due()[1] == "27 11:30"
    office.to("2026-11-26 10:40").reply("On my way.")
    assert desk.ask("explain", "1")["due"]["next_response_due"]["state"] == "done"
    assert desk.run("do", "1", "open").code == 0
    assert office.due()[1] is None, "we wrote last"
    office.to("2026-11-26 10:45").post(ANN, "Thanks, and the blue one?", answers=office.last("ann@example.net"))
    assert office.due()[1] == "27 11:30"
    shown = desk.ask("show", "1")
    for those in (shown["articles"], [one for one in shown["events"] if one["kind"] == "changed"]):
        times = [datetime.fromisoformat(one["at"]) for one in those]
        assert times == sorted(times)


def test_whom_rules_call_to_a_deadline_has_quiet_hours(desk: Desk, clock: Path) -> None:
    rule = '[[rule]]\nname = "late"\non = "overdue"\nnotify = "lead"\n'
    office = Clocked(desk, clock, more="", rules=rule)
    text = desk.config.read_text()
    desk.config.write_text(text.replace("[agents.dave]\n", '[agents.dave]\nquiet = "10:30-11:30"\n'))
    for name in ("ann", "bo", "cid"):
        office.post(f"{name}@example.net", "It burns.", subject=f"{name}'s printer")
    told = len(office.mails(DAVE))
    office.to("2026-11-26 11:00").look()
    assert len(office.mails(DAVE)) == told
    office.to("2026-11-26 11:30").look()
    assert office.kinds(DAVE)[told:] == ["digest"]
    office.to("2026-11-27 17:00").look()
    office.post("dan@example.net", "It burns.", subject="dan's printer")
    told = len(office.mails(DAVE))
    office.to("2026-11-30 11:00").look()
    office.to("2026-11-30 11:30").look()
    (letter,) = office.mails(DAVE)[told:]
    assert 'the rule "late"' in text_of(letter)


def test_a_note_of_a_step_is_no_letter(desk: Desk, clock: Path) -> None:
    step = '[[sla.standard.step]]\nof = "first_response"\nat = "100%"\ndo = ["note:still nobody"]\n'
    office = Clocked(desk, clock, more=step)
    office.post(ANN, "It burns.")
    assign(office, "carol")
    office.look()
    told = office.kinds(CAROL)
    office.to("2026-11-26 11:00").look()
    assert office.kinds(CAROL) == told


def _held_back(desk: Desk, clock: Path) -> Clocked:
    """Overdue at five, while the lead, dave, wants quiet until eight."""
    office = Clocked(desk, clock, more=RESOLUTION)
    text = desk.config.read_text()
    desk.config.write_text(text.replace("[agents.dave]\n", '[agents.dave]\nquiet = "16:00-20:00"\n'))
    office.post(ANN, "It burns.")
    office.to("2026-11-27 17:00").look()
    assert (office.steps(), office.kinds(DAVE).count("notice_overdue")) == (["resolution 100%"], 0)
    return office


def test_what_waits_for_the_customer_is_told_when_it_goes_on(desk: Desk, clock: Path) -> None:
    office = _held_back(desk, clock)
    office.to("2026-11-27 17:30").reply("Which printer?")
    office.to("2026-11-27 20:00").look()
    assert office.kinds(DAVE).count("notice_overdue") == 0
    office.to("2026-11-30 09:00").post(ANN, "The red one.", answers=office.last("ann@example.net"))
    office.look()
    office.look()
    assert office.kinds(DAVE).count("notice_overdue") == 1


def test_what_got_more_time_in_quiet_hours_is_told_then(desk: Desk, clock: Path) -> None:
    office = _held_back(desk, clock)
    desk.run("do", "1", "due", "2026-11-30 12:00")
    office.to("2026-11-27 20:00").look()
    assert office.kinds(DAVE).count("notice_overdue") == 0
    office.to("2026-11-30 12:00").look()
    assert office.kinds(DAVE).count("notice_overdue") == 1


def test_who_is_told_and_by_the_same_step_put_on_hold(desk: Desk, clock: Path) -> None:
    office = Clocked(desk, clock, more=RESOLUTION.replace('"notify:lead"', '"notify:lead", "status:on_hold"'))
    office.post(ANN, "It burns.")
    office.to("2026-11-27 17:00").look()
    assert (office.ticket(1)["status"], office.kinds(DAVE).count("notice_overdue")) == ("on_hold", 1)


def test_what_a_person_set_is_raised_and_not_lowered(desk: Desk, clock: Path) -> None:
    steps = RESOLUTION.replace('"notify:lead"', '"priority:low"').replace("100%", "50%") + RESOLUTION.replace(
        '"notify:lead"', '"priority:+1"'
    )
    office = Clocked(desk, clock, more=steps)
    office.post(ANN, "It burns.")
    desk.run("do", "1", "priority", "high")
    office.to("2026-11-26 13:00").look()
    assert office.ticket(1)["priority"] == "high"
    office.to("2026-11-26 17:00").look()
    assert office.ticket(1)["priority"] == "urgent"
