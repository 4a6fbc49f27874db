"""Whether an agent wants quiet, and when they hear of things again."""

from datetime import UTC, datetime, time, timedelta, tzinfo

from gateway.config import Agent, Config
from gateway.config.calendars import zone_of
from gateway.config.hours import is_within


def wants_quiet(cfg: Config, who: str, at: datetime) -> bool:
    """Whether an agent has said that nothing shall come at this time of day; `who` may be anybody."""
    agent = cfg.agents.get(who)
    if agent is None or not agent.quiet:
        return False
    return is_within(agent.quiet, at.astimezone(_zone(cfg, agent)).time())


def heard_at(cfg: Config, who: str, at: datetime) -> datetime:
    """From then on, or from the end of the quiet hours on in which that is; `who`: the key of an agent."""
    own = cfg.agents[who]
    zone = _zone(cfg, own)
    while True:  # one span may begin where another ends; some time of day is in none of them
        local = at.astimezone(zone)
        end = next((end for start, end in own.quiet if is_within(((start, end),), local.time())), None)
        if end is None:
            return at
        at = _next(local, end, zone)


def _zone(cfg: Config, agent: Agent) -> tzinfo:
    calendar = cfg.hours.get(agent.calendar or "")
    return calendar.zone if calendar else zone_of(cfg)


def _next(local: datetime, end: time, zone: tzinfo) -> datetime:
    """When the clock on the wall shows that time of day next, or would if it was not put forward just then."""
    days = 0 if end > local.time() else 1
    day = local.date() + timedelta(days=days)
    return datetime.combine(day, end, tzinfo=zone).replace(fold=0 if days else local.fold).astimezone(UTC)
