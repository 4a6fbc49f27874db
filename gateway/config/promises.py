"""Calendars and SLAs of the configuration as they are reckoned with.

Public holidays cost memory to know: they are looked up for a year when somebody asks for it.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from gateway.config.hours import WEEKDAYS
from gateway.config.schema_desk import Calendar, Sla
from gateway.tickets.calendar import ALWAYS, WorkingHours
from gateway.tickets.duration import Budget, Moment
from gateway.tickets.sla import Promise, Step

_TELLS_DELAY = "reply:delayed"
NEAR = 80  # percent of the time of a clock: then its deadline is near, for rules


def hours_of(calendar: Calendar) -> WorkingHours:
    """A calendar as it is reckoned with."""
    closed, code = frozenset(calendar.closed), calendar.holidays

    def is_free(day: date) -> bool:
        return day in closed or (code is not None and day in _public(code, day.year))

    return WorkingHours(
        zone=ZoneInfo(calendar.timezone),
        week=tuple(calendar.hours(weekday) for weekday in range(len(WEEKDAYS))),
        is_free=is_free,
        own=calendar.open,
    )


@lru_cache(maxsize=64)
def _public(code: str, year: int) -> frozenset[date]:
    """The public holidays of a country, or of a region as in DE-BY, in a year."""
    import holidays

    country, _, region = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))


def promise_of(name: str, one: Sla, hours: Mapping[str, WorkingHours], *, tells_delay: bool = False) -> Promise:
    """An SLA as the clocks go by it. `tells_delay`: customers get a letter when a deadline has passed."""
    return Promise(
        name=name,
        calendar=one.calendar or "",
        hours=hours[one.calendar] if one.calendar else ALWAYS,
        budgets={clock: {str(priority): budget for priority, budget in table.items()} for clock, table in one.clocks()},
        steps=(*_steps(one), *(_delays(one) if tells_delay else ()), *_triggers(one)),
    )


def _delays(one: Sla) -> Iterator[Step]:
    """The letters on a delay, of clocks whose own steps write none."""
    told = {step.of for step in one.step if _TELLS_DELAY in step.do}
    for clock, _ in one.clocks():
        if clock not in told:
            yield Step(of=clock, at=Moment(share=100), do=(_TELLS_DELAY,), key="delayed")


def _triggers(one: Sla) -> Iterator[Step]:
    """When rules are asked of a deadline that comes near, and of one that has passed."""
    for clock, _ in one.clocks():
        for event, share in (("due", NEAR), ("overdue", 100)):
            yield Step(of=clock, at=Moment(share=share), asks=event, key=event)


def _steps(one: Sla) -> Iterator[Step]:
    seen: dict[tuple[str, str], int] = {}
    for step in one.step:
        moment = str(step.at)
        number = seen[step.of, moment] = seen.get((step.of, moment), 0) + 1
        yield Step(
            of=step.of,
            at=step.at,
            do=step.do,
            every=step.every or Budget(),
            times=step.times or 1,
            key=moment if number == 1 else f"{moment} #{number}",
        )
