"""Who gets a ticket, and the arithmetic that is kept."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tickets.assignment import Candidate, Choice, Pool, Turn, choose


def agents(**load: int) -> dict[str, Candidate]:
    return {
        key: Candidate(
            key=key, skills=frozenset({"net"} if key == "carol" else ()), max_open=5, open_tickets=count, away=False
        )
        for key, count in load.items()
    }


def chosen(
    policy: list[str],
    candidates: dict[str, Candidate],
    *,
    pool: tuple[str, ...] = ("carol", "dave"),
    last_turn: str | None = None,
    needed: frozenset[str] = frozenset(),
    last_agent: str | None = None,
) -> Choice:
    pools = [Pool(name="support", agents=pool, last_turn=last_turn)]
    return choose(policy, pools, candidates, needed=needed, last_agent=last_agent)


CASES = [
    (["dave"], {}, "dave"),
    (["balance"], {}, "dave"),
    (["rota"], {"last_turn": "carol"}, "dave"),
    (["rota"], {"last_turn": "dave"}, "carol"),
    (["rota"], {"last_turn": "gone"}, "carol"),
    (["sticky", "balance"], {"last_agent": "carol"}, "carol"),
    (["sticky", "balance"], {"last_agent": None}, "dave"),
    (["balance"], {"needed": frozenset({"net"})}, "carol"),
    (["balance"], {"needed": frozenset({"law"})}, None),
    (["nobody"], {}, None),
]


@pytest.mark.parametrize(("policy", "known", "want"), CASES)
def test_choice(policy: list[str], known: dict[str, object], want: str | None) -> None:
    choice = chosen(policy, agents(carol=3, dave=1), **known)  # type: ignore[arg-type]
    assert choice.agent == want
    assert choice.steps


def test_full_and_absent_agents_are_passed_over() -> None:
    candidates = agents(carol=5, dave=1)
    assert chosen(["carol", "balance"], candidates).agent == "dave"
    assert "carol has 5 of at most 5" in chosen(["carol"], candidates).steps


def test_who_is_not_at_work_is_passed_over() -> None:
    candidates = agents(carol=1, dave=3)
    candidates["carol"] = replace(candidates["carol"], off_duty=True)
    choice = chosen(["balance"], candidates)
    assert choice.agent == "dave"
    assert "carol is not at work now" in choice.steps


def test_a_rota_goes_on_behind_one_who_is_away() -> None:
    candidates = agents(ann=0, bob=0, eve=0)
    candidates["bob"] = replace(candidates["bob"], away=True)
    choice = chosen(["rota"], candidates, pool=("ann", "bob", "eve"), last_turn="bob")
    assert choice.agent == "eve"
    assert choice.turn == Turn(of="support", agent="eve", before="bob")


def test_an_organisations_agents_come_first_and_have_turns_of_their_own() -> None:
    pools = [
        Pool(name="organisation:big", agents=("dave", "eve"), last_turn="dave"),
        Pool(name="support", agents=("carol",), last_turn="carol"),
    ]
    candidates = agents(carol=0, dave=0, eve=0)
    choice = choose(["rota"], pools, candidates)
    assert choice.turn == Turn(of="organisation:big", agent="eve", before="dave")
    full = {key: replace(one, open_tickets=5) if key != "carol" else one for key, one in candidates.items()}
    assert choose(["rota"], pools, full).turn == Turn(of="support", agent="carol", before="carol")


@given(st.lists(st.sampled_from(["ann", "bob", "eve", "kim", "lee"]), min_size=1, unique=True), st.integers(0, 60))
def test_turns_differ_by_at_most_one(pool: list[str], tickets: int) -> None:
    had = dict.fromkeys(pool, 0)
    last: str | None = None
    for _ in range(tickets):
        last = chosen(["rota"], agents(**dict.fromkeys(pool, 0)), pool=tuple(pool), last_turn=last).agent
        assert last is not None
        had[last] += 1
    assert max(had.values()) - min(had.values()) <= 1
