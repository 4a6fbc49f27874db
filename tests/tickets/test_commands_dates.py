"""Dates as agents write them, on Friday 27 November 2026 at 15:00 in Prague."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.tickets.commands import Kind, Unreadable
from gateway.tickets.commands.calendar_words import MONTHS, UNITS, WEEKDAYS
from gateway.tickets.commands.dates import Clock, leading, when
from support.commanding import NOW, PRAGUE
from support.fuzz import examples

CLOCK = Clock(now=NOW, zone=PRAGUE)

GOOD = [
    # ISO, whole days mean their morning
    ("2026-12-24", "2026-12-24 08:00"),
    ("2026-12-24 15:00", "2026-12-24 15:00"),
    ("2026-12-24T15:00", "2026-12-24 15:00"),
    ("2026-12-24T15:00:30", "2026-12-24 15:00"),
    ("2026-12-24T15:00Z", "2026-12-24 16:00"),
    ("2026-12-24T15:00+02:00", "2026-12-24 14:00"),
    ("2026/12/24", "2026-12-24 08:00"),
    ("2026-12-24 3 pm", "2026-12-24 15:00"),
    # a day and a month, in any order and language
    ("24 Dec", "2026-12-24 08:00"),
    ("24 dec.", "2026-12-24 08:00"),
    ("24th December", "2026-12-24 08:00"),
    ("the 24th of December 3pm", "2026-12-24 15:00"),
    ("Dec 24", "2026-12-24 08:00"),
    ("December 24th, 2026", "2026-12-24 08:00"),
    ("DECEMBER 24", "2026-12-24 08:00"),
    ("24 декабря", "2026-12-24 08:00"),
    ("24 декабря 2027 года", "2027-12-24 08:00"),
    ("9 мая", "2027-05-09 08:00"),
    ("24. prosince", "2026-12-24 08:00"),
    ("24. prosince 2026 9:30", "2026-12-24 09:30"),
    ("1. září", "2027-09-01 08:00"),
    ("1. zari", "2027-09-01 08:00"),
    ("24.12.", "2026-12-24 08:00"),
    ("24.12", "2026-12-24 08:00"),
    ("24. 12. 2026", "2026-12-24 08:00"),
    ("24.12.26", "2026-12-24 08:00"),
    ("24/12/2026", "2026-12-24 08:00"),
    ("12/24/2026", "2026-12-24 08:00"),
    ("24-12-2026", "2026-12-24 08:00"),
    ("12/12", "2026-12-12 08:00"),
    ("fri 4 dec", "2026-12-04 08:00"),
    # without a year: the next one
    ("1 Oct", "2027-10-01 08:00"),
    ("29 Feb", "2028-02-29 08:00"),
    # days by name
    ("tomorrow", "2026-11-28 08:00"),
    ("Tomorrow 9:30", "2026-11-28 09:30"),
    ("tomorrow at 3 pm", "2026-11-28 15:00"),
    ("3pm tomorrow", "2026-11-28 15:00"),
    ("tomorrow 15.30", "2026-11-28 15:30"),
    ("tomorrow noon", "2026-11-28 12:00"),
    ("tomorrow 12 am", "2026-11-28 00:00"),
    ("day after tomorrow", "2026-11-29 08:00"),
    ("завтра", "2026-11-28 08:00"),
    ("завтра в 15", "2026-11-28 15:00"),
    ("послезавтра", "2026-11-29 08:00"),
    ("zítra", "2026-11-28 08:00"),
    ("pozitri v 9:30", "2026-11-29 09:30"),
    ("today 17:00", "2026-11-27 17:00"),
    ("dnes v 17", "2026-11-27 17:00"),
    ("15:30", "2026-11-27 15:30"),
    ("at 16", "2026-11-27 16:00"),
    ("tomorrow 16h", "2026-11-28 16:00"),
    ("4h", "2026-11-27 19:00"),  # a span
    # weekdays: the next to come, never today
    ("monday", "2026-11-30 08:00"),
    ("Mon", "2026-11-30 08:00"),
    ("on friday", "2026-12-04 08:00"),
    ("this sunday", "2026-11-29 08:00"),
    ("в понедельник 9:30", "2026-11-30 09:30"),
    ("в среду", "2026-12-02 08:00"),
    ("до пятницы", "2026-12-04 08:00"),
    ("к субботе", "2026-11-28 08:00"),
    ("v pondělí", "2026-11-30 08:00"),
    ("do pátku", "2026-12-04 08:00"),
    ("ve čtvrtek v 9:30", "2026-12-03 09:30"),
    ("next monday", "2026-11-30 08:00"),
    ("next friday", "2026-12-04 08:00"),
    ("next week", "2026-11-30 08:00"),
    ("next month", "2026-12-01 08:00"),
    ("příští týden", "2026-11-30 08:00"),
    ("на следующей неделе", "2026-11-30 08:00"),
    # spans
    ("+3d", "2026-11-30 08:00"),
    ("+3 d", "2026-11-30 08:00"),
    ("3 days", "2026-11-30 08:00"),
    ("in 2 weeks", "2026-12-11 08:00"),
    ("In A Week", "2026-12-04 08:00"),
    ("in a week at 9:30", "2026-12-04 09:30"),
    ("in 2 months", "2027-01-27 08:00"),
    ("in 1 year", "2027-11-27 08:00"),
    ("+1w 2d", "2026-12-06 08:00"),
    ("через 2 недели", "2026-12-11 08:00"),
    ("через неделю", "2026-12-04 08:00"),
    ("через 2 часа", "2026-11-27 17:00"),
    ("za 3 dny", "2026-11-30 08:00"),
    ("za týden", "2026-12-04 08:00"),
    ("za hodinu", "2026-11-27 16:00"),
    ("+4h", "2026-11-27 19:00"),
    ("in an hour", "2026-11-27 16:00"),
    ("90 min", "2026-11-27 16:30"),
    ("+1d 2h", "2026-11-28 17:00"),
    # what leads in
    ("until 24 Dec", "2026-12-24 08:00"),
    ("by tomorrow", "2026-11-28 08:00"),
    ("до 24 декабря", "2026-12-24 08:00"),
]


@pytest.mark.parametrize(("text", "want"), GOOD)
def test_dates(text: str, want: str) -> None:
    found = when(text, CLOCK)
    assert f"{found.at.astimezone(PRAGUE):%Y-%m-%d %H:%M}" == want
    assert found.at.tzinfo is UTC
    assert found.day.isoformat() == want[:10]


BAD = [
    ("", Kind.ARGUMENT, "is no date"),
    ("soon", Kind.ARGUMENT, "write such as 2026-12-24"),
    ("2026-13-01", Kind.ARGUMENT, "no day of the calendar"),
    ("0000-01-01", Kind.ARGUMENT, "no day of the calendar"),
    ("9999-12-31", Kind.ARGUMENT, "no day of the calendar"),
    ("31.02.2027", Kind.ARGUMENT, "no day of the calendar"),
    ("0/1", Kind.ARGUMENT, "no day of the calendar"),
    ("1/0", Kind.ARGUMENT, "no day of the calendar"),
    ("31 Apr", Kind.ARGUMENT, "no day of the calendar"),
    ("24 Foo", Kind.ARGUMENT, "is no date"),
    ("monday 25:00", Kind.ARGUMENT, "no time of day"),
    ("13 pm tomorrow", Kind.ARGUMENT, "no time of day"),
    ("thu 4 dec", Kind.ARGUMENT, "is a Friday"),
    ("1 Jan 2040", Kind.ARGUMENT, "more than 5 years"),
    ("+9999d", Kind.ARGUMENT, "more than 5 years"),
    ("2 business days", Kind.ARGUMENT, "counts working days"),
    ("+4h at 15:00", Kind.ARGUMENT, "counts hours"),
    ("+0d", Kind.ARGUMENT, "is no date"),
    ("tomorrow please", Kind.ARGUMENT, "is no date"),
    ("04/05/2026", Kind.AMBIGUOUS, "may be 4 May or 5 April"),
    ("3m", Kind.AMBIGUOUS, "3 min or 3 months"),
    ("next sunday", Kind.AMBIGUOUS, "may be Sun 29 Nov 2026 or Sun 6 Dec 2026"),
    ("24 Nov", Kind.PAST, "Tue 24 Nov 2026, and today is Fri 27 Nov 2026"),
    ("2026-11-26", Kind.PAST, "is past"),
    ("24 Nov 2020", Kind.PAST, "is past"),
    ("today", Kind.PAST, "has begun"),
    ("today 14:59", Kind.PAST, "it is 15:00"),
    ("at 9", Kind.PAST, "it is 15:00"),
]


@pytest.mark.parametrize(("text", "kind", "why"), BAD)
def test_what_is_no_date_says_why(text: str, kind: Kind, why: str) -> None:
    with pytest.raises(Unreadable, match=why) as error:
        when(text, CLOCK)
    assert error.value.kind is kind


LEADING = [
    ("tomorrow call Bo", "2026-11-28 08:00", "call Bo"),
    ("tomorrow call Bo at 25", "2026-11-28 08:00", "call Bo at 25"),
    ("24 Dec 15:00 ask the supplier", "2026-12-24 15:00", "ask the supplier"),
    ("in 2 weeks ask 3 things", "2026-12-11 08:00", "ask 3 things"),
    ("+3d 2 lamps", "2026-11-30 08:00", "2 lamps"),
    ("monday", "2026-11-30 08:00", ""),
    ("в пятницу позвонить", "2026-12-04 08:00", "позвонить"),
]


@pytest.mark.parametrize(("text", "want", "rest"), LEADING)
def test_a_date_with_words_behind_it(text: str, want: str, rest: str) -> None:
    found, behind = leading(text, CLOCK)
    assert (f"{found.at.astimezone(PRAGUE):%Y-%m-%d %H:%M}", behind) == (want, rest)


def test_a_wrong_date_with_words_behind_it_is_told_and_not_taken_for_words() -> None:
    with pytest.raises(Unreadable) as error:
        leading("24 Nov 2020 call Bo", CLOCK)
    assert error.value.kind is Kind.PAST


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("2027-03-28 02:30", "2027-03-28T01:30:00+00:00"),  # an hour that there is not
        ("2027-10-31 02:30", "2027-10-31T00:30:00+00:00"),  # an hour that there is twice
        ("2027-03-29 02:30", "2027-03-29T00:30:00+00:00"),
    ],
)
def test_changes_of_the_clocks(text: str, want: str) -> None:
    assert when(text, CLOCK).at.isoformat() == want


def test_three_days_are_days_of_the_calendar_and_hours_are_hours() -> None:
    before = Clock(now=datetime(2027, 3, 27, 11, 0, tzinfo=UTC), zone=PRAGUE)
    assert when("+1d 12:00", before).at.isoformat() == "2027-03-28T10:00:00+00:00"
    assert when("+24h", before).at.isoformat() == "2027-03-28T11:00:00+00:00"


@given(
    st.dates(date(2026, 11, 29), date(2031, 12, 31)), st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%b %d, %Y"])
)
def test_every_day_to_come_is_read_in_each_spelling(day: date, spelling: str) -> None:
    assert when(day.strftime(spelling), CLOCK).day == day


WORDS = [
    *MONTHS,
    *WEEKDAYS,
    *UNITS,
    "next",
    "in",
    "+",
    "the",
    "at",
    "pm",
    "v",
    "до",
    "24",
    "3",
    "2026",
    "15:00",
    "24.12.",
]
WORDS += [
    "/",
    "1/2",
    "2026-02-30",
    "99:99",
    "a",
    "noon",
    "т",
    "0",
    "٣",
    "²",
    "31",
    "T10:00+99:99",
    "2026-01-01T10:00+99:99",
]


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=6), max_size=7))
def test_any_words_are_a_date_to_come_or_say_why_not(words: list[str]) -> None:
    text = " ".join(words)
    for read in (when, lambda text, clock: leading(text, clock)[0]):
        with suppress(Unreadable):
            assert NOW < read(text, CLOCK).at < NOW + timedelta(days=6 * 366)
