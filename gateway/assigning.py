"""Who gets a ticket at this site now, and what that changes on it, whoever assigns: a mail or the clock."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from gateway.config import Config
from gateway.config.calendars import off_duty
from gateway.tickets.actions import Action, Note, TakeTurn
from gateway.tickets.assignment import Candidate, Choice, Pool, choose
from gateway.tickets.status import Happening, Statuses


class Roster(Protocol):
    """How many tickets each agent has open, who had each last turn, and who is absent."""

    @property
    def open_tickets(self) -> Mapping[str, int]: ...
    @property
    def turns(self) -> Mapping[str, str]: ...
    @property
    def away(self) -> frozenset[str]: ...


def policy_of(asked: Sequence[str] | None, organisation: str | None, cfg: Config) -> Sequence[str]:
    """Whom to try: what a rule said; where none did (None), the agents of the requester's organisation."""
    if asked is not None:
        return asked
    own = cfg.organisations.get(organisation or "")
    return own.agents if own else ()


def assign(
    policy: Sequence[str],
    skills: Sequence[str],
    *,
    queue: str,
    organisation: str | None,
    last_agent: str | None,
    roster: Roster,
    cfg: Config,
    at: datetime,
) -> Choice:
    """Strategies choose among the organisation's agents first, then among the queue's."""
    resting = off_duty(cfg, at)
    return choose(
        policy,
        list(_pools(queue, organisation, roster.turns, cfg)),
        {
            key: Candidate(
                key=key,
                skills=frozenset(agent.skills),
                max_open=agent.max_open,
                open_tickets=roster.open_tickets.get(key, 0),
                away=key in roster.away,
                off_duty=key in resting,
            )
            for key, agent in cfg.staff.items()
        },
        needed=frozenset(skills),
        last_agent=last_agent,
    )


def values_of(choice: Choice, status: str, statuses: Statuses) -> dict[str, Any]:
    """The values of a ticket in this status, once it is the chosen agent's."""
    return {"assignee": choice.agent, "status": statuses.next(status, Happening.ASSIGNED)}


def said_by(choice: Choice) -> str:
    """Who gave it to the agent, as `set_by` and the journal have it."""
    return f"policy:{choice.by}"


def beside(choice: Choice, number: int) -> Iterator[Action]:
    """What goes with a ticket that became the chosen agent's: the turn that was taken, the event with its reason."""
    if choice.turn:
        yield TakeTurn(turn=choice.turn)
    data = {"assignee": choice.agent, "how": list(choice.steps)}
    yield Note(ticket=number, kind="assigned", data=data, reason=said_by(choice))


def _pools(queue: str, organisation: str | None, turns: Mapping[str, str], cfg: Config) -> list[Pool]:
    pools = []
    if own := cfg.organisations.get(organisation or ""):
        name = f"organisation:{organisation}"
        pools.append(Pool(name=name, agents=own.agents, last_turn=turns.get(name)))
    if queue in cfg.queues:  # a ticket may wait in one that is gone
        pools.append(Pool(name=queue, agents=cfg.queues[queue].agents, last_turn=turns.get(queue)))
    return pools
