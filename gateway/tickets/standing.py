"""A ticket as decisions about several of them see it, and what such a decision comes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.mail import Address
from gateway.tickets.actions import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A link as it is stored: `ticket` is `kind` to `other`."""

    ticket: int
    other: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A ticket with what a decision on it needs. `articles`: the id of its newest contribution."""

    row: Mapping[str, Any]
    links: tuple[Linked, ...] = ()
    participants: tuple[tuple[Address, str], ...] = ()  # with their roles
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
    """A deed as its event tells it, and whether the ticket was answered since."""

    id: int
    kind: str
    undo: Mapping[str, Any]
    answered_since: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What is to be done, what it says of itself, the tickets it is about, and those left out with the reason."""

    actions: tuple[Action, ...]
    said: str
    tickets: tuple[int, ...] = ()
    skipped: tuple[tuple[int, str], ...] = ()
