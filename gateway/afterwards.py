"""Rules on what happens to a ticket once it is there: its status changes, somebody gets it, a mail of ours comes back.

One round: what these rules change is done by the actor RULES, and no rule is asked of anything that actor does. What
is to be sent is announced, as all that people hear of, and written by `telling`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gateway import known, ruled
from gateway.assigning import assign, beside, said_by, values_of
from gateway.config import Config
from gateway.config.calendars import zone_of
from gateway.rules import Decision, Facts, Matcher
from gateway.rules.facts import MAX_TEXT, seen_key
from gateway.site import Site
from gateway.store import lookup, unassigned
from gateway.store.snapshots import with_step
from gateway.tickets.actions import Action, Actor, AwaitAgent, Change, Note, StopAwaiting
from gateway.tickets.assignment import Choice
from gateway.tickets.clocks import silent_since
from gateway.tickets.deeds.moves import instants
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot

RULES = "rules"  # the actor


def actor(at: datetime) -> Actor:
    """Who does what `reactions` gives: to be applied by nobody else, or rules would be asked of it again."""
    return Actor(name=RULES, at=at)


def reactions(
    conn: Connection,
    site: Site,
    matcher: Matcher,
    ticket: Snapshot,
    triggers: Sequence[str],
    *,
    at: datetime,
    by: str = "",
    step_key: str | None = None,
) -> tuple[Action, ...]:
    """What the rules for these triggers make of a ticket, with a line of the journal that explains each; `()`: nothing.

    `by`: the agent (key) who made it happen, who need not hear of it. The actions hold for the ticket as it was looked
    at: written later, they raise Conflict where it has changed meanwhile. With a `step_key` each trigger acts once,
    and is not asked again where it did.
    """
    found: list[Action] = []
    for trigger in triggers:
        key = f"{step_key}:{trigger}" if step_key else None
        is_done = key is not None and with_step(conn, [ticket.number], key)
        if site.rules.asks_on(trigger) and ticket.row["merged_into"] is None and not is_done:
            facts = facts_of_ticket(conn, site, ticket, trigger, at)
            budget = site.cfg.limits.rules_time.total_seconds()
            decision = site.rules.evaluate(facts, trigger, matcher, budget=budget)
            if decision.matched or decision.skipped:
                actions = tuple(_actions(conn, site, ticket, decision, at, by, key))
                ticket = _after(ticket, actions)
                found += actions
    return tuple(found)


def facts_of_ticket(conn: Connection, site: Site, ticket: Snapshot, trigger: str, at: datetime) -> Facts:
    """What rules see of a ticket without a mail: `from` and `sender` are the requester, title and description the text.

    `idle` counts from the last word on it, or change of its status.
    """
    cfg, row = site.cfg, ticket.row
    requester = _requester(ticket)
    person = lookup.people(conn, [requester]).get(requester) if requester else None
    told: dict[str, Any] = {
        **known.of_sender(requester, person, cfg),
        **known.of_ticket(row),
        **known.of_hours(site.rules, cfg, at),
        "queue": row["queue"],
        "requester": requester or None,
        "idle": max(0, int((at - silent_since(row)).total_seconds())),
    }
    if asked := site.rules.seen_recently:
        counts = {(by, within): lookup.seen(conn, by, at - timedelta(seconds=within)) for by, within in asked}
        seen = known.seen_recently(asked, counts, requester, cfg)
        told["seen_recently"] = _without_itself(seen, asked, told, at - row["created_at"])
    return Facts(
        event=trigger,
        at=at.astimezone(zone_of(cfg)),
        from_=requester,
        subject=row["title"],
        body=row["description"][:MAX_TEXT],
        language=row["language"],
        known=told,
    )


def _requester(ticket: Snapshot) -> str:
    """Whom the ticket is for, by the first of their addresses."""
    return next((address.key for address, role in ticket.participants if role == "requester"), "")


def _without_itself(
    seen: dict[str, int], asked: Iterable[tuple[str, int]], told: Mapping[str, Any], age: timedelta
) -> dict[str, int]:
    """The counts of the others, as they are for a mail: the ticket is among those that came."""
    for by, within in asked:
        key = seen_key(by, str(told["requester"] if by == "sender" else told.get(by)), within)
        if age < timedelta(seconds=within) and seen.get(key):
            seen[key] -= 1
    return seen


# ---- what comes of it ----------------------------------------------------------------------------------------------


def _actions(
    conn: Connection, site: Site, ticket: Snapshot, decision: Decision, at: datetime, by: str, step_key: str | None
) -> Iterator[Action]:
    cfg, number = site.cfg, ticket.number
    choice = _choice(conn, cfg, ticket, decision, at)
    values, set_by = _values(ticket, decision, choice, cfg, at)
    new = {name: value for name, value in values.items() if value != ticket.row[name]}
    yield Change(  # first: who comes second finds the version moved on, and writes nothing
        ticket=number,
        seen_version=ticket.row["version"],
        values=new,
        before=ticket.row,
        reason=Reason.BY_RULE if new else "",
        set_by=set_by,
    )
    data = {**decision.to_json(), "by": by, "rule_set": site.rule_set_id, "assign": _told(choice)}
    yield Note(ticket=number, kind="ruled", data=data, reason=Reason.BY_RULE, step_key=step_key)
    yield from ruled.watchers(decision, number, cfg)
    if choice and choice.agent and choice.agent != ticket.row["assignee"]:
        yield from beside(choice, number)
        yield StopAwaiting(ticket=number)
    elif choice and choice.agent is None and not ticket.row["assignee"]:
        organisation = cfg.organisation_for(_requester(ticket))
        yield AwaitAgent(
            ticket=number,
            policy=tuple(decision.assign or ()),
            skills=decision.skills,
            organisation=organisation,
            how=choice.steps,
        )
    if reply := decision.actions.get("reply"):
        yield Note(ticket=number, kind="letter_asked", data={"template": decision.reply, "rule": reply.rule})
    yield from ruled.called(decision, number, by=by)


def _choice(conn: Connection, cfg: Config, ticket: Snapshot, decision: Decision, at: datetime) -> Choice | None:
    """Who gets it; None where no rule says whom to try."""
    if not decision.assign:
        return None
    row = ticket.row
    return assign(
        decision.assign,
        decision.skills,
        queue=decision.value("queue", row["queue"]),
        organisation=cfg.organisation_for(_requester(ticket)),
        last_agent=unassigned.last_agent(conn, row["requester_id"]) if "sticky" in decision.assign else None,
        roster=unassigned.roster(conn, at, cfg.status_table.ended),
        cfg=cfg,
        at=at,
    )


def _told(choice: Choice | None) -> Mapping[str, Any] | None:
    return {"agent": choice.agent, "by": choice.by, "how": list(choice.steps)} if choice else None


def _values(
    ticket: Snapshot, decision: Decision, choice: Choice | None, cfg: Config, at: datetime
) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields of the ticket as the rules leave them, and who set which."""
    values, set_by = ruled.fields_on(ticket.row, decision)
    if decision.assign == ():
        values["assignee"], set_by["assignee"] = None, f"rule:{decision.actions['assign'].rule}"
    if choice and choice.agent:
        values = {**values_of(choice, ticket.row["status"], cfg.status_table), **values}
        set_by["assignee"] = said_by(choice)
    if values.get("status", ticket.row["status"]) != ticket.row["status"]:
        values |= {"on_hold_until": None, **instants(ticket, cfg.status_table.like(values["status"]), at)}
    return values, set_by


def _after(ticket: Snapshot, actions: Sequence[Action]) -> Snapshot:
    """The ticket as the actions leave its row, for the next trigger."""
    for one in actions:
        if isinstance(one, Change):
            set_by = {**ticket.row["set_by"], **one.set_by}
            row = {**ticket.row, **one.values, "set_by": set_by, "version": one.seen_version + 1}
            return replace(ticket, row=row)
    return ticket
