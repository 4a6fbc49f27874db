"""Durations and sizes: columns of texts and what they are, or what is said of them."""

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tomltext import units

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
    ("text", "column"), [("7 dyas", 3), ("1 h 30 mni", 8), (" 1 h x", 6), ("1 h, 2", 6), ("7", 2), (" 90 ", 4)]
)
def test_what_is_wrong_has_its_column(text: str, column: int) -> None:
    with pytest.raises(ValueError, match=rf"\(column {column}\)$"):
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
    ("text", "told"),
    [
        ("7 dyas", 'is no duration: "7 dyas": "dyas" is no unit of time; write s, min, h, days or weeks'),
        ("1 month", '"month" has no fixed length; write days'),
        ("2 business days", "which only clocks of [sla] do"),
        ("soon", 'is no duration: "soon"; write whole numbers with units'),
        ("7", 'write "7 s", "7 min", "7 h" or "7 days"'),
        ("", "is empty"),
        ("40000 days", "at most 100 years"),
        ("9" * 500, "has no unit"),
    ],
)
def test_what_is_said_of_a_duration(text: str, told: str) -> None:
    with pytest.raises(ValueError) as caught:
        units.duration(text)
    assert told in str(caught.value)
    assert len(str(caught.value)) < 400


@given(st.integers(0, 100_000_000).map(lambda count: timedelta(milliseconds=count)))
def test_durations_round_trip(span: timedelta) -> None:
    assert units.duration(units.in_words(span)) == span


@given(st.integers(0, 1 << 40))
def test_sizes_round_trip(size: int) -> None:
    assert units.size(units.size_in_words(size)) == size


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (units.duration, units.size):
        with contextlib.suppress(ValueError):
            parse(text)
