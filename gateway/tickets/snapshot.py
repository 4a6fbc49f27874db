"""A ticket as it stood when somebody looked at it in order to do something to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.mail import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A link as it is stored: `ticket` is `kind` to `other`."""

    ticket: int
    other: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A ticket with what a decision on it needs. `articles`: the id of its newest contribution."""

    row: Mapping[str, Any]
    links: tuple[Linked, ...] = ()
    participants: tuple[tuple[Address, str], ...] = ()  # with their roles; somebody with two addresses stands twice
    articles: int = 0
    merges: int = 0  # how many in a row lead to it

    @property
    def number(self) -> int:
        return int(self.row["number"])

    @property
    def parent(self) -> int | None:
        """The common ticket it is one of."""
        return next((one.other for one in self.links if one.kind == "common" and one.ticket == self.number), None)

    @property
    def children(self) -> tuple[int, ...]:
        """The tickets that have this one in common."""
        return tuple(sorted(one.ticket for one in self.links if one.kind == "common" and one.other == self.number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """An earlier command as its event tells it, and whether the ticket was answered since."""

    id: int
    kind: str
    undo: Mapping[str, Any]
    replied_since: bool = False
