"""Dates as they are written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.mail.header import dates


def at(hours: float, *, hour: int = 9, minute: int = 0, second: int = 0, day: int = 27, year: int = 2026) -> datetime:
    return datetime(year, 11, day, hour, minute, second, tzinfo=timezone(timedelta(hours=hours)))


DATES = [
    ("Fri, 27 Nov 2026 09:00:00 +0100", at(1)),
    ("27 Nov 2026 09:00 -0330", at(-3.5)),
    ("Fri, 27 Nov 2026 09:00:00 +0100 (CET)", at(1)),
    ("Mon, 27 Nov 2026 09:00:00 +0100", at(1)),  # a wrong day of the week
    ("Fri,27  Nov 2026 9:0:5 +01:00", at(1, second=5)),
    ("Fri, 27 Nov 2026 09(h):(m) 00 : 07 GMT+0100", at(1, second=7)),
    ("Fri, 27 Nov 2026 09:00:60 +0000", at(0, second=59)),
    ("Fri, 27 Nov 2026 24:00:00 +0000", at(0, hour=0, day=28)),
    ("Fri, 27 Nov 2026 09.30.00 +0100", at(1, minute=30)),
    ("Fri, 27 Nov 2026 9:05:00 PM -0500", at(-5, hour=21, minute=5)),
    ("Fri, 27 Nov 2026 12:05 AM", at(0, hour=0, minute=5)),
    ("Fri, 27 Nov 2026 09:00:00 EST", at(-5)),
    ("Fri, 27 Nov 2026 09:00:00 MESZ", at(2)),
    ("Fri, 27 Nov 2026 09:00:00 UTC+1", at(1)),
    ("Fri, 27 Nov 2026 09:00:00 Z", at(0)),
    ("Fri, 27 Nov 2026 09:00:00 X", at(0)),
    ("Fri, 27 Nov 26 09:00:00 +0000", at(0)),
    ("Fri, 27 Nov 97 09:00:00 +0000", at(0, year=1997)),
    ("Fri, 27 Nov 126 09:00:00 +0000", at(0)),
    ("Fri Nov 27 09:00:00 2026", at(0)),
    ("Fri Nov 27 09:00:00 CET 2026", at(1)),
    ("Fri Nov 27 2026 09:00:00 GMT+0100 (Central European Time)", at(1)),
    ("November 27th, 2026 09:00", at(0)),
    ("27-Nov-2026 09:00:00 +0100", at(1)),
    ("Fr., 27. Nov 2026 09:00:00 +0100", at(1)),
    ("vendredi 27 novembre 2026 09:00", at(0)),
    ("2026-11-27T09:00:00+01:00", at(1)),
    ("2026-11-27 09:00:00.123Z", at(0)),
    ("20261127T090000Z", at(0)),
    ("27.11.2026 09:00:00", at(0)),
    ("11/27/2026 9:00 AM", at(0)),
    ("Fri, 27 Nov 2026", at(0, hour=0)),
    ("=?utf-8?q?Fri,_27_Nov_2026_09:00:00_+0100?=", at(1)),
]


@pytest.mark.parametrize(("raw", "expected"), DATES)
def test_dates(raw: str, expected: datetime) -> None:
    found = dates.instant(raw)
    assert found == expected
    assert found is not None
    assert found.utcoffset() == expected.utcoffset()


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "yesterday",
        "Fri, 27 Nov 2026 09:00:00 +9999",
        "Fri, 27 Nov 2026 09:00:00 GMT-25:00",
        "31 Feb 2026 09:00:00 +0000",
        "27 Nov 99999 09:00:00 +0000",
        "01 Jan 0000 00:00:00 +0000",
        "27 Foo 2026 09:00:00",
        "05/06/2026 09:00",  # of May or of June
        "1795766400",
        "99:99:99",
        "\udcff",
        "1 Jan 1 00:00:00 +1400",
        "9" * 100_000,
        "(" * 100_000,
        "a 1 " * 30_000,
    ],
)
def test_what_is_no_date(raw: str) -> None:
    assert dates.instant(raw) is None


def test_an_aware_instant_for_every_answer() -> None:
    assert dates.instant("27 Nov 2026 09:00") == datetime(2026, 11, 27, 9, tzinfo=UTC)
