"""What a ticket gets beside what rules set: a priority by the table, its organisation's SLA, an agent."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.assigning import assign, policy_of
from gateway.config import Config
from gateway.plan import Draft, seen_of_organisation
from gateway.store.surroundings import Surroundings
from gateway.tickets.actions import Action, AwaitAgent, StopAwaiting, TakeTurn
from gateway.tickets.assignment import Choice
from gateway.tickets.priority import Reckoned, reckon


def queue_of(draft: Draft, row: Mapping[str, Any] | None = None) -> str:
    """Where the ticket waits from now on: as a rule says, else where it is (`row`), a new one by the address."""
    chosen = draft.decision.fields.get("queue") if draft.decision else None
    if chosen:
        return str(chosen.value)
    return draft.incoming.queue if row is None else str(row["queue"])


def organisation_of(draft: Draft, cfg: Config) -> str | None:
    """The sender's organisation."""
    return cfg.organisation_for(draft.incoming.sender)


def organisations_sla(draft: Draft, cfg: Config) -> str | None:
    """Which SLA holds for the sender's organisation, unless a rule says otherwise."""
    organisation = organisation_of(draft, cfg)
    return cfg.organisations[organisation].sla if organisation else None


def reckoned_priority(draft: Draft, around: Surroundings, cfg: Config) -> Reckoned | None:
    """The priority of a new ticket by the site's table; None where there is none, or a rule set it."""
    decision = draft.decision
    if not cfg.priority_rows or (decision and "priority" in decision.fields):
        return None
    kind, impact = (decision.value(name) if decision else None for name in ("type", "impact"))
    return reckon(cfg.priority_rows, kind=kind, impact=impact, seen=seen_lately(draft, around, cfg))


def seen_lately(draft: Draft, around: Surroundings, cfg: Config) -> int | None:
    """How many tickets like this one came lately; None where the table of priorities does not ask."""
    by = cfg.priority.by
    counts = around.seen.get((by, int(cfg.priority.within.total_seconds())))
    if counts is None or not cfg.counts_seen:
        return None
    if by == "queue":
        return counts.get(queue_of(draft), 0)
    if by == "sender":
        return counts.get(draft.incoming.sender, 0)
    if by == "organisation":
        return seen_of_organisation(counts, organisation_of(draft, cfg), cfg)
    value = draft.decision.value(by) if draft.decision else None
    return counts.get(value, 0) if value else None


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
    person = around.people.get(draft.incoming.sender)
    return assign(
        policy,
        decision.skills,
        queue=queue,
        organisation=organisation_of(draft, cfg),
        last_agent=person.last_agent if person else None,
        standing=around,
        cfg=cfg,
        at=at,
    )


def _policy(draft: Draft, cfg: Config) -> Sequence[str]:
    return policy_of(draft.decision.assign if draft.decision else None, organisation_of(draft, cfg), cfg)


def after_choice(choice: Choice | None, number: int, draft: Draft, cfg: Config) -> Iterator[Action]:
    """The turn that was taken; where nobody was free, that the ticket is to be tried again."""
    if choice is None:
        return
    if choice.turn:
        yield TakeTurn(turn=choice.turn)
    if choice.agent is None:
        yield AwaitAgent(
            ticket=number,
            policy=tuple(_policy(draft, cfg)),
            skills=draft.decision.skills if draft.decision else (),
            organisation=organisation_of(draft, cfg),
            how=choice.steps,
        )
    elif draft.thread.ticket is not None:
        yield StopAwaiting(ticket=number)
