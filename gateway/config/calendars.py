"""Which calendars of the configuration are open. Public holidays cost memory to know: only where somebody asks."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from gateway.config.schema import Config
from gateway.config.schema_desk import WEEKDAYS, Calendar
from gateway.tickets.hours import WorkingHours


def open_calendars(cfg: Config, names: Iterable[str], at: datetime) -> tuple[str, ...]:
    """Those of the calendars that are open at that instant, in the order of their names."""
    return tuple(name for name in sorted(names) if name in cfg.calendars and hours_of(cfg.calendars[name]).is_open(at))


def off_duty(cfg: Config, at: datetime) -> frozenset[str]:
    """The agents whose calendar is not open at that instant."""
    named = {agent.calendar for agent in cfg.agents.values() if agent.calendar}
    if not named:
        return frozenset()
    opened = open_calendars(cfg, named, at)
    return frozenset(key for key, agent in cfg.agents.items() if agent.calendar and agent.calendar not in opened)


def zone_of(cfg: Config) -> tzinfo:
    """Where the site's days begin and end: the time zone that all its calendars share, else UTC."""
    zones = {calendar.timezone for calendar in cfg.calendars.values()}
    return ZoneInfo(zones.pop()) if len(zones) == 1 else UTC


def hours_of(calendar: Calendar) -> WorkingHours:
    """A calendar as it is reckoned with."""

    def is_free(day: date) -> bool:
        return day in calendar.closed or (bool(calendar.holidays) and day in _public(calendar.holidays or "", day.year))

    return WorkingHours(
        zone=ZoneInfo(calendar.timezone),
        week=tuple(calendar.hours(weekday) for weekday in range(len(WEEKDAYS))),
        is_free=is_free,
    )


@lru_cache(maxsize=64)
def _public(code: str, year: int) -> frozenset[date]:
    """The public holidays of a country, or of a region as in DE-BY, in a year."""
    import holidays

    country, _, region = code.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))
