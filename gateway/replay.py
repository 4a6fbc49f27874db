"""Another rule set on stored mail: what it would decide otherwise than the rules of then, and which rule says so.

Nothing is written and no mail is read again. Both sets are asked anew about the facts as they were stored, and what no
rule says (the priority by the table, what an organisation has) is reckoned for both alike: for the rules of then by
the settings of then, for the others by the settings as they stand. So what differs is due to rules and settings, and
not to the luck of a day on which a pattern took too long.

For the other rules, which calendars were open is reckoned anew; what else nobody recorded then (how many of the same
came, who vouched for the sender) is unknown now: a condition on it does not hold, and such mails are counted.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.assigning import policy_of
from gateway.config import Config
from gateway.config.calendars import open_calendars
from gateway.reckoning import counts_by, given
from gateway.rules import Decision, Facts, Matcher, RegexMatcher, RuleSet, Set, Skip
from gateway.rules.facts import seen_key
from gateway.rules.language import TRIGGERS
from gateway.store.archive import Archived
from gateway.tickets.priority import USUAL

QUARANTINED = "quarantined"
NOT_DECIDED = "not_decided"
UNREADABLE = "unreadable"
SAMPLES_OF_EACH = 3  # of one rule about one field
MAX_SAMPLES = 60
_NO_ANSWER = (Skip.TIMED_OUT, Skip.SWITCHED_OFF, Skip.OUT_OF_TIME)
_ADDED = ("tags", "watchers", "skills", "notify")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field of one mail that would come out otherwise; the names are the keys of the JSON.

    `rule`, in `file` at `line`, is what says so: the rule that would set it now, else the one that set it then and
    would not any more. Where it is no rule, `by_before` and `by_after` say who: `table` or `organisation:NAME`.
    """

    mail_id: int
    ticket: int | None
    at: str
    subject: str
    queue: str | None
    field: str
    before: Any
    after: Any
    rule: str
    file: str
    line: int
    rule_before: str
    rule_after: str
    by_before: str
    by_after: str


