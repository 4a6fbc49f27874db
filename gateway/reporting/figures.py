"""Figures out of tickets: what a report says of one group of them. Pure: everything comes in as arguments.

How things stand (open, late, soon late) is of the moment of the report; all else is of its period. Among agents what
stands, and what came, is theirs who have the ticket now; what was done is theirs who did it, or had the ticket then.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil, sqrt
from statistics import fmean, median, median_low
from typing import Protocol

from gateway.store.reports import Course, Move

BEFORE = 4  # periods of the same length that make up what is usual
_LEAST_GROWTH = 3  # tickets; fewer are no problem area
_REPEATS = 2  # tickets of one sender in a period


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `start` on, before `end`."""

    start: datetime
    end: datetime

    def __contains__(self, at: datetime | None) -> bool:
        return at is not None and self.start <= at < self.end

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """How long something took on one ticket, and how long it might take by what was promised then, in minutes."""

    minutes: int
    promised: int | None = None
    kept: bool | None = None


class Terms(Protocol):
    """What was promised, and how much working time passed."""

    def is_ended(self, status: str) -> bool:
        """Whether a ticket in this status is done with."""

    def organisation(self, course: Course) -> str | None:
        """Which organisation the requester belongs to."""

    def first_response(self, course: Course) -> Took:
        """The working time until the first answer, which there is."""

    def resolution(self, course: Course, solved: Move) -> Took:
        """The working time, without pauses, until it was solved so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long something took, in minutes.

    `sla`: the median of what was promised, of two the lower; `kept`: the share that kept it.
    """

    count: int
    mean: int | None
    median: int | None
    p90: int | None
    sla: int | None = None
    kept: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings:
    """What customers thought, 1 to 5."""

    count: int
    mean: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What is said of the tickets that have `name` in common; None is those that have none.

    `usual`: how many are opened in such a time, by the periods before; None where the site is too young. `handling`:
    from the opening to the end, nights and pauses included. `several`: solved tickets on which several agents wrote.
    """

    by: str
    name: str | None
    open: int
    late: int
    soon: int
    created: int
    usual: float | None
    grew: bool
    solved: int
    reopened: int
    first_response: Times
    resolution: Times
    handling: Times
    several: int
    time_spent: int  # minutes
    ratings: Ratings


@dataclass(slots=True)
class _Tally:
    """What is counted of one group on the way."""

    open: int = 0
    late: int = 0
    soon: int = 0
    created: int = 0
    earlier: int = 0
    solved: int = 0
    reopened: int = 0
    several: int = 0
    time_spent: int = 0
    first_response: list[Took] = field(default_factory=list)
    resolution: list[Took] = field(default_factory=list)
    handling: list[Took] = field(default_factory=list)
    ratings: list[int] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        done = self.solved or self.reopened or self.first_response or self.time_spent or self.ratings
        return not (self.open or self.created or done)


_Key = tuple[str, str | None]  # by what, and which of them
Names = Callable[[Course, Terms], Sequence[str | None]]

_AGENT = "agent"  # a figure may be another's than whose ticket it is now
BY: Mapping[str, Names] = {
    "queue": lambda course, _: (course.queue,),
    _AGENT: lambda course, _: (course.assignee,),
    "type": lambda course, _: (course.type,),
    "category": lambda course, _: (course.category,),
    "area": lambda course, _: (course.area,),
    "tag": lambda course, _: course.tags,
    "organisation": lambda course, terms: (terms.organisation(course),),
    "priority": lambda course, _: (course.priority,),
    "sender": lambda course, _: (course.requester,) if course.requester else (),
}


class _Groups:
    """The tallies of the groups that a ticket belongs to; among agents, of whom each figure is."""

    def __init__(self, tallies: dict[_Key, _Tally], keys: Iterable[_Key], *, by_agent: bool) -> None:
        self._tallies = tallies
        self._own = [tallies.setdefault(key, _Tally()) for key in keys]
        self._by_agent = by_agent

    def of(self, agent: str | None) -> Collection[_Tally]:
        if not self._by_agent:
            return self._own
        return [*self._own, self._tallies.setdefault((_AGENT, agent), _Tally())]


def reckon(
    courses: Iterable[Course],
    bys: Sequence[str],
    *,
    period: Period,
    at: datetime,
    soon: timedelta,
    first_opened_at: datetime | None,
    terms: Terms,
) -> list[Group]:
    """The group of all tickets, then those of each of `bys` (names of BY), the largest first.

    Senders are told only who opened two tickets or more.
    """
    tallies: dict[_Key, _Tally] = {("all", None): _Tally()}
    for course in courses:
        keys = [(by, name) for by in bys if by != _AGENT for name in BY[by](course, terms)]
        groups = _Groups(tallies, [("all", None), *keys], by_agent=_AGENT in bys)
        _count(course, groups, period=period, at=at, soon=soon, terms=terms)
    periods = min(BEFORE, (period.start - first_opened_at) / period.length) if first_opened_at else 0
    found = [
        _group(by, name, tally, periods)
        for (by, name), tally in tallies.items()
        if by == "all" or not (tally.is_empty or (by == "sender" and tally.created < _REPEATS))
    ]
    order = ["all", *bys]
    return sorted(found, key=lambda one: (order.index(one.by), -(one.open + one.created), one.name or ""))


def due_of(course: Course) -> datetime | None:
    """The earliest that is still to be done by a time; of an open ticket."""
    first = course.first_response_due if course.first_response_at is None else None
    return min((due for due in (first, course.next_response_due, course.resolve_due) if due is not None), default=None)


def _count(course: Course, groups: _Groups, *, period: Period, at: datetime, soon: timedelta, terms: Terms) -> None:
    due = due_of(course)
    is_open = not terms.is_ended(course.status)
    earlier = Period(start=period.start - BEFORE * period.length, end=period.start)
    for group in groups.of(course.assignee):
        group.open += is_open
        group.late += is_open and due is not None and due < at
        group.soon += is_open and due is not None and at <= due < at + soon
        group.created += course.created_at in period
        group.earlier += course.created_at in earlier
    _count_ends(course, groups, period, terms)
    if course.first_response_at is not None and course.first_response_at in period:
        took = terms.first_response(course)
        for group in groups.of(course.answered_by or course.assigned_at(course.first_response_at)):
            group.first_response.append(took)
    if course.rating is not None and course.rated_at is not None and course.rated_at in period:
        for group in groups.of(course.assigned_at(course.rated_at)):
            group.ratings.append(course.rating)
    for one in course.spent:
        if one.at in period:
            by_agent = one.by.startswith("agent:")
            for group in groups.of(one.by.removeprefix("agent:") if by_agent else course.assigned_at(one.at)):
                group.time_spent += one.minutes


def _count_ends(course: Course, groups: _Groups, period: Period, terms: Terms) -> None:
    """How often it was solved and opened again, and how long it took until it was solved last."""
    solved: Move | None = None
    for move in course.moves:
        ends, began = terms.is_ended(move.after), terms.is_ended(move.before)
        if ends == began or move.at not in period:
            continue
        for group in groups.of(course.assigned_at(move.at)):
            group.solved += ends
            group.reopened += began
        solved = move if ends else solved
    if solved is not None:
        took = terms.resolution(course, solved)
        handled = Took(minutes=(solved.at - course.created_at) // timedelta(minutes=1))
        for group in groups.of(course.assigned_at(solved.at)):
            group.resolution.append(took)
            group.handling.append(handled)
            group.several += len(course.workers) > 1


def _group(by: str, name: str | None, tally: _Tally, periods: float) -> Group:
    usual = round(tally.earlier / periods, 1) if periods >= 1 else None
    return Group(
        by=by,
        name=name,
        open=tally.open,
        late=tally.late,
        soon=tally.soon,
        created=tally.created,
        usual=usual,
        grew=usual is not None and tally.created >= _LEAST_GROWTH and tally.created > usual + 2 * sqrt(max(usual, 1)),
        solved=tally.solved,
        reopened=tally.reopened,
        first_response=_times(tally.first_response),
        resolution=_times(tally.resolution),
        handling=_times(tally.handling),
        several=tally.several,
        time_spent=tally.time_spent,
        ratings=Ratings(count=len(tally.ratings), mean=round(fmean(tally.ratings), 2) if tally.ratings else None),
    )


def _times(took: Sequence[Took]) -> Times:
    if not took:
        return Times(count=0, mean=None, median=None, p90=None)
    minutes = sorted(one.minutes for one in took)
    promised = [one.promised for one in took if one.promised is not None]
    kept = [one.kept for one in took if one.kept is not None]
    return Times(
        count=len(minutes),
        mean=round(fmean(minutes)),
        median=round(median(minutes)),
        p90=minutes[ceil(len(minutes) * 0.9) - 1],  # nearest rank
        sla=median_low(promised) if promised else None,
        kept=round(fmean(kept), 3) if kept else None,
    )


# ---- weeks ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Week:
    """What came and went in the seven days from `start` on."""

    start: datetime
    created: int = 0
    solved: int = 0
    reopened: int = 0


def weekly(courses: Iterable[Course], *, at: datetime, weeks: int, is_ended: Callable[[str], bool]) -> list[Week]:
    """The last so many weeks before an instant, oldest first."""
    length = timedelta(days=7)
    found = [Week(start=at - (weeks - index) * length) for index in range(weeks)]

    def of(instant: datetime) -> Week | None:
        index = (instant - found[0].start) // length
        return found[index] if 0 <= index < weeks else None

    for course in courses:
        if week := of(course.created_at):
            week.created += 1
        for move in course.moves:
            if (week := of(move.at)) and is_ended(move.after) != is_ended(move.before):
                week.solved += is_ended(move.after)
                week.reopened += is_ended(move.before)
    return found
