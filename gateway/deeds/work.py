"""Deeds on the ticket itself: its fields, its status, its dates, who works on it and who takes part."""

import re
from typing import Any

from gateway.assigning import assign as choose
from gateway.assigning import policy_of
from gateway.config.calendars import zone_of
from gateway.deeds.bench import Bench, Deed
from gateway.errors import Permanent
from gateway.mail import Address
from gateway.store import unassigned
from gateway.tickets.actions import AddArticle, HoldBack, Note, Remind, SpendTime, StopAwaiting, TakeTurn
from gateway.tickets.commands.values import (
    Assign,
    Call,
    FieldValue,
    How,
    People,
    Reminder,
    Spent,
    Tags,
    When,
)
from gateway.tickets.deeds import fields, moves, people
from gateway.tickets.effect import Effect, done, moved
from gateway.tickets.linking import not_merged
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot
from gateway.tickets.status import Happening


def set_field(column: str) -> Deed:
    """The deed that sets one field to what stands behind the command."""

    def deed(bench: Bench, one: Snapshot, call: Call) -> Effect:
        shown = column.replace("_", " ")
        return fields.put(one, bench.set_by, {column: call.argument}, f"{shown} is {call.argument}")

    return deed


def happening(what: Happening) -> Deed:
    """The deed that lets that happen to the ticket's status."""

    def deed(bench: Bench, one: Snapshot, _: Call) -> Effect:
        return moves.happens(one, bench.set_by, what, bench.cfg.status_table, bench.at)

    return deed


def status(bench: Bench, one: Snapshot, call: Call) -> Effect:
    return moves.to(one, bench.set_by, str(call.argument), bench.cfg.status_table, bench.at)


def hold(bench: Bench, one: Snapshot, call: Call) -> Effect:
    until = call.argument.at if isinstance(call.argument, When) else None
    return moves.happens(one, bench.set_by, Happening.SET_ON_HOLD, bench.cfg.status_table, bench.at, until=until)


def spam(bench: Bench, one: Snapshot, _: Call) -> Effect:
    effect = moves.spam(one, bench.set_by, bench.cfg.status_table, bench.at)
    return _with(effect, HoldBack(ticket=one.number, reason="spam")) if effect.actions else effect


def queue(bench: Bench, one: Snapshot, call: Call) -> Effect:
    """The ticket moves; an agent who does not work there keeps it no longer."""
    name = str(call.argument)
    own = bench.cfg.queues[name]
    values: dict[str, Any] = {"queue": name}
    if one.row["assignee"] and one.row["assignee"] not in own.agents:
        values["assignee"] = None
    return fields.put(one, bench.set_by, values, f"is in the queue {own.title or name}")


def describe(bench: Bench, one: Snapshot, call: Call) -> Effect:
    text = (bench.text or str(call.argument or "")).strip()
    if not text:
        raise Permanent("a description needs a text")
    return fields.put(one, bench.set_by, {"description": text}, "has a new description")


def tag(bench: Bench, one: Snapshot, call: Call) -> Effect:
    assert isinstance(call.argument, Tags)
    return fields.tagged(one, bench.set_by, call.argument.add, call.argument.drop)


def site_field(bench: Bench, one: Snapshot, call: Call) -> Effect:
    assert isinstance(call.argument, FieldValue)
    name, value = call.argument.name, call.argument.value
    pattern = bench.cfg.fields[name].pattern
    if pattern is not None and not re.fullmatch(str(getattr(pattern, "pattern", pattern)), value):
        raise Permanent(f'"{value[:60]}" does not fit the field {name}: its pattern is {pattern}')
    return fields.field_set(one, bench.set_by, name, value)


def pin(to: bool) -> Deed:
    """The deed that puts the ticket on top of lists, or takes it from there."""

    def deed(bench: Bench, one: Snapshot, _: Call) -> Effect:
        return fields.put(one, bench.set_by, {"pinned": to}, "is pinned" if to else "is not pinned")

    return deed


# ---- who works on it -----------------------------------------------------------------------------------------------


def assign(bench: Bench, one: Snapshot, call: Call) -> Effect:
    """To an agent by name, by whose turn it is or who has least, or to nobody."""
    asked = call.argument
    assert isinstance(asked, Assign)
    if asked.how is How.NOBODY:
        return fields.put(one, bench.set_by, {"assignee": None}, "is nobody's")
    if asked.how is How.AGENT:
        return _given(bench, one, asked.agent, ())
    roster = unassigned.roster(bench.conn, bench.at, bench.cfg.status_table.ended)
    choice = choose(
        policy_of([str(asked.how)], None, bench.cfg),
        (),
        queue=one.row["queue"],
        organisation=None,
        last_agent=None,
        roster=roster,
        cfg=bench.cfg,
        at=bench.at,
    )
    if choice.agent is None:
        raise Permanent(f"nobody is free for #{one.number}: {'; '.join(choice.steps)}")
    effect = _given(bench, one, choice.agent, choice.steps)
    return _with(effect, TakeTurn(turn=choice.turn)) if choice.turn and effect.actions else effect


