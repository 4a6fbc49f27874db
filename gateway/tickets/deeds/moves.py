"""A ticket goes from one status to another because a person says so."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.errors import Permanent
from gateway.tickets.actions import Change
from gateway.tickets.clocks import Promises
from gateway.tickets.clocks import unanswered as unanswered_clocks
from gateway.tickets.deeds.fields import plain, put
from gateway.tickets.effect import Effect
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot
from gateway.tickets.status import Happening, Status, Statuses


def happens(
    one: Snapshot, by: str, happening: Happening, statuses: Statuses, at: datetime, *, until: datetime | None = None
) -> Effect:
    """What the happening makes of the ticket's status; Permanent where it cannot happen in the one it has."""
    try:
        status = statuses.next(one.row["status"], happening)
    except ValueError as exc:
        raise Permanent(f"#{one.number} is {one.row['status']}: it must be opened first (#open)") from exc
    return to(one, by, status, statuses, at, until=until)


def to(
    one: Snapshot, by: str, status: str, statuses: Statuses, at: datetime, *, until: datetime | None = None
) -> Effect:
    """The ticket is in that status from now on; `until` when it is on hold."""
    if refusal := statuses.refusal(one.row["status"], status):
        raise Permanent(f"#{one.number} is {one.row['status']}: {refusal}")
    values: dict[str, Any] = {"status": status, "on_hold_until": until}
    said = f"is {status.replace('_', ' ')}" + (f" until {until:%Y-%m-%d %H:%M} UTC" if until else "")
    return put(one, by, values, said, also=instants(one, statuses.like(status), at))


def instants(one: Snapshot, like: Status, at: datetime) -> dict[str, datetime | None]:
    """When a ticket that comes to a status like this was resolved and closed; forgotten where it is opened again."""
    row = one.row
    if like is Status.CLOSED:
        return {"closed_at": row["closed_at"] or at, "resolved_at": row["resolved_at"] or at}
    if like is Status.RESOLVED:
        return {"closed_at": None, "resolved_at": row["resolved_at"] or at}
    return {"closed_at": None, "resolved_at": None}


def answered(one: Snapshot, statuses: Statuses, at: datetime, reason: str) -> Change:
    """The customer has an answer of ours: it is their turn now, and the clock of the first answer has stopped."""
    values: dict[str, Any] = {"last_agent_at": at}
    status = statuses.next(one.row["status"], Happening.AGENT_REPLIED)
    if status != one.row["status"]:
        values |= {"status": status, "on_hold_until": None, **instants(one, statuses.like(status), at)}
    if one.row["first_response_at"] is None:
        values["first_response_at"] = at
    return Change(ticket=one.number, seen_version=one.row["version"], values=values, before=one.row, reason=reason)


def unanswered(one: Snapshot, then: Mapping[str, Any], given_at: datetime, promises: Promises, at: datetime) -> Change:
    """The answer that was given then was stopped before it left: the ticket is as it was, where it has not moved on.

    `then` is what the journal says of that answer: for each field what it was before and after.
    """
    values = {
        name: datetime.fromisoformat(before) if before and name.endswith(("_at", "_until")) else before
        for name, (before, after) in then.items()
        if name in _OF_ANSWER and plain(one.row[name]) == after
    }
    if "status" in then and "status" not in values:  # somebody has moved it on
        values = {name: value for name, value in values.items() if name in _OF_REPLY}
    clocks = unanswered_clocks({**one.row, **values}, promises, given_at, at)
    return Change(
        ticket=one.number,
        seen_version=one.row["version"],
        values=values | clocks,
        before=one.row,
        reason=Reason.CANCELLED,
        tells=False,
    )


_OF_REPLY = ("last_agent_at", "first_response_at")
_OF_ANSWER = (*_OF_REPLY, "status", "on_hold_until", "resolved_at", "closed_at")  # what `answered` sets


def spam(one: Snapshot, by: str, statuses: Statuses, at: datetime) -> Effect:
    """It is closed and marked; what still waits to be sent about it is held back by whoever carries this out."""
    tags = [*one.row["tags"], *(["spam"] if "spam" not in one.row["tags"] else [])]
    values = {"status": str(Status.CLOSED), "tags": tags, "on_hold_until": None}
    if refusal := statuses.refusal(one.row["status"], str(Status.CLOSED)):
        raise Permanent(f"#{one.number} is {one.row['status']}: {refusal}")
    return put(one, by, values, "is spam, and closed", also=instants(one, Status.CLOSED, at))
