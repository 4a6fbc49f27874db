"""What becomes of a ticket's clocks when it is opened or changed: written in the same statement as the change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.tickets.actions import Actor
from gateway.tickets.clocks import MOVING, after, columns
from gateway.writers.tx import Tx

_NONE_YET = dict.fromkeys(
    ("clocks", "first_response_at", "last_agent_at", "merged_into", "first_response_due", "next_response_due",
     "resolve_due", "next_tick_at", "first_response_minutes", "resolve_minutes")
)  # fmt: skip


def opened(tx: Tx, row: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """The columns of a new ticket's clocks. Old mail that is filed asks for nothing."""
    if actor.wrote_at is not None:
        return {"clocks": {}}
    if tx.promises is None:
        return {"next_tick_at": actor.at}
    ticket = {**_NONE_YET, **row}
    return columns(after(ticket, tx.promises, actor.at), ticket, tx.promises, actor.at)


def moved(tx: Tx, before: Mapping[str, Any], values: Mapping[str, Any], actor: Actor, at: datetime) -> dict[str, Any]:
    """The columns of the clocks after a change of a ticket at that instant. What was filed as old mail waits for its
    next mail.
    """
    if actor.wrote_at is not None or not MOVING.intersection(values) or "clocks" in values:
        return {}
    if "clocks" not in before or tx.promises is None:
        return {"next_tick_at": at}
    if before["clocks"] == {} and "last_customer_at" not in values:
        return {}
    ticket = {**before, **values}
    return columns(after(ticket, tx.promises, at), ticket, tx.promises, at)
