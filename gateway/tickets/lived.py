"""The clocks of a ticket as they went, made anew out of its journal: what they would have said by other promises.

Only the last run of a clock stands on the ticket's row; here are all of them, each with the ticket as it was then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.tickets import clocks, sla
from gateway.tickets.clocks import Promises
from gateway.tickets.sla import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What a ticket's row was given at an instant: columns of `clocks.MOVING`, as the row has them."""

    at: datetime
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A ticket from the instant on from which it was waited for.

    `row`: the columns of MOVING as they were then; `set_by` and `resolve_due` as they are now, for a person's word on
    the due time holds for the whole life. `changes`: what came later, in order.
    """

    number: int
    begins: datetime
    row: Mapping[str, Any]
    changes: tuple[Changed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A clock that was set: first_response, next_response (each anew for each of them) or resolution.

    `row`: the ticket when what it waited for was done, or as it is now.
    """

    name: str
    clock: Clock
    row: Mapping[str, Any]


def lived(life: Life, promises: Promises) -> list[Lived]:
    """Every clock of a ticket, those that were set anew among them, the earliest first of each name.

    Of `promises` only the statuses count: clocks run whatever is promised.
    """
    row: dict[str, Any] = {**life.row, "clocks": None}
    over: list[Lived] = []
    now: dict[str, Lived] = {}
    for change in (Changed(at=life.begins, values={}), *life.changes):
        row = {**row, **change.values}
        after = clocks.after(row, promises, change.at)
        row["clocks"] = after.to_json()
        for name, clock in after.of.items():
            before = now.get(name)
            if before is not None and before.clock.started != clock.started:
                over.append(before)
            if before is None or clock.ended is None or before.clock != clock:
                now[name] = Lived(name=name, clock=clock, row=row)
    return [*over, *now.values()]


def is_late(one: Lived, promises: Promises, at: datetime) -> bool | None:
    """Whether it was over after its due time, or still is not over then; None where nothing is promised."""
    promise, row = promises.of(one.row), one.row
    if one.name == "resolution" and clocks.is_set_by_person(row):
        due: datetime | None = row["resolve_due"]
    else:
        budget = promise.budget(one.name, row["priority"])
        if budget is None:
            return None
        due = sla.due(promise.hours, one.clock.runs, budget)
    return due is not None and due < (one.clock.ended or at)
