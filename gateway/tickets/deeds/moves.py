"""A ticket goes from one status to another because a person says so."""

from datetime import datetime
from typing import Any

from gateway.errors import Permanent
from gateway.tickets.actions import Change
from gateway.tickets.deeds.fields import put
from gateway.tickets.effect import Effect
from gateway.tickets.snapshot import Snapshot
from gateway.tickets.status import Happening, Status, Statuses


def happens(one: Snapshot, by: str, happening: Happening, statuses: Statuses, at: datetime) -> Effect:
    """What the happening makes of the ticket's status."""
    return to(one, by, statuses.next(one.row["status"], happening), statuses, at)


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


def spam(one: Snapshot, by: str, statuses: Statuses, at: datetime) -> Effect:
    """It is closed and marked; what still waits to be sent about it is held back by whoever carries this out."""
    tags = [*one.row["tags"], *(["spam"] if "spam" not in one.row["tags"] else [])]
    values = {"status": str(Status.CLOSED), "tags": tags, "on_hold_until": None}
    if refusal := statuses.refusal(one.row["status"], str(Status.CLOSED)):
        raise Permanent(f"#{one.number} is {one.row['status']}: {refusal}")
    return put(one, by, values, "is spam, and closed", also=instants(one, Status.CLOSED, at))
