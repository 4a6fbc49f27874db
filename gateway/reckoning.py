"""What a new ticket is given where no rule says: a priority by the table, its organisation's SLA, how many like it.

One reckoning, out of facts and decision alone: for a mail that came in, for tests in rules files, for replays.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.config import Config
from gateway.rules import Decision, Facts, RuleSet
from gateway.rules.facts import seen_key
from gateway.tickets.priority import USUAL, Reckoned, reckon

_KNOWN_BEFORE_RULES = ("queue", "sender", "organisation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """This ticket and those like it that came within so many seconds: of the same `by`, which is `of`."""

    value: int
    by: str
    of: str
    within: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """`priority` None: a rule set it, or there is no table. `sla` comes of `organisation`. `occurrence` None: nobody
    counted, or there is nothing to count by.
    """

    priority: Reckoned | None
    sla: str | None
    organisation: str | None
    occurrence: Occurrence | None

    @property
    def fields(self) -> Mapping[str, tuple[str, str]]:
        """What the ticket has in the end where no rule set it, and by whom: `("quick", "organisation:big")`."""
        priority = (self.priority.priority, "table") if self.priority is not None else (USUAL, "")
        return {"priority": priority} | ({"sla": (self.sla, f"organisation:{self.organisation}")} if self.sla else {})

    def trace(self) -> Iterator[Mapping[str, Any]]:
        """A step for each that there is, for `gateway trace` and `explain`."""
        if self.priority is not None:
            yield {"step": "priority", "value": self.priority.priority, "by": "table", "why": self.priority.why}
        if self.sla is not None:
            yield {"step": "sla", "value": self.sla, "by": f"organisation:{self.organisation}"}
        if self.occurrence is not None:
            one = self.occurrence
            yield {
                "step": "occurrence", "value": one.value, "by": one.by, "of": one.of, "within_seconds": one.within
            }  # fmt: skip


def given(decision: Decision, facts: Facts, cfg: Config) -> Given:
    """What a new ticket gets beside what rules set. `facts` hold the counts that `counted` names."""
    organisation = organisation_of(decision, facts, cfg)
    own = cfg.organisations.get(organisation or "")
    return Given(
        priority=table_priority(decision, facts, cfg),
        sla=own.sla if own and "sla" not in decision.fields else None,
        organisation=organisation,
        occurrence=_occurrence(decision, facts, cfg),
    )


def table_priority(decision: Decision, facts: Facts, cfg: Config) -> Reckoned | None:
    """The priority by the site's table; None where there is none, or a rule set it."""
    if not cfg.priority_rows or "priority" in decision.fields:
        return None
    kind, impact = decision.value("type"), decision.value("impact")
    return reckon(cfg.priority_rows, kind=kind, impact=impact, seen=_seen(decision, facts, cfg))


def counted(rules: RuleSet, cfg: Config) -> Collection[tuple[str, int]]:
    """What must be counted for a new ticket: by which field, within how many seconds.

    Beside what rules ask for that is what [priority] counts by, unless no ticket can have that field: for nothing is
    like it then, and to count costs.
    """
    by, within = counts_by(cfg)
    if cfg.counts_seen or by in _KNOWN_BEFORE_RULES or by in rules.sets:
        return {*rules.seen_recently, (by, within)}
    return rules.seen_recently


def counts_by(cfg: Config) -> tuple[str, int]:
    """By which field [priority] counts, and within how many seconds."""
    return cfg.priority.by, int(cfg.priority.within.total_seconds())


def _occurrence(decision: Decision, facts: Facts, cfg: Config) -> Occurrence | None:
    (by, within), seen = counts_by(cfg), _seen(decision, facts, cfg)
    if seen is None:
        return None
    return Occurrence(value=1 + seen, by=by, of=_like(decision, facts, by, cfg) or "", within=within)


def _seen(decision: Decision, facts: Facts, cfg: Config) -> int | None:
    """How many tickets like this one came lately; None where nobody counted, or there is nothing to count by."""
    by, within = counts_by(cfg)
    value, counts = _like(decision, facts, by, cfg), facts.known.get("seen_recently", {})
    if not value:
        return None
    found: int | None = counts.get(seen_key(by, value, within), counts.get(seen_key(by, "*", within)))
    return found


def _like(decision: Decision, facts: Facts, by: str, cfg: Config) -> str | None:
    """What the ticket is like others by."""
    if by == "sender":
        return customer_of(decision, facts)
    if by == "organisation":
        return organisation_of(decision, facts, cfg)
    found: str | None = decision.value(by) or (facts.known.get("queue") if by == "queue" else None)
    return found


def customer_of(decision: Decision, facts: Facts) -> str:
    """The address key of whom a new ticket is for: whom a rule names, else the person behind a form, else who wrote."""
    return str(decision.value("requester") or facts.known.get("requester") or facts.from_).lower()


def organisation_of(decision: Decision, facts: Facts, cfg: Config) -> str | None:
    """The organisation of whom a new ticket is for."""
    named = decision.value("requester")
    found: str | None = cfg.organisation_for(named) if named else facts.known.get("organisation")
    return found
