"""Rules on what happens to a ticket afterwards: asked once of each thing that happens, in one round."""

from collections import Counter
from threading import Event

import pytest

from gateway.config import load
from gateway.delivery.sender import Sender
from gateway.store import outbox
from support.agent_desk import text_of
from support.desk import Desk
from support.reports import report_on
from support.ruled_office import ANN, WAITING, do, names, office_with, ruled

CAROL = "Carol <carol@acme.example>"


# ---- what happens --------------------------------------------------------------------------------------------------


def test_a_status_that_changes(desk: Desk) -> None:
    office = office_with(desk, WAITING)
    do(office, "open")
    assert (office.ticket(1)["priority"], ruled(office)) == ("normal", [])
    do(office, "wait")
    ticket = office.ticket(1)
    assert (ticket["priority"], ticket["title"], ticket["tags"]) == ("high", "asked back", ["asked"])
    assert ticket["set_by"]["priority"] == "rule:who waits is served first"  # type: ignore[index]
    (line,) = ruled(office)
    assert (line["event"], [one["name"] for one in line["rules"]]) == ("status", ["who waits is served first"])
    watchers = {one["address"] for one in office.desk.ask("show", "1")["participants"] if one["role"] == "watcher"}
    assert watchers == {"boss@example.org", "dave@acme.example"}


def test_somebody_gets_it(desk: Desk) -> None:
    rule = '[[rule]]\nname = "the lead sees to it"\non = "assigned"\nwhen.assignee = "carol"\nnotify = "lead"\n'
    office = office_with(desk, rule)
    before = len(office.mails("dave@acme.example"))
    do(office, "assign", "carol")
    letters = office.mails("dave@acme.example")[before:]
    assert office.kinds("dave@acme.example")[-1] == "notice_called"
    assert 'the rule "the lead sees to it"' in text_of(letters[-1])
    do(office, "assign", "dave")
    assert names(office) == [["the lead sees to it"]]
    by_rules = [one["kind"] for one in desk.ask("show", "1")["events"] if one["actor"] == "rules"]
    assert by_rules == ["ruled", "called"]  # nothing of the ticket was changed


def test_a_mail_of_ours_comes_back(desk: Desk) -> None:
    rule = '[[rule]]\nname = "ring them up"\non = "bounced"\nset.priority = "urgent"\nadd.tags = ["ring"]\n'
    office = office_with(desk, rule)
    sender = Sender(desk.store, load(desk.config), node=desk.store.node, wake=Event())
    while sender.run_once():
        pass
    desk.take_in(report_on(outbox.bytes_of(desk.store, 1), "ann@example.net"), mail_from="")
    desk.work()
    office.tell()
    assert (office.ticket(1)["priority"], office.ticket(1)["tags"]) == ("urgent", ["ring"])


RATED = """
[[rule]]
name = "unhappy"
on = "rated"
when.rating.under = 3
set.type = "complaint"
notify = ["lead", "admin"]

  [[rule.test]]
  ticket.rating = 2
  ticket.requester = "ann@example.net"
  expect.type = "complaint"
  expect.notify = ["lead", "admin"]

  [[rule.test]]
  ticket.rating = 4
  expect.rules = []
"""


def test_a_rating(desk: Desk) -> None:
    office = office_with(desk, RATED)
    assert desk.run("rules", "test").out == "2 tests, all passed\n"
    do(office, "resolve")
    office.post(ANN, "5", answers=office.last("ann@example.net"))
    assert (office.ticket(1)["rating"], office.ticket(1)["type"]) == (5, None)
    office.post(ANN, "1", answers=office.last("ann@example.net"))
    assert (office.ticket(1)["rating"], office.ticket(1)["type"]) == (1, "complaint")
    assert office.kinds("dave@acme.example")[-1] == "notice_called"
    (told,) = office.mails("postmaster@acme.example", "admin_notice")
    assert told["Subject"] == '[Acme] ticket #1: the rule "unhappy"'
    assert "gateway explain 1" in text_of(told)


# ---- what rules may do ---------------------------------------------------------------------------------------------


def test_what_rules_change_asks_no_rule_again(desk: Desk) -> None:
    """The first would match what the second makes of the ticket."""
    rules = """
    [[rule]]
    name = "on hold"
    on = ["status", "assigned"]
    when.status = "on_hold"
    add.tags = ["round"]
    set.status = "waiting"

    [[rule]]
    name = "waiting"
    on = "status"
    when.status = "waiting"
    set.status = "on_hold"
    set.assign = "dave"
    """
    office = office_with(desk, rules)
    do(office, "wait")
    assert names(office) == [["waiting"]]
    ticket = office.ticket(1)
    assert (ticket["status"], ticket["assignee"], ticket["tags"]) == ("on_hold", "dave", [])


def test_two_things_at_once_are_seen_one_after_the_other(desk: Desk) -> None:
    rules = """
    [[rule]]
    name = "open"
    on = "status"
    set.priority = "high"

    [[rule]]
    name = "carol's"
    on = "assigned"
    when.priority = "high"
    add.tags = ["hot"]
    """
    office = office_with(desk, rules)
    do(office, "assign", "carol")  # which opens it
    assert names(office) == [["open"], ["carol's"]]
    assert (office.ticket(1)["priority"], office.ticket(1)["tags"]) == ("high", ["hot"])