@dataclass(slots=True, kw_only=True)
class Comparison:
    """What came of a replay, counted mail by mail; the names are the keys of the JSON.

    `mails` were compared and `changed` of them differ. `by_field` and `by_rule` count changed mails, `by_queue` too,
    by the queue that was decided then. `out_of_time` counts mails on which a pattern or all rules took too long,
    `not_known` by fact the mails of which the other rules ask what nobody recorded. Of `not_as_recorded` the rules of
    then say something else now than was recorded; of `by_record` they cannot be had, and what was recorded counts.
    """

    mails: int = 0
    changed: int = 0
    by_field: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)
    by_queue: Counter[str] = field(default_factory=Counter)
    samples: list[Difference] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=lambda: Counter({QUARANTINED: 0, NOT_DECIDED: 0, UNREADABLE: 0}))
    out_of_time: int = 0
    not_known: Counter[str] = field(default_factory=Counter)
    not_as_recorded: int = 0
    by_record: int = 0
    _sampled: Counter[tuple[str, str]] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        """The counts with the largest first, and the samples."""
        return {
            "mails": self.mails,
            "changed": self.changed,
            "by_field": dict(self.by_field.most_common()),
            "by_rule": dict(self.by_rule.most_common()),
            "by_queue": dict(self.by_queue.most_common()),
            "samples": self.samples,
            "left_out": dict(self.left_out),
            "out_of_time": self.out_of_time,
            "not_known": dict(self.not_known),
            "not_as_recorded": self.not_as_recorded,
            "by_record": self.by_record,
        }

    def add(self, differences: list[Difference]) -> None:
        """One more mail was compared."""
        self.mails += 1
        if not differences:
            return
        self.changed += 1
        self.by_field.update({one.field for one in differences})
        self.by_rule.update({one.rule for one in differences if one.rule})
        self.by_queue[differences[0].queue or ""] += 1
        for one in differences:
            kind = (one.field, one.rule)
            self._sampled[kind] += 1
            if self._sampled[kind] <= SAMPLES_OF_EACH and len(self.samples) < MAX_SAMPLES:
                self.samples.append(one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the rules say of a mail, and `beside` them who gives a new ticket what no rule set: (value, by)."""

    decision: Decision
    beside: Mapping[str, tuple[Any, str]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """All that is said anything of."""
        return (*self.decision.fields, *self.decision.actions, *self.decision.added, *self.beside)

    @property
    def as_recorded(self) -> "Said":
        """As far as it stands in the trace of a mail: whose agents are asked where no rule says does not."""
        return replace(self, beside={name: value for name, value in self.beside.items() if name != "assign"})

    def setter(self, name: str) -> Set | None:
        """The line that set a field or action."""
        return self.decision.fields.get(name) or self.decision.actions.get(name)


def said(decision: Decision, facts: Facts, cfg: Config) -> Said:
    """What becomes of a mail, without what only the moment can say: a number, an agent who is free, a cap."""
    if facts.event != "created":
        return Said(decision=decision)
    found = given(decision, facts, cfg)
    agents = tuple(policy_of(decision.assign, found.organisation, cfg))
    by = f"organisation:{found.organisation}"
    asked = {"assign": (agents, by)} if agents and decision.assign is None else {}
    return Said(decision=decision, beside={**found.fields, **asked})


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A rule set with the settings it goes by. `anew`: which calendars are open is not as it was stored."""

    rules: RuleSet
    cfg: Config
    matcher: Matcher
    anew: bool

    def say(self, facts: Facts) -> Said:
        """What these rules and settings say of a mail."""
        if self.anew and self.rules.calendars and facts.at:
            hours = open_calendars(self.cfg, self.rules.calendars, facts.at)
            facts = replace(facts, known={**facts.known, "hours": hours})
        budget = self.cfg.limits.rules_time.total_seconds()
        return said(self.rules.evaluate(facts, facts.event, self.matcher, budget=budget), facts, self.cfg)

    def not_known(self, facts: Facts) -> Iterator[str]:
        """The facts that these rules ask for and nobody recorded."""
        asked = set(self.rules.seen_recently)
        if self.cfg.counts_seen and facts.event == "created":
            asked.add(counts_by(self.cfg))
        counted = facts.known.get("seen_recently", {})
        if any(seen_key(by, "*", within) not in counted for by, within in asked):
            yield "seen_recently"
        if facts.auth is None and "auth" in self.rules.asked:
            yield "auth"


def side(rules: RuleSet, cfg: Config, *, anew: bool) -> Side:
    """With a matcher of its own: which patterns are too slow is another matter for each set."""
    limit = cfg.limits.regex_time.total_seconds()
    return Side(rules=rules, cfg=cfg, matcher=RegexMatcher(time.monotonic, limit=limit), anew=anew)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The other rules, and `of_then` those that a mail was decided by: None where they cannot be had."""

    other: Side
    of_then: Callable[[int], Side | None]


def replay(mail: Archived, trial: Trial, report: Comparison) -> list[Difference]:
    """Enter one mail into the report; what would differ for it."""
    if mail.verdict == "quarantine":
        report.left_out[QUARANTINED] += 1
        return []
    try:
        recorded = recorded_saying(mail.trace)
        if recorded is None:
            report.left_out[NOT_DECIDED] += 1
            return []
        facts = stored_facts(mail.facts)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        report.left_out[UNREADABLE] += 1
        return []
    then = None if mail.rule_set_id is None else trial.of_then(mail.rule_set_id)
    after = trial.other.say(facts)
    if then is None:
        report.by_record += 1
        before, after = recorded, after.as_recorded
    else:
        before = then.say(facts)
        report.not_as_recorded += any(_differing(facts, before.as_recorded, recorded))
    report.out_of_time += any(one.reason in _NO_ANSWER for one in after.decision.skipped)
    report.not_known.update(trial.other.not_known(facts))
    differences = list(compare(mail, facts, before, after))
    report.add(differences)
    return differences


def _differing(facts: Facts, one: Said, other: Said) -> Iterator[str]:
    """The fields that do not come to the same."""
    for name in dict.fromkeys((*one.names, *other.names)):
        if outcome(name, one, facts) != outcome(name, other, facts):
            yield name


def stored_facts(text: str) -> Facts:
    """Facts as they were stored; ValueError, TypeError, KeyError or AttributeError where they are of another shape."""
    stored = json.loads(text)
    if stored["event"] not in TRIGGERS or "known" not in stored:
        raise ValueError("no facts of a mail")
    return Facts.from_json(stored)


def recorded_saying(trace: str) -> Said | None:
    """What was recorded of a mail's decision; None where no rules were asked. Raises as `stored_facts` does."""
    steps = {one["step"]: one for one in json.loads(trace)}
    step = steps.get("rules")
    if step is None:
        return None
    decision = Decision(
        event=step["event"],
        fields={name: _set(one) for name, one in step["fields"].items()},
        actions={name: _set(one) for name, one in step["actions"].items()},
        added={name: tuple(map(_set, several)) for name, several in step["added"].items()},
    )
    beside = {name: (steps[name]["value"], steps[name]["by"]) for name in ("priority", "sla") if name in steps}
    usual = {"priority": (USUAL, "")} if decision.event == "created" else {}
    return Said(decision=decision, beside=usual | beside)


def _set(stored: Mapping[str, Any]) -> Set:
    value = stored["value"]
    return Set(
        value=tuple(value) if isinstance(value, list) else value,
        rule=stored["rule"],
        file=stored["file"],
        line=stored["line"],
    )


def compare(mail: Archived, facts: Facts, before: Said, after: Said) -> Iterator[Difference]:
    """Every field that comes out otherwise; of a mail that would be set aside only that, for no ticket comes of it."""
    aside = after.decision.quarantine is not None
    queue = outcome("queue", before, facts)
    for name in _differing(facts, before, after):
        if name == "quarantine" or not aside:
            was, would_be = outcome(name, before, facts), outcome(name, after, facts)
            by_before, by_after = _setter(name, before, would_be), _setter(name, after, was)
            by = by_after or by_before
            yield Difference(
                mail_id=mail.id,
                ticket=mail.ticket,
                at=mail.at.isoformat(),
                subject=mail.subject,
                queue=queue,
                field=name,
                before=was,
                after=would_be,
                rule=by.rule if by else "",
                file=by.file if by else "",
                line=by.line if by else 0,
                rule_before=by_before.rule if by_before else "",
                rule_after=by_after.rule if by_after else "",
                by_before=_by(name, before, by_before),
                by_after=_by(name, after, by_after),
            )


def outcome(name: str, one: Said, facts: Facts) -> Any:
    """What a field comes to; where nobody set it, what it was before."""
    decision = one.decision
    if name in _ADDED:
        there = facts.known.get("tags", ()) if name == "tags" else ()
        return sorted({*there, *(added.value for added in decision.added.get(name, ()))})
    if name == "reply":
        return decision.reply
    found = one.setter(name)
    if name == "assign":
        return list((decision.assign or ()) if found else one.beside.get(name, ((), ""))[0])
    if found:
        return found.value
    if name in one.beside:
        return one.beside[name][0]
    if name.startswith("fields."):
        return facts.known.get("fields", {}).get(name.partition(".")[2])
    return {"language": facts.language, "title": facts.subject}.get(name, facts.known.get(name))


def _setter(name: str, one: Said, other: Any) -> Set | None:
    """The line that made a field come to something else than `other`."""
    if name in _ADDED:
        return next((added for added in one.decision.added.get(name, ()) if added.value not in other), None)
    return one.setter(name)


def _by(name: str, one: Said, line: Set | None) -> str:
    return f"rule:{line.rule}" if line else one.beside.get(name, (None, ""))[1]
