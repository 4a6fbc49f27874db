"""The clocks of one ticket: what its row says of them after something happened to it.

Everything follows from the row itself and the runs that were kept, so whoever looks again finds the same; only when
a run begins or ends is taken from the instant at which somebody looked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.tickets import sla
from gateway.tickets.actions import OpenTicket
from gateway.tickets.duration import Budget
from gateway.tickets.sla import DUE, NOTHING_PROMISED, Clock, Promise
from gateway.tickets.status import Status, Statuses

_OVER = timedelta(seconds=1)  # rules ask for what is over a time, to the second
_WORKED_ON = (Status.NEW, Status.OPEN)  # in all others the clocks stand still
_ENDED = (Status.RESOLVED, Status.CLOSED)
_MINUTES = {"first_response": "first_response_minutes", "resolution": "resolve_minutes"}
# What the clock keeps for itself.
KEPT = frozenset(("clocks", "next_tick_at", "first_response_minutes", "resolve_minutes"))
# A change of one of these may change what the clocks say.
MOVING = frozenset(
    ("status", "queue", "priority", "sla", "set_by", "merged_into", "resolve_due", "first_response_at",
     "last_customer_at", "last_agent_at", "resolved_at", "closed_at")
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """What a site promises, and what it leaves to the clock.

    `silences`: after how long without a word rules want to be asked; None: whoever has these settings does not know.
    """

    slas: Mapping[str, Promise] = field(default_factory=dict)
    by_queue: Mapping[str, str] = field(default_factory=dict)  # queue -> SLA
    statuses: Statuses = field(default_factory=Statuses)
    close_after: timedelta = timedelta(days=7)
    silences: tuple[timedelta, ...] | None = None

    def of(self, row: Mapping[str, Any]) -> Promise:
        """The SLA that holds for a ticket."""
        name = row["sla"] or self.by_queue.get(row["queue"]) or ""
        return self.slas.get(name, NOTHING_PROMISED)

    def first_due(self, opened: OpenTicket, at: datetime) -> datetime | None:
        """When a ticket that is opened then must have its first answer."""
        promise = self.of({"sla": opened.sla, "queue": opened.queue})
        budget = promise.budget("first_response", opened.priority)
        if budget is None or self.statuses.like(opened.status) not in _WORKED_ON:
            return None
        return sla.due(promise.hours, ((at, None),), budget)

    def prepare(self, at: datetime) -> None:
        """Look up the holidays around that time now, and not when somebody waits for it."""
        for one in self.slas.values():
            one.hours.after(at, time=_OVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """What is kept of a ticket's clocks. `since`: when it came to its status. `silent_since`: nothing was written and
    nobody moved it since then; `asked`: up to which silence rules were asked.
    """

    of: Mapping[str, Clock]
    status: str
    since: datetime
    silent_since: datetime
    asked: timedelta = timedelta(0)

    def to_json(self) -> dict[str, Any]:
        return {
            "of": {name: one.to_json() for name, one in self.of.items()},
            "status": self.status,
            "since": self.since.isoformat(),
            "silent_since": self.silent_since.isoformat(),
            "asked": self.asked // timedelta(seconds=1),
        }


def kept(row: Mapping[str, Any]) -> Clocks | None:
    """The clocks of a row; None where it has none yet, or was filed as old mail and asks for nothing."""
    stored = row["clocks"]
    if not stored:
        return None
    return Clocks(
        of={name: Clock.from_json(one) for name, one in stored["of"].items()},
        status=stored["status"],
        since=datetime.fromisoformat(stored["since"]),
        silent_since=datetime.fromisoformat(stored["silent_since"]),
        asked=timedelta(seconds=stored["asked"]),
    )


def with_clock(clocks: Clocks, name: str, clock: Clock) -> Clocks:
    """The same with one of them as it is now."""
    return replace(clocks, of={**clocks.of, name: clock})


def asked(clocks: Clocks, silence: timedelta) -> Clocks:
    """The same once rules were asked after that silence."""
    return replace(clocks, asked=silence)


def silent_since(row: Mapping[str, Any]) -> datetime:
    """Since when nothing was written on a ticket and it is in its status."""
    clocks = kept(row)
    updated: datetime = row["updated_at"]
    return clocks.silent_since if clocks else updated


# ---- what happened -------------------------------------------------------------------------------------------------


def after(row: Mapping[str, Any], promises: Promises, at: datetime) -> Clocks:
    """The clocks of a ticket after what its row tells, which happened then."""
    before = kept(row)
    like = promises.statuses.like(row["status"])
    on = like in _WORKED_ON and row["merged_into"] is None
    found: dict[str, Clock] = {}
    for name, clock in (
        ("first_response", _first(before, row, on, at)),
        ("next_response", _next(before, row, on, at)),
        ("resolution", _resolution(before, row, like, on, at)),
    ):
        if clock is not None:
            found[name] = clock
    since = before.since if before and before.status == row["status"] else at
    silent_since = max(filter(None, (since, row["last_customer_at"], row["last_agent_at"])))
    asked = before.asked if before and before.silent_since == silent_since else timedelta(0)
    return Clocks(of=found, status=row["status"], since=since, silent_since=silent_since, asked=asked)


def unanswered(row: Mapping[str, Any], promises: Promises, answered_at: datetime, at: datetime) -> dict[str, Any]:
    """What a row is to say of its clocks once an answer counts as not given; the rest of the row says so already."""
    before = kept(row)
    if before is None:
        return {}
    again = replace(before, of={name: clock.undone(answered_at) for name, clock in before.of.items()})
    return columns(after({**row, "clocks": again.to_json()}, promises, at), row, promises, at)


def _clock(before: Clocks | None, name: str) -> Clock | None:
    return before.of.get(name) if before else None


def _started(at: datetime) -> Clock:
    return Clock(runs=((at, None),))


def _first(before: Clocks | None, row: Mapping[str, Any], on: bool, at: datetime) -> Clock | None:
    clock = _clock(before, "first_response")
    if clock is None:
        return _started(at) if on and row["first_response_at"] is None else None
    return clock.over(row["first_response_at"]) if row["first_response_at"] else clock.going(on, at)


def _next(before: Clocks | None, row: Mapping[str, Any], on: bool, at: datetime) -> Clock | None:
    """Set anew by the first mail of the customer's that is not answered; a further one gives no more time."""
    clock, answered, wrote = _clock(before, "next_response"), row["last_agent_at"], row["last_customer_at"]
    if clock is not None and clock.ended is None:
        return clock.over(answered) if answered and answered >= clock.started else clock.going(on, at)
    waits = row["first_response_at"] is not None and wrote is not None and (answered is None or wrote > answered)
    is_new = waits and (clock is None or clock.ended is None or wrote > clock.ended)
    return _started(at) if on and is_new else clock


