"""The table of priorities, and what is told of it."""

import pytest

from gateway.tickets.priority import Row, reckon

ROWS = (
    Row(priority="urgent", type="problem", impact="major", seen=3),
    Row(priority="high", type="problem", impact="major"),
    Row(priority="urgent", impact="blocking"),
    Row(priority="high", type="complaint"),
    Row(priority="high", seen=10),
)
CASES = [
    ("problem", "major", 3, "urgent", "type problem, impact major, 3 seen"),
    ("problem", "major", 2, "high", "type problem, impact major"),
    ("problem", "major", None, "high", "type problem, impact major"),
    ("question", "blocking", 0, "urgent", "impact blocking"),
    (None, "blocking", None, "urgent", "impact blocking"),
    ("complaint", None, None, "high", "type complaint"),
    (None, None, 12, "high", "12 seen"),
    (None, None, None, "normal", ""),
    ("question", "minor", 9, "normal", ""),
]


@pytest.mark.parametrize(("kind", "impact", "seen", "priority", "why"), CASES)
def test_the_first_row_that_fits(
    kind: str | None, impact: str | None, seen: int | None, priority: str, why: str
) -> None:
    found = reckon(ROWS, kind=kind, impact=impact, seen=seen)
    assert (found.priority, found.why) == (priority, why)


def test_a_row_that_asks_nothing_fits_all() -> None:
    assert reckon([Row(priority="low")], kind=None, impact=None, seen=None).why == "any ticket"
