"""Which calendars of the configuration are open."""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from gateway.config.schema import Config


def open_calendars(cfg: Config, names: Iterable[str], at: datetime) -> tuple[str, ...]:
    """Those of the calendars that are open at that instant, in the order of their names."""
    return tuple(name for name in sorted(names) if name in cfg.hours and cfg.hours[name].is_open(at))


def off_duty(cfg: Config, at: datetime) -> frozenset[str]:
    """The agents whose calendar is not open at that instant."""
    named = {agent.calendar for agent in cfg.agents.values() if agent.calendar}
    if not named:
        return frozenset()
    opened = open_calendars(cfg, named, at)
    return frozenset(key for key, agent in cfg.agents.items() if agent.calendar and agent.calendar not in opened)


def zone_of(cfg: Config) -> tzinfo:
    """By whose clock the site's people read and write times, and its days begin and end."""
    name = zone_name(cfg)
    return ZoneInfo(name) if name else UTC


def zone_name(cfg: Config) -> str:
    """The zone that is named, else that of the first calendar; `""` where there is neither."""
    first = next(iter(cfg.calendars.values()), None)
    return cfg.mail.timezone or (first.timezone if first else "")
