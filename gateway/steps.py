"""What a step of an SLA does to a ticket whose clock it belongs to, as actions; who is away is passed over."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.assigning import assign, beside, policy_of, values_of
from gateway.config import Config
from gateway.config.schema_desk import PRIORITIES
from gateway.store.unassigned import Roster
from gateway.tickets.actions import Action, AddArticle, Note, StopAwaiting
from gateway.tickets.assignment import STRATEGIES
from gateway.tickets.deeds.moves import instants
from gateway.tickets.reason import Reason
from gateway.tickets.sla import Came
from gateway.tickets.snapshot import Snapshot
from gateway.tickets.status import Happening


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A step that has come on a clock; `due` is when the clock is."""

    clock: str
    came: Came
    due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a step comes to: fields that change, and what else is done."""

    values: Mapping[str, Any]
    actions: tuple[Action, ...]


def carry_out(ticket: Snapshot, asked: Asked, cfg: Config, roster: Roster, at: datetime) -> Done:
    """Everything the step says, each on what the one before left."""
    values: dict[str, Any] = {}
    actions: list[Action] = []
    for said in asked.came.step.do:
        verb, _, argument = said.partition(":")
        row = {**ticket.row, **values}
        if verb == "notify":
            actions += _notify(argument, ticket.number, row, asked, cfg, roster.away)
        elif verb == "assign":
            new, more = _assign(argument, ticket.number, row, cfg, roster, at)
            values |= new
            actions += more
        elif verb == "note":
            actions.append(
                AddArticle(
                    ticket=ticket.number, direction="note", author="clock", subject="", text=argument, tells=False
                )
            )
        elif verb == "reply":
            data = {"template": argument, "step": asked.came.key}
            actions.append(Note(ticket=ticket.number, kind="letter_asked", data=data))
        else:
            values |= _set(verb, argument, ticket, row, cfg, at)
    return Done(values=values, actions=tuple(actions))


def _set(
    verb: str, argument: str, ticket: Snapshot, row: Mapping[str, Any], cfg: Config, at: datetime
) -> dict[str, Any]:
    if verb == "priority":
        new = raised(row["priority"], argument)
        by_person = str(row["set_by"].get("priority", "")).startswith("person:")
        return {} if by_person and PRIORITIES.index(new) < PRIORITIES.index(row["priority"]) else {"priority": new}
    if verb == "queue" and argument in cfg.queues:
        leaves = row["assignee"] and row["assignee"] not in cfg.queues[argument].agents
        return {"queue": argument, **({"assignee": None} if leaves else {})}
    if verb == "tag" and argument not in row["tags"]:
        return {"tags": [*row["tags"], argument]}
    if verb == "status" and not cfg.status_table.refusal(row["status"], argument):
        return {"status": argument, "on_hold_until": None, **instants(ticket, cfg.status_table.like(argument), at)}
    return {}


def raised(priority: str, to: str) -> str:
    """`+1` and `-1` go one step as far as there is one; a name is taken as it is."""
    if to in PRIORITIES:
        return to
    place = PRIORITIES.index(priority) + int(to)
    return PRIORITIES[min(max(place, 0), len(PRIORITIES) - 1)]


# ---- people --------------------------------------------------------------------------------------------------------


def _notify(
    who: str, number: int, row: Mapping[str, Any], asked: Asked, cfg: Config, away: Collection[str]
) -> Iterator[Action]:
    data = _due(asked)
    if "@" in who and cfg.agent_for(who) is None:
        yield Note(ticket=number, kind="escalated", data={**data, "address": who})
        return
    for agent, why in whom(who, row, cfg, away):
        yield Note(ticket=number, kind="escalated", data={**data, "agent": agent, "why": why})


def called(calls: Note, row: Mapping[str, Any], asked: Asked, cfg: Config, away: Collection[str]) -> Iterator[Action]:
    """Those whom rules call to a deadline, told as those are whom steps notify; the admin hears of it at once."""
    for one in calls.data["whom"]:
        for agent, why in whom(one["value"], row, cfg, away) if one["value"] != "admin" else ():
            data = {**_due(asked), "agent": agent, "why": why, "rule": one["rule"]}
            yield Note(ticket=calls.ticket, kind="escalated", data=data, reason=Reason.BY_RULE)
    if admin := [one for one in calls.data["whom"] if one["value"] == "admin"]:
        yield replace(calls, data={**calls.data, "whom": admin})


def _due(asked: Asked) -> dict[str, Any]:
    return {
        "clock": asked.clock,
        "step": asked.came.key,
        "kind": "overdue" if asked.came.step.at.is_late else "due",
        "due": asked.due.isoformat() if asked.due else None,
    }


def whom(who: str, row: Mapping[str, Any], cfg: Config, away: Collection[str]) -> list[tuple[str, str]]:
    """The agents who are meant, each with how it came to that. Who is away hands over to the lead, then the team.

    Where all are away those who were meant hear of it all the same: somebody must know.
    """
    queue = cfg.queues.get(row["queue"])
    team = [agent for agent in (queue.agents if queue else ()) if agent in cfg.staff]
    lead = [queue.lead] if queue and queue.lead and queue.lead in cfg.staff else []
    assignee: list[str] = [row["assignee"]] if row["assignee"] in cfg.staff else []
    own = {"assignee": assignee, "lead": lead, "agents": team}.get(who)
    if own is None:
        agent = cfg.agent_for(who) or who
        own = [agent] if agent in cfg.staff else []
    there = [agent for agent in own if agent not in away]
    if there:
        return [(agent, who) for agent in there]
    gone = f"{', '.join(own)} is away" if own else f"there is no {who}"
    for instead in (lead, team):
        if found := [agent for agent in instead if agent not in away]:
            return [(found[0], gone)] if instead is team and who != "agents" else [(one, gone) for one in found]
    return [(agent, "everybody is away") for agent in own or lead or team]


def _assign(
    who: str, number: int, row: Mapping[str, Any], cfg: Config, roster: Roster, at: datetime
) -> tuple[dict[str, Any], list[Action]]:
    """Given to somebody by name, as the lead, or by a strategy; to nobody new where all are away."""
    if who in STRATEGIES:
        choice = assign(
            policy_of([who], None, cfg),
            (),
            queue=row["queue"],
            organisation=None,
            last_agent=None,
            roster=roster,
            cfg=cfg,
            at=at,
        )
        if choice.agent is None or choice.agent == row["assignee"]:
            return {}, []
        return values_of(choice, row["status"], cfg.status_table), [
            *beside(choice, number),
            StopAwaiting(ticket=number),
        ]
    found = whom(who, row, cfg, roster.away)
    if not found or found[0][0] == row["assignee"]:
        return {}, []
    agent, why = found[0]
    status = cfg.status_table.next(row["status"], Happening.ASSIGNED)
    told = Note(ticket=number, kind="assigned", data={"assignee": agent, "how": [why]}, reason=Reason.BY_CLOCK)
    return {"assignee": agent, "status": status}, [told, StopAwaiting(ticket=number)]
