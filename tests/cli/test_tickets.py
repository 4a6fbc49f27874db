"""`gateway tickets`: keys, order, filters."""

from datetime import UTC, datetime, timedelta

import pytest

from support.desk import Desk

KEYS = (
    "number subject status priority queue assignee requester tags type category area impact created_at updated_at "
    "first_response_due next_response_due resolve_due overdue"
).split()
DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def numbers(desk: Desk, *options: str) -> list[int]:
    return [one["number"] for one in desk.ask("tickets", *options)]


def test_nothing_is_an_empty_list(desk: Desk) -> None:
    assert desk.run("tickets", "--json").out == "[]\n"
    assert desk.run("tickets").out == "no tickets\n"


def test_the_keys_are_these_and_what_is_unknown_is_null(desk: Desk) -> None:
    desk.ticket(at=DAY, type="question")
    (one,) = desk.ask("tickets")
    assert list(one) == KEYS
    assert one["requester"] == "ann@example.net"
    assert one["created_at"] == "2026-03-02T09:00:00+00:00"
    assert (one["type"], one["tags"], one["overdue"]) == ("question", [], False)
    unknown = ("assignee", "category", "area", "impact", "first_response_due", "next_response_due", "resolve_due")
    assert all(one[key] is None for key in unknown)


@pytest.fixture
def shelf(desk: Desk) -> Desk:
    """Five tickets, unlike in everything that can be sorted and filtered by."""
    due = DAY + timedelta(days=3)
    desk.ticket("banana", at=DAY, text="", priority="low", status="closed", tags=("fruit",), resolve_due=DAY)
    desk.ticket(
        "Apple", at=DAY + timedelta(1), text="", priority="urgent", status="waiting", assignee="carol", resolve_due=due
    )
    desk.ticket("cherry", at=DAY - timedelta(1), status="new", queue="billing", text="100% off_sale")
    desk.ticket("ábaco", priority="high", status="at_supplier", assignee="dave", text="ВОЗВРАТ денег", tags=("ab", "x"))
    desk.ticket("lamp", status="resolved", text="Where is my Lamp?", next_response_due=DAY)
    return desk


ORDERS = {
    "number": [1, 2, 3, 4, 5],
    "status": [3, 2, 4, 5, 1],
    "title": [2, 1, 3, 5, 4],
    "priority": [2, 4, 3, 5, 1],
    "created": [3, 1, 2, 4, 5],
    "due": [2, 1, 3, 4, 5],
}


def test_sorted(shelf: Desk) -> None:
    assert {sort: numbers(shelf, "--sort", sort) for sort in ORDERS} == ORDERS


def test_reversed_is_the_other_way_round_but_for_those_without_a_due_time(shelf: Desk) -> None:
    assert numbers(shelf, "--reverse") == [5, 4, 3, 2, 1]
    assert numbers(shelf, "--sort", "priority", "--reverse") == [1, 5, 3, 4, 2]
    assert numbers(shelf, "--sort", "due", "--reverse")[0] == 2


FILTERS = [
    (["--status", "new"], [3]),
    (["--status", "new", "--status", "closed"], [1, 3]),
    (["--status", "at_supplier"], [4]),
    (["--queue", "billing"], [3]),
    (["--assignee", "carol"], [2]),
    (["--assignee", "-"], [1, 3, 5]),
    (["--assignee", "-", "--assignee", "dave"], [1, 3, 4, 5]),
    (["--priority", "urgent"], [2]),
    (["--priority", "Normal"], [3, 5]),
    (["--tag", "fruit"], [1]),
    (["--tag", "a"], []),
    (["--tag", "x", "--tag", "fruit"], [1, 4]),
    (["--text", "lamp"], [5]),
    (["--text", "LAMP where"], [5]),
    (["--text", "lamp nowhere"], []),
    (["--text", "возврат"], [4]),
    (["--text", "вазврат"], []),
    (["--text", "ÁBACO"], [4]),
    (["--text", "100%"], [3]),
    (["--text", "0%off"], []),
    (["--text", "off_sale"], [3]),
    (["--text", "where_is"], []),
    (["--text", "\\"], []),
    (["--text", "'; drop table ticket"], []),
    (["--status", "new", "--queue", "support"], []),
]


def test_filtered(shelf: Desk) -> None:
    assert [(options, numbers(shelf, *options)) for options, _ in FILTERS] == FILTERS


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--queue", "suport"], "did you mean support?"),
        (["--status", "opne"], "did you mean open?"),
        (["--assignee", "karol"], "did you mean carol?"),
        (["--priority", "hihg"], "did you mean high?"),
        (["--queue", "xyzzy"], "known: billing, support"),
    ],
)
def test_an_unknown_name_is_an_error_with_a_guess(desk: Desk, options: list[str], hint: str) -> None:
    answer = desk.run("tickets", *options)
    assert (answer.code, answer.out) == (64, "")
    assert hint in answer.err
    assert answer.err.count("\n") == 1


def test_a_queue_that_the_site_gave_up_can_still_be_asked_for(desk: Desk) -> None:
    desk.ticket(queue="old")
    assert numbers(desk, "--queue", "old") == [1]


def test_overdue_is_what_is_late_and_still_to_be_done(desk: Desk) -> None:
    past, future = DAY, datetime(2100, 1, 1, tzinfo=UTC)
    desk.ticket(resolve_due=past)
    desk.ticket(resolve_due=future)
    desk.ticket(resolve_due=past, status="closed")
    desk.ticket(first_response_due=past)
    desk.ticket(first_response_due=past, first_response_at=past)
    assert [one["overdue"] for one in desk.ask("tickets")] == [True, False, False, True, False]


def test_the_table_of_a_pipe_is_whole_and_harmless(desk: Desk) -> None:
    desk.configure(number_format="{yy}{mm}-{n:04}")
    long = "x" * 300
    desk.ticket(f"\x1b[31mred\x07 {long}", at=DAY)
    out = desk.run("tickets").out
    assert "2603-0001" in out
    assert f"\\x1b[31mred\\x07 {long}" in out
    assert "\x1b" not in out
