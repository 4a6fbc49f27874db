"""Whether a calendar is open, to the second, on its own clock."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from gateway.config.calendars import hours_of
from gateway.config.schema_desk import Calendar
from gateway.tickets.hours import WorkingHours

PRAGUE = Calendar.model_validate(
    {
        "timezone": "Europe/Prague",
        "mon-fri": "09:00-12:30 13:00-17:30",
        "fri": "09:00-15:00",
        "sat": "22:00-24:00",
        "holidays": "CZ",
        "closed": ["2026-12-28"],
    }
)
CASES = [
    ("2026-11-26T08:59:59+01:00", False),
    ("2026-11-26T09:00:00+01:00", True),
    ("2026-11-26T12:30:00+01:00", False),  # the break
    ("2026-11-26T13:00:00+01:00", True),
    ("2026-11-26T17:29:59+01:00", True),
    ("2026-11-26T17:30:00+01:00", False),
    ("2026-11-26T08:30:00+00:00", True),  # half past nine in Prague
    ("2026-11-27T16:00:00+01:00", False),  # a single day beats the range
    ("2026-11-28T23:59:59+01:00", True),  # 24:00 is the end of the day
    ("2026-11-29T00:00:00+01:00", False),
    ("2026-12-24T10:00:00+01:00", False),  # a public holiday
    ("2026-12-28T10:00:00+01:00", False),  # the site's own
    ("2026-12-29T10:00:00+01:00", True),
    ("2026-10-26T08:30:00+00:00", True),  # winter time has begun
    ("2026-10-23T07:30:00+00:00", True),  # summer time still holds
]


@pytest.mark.parametrize(("at", "is_open"), CASES)
def test_open_or_not(at: str, is_open: bool) -> None:
    assert hours_of(PRAGUE).is_open(datetime.fromisoformat(at)) is is_open


def test_holidays_of_a_region() -> None:
    days = {"mon-sun": "00:00-24:00", "timezone": "Europe/Berlin"}
    epiphany = datetime(2026, 1, 6, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    assert not hours_of(Calendar.model_validate({**days, "holidays": "DE-BY"})).is_open(epiphany)
    assert hours_of(Calendar.model_validate({**days, "holidays": "DE-BE"})).is_open(epiphany)


def test_free_days_are_those_of_the_calendars_own_clock() -> None:
    late = WorkingHours(
        zone=ZoneInfo("Pacific/Auckland"),
        week=(((time(0), time(0)),),) * 7,
        is_free=lambda day: day == date(2026, 11, 27),
    )
    assert not late.is_open(datetime.fromisoformat("2026-11-26T12:00:00+00:00"))
    assert late.is_open(datetime.fromisoformat("2026-11-27T12:00:00+00:00"))
