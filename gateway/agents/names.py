"""The names of this site, as commands may use them."""

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from gateway.compose.render import Templates
from gateway.config import Config
from gateway.config.calendars import zone_of
from gateway.config.schema_desk import PRIORITIES
from gateway.tickets.commands import Names
from gateway.tickets.commands.values import Field

_TYPES = ("question", "problem", "request", "complaint")
_IMPACTS = ("blocking", "major", "minor", "none")


def names_of(cfg: Config, templates: Templates, now: datetime, *, me: str = "") -> Names:
    """What an agent may name; `me` is the one who writes, `""` at the command line."""
    here = {key: agent for key, agent in cfg.agents.items() if not agent.left}
    return Names(
        now=now,
        numbers=cfg.numbers,
        zone=_zone(cfg, me),
        me=me,
        agents={key: agent.name for key, agent in here.items()},
        addresses={address: key for key, agent in here.items() for address in agent.addresses},
        queues={key: queue.title for key, queue in cfg.queues.items()},
        types=_TYPES,
        categories=cfg.categories.values or None,
        areas=cfg.areas.values,
        impacts=_IMPACTS,
        priorities=PRIORITIES,
        statuses=dict.fromkeys(cfg.status_table.names, ""),
        canned=templates.canned,
        fields={
            key: Field(title=one.title, values=one.values, pattern=str(one.pattern or ""))
            for key, one in cfg.fields.items()
        },
        is_ours=cfg.is_ours,
    )


def called(author: str, cfg: Config) -> str:
    """Who wrote or set something, for people: the name of an agent, else as it is kept."""
    key = author.removeprefix("agent:")
    return cfg.agents[key].name or key if key in cfg.agents else author


def _zone(cfg: Config, me: str) -> tzinfo:
    """By whose clock an agent's dates are: that of their own calendar, else the site's."""
    calendar = cfg.agents[me].calendar if me else None
    return ZoneInfo(cfg.calendars[calendar].timezone) if calendar else zone_of(cfg)
