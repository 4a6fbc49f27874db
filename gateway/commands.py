"""What a person does to a ticket: decided on a look at it, written through the one door.

Whoever else wrote meanwhile makes it be decided again; nothing is decided while others are kept from writing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gateway import act
from gateway.config import Config
from gateway.errors import Conflict, Permanent
from gateway.now import now
from gateway.store import Store, snapshots
from gateway.store.savepoint import savepoint
from gateway.tickets.actions import Actor
from gateway.tickets.effect import Effect
from gateway.tickets.snapshot import Snapshot

TRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """Who does it, and where; `dry`: what would come of it is said and nothing is written."""

    store: Store
    cfg: Config
    name: str  # of the actor: cli:root
    dry: bool = False


Decide = Callable[[Connection, datetime], Effect]


def perform(doer: Doer, decide: Decide, *, takes: bool = False) -> Effect:
    """Decide and write, again where somebody else was quicker; Conflict where that never ends.

    `takes`: to decide takes something, such as the number of a new ticket, and is part of the writing.
    """
    for _ in range(TRIES):
        try:
            return _taking(doer, decide) if takes else _looking(doer, decide)
        except (Conflict, IntegrityError):
            continue
    raise Conflict("others keep changing these tickets; nothing was done")


def _looking(doer: Doer, decide: Decide) -> Effect:
    at = now()
    with doer.store.main.read() as conn:
        effect = decide(conn, at)
    if effect.actions and not doer.dry:
        with doer.store.main.write() as conn:
            act.apply(conn, effect.actions, Actor(name=doer.name, at=at), doer.cfg.promises)
    return effect


def _taking(doer: Doer, decide: Decide) -> Effect:
    at = now()
    with doer.store.main.write() as conn:
        if doer.dry:
            try:
                with savepoint(conn):
                    raise _TriedError(decide(conn, at))
            except _TriedError as tried:
                return tried.effect
        effect = decide(conn, at)
        act.apply(conn, effect.actions, Actor(name=doer.name, at=at), doer.cfg.promises)
        return effect


class _TriedError(Exception):
    """Gives back what was taken only to see what would come of it."""

    def __init__(self, effect: Effect) -> None:
        super().__init__()
        self.effect = effect


def looked_at(conn: Connection, number: int, others: Sequence[int] = ()) -> tuple[Snapshot, list[Snapshot]]:
    """The ticket and the others; Permanent where one of them does not exist."""
    found = snapshots.snapshots(conn, [number, *others])
    missing = [one for one in (number, *others) if one not in found]
    if missing:
        raise Permanent(f"there is no ticket {', '.join(f'#{one}' for one in missing)}")
    return found[number], [found[other] for other in dict.fromkeys(others)]


def children(conn: Connection, one: Snapshot) -> list[Snapshot]:
    """Those that have it in common, or what they were merged into since."""
    found = snapshots.survivors(conn, one.children)
    return [found[number] for number in sorted(found) if number != one.number]
