"""What is over the cap on all automatic mail leaves later, in order, at the pace of the cap; hardly ever not at all."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.config import Rate, load
from gateway.pacing import MOST, wait_for
from gateway.site import load_site
from gateway.store import outbox, tables
from gateway.telling.teller import tell_all
from support.desk import Desk
from support.mails import mail

NOON = datetime.fromisoformat("2026-11-27T12:00:00+00:00")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def noon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that says what time it is."""
    file = tmp_path / "clock"
    file.write_text(NOON.isoformat())
    monkeypatch.setattr("gateway.now._CLOCK_FILE", str(file))
    return file


def later(clock: Path, by: timedelta) -> None:
    clock.write_text((NOON + by).isoformat())


def cap(desk: Desk, auto_total: str, more: str = "") -> None:
    desk.rules = '[[rule]]\nname = "all"\nset.reply = "acknowledgement"\n'
    desk.configure(more=f'[limits]\nauto_total = "{auto_total}"\n{more}')


def write_in(desk: Desk, *names: str) -> None:
    """Each of them writes a first mail, all before any is worked on."""
    for name in names:
        desk.take_in(mail(sender=f"{name}@example.net"), mail_from=f"{name}@example.net")
    desk.work()


def plan(desk: Desk) -> list[tuple[str, timedelta]]:
    """What waits to be sent to customers, in the order in which it leaves: to whom, and how long after noon."""
    box = tables.outbox.c
    waiting = select(box.recipient, box.next_try_at).where(box.state == "pending", box.recipient.not_like("%acme%"))
    with desk.store.main.read() as conn:
        rows = conn.execute(waiting.order_by(box.next_try_at, box.id)).all()
    return [(row.recipient.partition("@")[0], row.next_try_at - NOON) for row in rows]


def events(desk: Desk, number: int, kind: str) -> list[str]:
    return [one["reason"] for one in desk.ask("show", str(number))["events"] if one["kind"] == kind]


RATES = [
    ("no cap", (), (0, 0, 0), 0),
    ("room", ((3, 60),), (0, 0), 0),
    ("none left", ((2, 60),), (0, 0), 60),
    ("some time ago", ((2, 60),), (-10, -20), 40),
    ("long ago", ((2, 60),), (-10, -60), 0),
    ("behind those that wait", ((2, 60),), (60, 60, 0, 0), 120),
    ("beside one that waits", ((2, 60),), (60, 0, 0), 60),
    ("the stricter of two", ((2, 60), (3, 3600)), (-70, -80, -90), 3600 - 90),
    ("too long", ((1, 86400),), (0,), None),
]


@pytest.mark.parametrize(("case", "rates", "left", "wait"), RATES, ids=[case for case, *_ in RATES])
def test_how_long_one_more_waits(case, rates, left, wait):
    found = wait_for(
        [Rate(count=count, per=per * SECOND) for count, per in rates], [NOON + at * SECOND for at in left], NOON
    )
    assert found == (None if wait is None else wait * SECOND)


def test_acknowledgements_over_the_cap_leave_later_in_order(desk: Desk, noon: Path) -> None:
    cap(desk, "2/min")
    write_in(desk, "ann", "bob", "cid", "dan", "eve")
    at_once, then, last = 0 * MINUTE, MINUTE, 2 * MINUTE
    assert plan(desk) == [("ann", at_once), ("bob", at_once), ("cid", then), ("dan", then), ("eve", last)]
    assert [events(desk, number, "queued") for number in range(1, 6)] == [[None], [None], *([["cap_in_all"]] * 3)]
    later(noon, 30 * SECOND)
    write_in(desk, "fay", "gus")
    assert plan(desk)[-2:] == [("fay", last), ("gus", 3 * MINUTE)]
    shown = {one.recipient: one for one in outbox.rows(desk.store)}["gus@example.net"]
    assert (shown.reason, shown.written_at) == ("cap_in_all", NOON + 30 * SECOND)


def test_the_cap_holds_over_what_was_sent_in_the_meantime(desk: Desk, noon: Path) -> None:
    """A letter that was put off counts when it leaves, not when it was written."""
    cap(desk, "2/min")
    write_in(desk, "ann", "bob", "cid", "dan")
    later(noon, MINUTE)
    due = outbox.claim_due(desk.store, node="node", limit=10, now=NOON + MINUTE)
    for one in due:
        outbox.record_sent(desk.store, one, node="node", reply="250")
    assert [one.recipient.partition("@")[0] for one in due] == ["ann", "bob", "cid", "dan"]
    write_in(desk, "eve")
    assert plan(desk) == [("eve", 2 * MINUTE)]


def test_what_would_leave_hours_later_is_recorded_as_not_sent(desk: Desk, noon: Path) -> None:
    cap(desk, "1/h")
    names = ["ann", "bob", "cid", "dan", "eve", "fay"]
    write_in(desk, *names)
    assert plan(desk) == [(name, hours * 60 * MINUTE) for hours, name in enumerate(names[:5])]
    assert MOST == 240 * MINUTE
    assert events(desk, 6, "not_sent") == ["cap_in_all"]


def test_the_caps_for_one_person_put_nothing_off(desk: Desk, noon: Path) -> None:
    cap(desk, "1/min", 'auto_per_address = "1/day"\n')
    write_in(desk, "ann", "bob", "ann")
    assert plan(desk) == [("ann", 0 * MINUTE), ("bob", MINUTE)]
    assert events(desk, 3, "not_sent") == ["cap_per_address"]


def test_letters_on_what_became_of_a_ticket_wait_in_the_same_line(desk: Desk, noon: Path) -> None:
    cap(desk, "1/min")
    write_in(desk, "ann", "bob")
    for number in (1, 2):
        desk.run("do", str(number), "resolve")
    while tell_all(desk.store, load_site(load(desk.config), desk.store)):
        pass
    assert plan(desk) == [("ann", 0 * MINUTE), ("bob", MINUTE), ("ann", 2 * MINUTE), ("bob", 3 * MINUTE)]


def test_it_is_explained(desk: Desk, noon: Path) -> None:
    cap(desk, "1/min")
    write_in(desk, "ann", "bob")
    assert "put off until 2026-11-27 12:01" in desk.run("trace", "bob@example.net").out
    assert "put off until 2026-11-27 12:01" in desk.run("explain", "2").out
    assert "put off" not in desk.run("explain", "1").out
    assert "cap_in_all" in desk.run("outbox", "list").out
    assert "2026-11-27 12:00" in desk.run("outbox", "show", "2").out


def test_what_is_put_off_is_not_overdue(desk: Desk, noon: Path) -> None:
    cap(desk, "1/min")
    write_in(desk, "ann", "bob")
    (due,) = outbox.claim_due(desk.store, node="node", limit=10, now=NOON)
    outbox.record_sent(desk.store, due, node="node", reply="250")
    found = json.loads(desk.run("status", "--json").out)
    assert datetime.fromisoformat(found["outbox"]["oldest_at"]) == NOON
