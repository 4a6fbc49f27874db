"""The list of their open tickets that agents get at the times of the configuration."""

import shutil
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from gateway.config import load
from gateway.site import load_site
from gateway.store.desk import be_away
from gateway.telling import daily
from support.agent_desk import Office, text_of
from support.desk import Desk

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
CAROL = "carol@acme.example"
MORE = """
[calendars.office]
timezone = "Europe/Prague"
mon-fri = "09:00-17:00"
[digest]
cron = "0 7 * * mon-fri"
"""
MONDAY = datetime(2026, 11, 23, 6, tzinfo=UTC)  # seven o'clock in Prague
BEGAN, HOUR, DAY = MONDAY - timedelta(hours=20), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def office(desk: Desk) -> Office:
    shutil.copytree(TEMPLATES, desk.folder / "templates")
    wishing(desk)
    return Office(desk)


def wishing(desk: Desk, more: str = "") -> None:
    desk.configure(more=MORE)
    own = f'[agents.carol]\nnotify = ["digest"]\n{more}'
    desk.config.write_text(desk.config.read_text().replace("[agents.carol]\n", own))


def lists(office: Office, monkeypatch: pytest.MonkeyPatch, *turns: datetime) -> list[EmailMessage]:
    """What carol got after looks at the clock at these times."""
    site = load_site(load(office.desk.config), office.desk.store)
    for turn in turns:
        monkeypatch.setattr(daily, "now", lambda at=turn: at)
        daily.mail_lists(office.desk.store, site)
    return office.mails(CAROL, "digest")


def test_what_is_open_stands_in_it_under_what_it_needs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = office.desk
    desk.ticket("Late", assignee="carol", status="open", resolve_due=MONDAY - HOUR)
    desk.ticket("Soon", assignee="carol", status="open", resolve_due=MONDAY + HOUR)
    desk.ticket("Fresh", assignee="carol", requester="bo@example.org")
    desk.ticket("Worked on", assignee="carol", status="open", resolve_due=MONDAY + 9 * DAY)
    desk.ticket("At the supplier", assignee="carol", status="at_supplier")
    desk.ticket("Done", assignee="carol", status="resolved")
    desk.ticket("Of dave", assignee="dave")
    (letter,) = lists(office, monkeypatch, BEGAN, MONDAY)
    assert letter["Subject"] == "Your tickets: 1 overdue, 1 due soon, 1 new, 1 open, 1 waiting for an answer"
    text = text_of(letter)
    assert [name for name in ("Late", "Soon", "Fresh", "Worked on", "At the supplier", "Done", "Of dave") if name in text] == [
        "Late", "Soon", "Fresh", "Worked on", "At the supplier",
    ]  # fmt: skip
    assert "23 November 2026, 08:00 CET" in text
    assert "bo@example.org" in text


WHEN = {
    "not before its time": ((BEGAN, MONDAY - HOUR), 0),
    "once": ((BEGAN, MONDAY, MONDAY + HOUR), 1),
    "after an outage once": ((BEGAN, MONDAY + 4 * DAY + HOUR, MONDAY + 4 * DAY + 2 * HOUR), 1),
    "every day": ((BEGAN, MONDAY, MONDAY + DAY), 2),
    "not for the time before it was switched on": ((MONDAY + HOUR,), 0),
}


@pytest.mark.parametrize(("turns", "count"), WHEN.values(), ids=WHEN)
def test_when_it_comes(
    turns: tuple[datetime, ...], count: int, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.desk.ticket(assignee="carol")
    assert len(lists(office, monkeypatch, *turns)) == count


def test_nobody_gets_an_empty_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.desk.ticket(assignee="dave")
    assert lists(office, monkeypatch, BEGAN, MONDAY) == []


def test_it_waits_for_the_end_of_quiet_hours(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    wishing(office.desk, 'quiet = "20:00-08:30"\n')
    office.desk.ticket(assignee="carol")
    assert lists(office, monkeypatch, BEGAN, MONDAY, MONDAY + HOUR) == []
    assert len(lists(office, monkeypatch, MONDAY + 1.5 * HOUR, MONDAY + 2 * HOUR)) == 1


def test_who_is_away_gets_none(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.desk.ticket(assignee="carol")
    with office.desk.store.main.write() as conn:
        be_away(conn, "carol", MONDAY - DAY, MONDAY + 5 * HOUR)
    assert lists(office, monkeypatch, BEGAN, MONDAY, MONDAY + 6 * HOUR) == []
