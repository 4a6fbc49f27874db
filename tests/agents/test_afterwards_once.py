"""Rules on what happens to a ticket afterwards: each acts once, sees the ticket as it is, and is explained."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from gateway import act, afterwards
from gateway.afterwards import facts_of_ticket, reactions
from gateway.config import load
from gateway.errors import Conflict
from gateway.now import now
from gateway.rules import Decision
from gateway.site import Site, load_site
from gateway.store.snapshots import snapshots
from gateway.telling import teller
from gateway.tickets.actions import Change
from gateway.tickets.snapshot import Snapshot
from support.desk import Desk
from support.ruled_office import ANN, WAITING, do, names, office_with


def test_two_nodes_ask_once(desk: Desk) -> None:
    office = office_with(desk, WAITING)
    site = load_site(load(desk.config))
    assert desk.run("do", "1", "wait").code == 0
    barrier = Barrier(4)

    def node(_: int) -> None:
        barrier.wait()
        while teller.tell_all(desk.store, site):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(node, range(4)))
    assert names(office) == [["who waits is served first"]]


def test_a_ticket_that_changes_meanwhile_is_looked_at_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    office = office_with(desk, WAITING)
    assert desk.run("do", "1", "wait").code == 0
    letters, overtaken = teller._letters, []

    def overtake(*args: Any) -> Any:
        if not overtaken:
            overtaken.append(True)
            assert desk.run("do", "1", "tag", "meanwhile").code == 0
        return letters(*args)

    monkeypatch.setattr(teller, "_letters", overtake)
    office.tell()
    office.tell()
    assert names(office) == [["who waits is served first"]]
    assert office.ticket(1)["tags"] == ["meanwhile", "asked"]


def test_a_step_acts_once(desk: Desk) -> None:
    office = office_with(desk, WAITING.replace('on = "status"', 'on = "overdue"').replace("waiting", "new"))
    site = load_site(load(desk.config))

    def asked(one: Snapshot) -> tuple[Any, ...]:
        with desk.store.main.read() as conn:
            matcher = teller._matcher(site)
            return reactions(conn, site, matcher, one, ["overdue"], at=now(), step_key="resolution:100%")

    first = asked(snapshot(desk))
    also = asked(snapshot(desk))
    apply(desk, first)
    with pytest.raises(Conflict):  # another node that looked at the same time
        apply(desk, also)
    assert names(office) == [["who waits is served first"]]
    assert asked(snapshot(desk)) == ()


def snapshot(desk: Desk) -> Snapshot:
    with desk.store.main.read() as conn:
        return snapshots(conn, [1])[1]


def apply(desk: Desk, actions: tuple[Any, ...]) -> None:
    with desk.store.main.write() as conn:
        act.apply(conn, actions, afterwards.actor(now()))


# ---- what rules see ------------------------------------------------------------------------------------------------

SEEN = """
[organisations.big]
domains = ["example.net"]
tags = ["vip"]
[calendars.office]
timezone = "UTC"
mon-sun = "00:00-24:00"
"""
ASKS = """
[[rule]]
name = "asks"
on = "overdue"
when.hours = "office"
when.seen_recently = { by = "sender", within = "1 day", over = 0 }
add.tags = ["asked"]
"""


def test_what_rules_see_of_a_ticket(desk: Desk) -> None:
    office = office_with(desk, ASKS, SEEN)
    site: Site = load_site(load(desk.config))
    at = office.ticket(1)["updated_at"] + timedelta(hours=3)  # type: ignore[operator]
    with desk.store.main.read() as conn:
        facts = facts_of_ticket(conn, site, snapshots(conn, [1])[1], "overdue", at)
    assert (facts.event, facts.from_, facts.subject) == ("overdue", "ann@example.net", "Printer is on fire")
    assert facts.body.strip() == "It burns with a blue flame."
    known = facts.known
    assert (known["requester"], known["organisation"], known["sender.tags"]) == ("ann@example.net", "big", ("vip",))
    assert (known["sender.known"], known["sender.agent"]) == (True, False)
    assert (known["idle"], known["hours"], known["status"], known["queue"]) == (10_800, ("office",), "new", "support")
    assert known["set_by"]["queue"] == "address:support@acme.example"
    assert decided(desk, site).matched == ()  # no other ticket of hers came
    office.post(ANN, "My lamp is gone.", subject="Another matter")
    assert [one.name for one in decided(desk, site).matched] == ["asks"]


def decided(desk: Desk, site: Site) -> Decision:
    with desk.store.main.read() as conn:
        facts = facts_of_ticket(conn, site, snapshots(conn, [1])[1], "overdue", now())
    return site.rules.evaluate(facts, "overdue", teller._matcher(site))


# ---- why -----------------------------------------------------------------------------------------------------------


def test_it_is_explained(desk: Desk) -> None:
    office = office_with(desk, WAITING)
    do(office, "wait")
    found = desk.ask("explain", "1")
    (step,) = found["afterwards"]
    assert (step["event"], step["rules"][0]["name"], step["rules"][0]["line"]) == (
        "status",
        "who waits is served first",
        2,
    )
    assert step["fields"]["priority"]["value"] == "high"
    assert (found["fields"]["priority"]["rule"], found["fields"]["priority"]["line"]) == (
        "who waits is served first",
        6,
    )
    told = desk.run("explain", "1").out
    assert 'matched: "who waits is served first" (rules/10-all.toml:2)' in told
    assert 'priority = high <- rule "who waits is served first" (rules/10-all.toml:6)' in told
    assert "rules on status, " in told
    assert 'yes when.status = waiting; it is "waiting"' in told
    assert "rules  ruled  (rule)  on=status  rules=who waits is served first\n" in desk.run("show", "1").out


def test_a_rule_that_acted_afterwards_is_in_use(desk: Desk) -> None:
    office = office_with(desk, WAITING)
    assert unused(desk) == ["who waits is served first", "spam", "refunds"]
    do(office, "wait")
    assert unused(desk) == ["spam", "refunds"]


def unused(desk: Desk) -> list[str]:
    told = desk.ask("rules", "lint", "--days", "3")["warnings"]
    return [one.split('"')[1] for one in told if " matched no" in one]


def test_nothing_is_written_where_no_rule_matches(desk: Desk) -> None:
    office = office_with(desk, WAITING)
    version = office.ticket(1)["version"]
    do(office, "open")
    assert office.ticket(1)["version"] == int(str(version)) + 1
    changes = [one for one in afterwards_of(desk) if isinstance(one, Change)]
    assert changes == []


def afterwards_of(desk: Desk) -> tuple[Any, ...]:
    site = load_site(load(desk.config))
    with desk.store.main.read() as conn:
        return reactions(conn, site, teller._matcher(site), snapshots(conn, [1])[1], ["status"], at=now())
