"""Cron expressions: when they last came, and what is wrong with one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.config.cron import last_before, trigger

PRAGUE = ZoneInfo("Europe/Prague")
FRIDAY = datetime(2026, 11, 27, 22, 0, 30, tzinfo=UTC)

LAST = {
    "0 7 * * mon": "2026-11-23T07:00:00+01:00",
    "0 7 * * mon-fri": "2026-11-27T07:00:00+01:00",
    "0 7 1 * *": "2026-11-01T07:00:00+01:00",
    "* * * * *": "2026-11-27T23:00:00+01:00",
    "*/20 8-18 * * *": "2026-11-27T18:40:00+01:00",
    "0 7 1 1 *": "2026-01-01T07:00:00+01:00",
    "0 7 29 2 *": "2024-02-29T07:00:00+01:00",
    "30 1 * * sat": "2026-11-21T01:30:00+01:00",
}


@pytest.mark.parametrize(("text", "last"), LAST.items(), ids=LAST)
def test_the_last_time(text: str, last: str) -> None:
    assert last_before(text, PRAGUE, FRIDAY) == datetime.fromisoformat(last)


def test_its_own_instant_is_the_last() -> None:
    monday = datetime(2026, 11, 23, 7, tzinfo=PRAGUE)
    assert last_before("0 7 * * mon", PRAGUE, monday) == monday
    assert last_before("0 7 * * mon", PRAGUE, monday - timedelta(microseconds=1)) == monday - timedelta(days=7)


def test_by_the_clock_on_the_wall_over_a_change_of_it() -> None:
    """The clocks went back on 25 October: a week of 169 hours."""
    end = last_before("0 7 * * mon", PRAGUE, datetime(2026, 10, 27, tzinfo=UTC))
    assert end is not None
    start = last_before("0 7 * * mon", PRAGUE, end - timedelta(microseconds=1))
    assert start is not None
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=7 * 24 + 1)


def test_a_time_of_day_that_comes_twice_in_a_night_counts_once() -> None:
    """Half past two came at 00:30Z and again at 01:30Z on 25 October (T132)."""
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for minutes in (0, 60, 20 * 60):
        assert last_before("30 2 * * *", PRAGUE, first + timedelta(minutes=minutes)) == first
    assert last_before("30 2 * * *", PRAGUE, first + timedelta(hours=25)) == first + timedelta(hours=25)


def test_a_time_of_day_that_does_not_come_in_a_night_counts_once() -> None:
    """There was no half past two on 29 March."""
    instead = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert last_before("30 2 * * *", PRAGUE, instead - timedelta(minutes=1)) == instead - timedelta(hours=24)
    assert last_before("30 2 * * *", PRAGUE, instead + timedelta(hours=20)) == instead


def test_one_that_never_comes() -> None:
    assert last_before("0 7 31 2 *", PRAGUE, FRIDAY) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 7 * *", "must have five fields"),
        ("0 7 * * 1", "must name weekdays by letters"),
        ("0 7 * * mon,3", "must name weekdays by letters"),
        ("60 7 * * mon", "is no cron expression"),
        ("0 7 * * mno", "is no cron expression"),
        ("x 7 * * mon", "is no cron expression"),
    ],
)
def test_what_is_none(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        trigger(text, UTC)
