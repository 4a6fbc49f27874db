"""What agents wished to happen at a time of their own: reminders, and tickets that were on hold until then."""

from datetime import datetime

from gateway import act
from gateway.errors import Conflict, Permanent
from gateway.now import now
from gateway.site import Site
from gateway.store import Store, desk
from gateway.store.snapshots import snapshots
from gateway.tickets.actions import Actor, Note
from gateway.tickets.deeds import fields, moves
from gateway.tickets.effect import Effect
from gateway.tickets.snapshot import Snapshot
from gateway.tickets.status import Happening, Status

WAKE_EVERY = 10  # seconds


def _woken(ticket: Snapshot, site: Site, at: datetime) -> Effect:
    """It is open again; what has gone elsewhere meanwhile stays there."""
    statuses = site.cfg.status_table
    if statuses.like(ticket.row["status"]) is not Status.ON_HOLD:
        return fields.put(ticket, "clock", {"on_hold_until": None}, "is not on hold")
    return moves.happens(ticket, "clock", Happening.OPENED, statuses, at)


def wake(store: Store, site: Site) -> None:
    """One turn of the clock; whatever another node was quicker to do is left to it."""
    at = now()
    actor = Actor(name="clock", at=at)
    with store.main.read() as conn:
        reminders, holds = desk.due_reminders(conn, at), desk.ended_holds(conn, at)
    for one in reminders:
        with store.main.write() as conn:
            if desk.bring(conn, one.id, at):
                data = {"agent": one.agent, "text": one.text}
                act.apply(conn, [Note(ticket=one.ticket, kind="reminder_due", data=data)], actor)
    for number in holds:
        try:
            with store.main.write() as conn:
                ticket = snapshots(conn, [number])[number]
                if ticket.row["on_hold_until"] is not None and ticket.row["on_hold_until"] <= at:
                    effect = _woken(ticket, site, at)
                    act.apply(conn, effect.actions, actor, site.promises)
        except (Conflict, Permanent):
            continue  # it has changed meanwhile, or may not go there: the next turn looks again
