"""Shares, budgets and moments: columns of texts and what they are."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tickets import duration
from gateway.tickets.duration import Budget, Moment

MIN, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("80%", Moment(share=80)), ("100 %", Moment(share=100)), ("-30m", Moment(offset=-30 * MIN)),
        ("+1 h", Moment(offset=HOUR)), ("- 48 h", Moment(offset=-2 * DAY)),
    ],
)  # fmt: skip
def test_moment(text: str, moment: Moment) -> None:
    assert duration.moment(text) == moment


@pytest.mark.parametrize("text", ["", "80", "30m", "half", "-", "8.5%"])
def test_no_moment(text: str) -> None:
    with pytest.raises(ValueError):
        duration.moment(text)


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("4 h", Budget(time=4 * HOUR)), ("1 business day", Budget(business_days=1)),
        ("2 business days", Budget(business_days=2)), ("5 working days", Budget(business_days=5)),
    ],
)  # fmt: skip
def test_budget(text: str, budget: Budget) -> None:
    assert duration.budget(text) == budget


@pytest.mark.parametrize(
    "text", ["", "4", "0 h", "0 business days", "business days", "1.5 business days", "1 day", "1w"]
)
def test_no_budget(text: str) -> None:
    with pytest.raises(ValueError):
        duration.budget(text)


@pytest.mark.parametrize("text", ["4 h", "1 business day", "3 business days", "90 min", "24 h"])
def test_a_budget_is_written_as_it_is_read(text: str) -> None:
    assert str(duration.budget(text)) == text


@pytest.mark.parametrize("text", ["80%", "-30 min", "+1 h", "+24 h"])
def test_a_moment_is_written_as_it_is_read(text: str) -> None:
    assert str(duration.moment(text)) == text


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (duration.share, duration.moment, duration.budget):
        with contextlib.suppress(ValueError):
            parse(text)
