"""What a command comes to, and the pieces that such effects are put together from.

Each effect moves the version of the ticket it is done to, so that two commands on one ticket never cross.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.tickets.actions import Action, Change, Note
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What is to be done, what it says of itself, the tickets it is about, and those left out with the reason."""

    actions: tuple[Action, ...]
    said: str
    tickets: tuple[int, ...] = ()
    skipped: tuple[tuple[int, str], ...] = ()


def change(one: Snapshot, values: Mapping[str, Any]) -> Change:
    """Fields of a ticket, set by a person."""
    reason = Reason.BY_PERSON if values else ""
    return Change(ticket=one.number, seen_version=one.row["version"], values=values, before=one.row, reason=reason)


def moved(one: Snapshot) -> Change:
    """Nothing but the version."""
    return change(one, {})


def in_order(changes: Sequence[Change]) -> Iterator[Change]:
    """By number, so that two writers never wait for one another in a ring."""
    yield from sorted(changes, key=lambda change: change.ticket)


def done(one: Snapshot, kind: str, data: Mapping[str, Any], undo: Mapping[str, Any]) -> Note:
    """The line of the journal on the ticket the command was given on, with what takes it back."""
    return Note(ticket=one.number, kind=kind, data={**data, "undo": undo}, reason=Reason.BY_PERSON)


def concerned(number: int, kind: str, data: Mapping[str, Any]) -> Note:
    """The line of the journal on another ticket that the command concerns."""
    return Note(ticket=number, kind=kind, data=data, reason=Reason.BY_PERSON)


def instant(at: datetime | None) -> str | None:
    """An instant as the journal keeps it."""
    return at.isoformat() if at else None


def listed(numbers: Sequence[int]) -> str:
    """`#12, #13`."""
    return ", ".join(f"#{number}" for number in numbers)