def test_what_a_person_set_stands_but_for_force(desk: Desk) -> None:
    rules = """
    [[rule]]
    name = "meek"
    on = "status"
    when.status = "waiting"
    set.priority = "urgent"

    [[rule]]
    name = "strong"
    on = "status"
    when.status = "on_hold"
    set.priority = "urgent"
    force = true
    """
    office = office_with(desk, rules)
    do(office, "priority", "low")
    do(office, "wait")
    assert office.ticket(1)["priority"] == "low"
    assert [one["reason"] for one in ruled(office)[0]["skipped"]] == ["person_set"]
    do(office, "hold")
    assert office.ticket(1)["priority"] == "urgent"


def test_stop_ends_it(desk: Desk) -> None:
    rules = """
    [[rule]]
    name = "enough"
    on = "status"
    stop = true

    [[rule]]
    name = "never"
    on = ["status", "assigned"]
    add.tags = ["never"]
    """
    office = office_with(desk, rules)
    do(office, "wait")
    assert (names(office), office.ticket(1)["tags"]) == ([["enough"]], [])


ASSIGNS = """
[[rule]]
name = "somebody"
on = "status"
when.status = "waiting"
set.assign = "balance"
need.skills = ["network"]

[[rule]]
name = "nobody"
on = "status"
when.status = "on_hold"
set.assign = "none"
"""


ERIN = '[agents.erin]\naddresses = ["erin@acme.example"]\nskills = ["network"]\n'


def test_it_is_given_to_somebody_and_taken_away(desk: Desk) -> None:
    office = office_with(desk, ASSIGNS, ERIN)
    text = desk.config.read_text()
    desk.config.write_text(text.replace('agents = ["carol", "dave"]', 'agents = ["carol", "dave", "erin"]'))
    do(office, "wait")
    assert (office.ticket(1)["assignee"], office.ticket(1)["status"]) == ("erin", "waiting")
    assert office.ticket(1)["set_by"]["assignee"] == "policy:balance"  # type: ignore[index]
    assert office.kinds("erin@acme.example")[-1] == "notice_assigned"
    do(office, "hold")
    assert office.ticket(1)["assignee"] is None
    assert office.ticket(1)["set_by"]["assignee"] == "rule:nobody"  # type: ignore[index]


def test_where_nobody_is_free_the_clock_tries_again(desk: Desk) -> None:
    office = office_with(desk, ASSIGNS, ERIN)  # who does not work the queue
    do(office, "wait")
    assert office.ticket(1)["assignee"] is None
    assert "unassigned" in [one["kind"] for one in desk.ask("show", "1")["events"]]


def test_many_at_once_are_given_out_evenly(desk: Desk) -> None:
    rule = '[[rule]]\nname = "somebody"\non = "status"\nwhen.status = "waiting"\nset.assign = "balance"\n'
    office = office_with(desk, rule)
    for _ in range(5):
        office.post(ANN, "It burns.")
    for number in range(1, 7):
        assert desk.run("do", str(number), "wait").code == 0
    office.tell()
    assert Counter(one["assignee"] for one in desk.ask("tickets")) == {"carol": 3, "dave": 3}


# ---- letters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("", ["resolved"]),
        ('set.reply = "closed_for_silence"', ["closed_for_silence"]),
        ('set.reply = "none"', []),
    ],
)
def test_the_letter_a_rule_asks_for_stands_in_for_the_usual_one(desk: Desk, line: str, kinds: list[str]) -> None:
    rule = f'[[rule]]\nname = "silence"\non = "status"\nwhen.status = "waiting"\nset.status = "resolved"\n{line}\n'
    office = office_with(desk, rule)
    do(office, "wait")
    assert office.ticket(1)["status"] == "resolved"
    assert office.kinds("ann@example.net") == ["acknowledgement", *kinds]


def test_whoever_did_it_need_not_be_told(desk: Desk) -> None:
    rule = '[[rule]]\nname = "all"\non = "status"\nwhen.status = "waiting"\nnotify = "agents"\n'
    office = office_with(desk, rule)
    before = {agent: len(office.mails(f"{agent}@acme.example")) for agent in ("carol", "dave")}
    office.post(CAROL, "#wait\n#note\nShe sends a picture.", answers=office.last("carol@acme.example"))
    told = {agent: office.kinds(f"{agent}@acme.example")[count:] for agent, count in before.items()}
    assert told["dave"] == ["notice_called"]
    assert "notice_called" not in told["carol"]


def test_an_answer_to_what_a_rule_calls_to_stays_inside(desk: Desk) -> None:
    rule = '[[rule]]\nname = "look"\non = "status"\nwhen.status = "waiting"\nnotify = "dave"\n'
    office = office_with(desk, rule)
    do(office, "wait")
    customers = len(office.mails("ann@example.net"))
    office.post("Dave <dave@acme.example>", "She is a friend of mine.", answers=office.last("dave@acme.example"))
    assert office.articles(1)[-1][0] == "note"
    assert len(office.mails("ann@example.net")) == customers


def test_rules_on_mail_call_people_too(desk: Desk) -> None:
    rule = '[[rule]]\nname = "flames"\non = "mail"\nwhen.text = "burn*"\nnotify = ["dave", "admin"]\n'
    office = office_with(desk, rule)
    assert office.kinds("dave@acme.example") == ["notice_new"]  # one letter, though he works the queue as well
    assert len(office.mails("postmaster@acme.example", "admin_notice")) == 1
    do(office, "assign", "carol")
    office.post(ANN, "It burns on.", answers=office.last("ann@example.net"))
    assert office.kinds("dave@acme.example")[-1] == "notice_answered"
    assert 'the rule "flames"' in text_of(office.last("dave@acme.example"))
    assert 'the rule "flames"' not in text_of(office.last("carol@acme.example"))