def _resolution(before: Clocks | None, row: Mapping[str, Any], like: Status, on: bool, at: datetime) -> Clock | None:
    clock = _clock(before, "resolution")
    if clock is None:
        return _started(at) if on else None
    if like in _ENDED:
        return clock.over(row["resolved_at"] or row["closed_at"] or at)
    return clock.again(at) if clock.ended and on else clock.going(on, at)


# ---- what follows --------------------------------------------------------------------------------------------------


def columns(clocks: Clocks, row: Mapping[str, Any], promises: Promises, at: datetime) -> dict[str, Any]:
    """What the ticket's row is to say of its clocks: only what it does not say already."""
    promise = promises.of(row)
    values: dict[str, Any] = {"clocks": clocks.to_json()}
    for name, column in DUE.items():
        clock = clocks.of.get(name)
        values[column] = due_of(promise, name, clock, row)
        if minutes := _MINUTES.get(name):
            over = clock is not None and clock.ended is not None
            values[minutes] = round(_spent(promise, clock, at) / timedelta(minutes=1)) if clock and over else None
    values["next_tick_at"] = next_tick(clocks, {**row, **values}, promises, at)
    return {name: value for name, value in values.items() if row.get(name) != value}


def due_of(promise: Promise, name: str, clock: Clock | None, row: Mapping[str, Any]) -> datetime | None:
    """When a clock is due; a person's own word on the solution stands."""
    if name == "resolution" and is_set_by_person(row):
        own: datetime | None = row["resolve_due"]
        return own
    budget = promise.budget(name, row["priority"])
    if clock is None or clock.ended is not None or budget is None:
        return None
    return sla.due(promise.hours, clock.runs, budget)


def budget_of(promise: Promise, name: str, clock: Clock, row: Mapping[str, Any]) -> Budget | None:
    """The time a clock has; where a person set the due time, the working time until then."""
    if name == "resolution" and is_set_by_person(row):
        return Budget(time=promise.hours.elapsed(clock.started, row["resolve_due"]))
    return promise.budget(name, row["priority"])


def is_set_by_person(row: Mapping[str, Any]) -> bool:
    return row["resolve_due"] is not None and str(row["set_by"].get("resolve_due", "")).startswith("person:")


def _spent(promise: Promise, clock: Clock, at: datetime) -> timedelta:
    return sla.elapsed(promise.hours, clock.runs, at)


def next_tick(clocks: Clocks, row: Mapping[str, Any], promises: Promises, at: datetime) -> datetime | None:
    """The earliest instant at which anything can be due; at once where what rules ask for is not known."""
    if promises.silences is None:
        return at
    return min(_instants(clocks, row, promises), default=None)


def _instants(clocks: Clocks, row: Mapping[str, Any], promises: Promises) -> Iterator[datetime]:
    promise = promises.of(row)
    for name, clock in clocks.of.items():
        budget = budget_of(promise, name, clock, row)
        if budget is not None:
            steps = sla.moments(promise, clock, budget, row[DUE[name]], name)
            yield from (at for _, _, at, _ in steps)
    if closes := closes_at(row, promises):
        yield closes
    yield from (at for at, _ in _silences(clocks, row, promises))


def closes_at(row: Mapping[str, Any], promises: Promises) -> datetime | None:
    """When a resolved ticket is closed by itself."""
    is_resolved = promises.statuses.like(row["status"]) is Status.RESOLVED and row["merged_into"] is None
    return row["resolved_at"] + promises.close_after if is_resolved and row["resolved_at"] else None


def _silences(clocks: Clocks, row: Mapping[str, Any], promises: Promises) -> Iterator[tuple[datetime, timedelta]]:
    if promises.statuses.is_ended(row["status"]) or row["merged_into"] is not None:
        return
    for silence in promises.silences or ():
        if silence > clocks.asked:
            yield clocks.silent_since + silence + _OVER, silence


def silence(clocks: Clocks, row: Mapping[str, Any], promises: Promises, now: datetime) -> timedelta | None:
    """The longest silence that has come since rules were last asked."""
    return max((length for at, length in _silences(clocks, row, promises) if at <= now), default=None)
