"""Durations, sizes, shares and rates: columns of texts and what they are."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import units
from gateway.config.units import Budget, Moment, Rate

MIN, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("14 days", 14 * DAY), ("1 day", DAY), ("4 h", 4 * HOUR), ("90m", 90 * MIN), ("90 min", 90 * MIN),
        ("1 h 30 min", 90 * MIN), ("1h30m", 90 * MIN), ("250 ms", timedelta(milliseconds=250)), ("0 min", timedelta(0)),
        ("2 weeks", 14 * DAY), ("30 s", timedelta(seconds=30)), (" 2 Hours ", 2 * HOUR), ("36500 days", 36_500 * DAY),
    ],
)  # fmt: skip
def test_duration(text: str, span: timedelta) -> None:
    assert units.duration(text) == span


@pytest.mark.parametrize(
    "text",
    [
        "",
        "14",
        "1.5",
        "days",
        "-1 h",
        "1.5 h",
        "4 hurs",
        "1 month",
        "bogus",
        "1 h x",
        "999999999 weeks",
        "٣ days",
        "2 business days",
    ],
)
def test_no_duration(text: str) -> None:
    with pytest.raises(ValueError):
        units.duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("35 MB", 35 << 20), ("64 KB", 65_536), ("64KiB", 65_536), ("1 GB", 1 << 30), ("512 B", 512), ("5m", 5 << 20)],
)
def test_size(text: str, size: int) -> None:
    assert units.size(text) == size


@pytest.mark.parametrize("text", ["", "35", "35 XB", "-1 MB", "1.5 MB", "MB", "999999 TB"])
def test_no_size(text: str) -> None:
    with pytest.raises(ValueError):
        units.size(text)


@pytest.mark.parametrize(
    ("text", "rates"),
    [
        ("0", ()),
        ("30/min", (Rate(count=30, per=MIN),)),
        ("3/h 10/day", (Rate(count=3, per=HOUR), Rate(count=10, per=DAY))),
        ("3 / h, 10/day", (Rate(count=3, per=HOUR), Rate(count=10, per=DAY))),
    ],
)
def test_rates(text: str, rates: tuple[Rate, ...]) -> None:
    assert units.rates(text) == rates


@pytest.mark.parametrize("text", ["", "30", "0/h", "30/fortnight", "3 an hour", "/h"])
def test_no_rates(text: str) -> None:
    with pytest.raises(ValueError):
        units.rates(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("80%", Moment(share=80)), ("100 %", Moment(share=100)), ("-30m", Moment(offset=-30 * MIN)),
        ("+1 h", Moment(offset=HOUR)), ("- 2 days", Moment(offset=-2 * DAY)),
    ],
)  # fmt: skip
def test_moment(text: str, moment: Moment) -> None:
    assert units.moment(text) == moment


@pytest.mark.parametrize("text", ["", "80", "30m", "half", "-", "8.5%"])
def test_no_moment(text: str) -> None:
    with pytest.raises(ValueError):
        units.moment(text)


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("4 h", Budget(time=4 * HOUR)), ("1 business day", Budget(business_days=1)),
        ("2 business days", Budget(business_days=2)), ("5 working days", Budget(business_days=5)),
    ],
)  # fmt: skip
def test_budget(text: str, budget: Budget) -> None:
    assert units.budget(text) == budget


@pytest.mark.parametrize("text", ["", "4", "0 h", "0 business days", "business days", "1.5 business days"])
def test_no_budget(text: str) -> None:
    with pytest.raises(ValueError):
        units.budget(text)


@given(st.integers(0, 100_000_000).map(lambda count: timedelta(milliseconds=count)))
def test_durations_round_trip(span: timedelta) -> None:
    assert units.duration(units.in_words(span)) == span


@given(st.integers(0, 1 << 40))
def test_sizes_round_trip(size: int) -> None:
    assert units.size(units.size_in_words(size)) == size


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (units.duration, units.size, units.share, units.moment, units.rates, units.budget):
        with contextlib.suppress(ValueError):
            parse(text)
