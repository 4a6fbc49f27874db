"""Who gets a ticket, and the arithmetic that is kept."""

import pytest

from gateway.tickets.assignment import Candidate, choose


def agents(**load: int) -> dict[str, Candidate]:
    return {
        key: Candidate(
            key=key, skills=frozenset({"net"} if key == "carol" else ()), max_open=5, open_tickets=count, away=False
        )
        for key, count in load.items()
    }


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
    choice = choose(policy, ["carol", "dave"], agents(carol=3, dave=1), **known)  # type: ignore[arg-type]
    assert choice.agent == want
    assert choice.steps


def test_full_and_absent_agents_are_passed_over() -> None:
    candidates = agents(carol=5, dave=1)
    assert choose(["carol", "balance"], ["carol", "dave"], candidates).agent == "dave"
    assert "carol has 5 of at most 5" in choose(["carol"], ["carol"], candidates).steps
