"""What rules may name: the queues, agents, fields and so on of a site."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from gateway.tickets.assignment import STRATEGIES
from gateway.tickets.status import Status, Statuses


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldShape:
    """What a value of a site's own field must look like; `pattern` matches the whole value, `""` and `()` allow any."""

    pattern: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Keys by kind. `lists` holds the values of `rules/lists/NAME.txt`; `categories` None: any category goes."""

    queues: Collection[str] = ()
    agents: Collection[str] = ()
    slas: Collection[str] = ()
    templates: Collection[str] = ()
    fields: Mapping[str, FieldShape] = field(default_factory=dict)
    statuses: Collection[str] = tuple(Status)
    status_table: Statuses = field(default_factory=Statuses)  # which of them a rule may set where
    areas: Collection[str] = ()
    categories: Collection[str] | None = None
    organisations: Collection[str] | None = None
    calendars: Collection[str] = ()
    skills: Collection[str] | None = None
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    whose: Callable[[str], str] = lambda address: ""  # "an address of ours", "the agent carol's": no customer's

    def of(self, kind: str) -> Collection[str] | None:
        """The names of a kind as the tables of `language.py` call it; None: anything may be named."""
        if kind == "assign":
            return (*self.agents, *STRATEGIES, "none")
        if kind == "notify":
            return (*self.agents, "assignee", "lead", "agents", "admin")
        if kind == "replies":
            return (*self.templates, "none")
        if kind == "area_branches":
            return _branches(self.areas)
        if kind == "category_branches":
            return None if self.categories is None else _branches(self.categories)
        found: Collection[str] | None = getattr(self, kind) if kind else None
        return found


def _branches(names: Collection[str]) -> Collection[str]:
    """`order` stands for order/delivery and its other parts too."""
    return {*names, *(name.partition("/")[0] for name in names)}