def _given(bench: Bench, one: Snapshot, agent: str, how: tuple[str, ...]) -> Effect:
    statuses = bench.cfg.status_table
    if bench.cfg.agents[agent].left:
        raise Permanent(f"{agent} has left; name another")
    after = statuses.next(one.row["status"], Happening.ASSIGNED)
    name = bench.cfg.agents[agent].name or agent
    effect = fields.put(one, bench.set_by, {"assignee": agent}, f"is {name}'s", also={"status": after})
    if not effect.actions:
        return effect
    data = {"assignee": agent, "from": one.row["assignee"], "how": list(how), "by": bench.by}
    told = Note(ticket=one.number, kind="assigned", data=data, reason=Reason.BY_PERSON)
    return _with(effect, told, StopAwaiting(ticket=one.number))


# ---- dates and time ------------------------------------------------------------------------------------------------


def due(bench: Bench, one: Snapshot, call: Call) -> Effect:
    assert isinstance(call.argument, When)
    return fields.put(one, bench.set_by, {"resolve_due": call.argument.at}, f"is due {_told(bench, call.argument)}")


def remind(bench: Bench, one: Snapshot, call: Call) -> Effect:
    assert isinstance(call.argument, Reminder)
    not_merged(one)
    if not bench.me:
        raise Permanent("only an agent can be reminded: this is for mail")
    wish = call.argument
    data = {"agent": bench.me, "at": wish.when.at.isoformat(), "text": wish.text}
    return Effect(
        actions=(
            moved(one),
            Remind(ticket=one.number, agent=bench.me, at=wish.when.at, text=wish.text),
            done(one, "reminder", data, data),
        ),
        said=f"you are reminded {_told(bench, wish.when)}",
    )


def spend(bench: Bench, one: Snapshot, call: Call) -> Effect:
    assert isinstance(call.argument, Spent)
    not_merged(one)
    minutes = max(1, round(call.argument.time.total_seconds() / 60))
    data = {"minutes": minutes, "text": call.argument.text, "by": bench.by}
    return Effect(
        actions=(moved(one), SpendTime(ticket=one.number, minutes=minutes), done(one, "time_spent", data, data)),
        said=f"{minutes} more minutes were spent on it, {one.row['time_spent'] + minutes} in all",
    )


def _told(bench: Bench, when: When) -> str:
    return f"{when.at.astimezone(zone_of(bench.cfg)):%a %Y-%m-%d %H:%M %Z}"


# ---- texts and people ----------------------------------------------------------------------------------------------


def note(bench: Bench, one: Snapshot, call: Call) -> Effect:
    """A text that only agents see."""
    text = (bench.text or str(call.argument or "")).strip()
    if not text and not bench.files:
        raise Permanent("a note needs a text")
    statuses = bench.cfg.status_table
    article = AddArticle(
        ticket=one.number,
        direction="note",
        author=bench.by,
        subject="",
        text=text or "(no text)",
        attachments=bench.files,
    )
    after = statuses.next(one.row["status"], Happening.NOTE)
    effect = fields.put(one, bench.set_by, {"status": after}, "note added")
    return Effect(actions=(*(effect.actions or (moved(one),)), article), said="note added")


def copies(bench: Bench, one: Snapshot, call: Call) -> Effect:
    assert isinstance(call.argument, People)
    if ours := [one.addr for one in call.argument.add if bench.cfg.is_ours(one.key)]:
        raise Permanent(f"{ours[0]} is an address of ours; it gets everything anyway")
    return people.copies(one, call.argument.add, call.argument.drop)


def requester(bench: Bench, one: Snapshot, call: Call) -> Effect:
    assert isinstance(call.argument, Address)
    if bench.cfg.is_ours(call.argument.key):
        raise Permanent(f"{call.argument.addr} is an address of ours; a ticket is for somebody else")
    return people.requester(one, call.argument)


def _with(effect: Effect, *more: Any) -> Effect:
    return Effect(actions=(*effect.actions, *more), said=effect.said, tickets=effect.tickets, skipped=effect.skipped)
