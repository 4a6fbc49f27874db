"""Working time: when a calendar is open, and that adding and measuring it agree, whatever the clocks of a zone do."""

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.promises import hours_of
from gateway.config.schema_desk import Calendar
from gateway.tickets.calendar import ALWAYS, WorkingHours

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
PRAGUE = Calendar.model_validate(
    {
        "timezone": "Europe/Prague",
        "mon-fri": "09:00-12:30 13:00-17:30",
        "fri": "09:00-15:00",
        "sat": "22:00-24:00",
        "holidays": "CZ",
        "closed": ["2026-12-28"],
        "open": {"2026-12-24": "09:00-11:00", "2026-11-30": ""},
    }
)
OPEN = [
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
    ("2026-11-30T10:00:00+01:00", False),  # a day with no hours of its own
    ("2026-12-24T10:00:00+01:00", True),  # a public holiday, with hours of its own
    ("2026-12-24T11:00:00+01:00", False),
    ("2026-12-25T10:00:00+01:00", False),  # a public holiday
    ("2026-12-28T10:00:00+01:00", False),  # the site's own
    ("2026-12-29T10:00:00+01:00", True),
    ("2026-10-26T08:30:00+00:00", True),  # winter time has begun
    ("2026-10-23T07:30:00+00:00", True),  # summer time still holds
]


@pytest.mark.parametrize(("at", "is_open"), OPEN)
def test_open_or_not(at: str, is_open: bool) -> None:
    assert hours_of(PRAGUE).is_open(datetime.fromisoformat(at)) is is_open


