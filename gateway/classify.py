"""Who gets a ticket, and in which queue it waits: what was decided on a mail, as the site stands now."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.assigning import assign, beside, policy_of
from gateway.config import Config
from gateway.plan import Draft
from gateway.store.surroundings import Surroundings
from gateway.tickets.actions import Action, AwaitAgent, StopAwaiting
from gateway.tickets.assignment import Choice


def queue_of(draft: Draft, row: Mapping[str, Any] | None = None) -> str:
    """Where the ticket waits from now on: as a rule says, else where it is (`row`), a new one by the address."""
    chosen = draft.decision.fields.get("queue") if draft.decision else None
    if chosen:
        return str(chosen.value)
    return draft.incoming.queue if row is None else str(row["queue"])


def organisation_of(draft: Draft, cfg: Config) -> str | None:
    """The customer's organisation."""
    return cfg.organisation_for(draft.customer)


def agent_for(
    draft: Draft, queue: str, row: Mapping[str, Any] | None, around: Surroundings, cfg: Config, at: datetime
) -> Choice | None:
    """Who gets it; None where nobody says whom to try, or somebody has it already."""
    decision = draft.decision
    if decision is None or (row is not None and row["assignee"]):
        return None
    policy = _policy(draft, cfg) if row is None else decision.assign
    if not policy:
        return None
    person = around.people.get(draft.customer)
    return assign(
        policy,
        decision.skills,
        queue=queue,
        organisation=organisation_of(draft, cfg),
        last_agent=person.last_agent if person else None,
        roster=around,
        cfg=cfg,
        at=at,
    )


def _policy(draft: Draft, cfg: Config) -> Sequence[str]:
    return policy_of(draft.decision.assign if draft.decision else None, organisation_of(draft, cfg), cfg)


def after_choice(choice: Choice | None, number: int, draft: Draft, cfg: Config) -> Iterator[Action]:
    """What goes with an assignment; where nobody was free, that the ticket is to be tried again."""
    if choice is None:
        return
    if choice.agent is None:
        yield AwaitAgent(
            ticket=number,
            policy=tuple(_policy(draft, cfg)),
            skills=draft.decision.skills if draft.decision else (),
            organisation=organisation_of(draft, cfg),
            how=choice.steps,
        )
        return
    yield from beside(choice, number)
    if draft.thread.ticket is not None:
        yield StopAwaiting(ticket=number)
