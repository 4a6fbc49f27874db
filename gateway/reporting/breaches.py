"""How often promises were kept on past tickets, by the settings that are in force and by others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.config import Config
from gateway.store import Store, lives
from gateway.tickets.clocks import Promises
from gateway.tickets.lived import Life, Lived, is_late, lived
from gateway.tickets.sla import DUE

CLOCKS = tuple(DUE)
_SAMPLES = 20


@dataclass(slots=True)
class Count:
    """How many tickets kept a promise, broke it, or had none. Of several next responses none may be late."""

    kept: int = 0
    broken: int = 0
    none: int = 0


@dataclass(slots=True)
class Comparison:
    """`before` and `after` count by clock; `samples` are tickets with another outcome: (ticket, clock, then, now)."""

    tickets: int = 0
    before: Mapping[str, Count] = field(default_factory=lambda: {clock: Count() for clock in CLOCKS})
    after: Mapping[str, Count] = field(default_factory=lambda: {clock: Count() for clock in CLOCKS})
    changed: int = 0
    samples: list[tuple[int, str, str, str]] = field(default_factory=list)


def compare(store: Store, cfg: Config, other: Config, *, since: datetime, at: datetime) -> Comparison:
    """Every ticket opened since then, by both settings; what is still open counts with the time it has taken so far."""
    with store.main.read() as conn:
        return _compared(lives.lives(conn, since), cfg.promises, other.promises, at)


def _compared(those: Iterable[Life], promises: Promises, others: Promises, at: datetime) -> Comparison:
    found = Comparison()
    for life in those:
        found.tickets += 1
        before = lived(life, promises)
        after = before if promises.statuses == others.statuses else lived(life, others)
        for clock in CLOCKS:
            was, then = _outcome(before, clock, promises, at), _outcome(after, clock, others, at)
            for counts, outcome in ((found.before, was), (found.after, then)):
                setattr(counts[clock], outcome, getattr(counts[clock], outcome) + 1)
            if was != then:
                found.changed += 1
                if len(found.samples) < _SAMPLES:
                    found.samples.append((life.number, clock, was, then))
    return found


def _outcome(those: Iterable[Lived], clock: str, promises: Promises, at: datetime) -> str:
    """A field of Count."""
    late = [is_late(one, promises, at) for one in those if one.name == clock]
    if True in late:
        return "broken"
    return "kept" if False in late else "none"
