"""The status table, pair by pair."""

from pathlib import Path

import pytest

from gateway.tickets.status import TABLE, Happening, Status, diagram, next_status

MOVES = [
    ("new", "assigned", "open"),
    ("new", "note", "open"),
    ("new", "customer_wrote", "new"),
    ("open", "agent_replied", "waiting"),
    ("waiting", "customer_wrote", "open"),
    ("on_hold", "customer_wrote", "open"),
    ("resolved", "customer_wrote", "open"),
    ("closed", "reopened", "open"),
    ("resolved", "closed", "closed"),
]


@pytest.mark.parametrize(("status", "happening", "want"), MOVES)
def test_moves(status: str, happening: str, want: str) -> None:
    assert next_status(status, Happening(happening)) is Status(want)


def test_an_impossible_move_names_both() -> None:
    with pytest.raises(ValueError, match="customer_wrote cannot happen to a ticket that is closed"):
        next_status("closed", Happening.CUSTOMER_WROTE)


def test_every_status_has_its_row_and_the_diagram_its_edges() -> None:
    assert set(TABLE) == set(Status)
    assert 'closed -> open [label="opened, reopened"]' in diagram()


def test_the_documentation_shows_this_table() -> None:
    shown = (Path(__file__).parents[2] / "docs" / "status.md").read_text()
    assert diagram() in shown