def test_holidays_of_a_region() -> None:
    days = {"mon-sun": "00:00-24:00", "timezone": "Europe/Berlin"}
    epiphany = datetime(2026, 1, 6, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    assert not hours_of(Calendar.model_validate({**days, "holidays": "DE-BY"})).is_open(epiphany)
    assert hours_of(Calendar.model_validate({**days, "holidays": "DE-BE"})).is_open(epiphany)


def test_free_days_are_those_of_the_calendars_own_clock() -> None:
    late = WorkingHours(zone=ZoneInfo("Pacific/Auckland"), week=DAYLONG, is_free=lambda day: day == date(2026, 11, 27))
    assert not late.is_open(datetime.fromisoformat("2026-11-26T12:00:00+00:00"))
    assert late.is_open(datetime.fromisoformat("2026-11-27T12:00:00+00:00"))


# ---- adding --------------------------------------------------------------------------------------------------------

DAYLONG = (((time(0), time(0)),),) * 7
OFFICE = Calendar.model_validate({"timezone": "Europe/Prague", "mon-fri": "09:00-12:30 13:00-17:30", "holidays": "CZ"})
ADDED = [
    # start, working time, by when it has passed
    ("2026-11-26T09:00+01:00", 4 * HOUR, "2026-11-26T13:30+01:00"),  # over the break
    ("2026-11-26T15:00+01:00", 4 * HOUR, "2026-11-27T10:30+01:00"),  # over the night
    ("2026-11-27T15:00+01:00", 4 * HOUR, "2026-11-30T10:30+01:00"),  # over the weekend
    ("2026-11-28T15:00+01:00", HOUR, "2026-11-30T10:00+01:00"),  # begun while it is closed
    ("2026-11-26T16:30+01:00", HOUR, "2026-11-26T17:30+01:00"),  # to the minute of closing
    ("2026-12-23T16:30+01:00", 2 * HOUR, "2026-12-28T10:00+01:00"),  # over Christmas
    ("2026-03-27T17:00+01:00", HOUR, "2026-03-30T09:30+02:00"),  # the clocks were put forward
]
DAYS_ADDED = [
    ("2026-11-26T10:00+01:00", 1, "2026-11-27T10:00+01:00"),
    ("2026-11-26T10:00+01:00", 2, "2026-11-30T10:00+01:00"),
    ("2026-11-28T10:00+01:00", 1, "2026-11-30T17:30+01:00"),  # the whole of the next working day
    ("2026-11-26T18:00+01:00", 1, "2026-11-27T17:30+01:00"),
    ("2026-11-26T12:45+01:00", 1, "2026-11-27T12:30+01:00"),  # a break is no time of day
    ("2026-12-23T10:00+01:00", 1, "2026-12-28T10:00+01:00"),
]


@pytest.mark.parametrize(("start", "added", "by"), ADDED)
def test_working_time_is_added(start: str, added: timedelta, by: str) -> None:
    hours = hours_of(OFFICE)
    assert hours.after(_at(start), time=added) == _at(by)
    assert hours.elapsed(_at(start), _at(by)) == added


@pytest.mark.parametrize(("start", "added", "by"), DAYS_ADDED)
def test_business_days_are_added(start: str, added: int, by: str) -> None:
    hours = hours_of(OFFICE)
    assert hours.after(_at(start), days=Fraction(added)) == _at(by)
    assert hours.spent(_at(start), _at(by))[1] == added


def test_a_short_day_is_a_business_day_too() -> None:
    short = hours_of(Calendar.model_validate({"mon-thu": "08:00-16:00", "fri": "08:00-12:00"}))
    assert short.after(_at("2026-11-26T12:00Z"), days=Fraction(1)) == _at("2026-11-27T10:00Z")


def test_working_time_is_taken_away() -> None:
    assert hours_of(OFFICE).before(_at("2026-11-30T09:30+01:00"), HOUR) == _at("2026-11-27T17:00+01:00")
    assert hours_of(OFFICE).before(_at("2026-01-05T09:30+01:00"), HOUR) == _at("2026-01-02T17:00+01:00")


def test_a_calendar_that_never_opens_gives_no_instant() -> None:
    closed = WorkingHours(zone=UTC, week=DAYLONG, is_free=lambda day: day >= date(2026, 1, 1))
    assert closed.after(_at("2026-11-26T10:00Z"), time=HOUR) is None
    assert closed.elapsed(_at("2026-11-26T10:00Z"), _at("2027-11-26T10:00Z")) == timedelta(0)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


# ---- whatever the clocks do ----------------------------------------------------------------------------------------

ZONES = (
    "Europe/Prague", "Europe/London", "Europe/Dublin", "Europe/Moscow", "Europe/Istanbul", "Europe/Lisbon",
    "Atlantic/Azores", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
    "America/St_Johns", "America/Havana", "America/Santiago", "America/Asuncion", "America/Sao_Paulo",
    "America/Mexico_City", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Jerusalem", "Asia/Gaza",
    "Asia/Tehran", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland",
    "Pacific/Chatham", "Antarctica/Troll",
)  # fmt: skip
_SPANS = st.lists(st.integers(0, 24 * 4), min_size=2, max_size=6, unique=True).map(sorted)
_INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))


