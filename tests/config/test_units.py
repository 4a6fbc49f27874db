"""Shares, rates, budgets and moments: columns of texts and what they are."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import units
from gateway.config.units import Budget, Moment, Rate

MIN, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


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


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (units.share, units.moment, units.rates, units.budget):
        with contextlib.suppress(ValueError):
            parse(text)
