"""A report: the figures of a period, made from what is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.config import Config
from gateway.reporting.figures import BEFORE, Group, Period, reckon
from gateway.reporting.terms import SiteTerms
from gateway.store import Store, reports


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The figures of a period, the group of all tickets first. `names`: what people read for queues, agents, ..."""

    period: Period
    groups: tuple[Group, ...]
    names: Mapping[tuple[str, str], str]

    @property
    def whole(self) -> Group:
        """The figures of all tickets."""
        return self.groups[0]

    def by(self, by: str) -> list[Group]:
        """The groups of one kind, the largest first."""
        return [one for one in self.groups if one.by == by]

    def shown(self, group: Group) -> str:
        """What people read for a group; `-` for the tickets that have none."""
        if group.name is None:
            return "-"
        return self.names.get((group.by, group.name), group.name)


def make(store: Store, cfg: Config, period: Period, bys: Sequence[str], *, at: datetime) -> Report:
    """The report on a period, broken down by each of `bys`; `at` is the moment by which tickets are open or late."""
    earliest = period.start - BEFORE * period.length
    terms = SiteTerms(cfg)
    with store.main.read() as conn:
        courses = reports.courses(conn, touched_since=period.start, opened_since=earliest, ended=cfg.status_table.ended)
        groups = reckon(
            courses,
            list(dict.fromkeys(bys)),
            period=period,
            at=at,
            soon=cfg.report.soon,
            first_opened_at=reports.first_opened_at(conn),
            terms=terms,
        )
    return Report(period=period, groups=tuple(groups), names=names(cfg))


def names(cfg: Config) -> Mapping[tuple[str, str], str]:
    """What people read for the names of the configuration: (by, name) -> title."""
    return {
        **{("queue", name): queue.title or name for name, queue in cfg.queues.items()},
        **{("agent", name): agent.name or name for name, agent in cfg.agents.items()},
        **{("organisation", name): one.title or name for name, one in cfg.organisations.items()},
    }