def _week(quarters: list[int]) -> tuple[tuple[tuple[time, time], ...], ...]:
    clocks = [time(one // 4 % 24, one % 4 * 15) for one in quarters]
    return (tuple(zip(clocks[::2], clocks[1::2], strict=False)),) * 6 + ((),)


@given(st.sampled_from(ZONES), _SPANS, _INSTANTS, st.timedeltas(timedelta(0), 40 * DAY))
def test_what_is_added_is_what_is_measured(zone: str, quarters: list[int], start: datetime, added: timedelta) -> None:
    hours = WorkingHours(zone=ZoneInfo(zone), week=_week(quarters))
    by = hours.after(start, time=added)
    assert by is not None
    assert hours.elapsed(start, by) == added
    assert by == start or hours.elapsed(start, by - MICROSECOND) < added, "the first such instant"
    assert sum((end - begin for begin, end in hours.spans(start, by)), timedelta(0)) == added


@given(st.sampled_from(ZONES), _SPANS, _INSTANTS, st.fractions(Fraction(1, 100), 30))
def test_business_days_that_are_added_are_those_measured(
    zone: str, quarters: list[int], start: datetime, added: Fraction
) -> None:
    hours = WorkingHours(zone=ZoneInfo(zone), week=_week(quarters))
    by = hours.after(start, days=added)
    assert by is not None
    assert hours.spent(start, by - MICROSECOND)[1] < added <= hours.spent(start, by)[1]


@given(st.sampled_from(ZONES), _SPANS, _INSTANTS, st.lists(st.timedeltas(timedelta(0), 9 * DAY), max_size=4))
def test_later_is_never_less(zone: str, quarters: list[int], start: datetime, steps: list[timedelta]) -> None:
    hours = WorkingHours(zone=ZoneInfo(zone), week=_week(quarters))
    at, measured, total = start, timedelta(0), timedelta(0)
    for step in steps:
        part = hours.elapsed(at, at + step)
        assert timedelta(0) <= part <= step
        at, total = at + step, total + part
        assert hours.elapsed(start, at) == total >= measured
        measured = total


@given(st.sampled_from(ZONES), _SPANS, _INSTANTS, st.timedeltas(timedelta(0), 20 * DAY))
def test_what_is_taken_away_is_what_is_measured(
    zone: str, quarters: list[int], end: datetime, taken: timedelta
) -> None:
    hours = WorkingHours(zone=ZoneInfo(zone), week=_week(quarters))
    since = hours.before(end, taken)
    assert since is not None
    assert hours.elapsed(since, end) == taken


def _changes(zone: ZoneInfo) -> list[datetime]:
    """The instants from 2024 to 2030 at which the clock is put forward or back."""
    found = []
    at, last = datetime(2024, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
    while at < last:
        if at.astimezone(zone).utcoffset() != (at + HOUR).astimezone(zone).utcoffset():
            found.append(at + HOUR)
        at += HOUR
    return found


@pytest.mark.parametrize("name", ZONES)
def test_every_day_is_as_long_as_it_is(name: str) -> None:
    """Around each change a daylong calendar counts all real time, and an office its hours by the clock on the wall."""
    zone = ZoneInfo(name)
    daylong = WorkingHours(zone=zone, week=DAYLONG)
    office = WorkingHours(zone=zone, week=(((time(9), time(17)),),) * 7)
    for change in _changes(zone):
        start, end = change - 3 * DAY, change + 3 * DAY
        assert daylong.elapsed(start, end) == end - start
        assert daylong.after(start, time=6 * DAY) == end
        day = change.astimezone(zone).date()
        for near in (day - DAY, day, day + DAY):
            opens = datetime.combine(near, time(9), zone).astimezone(UTC)
            assert office.after(opens - HOUR, time=8 * HOUR) == opens + 8 * HOUR
            assert not office.is_open(opens - MICROSECOND)
            assert office.is_open(opens)


def test_hours_in_the_night_of_a_change() -> None:
    night = WorkingHours(zone=ZoneInfo("Europe/Prague"), week=(((time(1, 30), time(2, 30)),),) * 7)
    assert list(night.spans(_at("2026-03-29T00:00+01:00"), _at("2026-03-29T12:00+02:00"))) == [
        (_at("2026-03-29T00:30Z"), _at("2026-03-29T01:00Z"))  # 02:30 is never shown
    ]
    assert list(night.spans(_at("2026-10-25T00:00+02:00"), _at("2026-10-25T12:00+01:00"))) == [
        (_at("2026-10-24T23:30Z"), _at("2026-10-25T01:30Z"))  # 02:30 is shown twice
    ]


def test_around_the_clock() -> None:
    start = _at("2026-11-26T10:00Z")
    assert ALWAYS.after(start, time=30 * HOUR) == start + 30 * HOUR
    assert ALWAYS.after(start, days=Fraction(2)) == start + 2 * DAY
