"""How long the clocks take: one due time, five years measured, one turn in which 200 of a million tickets are due."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

from bench.measures import Figure, Scale, site
from gateway.config import Config, load
from gateway.config.promises import hours_of
from gateway.deadlines import turn
from gateway.now import now
from gateway.rules import RegexMatcher
from gateway.site import load_site
from gateway.store import Store, migrate, open_store, tables
from gateway.store.fast import insert_many

TICKETS = 1_000_000
DUE = 200
_PAGE = 10_000
_START, _END = datetime(2022, 1, 3, 9, tzinfo=UTC), datetime(2027, 1, 3, 9, tzinfo=UTC)
_OFFICE = """
[calendars.office]
timezone = "Europe/Prague"
mon-fri = "09:00-12:30 13:00-17:30"
holidays = "CZ"

[sla.standard]
calendar = "office"
first_response = "4 h"
resolution = { normal = "2 business days" }

[[sla.standard.step]]
of = "resolution"
at = "80%"
do = ["notify:assignee"]

[[sla.standard.step]]
of = "resolution"
at = "100%"
do = ["notify:lead", "priority:+1"]
"""


def deadlines(folder: Path, scale: Scale) -> list[Figure]:
    config = load(site(folder / "clocks", scale, more=_OFFICE))
    office = config.calendars["office"]
    hours = hours_of(office)
    hours.elapsed(_START, _END)  # the holidays of these years are known
    hour, day = timedelta(hours=4), Fraction(2)
    rounds = range(scale.of(2_000))
    due = [_micros(lambda at=number: hours.after(_START + at * timedelta(hours=7), time=hour)) for number in rounds]
    due += [_micros(lambda at=number: hours.after(_START + at * timedelta(hours=7), days=day)) for number in rounds]
    five = [_micros(lambda: hours_of(office).elapsed(_START, _END)) / 1_000 for _ in range(20)]
    return [
        Figure(what="a due time", unit="us", values=due, target="<= 50"),
        Figure(what="five years of working time, nothing known yet", unit="ms", values=five, target="<= 5"),
        Figure(
            what=f"one turn, {DUE} due of {scale.of(TICKETS):,} tickets",
            unit="ms",
            values=_turns(config, scale),
            target="<= 50",
        ),
    ]


def _micros(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e6


def _turns(config: Config, scale: Scale) -> list[float]:
    store = open_store(config.database.url, config.gateway.data_dir)
    migrate.ensure(store)
    site_now = load_site(config)
    matcher = RegexMatcher(time.monotonic)
    times = []
    try:
        _fill(store, scale.of(TICKETS))
        for run in range(scale.runs + 1):
            _make_due(store, scale.of(TICKETS) + run * DUE)
            began = time.perf_counter()
            assert turn(store, site_now, matcher) == DUE
            times.append((time.perf_counter() - began) * 1_000)
    finally:
        store.close()
    return times[1:]  # before the first nothing was compiled


def _row(number: int, at: datetime, **values: object) -> dict[str, object]:
    return {
        "number": number,
        "status": "closed",
        "queue": "support",
        "priority": "normal",
        "title": "A matter",
        "tags": [],
        "fields": {},
        "set_by": {},
        "created_at": at,
        "updated_at": at,
        "clocks": {},
        "next_tick_at": None,
        "assignee": "carol",
        "sla": "standard",
        **values,
    }


def _fill(store: Store, count: int) -> None:
    """Tickets that were closed long ago."""
    at = now() - timedelta(days=400)
    for first in range(1, count + 1, _PAGE):
        with store.main.write() as conn:
            insert_many(conn, tables.ticket, [_row(one, at) for one in range(first, min(first + _PAGE, count + 1))])


def _make_due(store: Store, after: int) -> None:
    """Tickets on which one step has come: they opened long ago and nobody answered."""
    at = now() - timedelta(days=60)
    started = at.isoformat()
    clock = {"runs": [[started, None]], "ended": None, "done": ["due", "overdue", "80%"]}
    # Rules were asked of their silence long ago.
    clocks = {"of": {"resolution": clock}, "status": "open", "since": started, "silent_since": started, "asked": 10**9}
    rows = [
        _row(after + one, at, status="open", clocks=clocks, next_tick_at=at + timedelta(days=9), first_response_at=at)
        for one in range(1, DUE + 1)
    ]
    with store.main.write() as conn:
        insert_many(conn, tables.ticket, rows)
