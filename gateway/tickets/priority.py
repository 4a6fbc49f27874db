"""How urgent a ticket is where nobody says: a table of type, impact and occurrence, the first row that fits."""

from collections.abc import Sequence
from dataclasses import dataclass

USUAL = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: what is None fits anything; `seen` is the least number of like tickets that came lately."""

    priority: str
    type: str | None = None
    impact: str | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoned:
    """A priority, and what it was reckoned from: `type problem, impact major, 3 seen`; "" where no row fitted."""

    priority: str
    why: str = ""


def reckon(rows: Sequence[Row], *, kind: str | None, impact: str | None, seen: int | None) -> Reckoned:
    """The priority of the first row that fits the ticket; `kind` is its type.

    `seen` None: nobody counted, so no row that asks for a count fits.
    """
    for row in rows:
        if _fits(row, kind, impact, seen):
            asked = ((row.type, f"type {kind}"), (row.impact, f"impact {impact}"), (row.seen, f"{seen} seen"))
            return Reckoned(priority=row.priority, why=", ".join(told for key, told in asked if key) or "any ticket")
    return Reckoned(priority=USUAL)


def _fits(row: Row, kind: str | None, impact: str | None, seen: int | None) -> bool:
    if row.type not in (None, kind) or row.impact not in (None, impact):
        return False
    return row.seen is None or (seen is not None and seen >= row.seen)
