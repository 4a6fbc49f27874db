"""How often promises were kept on past tickets, by the settings that are in force and by others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.config import Config
from gateway.reporting.terms import SiteTerms
from gateway.store import Store, reports
from gateway.store.reports import Course

CLOCKS = ("first_response", "resolution")
_SAMPLES = 20


@dataclass(slots=True)
class Count:
    """How many tickets kept a promise, broke it, or had none."""

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
    terms = (SiteTerms(cfg, as_kept=False), SiteTerms(other, as_kept=False))
    with store.main.read() as conn:
        courses = reports.courses(conn, touched_since=since, opened_since=since, ended=cfg.status_table.ended)
        return _compared((one for one in courses if one.created_at >= since), terms, at)


def _compared(courses: Iterable[Course], terms: tuple[SiteTerms, SiteTerms], at: datetime) -> Comparison:
    found = Comparison()
    for course in courses:
        found.tickets += 1
        for clock in CLOCKS:
            before, after = (_outcome(course, clock, one, at) for one in terms)
            for counts, outcome in ((found.before, before), (found.after, after)):
                setattr(counts[clock], outcome, getattr(counts[clock], outcome) + 1)
            if before != after:
                found.changed += 1
                if len(found.samples) < _SAMPLES:
                    found.samples.append((course.number, clock, before, after))
    return found


def _outcome(course: Course, clock: str, terms: SiteTerms, at: datetime) -> str:
    """A field of Count."""
    promised = terms.promised(course, clock)
    if promised is None:
        return "none"
    ends = [move.at for move in course.moves if terms.is_ended(move.after)]
    end = course.first_response_at if clock == "first_response" else None
    if end is None and terms.is_ended(course.status):
        end = ends[-1] if ends else course.updated_at
    return "kept" if terms.spent(course, end or at) <= promised else "broken"
