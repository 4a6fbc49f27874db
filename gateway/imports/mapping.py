"""What queues, agents and statuses of another helpdesk are called here: by the admin's file, or by their names."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.config import Config
from gateway.config.section import did_you_mean
from gateway.errors import ConfigError
from gateway.imports.old import OldPerson, OldTicket
from gateway.tickets.status import Status

_PARTS = ("queues", "agents", "statuses")
_REST = "*"  # what stands for every name that is not listed
# What these systems call their statuses. Whatever is done with there is closed here: nobody hears of it again.
_USUAL = {
    "new": Status.NEW, "open": Status.OPEN, "stalled": Status.ON_HOLD, "resolved": Status.CLOSED,
    "rejected": Status.CLOSED, "closed": Status.CLOSED, "merged": Status.CLOSED, "archived": Status.CLOSED,
    "pending reminder": Status.ON_HOLD, "pending close": Status.ON_HOLD, "waiting": Status.WAITING,
}  # fmt: skip
_NOBODY = ("", "nobody", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a ticket goes here. `unmapped`: (which part, name) of what this site has no name for."""

    queue: str
    status: str
    assignee: str | None
    unmapped: tuple[tuple[str, str], ...] = ()

    @property
    def is_settled(self) -> bool:
        """An owner who is no agent here leaves a ticket without one; a queue and a status it must have."""
        return bool(self.queue and self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A ticket of another helpdesk and where it goes."""

    old: OldTicket
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The admin's file; names are compared without their case."""

    cfg: Config
    queues: Mapping[str, str] = field(default_factory=dict)
    agents: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)

    def place(self, old: OldTicket) -> Place:
        """Where a ticket goes."""
        queue, status, assignee = self._queue(old.queue), self._status(old), self.agent(old.owner)
        unmapped = [] if queue else [("queues", old.queue)]
        unmapped += [] if status else [("statuses", old.status)]
        owner = old.owner.addr or old.owner.name
        unmapped += [("agents", owner)] if assignee is None and owner.lower() not in _NOBODY else []
        return Place(queue=queue, status=status, assignee=assignee, unmapped=tuple(unmapped))

    def _queue(self, name: str) -> str:
        own = {title.lower(): key for key, one in self.cfg.queues.items() for title in (key, one.title)}
        return self.queues.get(name.lower()) or own.get(name.lower()) or self.queues.get(_REST, "")

    def _status(self, old: OldTicket) -> str:
        for name in (old.status.lower(), old.kind.lower()):
            if found := self.statuses.get(name):
                return found
        known = self.cfg.status_table
        for name in (old.status.lower(), old.kind.lower()):
            if name in _USUAL:
                return str(_USUAL[name])
            if name in self.cfg.statuses:
                return name if not known.is_ended(name) else str(Status.CLOSED)
        return self.statuses.get(_REST, "")

    def agent(self, person: OldPerson) -> str | None:
        """The agent a person is here, None where they are none of ours."""
        for name in (person.addr.lower(), person.name.lower()):
            if name and (found := self.agents.get(name)):
                return found
        if person.addr and (found := self.cfg.agent_for(person.addr)):
            return found
        named = {text.lower(): key for key, one in self.cfg.staff.items() for text in (key, one.name)}
        return None if person.name.lower() in _NOBODY else named.get(person.name.lower())


def load(path: Path | None, cfg: Config) -> Names:
    """The file, checked against the site. ConfigError with every mistake of it."""
    if path is None:
        return Names(cfg=cfg)
    try:
        tables = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: is no TOML: {error}"])
    known = {"queues": tuple(cfg.queues), "agents": tuple(cfg.agents), "statuses": (*map(str, Status), *cfg.statuses)}
    strange = sorted(tables.keys() - known)
    problems = [f"{path}: [{name}]: there is no such part; there are {', '.join(_PARTS)}" for name in strange]
    parts: dict[str, dict[str, str]] = {}
    for part in _PARTS:
        table = tables.get(part, {})
        if not isinstance(table, dict):
            problems.append(f'{path}: {part}: must be a table: [{part}], and in it "their name" = "our name"')
            continue
        for theirs, ours in table.items():
            if ours not in known[part]:
                guess = did_you_mean(str(ours), known[part])
                problems.append(f'{path}: {part}."{theirs}": "{ours}" is not in config.toml{guess}')
        parts[part] = {str(theirs).lower(): str(ours) for theirs, ours in table.items()}
    if problems:
        raise ConfigError(problems)
    return Names(cfg=cfg, **parts)
