"""What is promised on a ticket, and the three clocks that measure it: first response, next response, resolution.

A clock is the list of its runs, from instant to instant; all else (when it is due, which steps have come, how a due
time came about) follows from the runs, the budget and the working hours.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from gateway.tickets.calendar import ALWAYS, WorkingHours
from gateway.tickets.duration import Budget, Moment

DUE = {"first_response": "first_response_due", "next_response": "next_response_due", "resolution": "resolve_due"}
Runs = Sequence[tuple[datetime, datetime | None]]  # the last may still go on
_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One clock of a ticket. `ended`: when what it waited for was done; `opened_again`: when that was taken back last.

    `done`: by the keys of steps when each was done last.
    """

    runs: tuple[tuple[datetime, datetime | None], ...]
    ended: datetime | None = None
    opened_again: datetime | None = None
    done: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def started(self) -> datetime:
        return self.runs[0][0]

    @property
    def is_running(self) -> bool:
        return self.ended is None and self.runs[-1][1] is None

    def going(self, on: bool, at: datetime) -> "Clock":
        """It runs from then on, or stands still."""
        if on and self.ended is None and not self.is_running:
            return replace(self, runs=(*self.runs, (at, None)))
        if not on and self.runs[-1][1] is None:
            return replace(self, runs=(*self.runs[:-1], (self.runs[-1][0], max(at, self.runs[-1][0]))))
        return self

    def over(self, at: datetime) -> "Clock":
        """What it waited for was done then."""
        return self if self.ended else replace(self.going(False, at), ended=at)

    def again(self, at: datetime) -> "Clock":
        """It was not done after all."""
        return replace(self, ended=None, opened_again=at).going(True, at)

    def undone(self, at: datetime) -> "Clock":
        """As if nothing had been done then: it went on, and did not end."""
        start, end = self.runs[-1]
        runs = (*self.runs[:-1], (start, None)) if end == at else self.runs
        return replace(self, runs=runs, ended=None if self.ended == at else self.ended)

    def is_over(self, key: str, at: datetime) -> bool:
        """Whether a step that comes then was done already: a due time that moved later is kept anew, no other is."""
        done = self.done.get(key)
        return done is not None and at <= done

    def to_json(self) -> dict[str, Any]:
        return {
            "runs": [[start.isoformat(), _text(end)] for start, end in self.runs],
            "ended": _text(self.ended),
            "opened_again": _text(self.opened_again),
            "done": {key: at.isoformat() for key, at in self.done.items()},
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Clock":
        return cls(
            runs=tuple((datetime.fromisoformat(start), _instant(end)) for start, end in stored["runs"]),
            ended=_instant(stored["ended"]),
            opened_again=_instant(stored["opened_again"]),
            done={key: datetime.fromisoformat(at) for key, at in stored["done"].items()},
        )


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happens at a moment of a clock, and `times` in all, each `every` later in working time.

    `asks`: the event on which rules are asked then, where nothing else is done.
    """

    of: str
    at: Moment
    do: tuple[str, ...] = ()
    asks: str = ""
    every: Budget = field(default_factory=Budget)
    times: int = 1
    key: str = ""  # among the steps of its clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One SLA: by clock and priority the time that is allowed, in which working hours; what happens on the way."""

    name: str = ""
    calendar: str = ""
    hours: WorkingHours = ALWAYS
    budgets: Mapping[str, Mapping[str, Budget]] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()

    def budget(self, clock: str, priority: str) -> Budget | None:
        return self.budgets.get(clock, {}).get(priority)


NOTHING_PROMISED = Promise()


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A step whose time has come: `key` among those of its clock, `again` how often it came before."""

    step: Step
    key: str
    at: datetime
    again: int = 0


# ---- when ----------------------------------------------------------------------------------------------------------


def reach(
    hours: WorkingHours, runs: Runs, *, time: timedelta = _NOTHING, days: Fraction = Fraction(0)
) -> datetime | None:
    """When so much working time (or so many business days) of the runs is used up; None: not by any of them."""
    by_days = days > 0
    for start, end in runs:
        found = hours.after(start, time=time, days=days)
        if end is None or (found is not None and found <= end):
            return found
        spent = hours.spent(start, end)
        if by_days:
            days -= spent[1]
        else:
            time -= timedelta(microseconds=spent[0])
    return None


def due(hours: WorkingHours, runs: Runs, budget: Budget) -> datetime | None:
    """When the budget is used up; None while the clock stands still before that, or where it never will be."""
    return reach(hours, runs, time=budget.time, days=Fraction(budget.business_days))


def elapsed(hours: WorkingHours, runs: Runs, at: datetime) -> timedelta:
    """The working time of the runs until then."""
    return sum((hours.elapsed(start, min(end or at, at)) for start, end in runs if start < at), _NOTHING)


def explain(hours: WorkingHours, runs: Runs, until: datetime) -> list[tuple[datetime, datetime]]:
    """The open spans that were counted, and those to come until then."""
    return [span for start, end in runs for span in hours.spans(start, min(end or until, until)) if span[1] > span[0]]


def moment(promise: Promise, clock: Clock, budget: Budget, due_at: datetime | None, at: Moment) -> datetime | None:
    """When a moment of a clock comes; None where it cannot be told while the clock stands still."""
    if at.share == 100 or at.offset == _NOTHING:
        return due_at
    if at.share is not None:
        part = Fraction(at.share, 100)
        time = timedelta(microseconds=int(budget.time / timedelta(microseconds=1) * part))
        return reach(promise.hours, clock.runs, time=time, days=budget.business_days * part)
    if due_at is None or at.offset is None:
        return None
    if at.offset < _NOTHING:
        return promise.hours.before(due_at, -at.offset)
    return reach(promise.hours, _since(clock.runs, due_at), time=at.offset)


def moments(
    promise: Promise, clock: Clock, budget: Budget, due_at: datetime | None, of: str
) -> Iterator[tuple[Step, str, datetime, int]]:
    """Every step of a running clock that is not over, with its key, its instant and how often it came before.

    Where a ticket is late when it is opened again, the steps from its due time on come in that instant, once more.
    """
    if not clock.is_running:
        return
    for step in promise.steps:
        if step.of != of:
            continue
        first = moment(promise, clock, budget, due_at, step.at)
        if first is None:
            continue
        for again in range(step.times):
            key = f"{step.key}/{again + 1}" if again else step.key
            at = reach(promise.hours, _since(clock.runs, first), **_times(step.every, again)) if again else first
            if at is not None and clock.opened_again is not None and step.at.is_late:
                at = max(at, clock.opened_again)
            if at is not None and not clock.is_over(key, at):
                yield step, key, at, again


def _times(budget: Budget, count: int) -> dict[str, Any]:
    return {"time": count * budget.time, "days": Fraction(count * budget.business_days)}


def _since(runs: Runs, at: datetime) -> list[tuple[datetime, datetime | None]]:
    return [(max(start, at), end) for start, end in runs if end is None or end > at]


def come(
    promise: Promise, clock: Clock, budget: Budget, due_at: datetime | None, of: str, now: datetime
) -> tuple[list[Came], Clock]:
    """The steps that have come, and the clock after them. Of a step that came several times unseen only the last."""
    latest: dict[int, Came] = {}
    done = dict(clock.done)
    for step, key, at, again in moments(promise, clock, budget, due_at, of):
        if at <= now:
            latest[id(step)] = Came(step=step, key=key, at=at, again=again)
            done[key] = now
    found = sorted(latest.values(), key=lambda one: one.at)
    return found, replace(clock, done=done)
