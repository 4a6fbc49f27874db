"""A look at an export before anything of it is written: how much there is, and what stands in the way."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.imports.mapping import Names
from gateway.imports.old import Broken, Export, cleaned
from gateway.old_tags import key_of
from gateway.shown import counted
from gateway.store import Store, imports


@dataclass(slots=True, kw_only=True)
class Survey:
    """What an export holds. `unmapped`: (part of the map, name) -> tickets; `taken`: numbers of tickets of ours."""

    system: str
    tickets: int = 0
    articles: int = 0
    files: int = 0
    known: int = 0  # imported before
    highest: int = 0
    queues: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[tuple[str, str]] = field(default_factory=Counter)
    taken: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """What keeps the import from being done, a line each; an owner who is no agent here does not."""
        return list(self._problems())

    def _problems(self) -> Iterator[str]:
        for (part, name), count in sorted(self.unmapped.items()):
            if part != "agents":
                what = f'"{name}" is no name here ({counted(count, "ticket")})'
                yield f'{part}: {what}; write [{part}] "{name}" = "..." into the --map file'
        if self.taken:
            there = f"tickets here have these numbers already: {_some(self.taken)}"
            yield f"{there}; take the export over into a site that has none yet (init, import, then start)"
        if self.twice:
            yield f"these numbers stand twice in the export: {_some(self.twice)}"

    @property
    def notes(self) -> list[str]:
        """What is as well to know, a line each."""
        unowned = [(name, count) for (part, name), count in sorted(self.unmapped.items()) if part == "agents"]
        return [
            f'agents: "{name}" is none here: {_stay(count)} unassigned; [agents] "{name}" = "..." assigns them'
            for name, count in unowned
        ]

    def to_json(self) -> dict[str, Any]:
        unmapped: dict[str, dict[str, int]] = {"queues": {}, "agents": {}, "statuses": {}}
        for (part, name), count in self.unmapped.items():
            unmapped[part][name] = count
        return {
            "system": self.system,
            "tickets": self.tickets,
            "articles": self.articles,
            "files": self.files,
            "known": self.known,
            "highest": self.highest or None,
            "queues": dict(self.queues),
            "statuses": dict(self.statuses),
            "unmapped": unmapped,
            "taken": self.taken,
            "twice": self.twice,
            "broken": [{"where": one.where, "what": one.what} for one in self.broken],
        }


def survey(export: Export, names: Names, store: Store) -> Survey:
    """Read an export to its end. Permanent where it is none."""
    found = Survey(system=export.system)
    seen: set[int] = set()
    for one in cleaned(export):
        if isinstance(one, Broken):
            found.broken.append(one)
            continue
        if one.number in seen:
            found.twice.append(one.number)
        seen.add(one.number)
        place = names.place(one)
        found.tickets += 1
        found.articles += len(one.articles)
        found.files += sum(len(article.files) for article in one.articles)
        found.queues[place.queue or one.queue] += 1
        found.statuses[place.status or one.status] += 1
        found.unmapped.update(place.unmapped)
    with store.main.read() as conn:
        ours = imports.known(conn, [key_of(export.system, number) for number in seen])
        found.known = len(ours)
        known = {number for number in seen if key_of(export.system, number) in ours}
        found.taken = sorted(imports.taken(conn, seen - known))
    found.highest = max(seen, default=0)
    return found


def _stay(count: int) -> str:
    return f"{counted(count, 'ticket')} {'stays' if count == 1 else 'stay'}"


def _some(numbers: list[int]) -> str:
    more = f" and {len(numbers) - 8} more" if len(numbers) > 8 else ""
    return f"{', '.join(map(str, numbers[:8]))}{more}"
