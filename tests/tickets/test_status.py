"""The status table, pair by pair."""

from pathlib import Path

import pytest

from gateway.tickets.status import TABLE, Happening, Status, Statuses, diagram, next_status

MOVES = [
    ("new", "assigned", "open"),
    ("waiting", "assigned", "waiting"),
    ("closed", "assigned", "closed"),
    ("new", "note", "open"),
    ("closed", "note", "closed"),
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


OWN = Statuses(
    likes={"at_supplier": Status.ON_HOLD, "refunded": Status.CLOSED, "triage": Status.NEW, "in_work": Status.OPEN},
    moves={"at_supplier": frozenset({"open", "refunded"})},
)
OWN_MOVES = [
    ("at_supplier", "customer_wrote", "open"),
    ("at_supplier", "note", "at_supplier"),
    ("at_supplier", "agent_replied", "waiting"),
    ("at_supplier", "set_on_hold", "on_hold"),
    ("refunded", "reopened", "open"),
    ("triage", "customer_wrote", "triage"),
    ("triage", "assigned", "open"),
    ("in_work", "customer_wrote", "in_work"),
    ("in_work", "opened", "open"),
    ("new", "assigned", "open"),
    ("no_longer_declared", "agent_replied", "waiting"),
]


@pytest.mark.parametrize(("status", "happening", "want"), OWN_MOVES)
def test_a_declared_status_behaves_like_the_one_it_names(status: str, happening: str, want: str) -> None:
    assert OWN.next(status, Happening(happening)) == want


@pytest.mark.parametrize("like", list(Status))
@pytest.mark.parametrize("happening", list(Happening))
def test_whatever_happens_is_possible_to_it_where_it_is_to_that_one(like: Status, happening: Happening) -> None:
    own = Statuses(likes={"own": like})
    if happening not in TABLE[like]:
        with pytest.raises(ValueError, match="cannot happen"):
            own.next("own", happening)
    else:
        assert own.like(own.next("own", happening)) is TABLE[like][happening]


def test_moves_bind_only_those_that_have_them() -> None:
    assert OWN.may_move("at_supplier", "refunded")
    assert not OWN.may_move("at_supplier", "resolved")
    assert OWN.may_move("open", "at_supplier")
    assert OWN.ended == ("refunded",)
    assert OWN.is_ended("resolved")


def test_a_refused_move_says_where_that_is_written() -> None:
    told = "[statuses.at_supplier] moves lets no ticket go from at_supplier to resolved"
    assert OWN.refusal("at_supplier", "resolved") == told
    assert OWN.refusal("at_supplier", "refunded") == OWN.refusal("open", "resolved") == ""
    assert OWN.refusal("at_supplier", "at_supplier") == ""


def test_a_status_that_no_other_leads_to_is_unreachable() -> None:
    likes = dict.fromkeys(("lost", "found", "behind"), Status.OPEN)
    moves = {status: frozenset({"open"}) for status in map(str, Status)}
    assert Statuses(likes=likes, moves=moves).unreachable() == ("lost", "found", "behind")
    moves |= {"waiting": frozenset({"found"}), "found": frozenset({"behind"}), "behind": frozenset[str]()}
    assert Statuses(likes=likes, moves=moves).unreachable() == ("lost",)
    assert Statuses(likes=likes).unreachable() == ()
