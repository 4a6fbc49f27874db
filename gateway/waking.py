"""What agents wished to happen at a time of their own: reminders, and tickets that were on hold until then."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import act
from gateway.errors import Conflict, Permanent
from gateway.now import now
from gateway.site import Site
from gateway.store import Store, desk
from gateway.store.snapshots import snapshots
from gateway.tickets.actions import Action, Actor, Note
from gateway.tickets.deeds import fields, moves
from gateway.tickets.snapshot import Snapshot
from gateway.tickets.status import Happening, Status

WAKE_EVERY = 10  # seconds


def wake(store: Store, site: Site) -> None:
    """One turn of the clock; whatever another node was quicker to do is left to it."""
    at = now()
    with store.main.read() as conn:
        numbers = {one.ticket for one in desk.due_reminders(conn, at)} | set(desk.ended_holds(conn, at))
    for number in sorted(numbers):
        with suppress(Conflict), store.main.write() as conn:  # it has changed meanwhile: the next turn looks again
            look(conn, site, number, at)


def due_at(conn: Connection, row: Mapping[str, Any]) -> datetime | None:
    """The earliest instant at which anything is wished on a ticket, of which this is the row."""
    wished = (row["on_hold_until"], desk.next_reminder(conn, row["number"]))
    return min((one for one in wished if one is not None), default=None)


def look(conn: Connection, site: Site, number: int, at: datetime) -> None:
    """Do what was wished of one ticket until then, in the caller's write transaction."""
    actor = Actor(name="clock", at=at)
    mine = [one for one in desk.due_reminders(conn, at, ticket=number) if desk.bring(conn, one.id, at)]
    brought = [Note(ticket=number, kind="reminder_due", data={"agent": one.agent, "text": one.text}) for one in mine]
    act.apply(conn, brought, actor)
    ticket = snapshots(conn, [number])[number]
    if ticket.row["on_hold_until"] is not None and ticket.row["on_hold_until"] <= at:
        with suppress(Permanent):  # it may not go there: it stays, and what it was reminded of is told all the same
            act.apply(conn, _woken(ticket, site, at), actor, site.promises)


def _woken(ticket: Snapshot, site: Site, at: datetime) -> Sequence[Action]:
    """It is open again; what has gone elsewhere meanwhile stays there."""
    statuses = site.cfg.status_table
    if statuses.like(ticket.row["status"]) is not Status.ON_HOLD:
        return fields.put(ticket, "clock", {"on_hold_until": None}, "is not on hold").actions
    return moves.happens(ticket, "clock", Happening.OPENED, statuses, at).actions
