"""Rates: columns of texts and what they are."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import units
from gateway.config.units import Rate

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


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        units.rates(text)
