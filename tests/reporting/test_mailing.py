"""The mail of a report: when, about which time, to whom, and once."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select

from conftest import OpenStore
from gateway.config import load
from gateway.reporting import mailing
from gateway.reporting.figures import Group, Period, Ratings, Times
from gateway.reporting.letter import figures, period_in_words
from gateway.reporting.report import Report
from gateway.site import Site, load_site
from gateway.store import Store, tables
from support import rows
from support.whole_site import make_site

REPORT = """
[agents.eve]
addresses = ["eve@acme.example"]
language = "cs"
notify = ["report"]
[agents.gone]
addresses = ["gone@acme.example"]
notify = ["report"]
left = true
[report]
cron = "0 7 * * mon"
to = ["Boss <boss@corp.example>", "eve", "BOSS@corp.example"]
"""
HOSTILE = "<script>alert(1)</script><img src=x onerror=y>"
MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)
WEEK = Period(start=MONDAY - timedelta(days=7), end=MONDAY)
SetClock = Callable[[datetime], None]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return load_site(load(make_site(tmp_path / "site", more=REPORT)))


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Sets the clock."""
    return lambda instant: monkeypatch.setattr(mailing, "now", lambda: instant)


def recipients(store: Store) -> list[str]:
    """To whom a report was written, in order."""
    with store.main.read() as conn:
        out = select(tables.mail.c.recipient).where(tables.mail.c.kind == "report").order_by(tables.mail.c.id)
        return list(conn.execute(out).scalars())


BOTH = ["boss@corp.example", "eve@acme.example"]
BEGAN, DAY, WEEKS = -timedelta(hours=30), timedelta(days=1), timedelta(days=7)
TURNS: dict[str, tuple[tuple[timedelta, ...], list[str]]] = {
    "not before its time": ((BEGAN, -timedelta(seconds=1)), []),
    "at its time": ((BEGAN, timedelta(0)), BOTH),
    "once": ((BEGAN, timedelta(0), timedelta(seconds=10), timedelta(hours=20)), BOTH),
    "where nothing ran at its time": ((BEGAN, timedelta(hours=23)), BOTH),
    "once where nothing ran for weeks": ((BEGAN, 2 * WEEKS + 3 * DAY, 2 * WEEKS + 4 * DAY), BOTH),
    "not for the time before it was switched on": ((timedelta(hours=1), 6 * DAY), []),
    "the next week again": ((BEGAN, timedelta(0), WEEKS), BOTH * 2),
    "with the clock put back": ((BEGAN, timedelta(0), -timedelta(hours=1), timedelta(hours=1)), BOTH),
}


@pytest.mark.parametrize(("turns", "told"), TURNS.values(), ids=TURNS)
def test_when_it_is_written(
    turns: tuple[timedelta, ...], told: list[str], store: Store, site: Site, at: SetClock
) -> None:
    for turn in turns:
        at(MONDAY + turn)
        mailing.mail_report(store, site)
    assert recipients(store) == told


def periods(store: Store) -> list[tuple[datetime, datetime]]:
    """Of the reports that were written, in order."""
    with store.main.read() as conn:
        found = conn.execute(
            select(tables.event.c.data).where(tables.event.c.kind == "report_told").order_by(tables.event.c.id)
        ).scalars()
        return [(datetime.fromisoformat(one["from"]), datetime.fromisoformat(one["to"])) for one in found]


def test_it_is_on_the_time_since_the_one_before(store: Store, site: Site, at: SetClock) -> None:
    """Three weeks of outage are one report, which says so."""
    for turn in (BEGAN, timedelta(0), 3 * WEEKS + DAY, 4 * WEEKS):
        at(MONDAY + turn)
        mailing.mail_report(store, site)
    assert periods(store) == [
        (MONDAY - WEEKS, MONDAY), (MONDAY, MONDAY + 3 * WEEKS), (MONDAY + 3 * WEEKS, MONDAY + 4 * WEEKS)
    ]  # fmt: skip
    with store.main.read() as conn:
        subjects = list(conn.execute(select(tables.mail.c.subject).order_by(tables.mail.c.id)).scalars())
    assert "23 November 2026" in subjects[2]
    assert "14 December 2026" in subjects[2]


def test_another_expression_counts_from_then_on(store: Store, site: Site, tmp_path: Path, at: SetClock) -> None:
    daily = load_site(load(make_site(tmp_path / "daily", more=REPORT.replace("* * mon", "* * *"))))
    for turn, one in ((BEGAN, site), (timedelta(0), site), (2 * DAY + DAY / 24, daily), (3 * DAY, daily)):
        at(MONDAY + turn)
        mailing.mail_report(store, one)
    assert periods(store) == [(MONDAY - WEEKS, MONDAY), (MONDAY + 2 * DAY, MONDAY + 3 * DAY)]


