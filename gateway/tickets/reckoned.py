"""How the due times of a ticket came about, interval by interval, in words for `gateway explain`."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from gateway.tickets import sla
from gateway.tickets.clocks import Promises, budget_of, due_of, is_set_by_person, kept
from gateway.tickets.sla import DUE, Clock, Promise

_MINUTE = timedelta(minutes=1)


def told(
    row: Mapping[str, Any], promises: Promises, was_due: Mapping[str, datetime] | None = None
) -> dict[str, dict[str, Any] | None]:
    """By due column: when it is due, out of which budget and calendar, and the intervals of working time counted.

    None for a clock that nothing was promised for, or that never ran. `was_due`: by column what was promised last,
    which is told of a clock that is done. Instants are by the clock of the calendar.
    """
    clocks, promise, before = kept(row), promises.of(row), was_due or {}
    return {
        column: _told(name, clocks.of[name], row, promise, before.get(column)) if clocks and name in clocks.of else None
        for name, column in DUE.items()
    }


def _told(
    name: str, clock: Clock, row: Mapping[str, Any], promise: Promise, before: datetime | None
) -> dict[str, Any] | None:
    zone = promise.hours.zone
    budget = budget_of(promise, name, clock, row)
    if budget is None:
        return None
    due = due_of(promise, name, clock, row)
    last = due or clock.runs[-1][1] or clock.ended or clock.started
    spans = sla.explain(promise.hours, clock.runs, last)
    return {
        "at": _in(zone, due),
        "was_due": _in(zone, before) if clock.ended else None,
        "sla": promise.name or None,
        "calendar": promise.calendar or None,
        "priority": row["priority"],
        "budget": None if name == "resolution" and is_set_by_person(row) else str(budget),
        "by": row["set_by"]["resolve_due"] if name == "resolution" and is_set_by_person(row) else None,
        "started": _in(zone, clock.started),
        "ended": _in(zone, clock.ended),
        "state": "done" if clock.ended else "running" if clock.is_running else "stopped",
        "minutes": sum((end - start for start, end in spans), timedelta(0)) // _MINUTE,
        "intervals": [_interval(start, end, zone) for start, end in spans],
        "steps": list(clock.done),
    }


def _interval(start: datetime, end: datetime, zone: tzinfo) -> dict[str, Any]:
    return {"from": start.astimezone(zone), "to": end.astimezone(zone), "minutes": (end - start) // _MINUTE}


def _in(zone: tzinfo, at: datetime | None) -> datetime | None:
    return at.astimezone(zone) if at else None