def test_of_several_nodes_one_writes_it(another_store: OpenStore, site: Site, at: SetClock) -> None:
    nodes = [another_store("one"), another_store("two")] * 3
    start = threading.Barrier(len(nodes))

    def turn(store: Store) -> None:
        start.wait(30)
        mailing.mail_report(store, site)

    at(MONDAY + BEGAN)
    mailing.mail_report(nodes[0], site)
    for week in range(5):
        at(MONDAY + week * timedelta(days=7))
        threads = [threading.Thread(target=turn, args=(store,)) for store in nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert recipients(nodes[0]) == BOTH * (week + 1)


def test_what_strangers_wrote_is_text_in_the_letter(store: Store, site: Site, at: SetClock) -> None:
    with store.main.write() as conn:
        rows.ticket(conn, 1, area=HOSTILE, created_at=MONDAY - timedelta(days=1), updated_at=MONDAY)
    for turn in (BEGAN, timedelta(0)):
        at(MONDAY + turn)
        mailing.mail_report(store, site)
    with store.main.read() as conn:
        data = conn.execute(select(tables.mail_out.c.data)).scalars().first()
    letter = message_from_bytes(data, policy=policy.default)
    text, page = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert HOSTILE in text
    assert "&lt;script&gt;alert(1)" in page
    assert not [word for word in ("<script", "<img", "[ref:") if word in page.lower()]
    assert "[ref:" not in text


def test_readers_get_their_language(store: Store, site: Site, at: SetClock) -> None:
    for turn in (BEGAN, timedelta(0)):
        at(MONDAY + turn)
        mailing.mail_report(store, site)
    with store.main.read() as conn:
        subjects = list(conn.execute(select(tables.mail.c.subject).order_by(tables.mail.c.id)).scalars())
    assert [subject.partition(" ")[0] for subject in subjects] == ["Report", "Přehled"]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((16, 23), "16 November 2026 - 22 November 2026"),
        ((16, 17), "16 November 2026"),
    ],
)
def test_whole_days_are_said_as_days(days: tuple[int, int], words: str) -> None:
    start, end = (datetime(2026, 11, day, tzinfo=UTC) for day in days)
    assert period_in_words(Period(start=start, end=end), UTC, "en") == words


# ---- what it says --------------------------------------------------------------------------------------------------

NONE = Times(count=0, mean=None, median=None, p90=None)


def group(by: str, name: str | None, **changes: int | float | bool | Times | Ratings | None) -> Group:
    zero: dict[str, object] = {
        "open": 0, "late": 0, "soon": 0, "created": 0, "usual": None, "grew": False, "solved": 0, "reopened": 0,
        "first_response": NONE, "resolution": NONE, "handling": NONE, "several": 0, "time_spent": 0,
        "ratings": Ratings(count=0, mean=None),
    }  # fmt: skip
    return Group(by=by, name=name, **{**zero, **changes})  # type: ignore[arg-type]


FULL = Report(
    period=WEEK,
    groups=(
        group(
            "all", None, open=12, late=2, soon=1, created=14, usual=9.5, solved=11, reopened=1,
            first_response=Times(count=10, mean=70, median=45, p90=185, sla=240, kept=0.93),
            handling=Times(count=1, mean=1500, median=1500, p90=1500),
            time_spent=125, ratings=Ratings(count=4, mean=4.25),
        ),
        group(
            "queue", "support", open=9, created=11, late=2, usual=8.0, ratings=Ratings(count=2, mean=3.5),
            resolution=Times(count=2, mean=90, median=60, p90=120, sla=480, kept=1.0),
        ),
        group("queue", "billing", open=3, created=0),
        group("area", "login", created=9, usual=2.0, grew=True, solved=5, several=4),
        group("type", None, created=14),
        group("area", None, created=5, solved=1, several=1),
        group("sender", "ann@example.net", created=3),
    ),
    names={("queue", "support"): "Support desk"},
)  # fmt: skip


def test_the_whole_report_in_words() -> None:
    told = {
        one.title: [(line.name, line.value, line.share) for line in one.figures]
        for one in figures(FULL, ["queue", "type"], "en")
    }
    assert told == {
        "In all": [
            ("open", "12", 0),
            ("late", "2", 0),
            ("due soon", "1", 0),
            ("new", "14 (usually 9.5)", 0),
            ("solved", "11", 0),
            ("opened again", "1", 0),
            (
                "First answer",
                "median 45 min, mean 1 h 10 min, nine of ten within 3 h 5 min; promised 4 h, kept in 93%",
                0,
            ),
            ("Opening to end, nights included", "median 25 h, mean 25 h, nine of ten within 25 h", 0),
            ("Ratings", "4.2 of 5 (4)", 0),
            ("Time spent", "2 h 5 min", 0),
        ],
        "By queue": [
            ("Support desk", "open 9, late 2, new 11 (usually 8)", 100),
            (
                "Support desk, resolution",
                "median 1 h, mean 1 h 30 min, nine of ten within 2 h; promised 8 h, kept in 100%",
                0,
            ),
            ("Support desk, ratings", "3.5 of 5 (2)", 0),
            ("billing", "open 3", 15),
        ],
        "More than usual": [("login", "new 9, usually 2", 0)],
        "Where several agents were needed": [("login", "4 of 5 solved by several agents", 0)],
        "Who wrote more than once": [("ann@example.net", "new 3", 100)],
    }
    for language in ("ru", "cs"):
        assert [len(one.figures) for one in figures(FULL, ["queue"], language)] == [10, 4, 1, 1, 1]
