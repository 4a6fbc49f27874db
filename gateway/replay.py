"""Another rule set on stored mail: what it would decide otherwise than was decided, and which rule says so.

Nothing is written and no mail is read again: rules see the facts as they were stored, and what was decided then is
in the mail's trace. Which calendars were open is reckoned anew; what else nobody recorded then (how many of the same
came, who vouched for the sender) is unknown now: a condition on it does not hold, and such mails are counted.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.rules import Decision, Facts, Matcher, RuleSet, Set, Skip
from gateway.rules.facts import seen_key
from gateway.rules.language import TRIGGERS
from gateway.store.archive import Archived

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
    would not any more.
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


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of a replay, counted mail by mail; the names are the keys of the JSON.

    `mails` were compared and `changed` of them differ. `by_field` and `by_rule` count changed mails, `by_queue` too,
    by the queue that was decided then. `out_of_time` counts mails on which a pattern or all rules took too long,
    `not_known` by fact the mails of which the other rules ask what nobody recorded.
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
class Trial:
    """The other rules, `budget` seconds for a mail, and which of the calendars they ask for are open at an instant."""

    rules: RuleSet
    matcher: Matcher
    budget: float
    open_calendars: Callable[[datetime], tuple[str, ...]]

    def decide(self, facts: Facts) -> Decision:
        """What these rules say of a mail."""
        if self.rules.calendars and facts.at:
            facts = replace(facts, known={**facts.known, "hours": self.open_calendars(facts.at)})
        return self.rules.evaluate(facts, facts.event, self.matcher, budget=self.budget)

    def not_known(self, facts: Facts) -> Iterator[str]:
        """The facts that these rules ask for and nobody recorded."""
        counted = facts.known.get("seen_recently", {})
        if any(seen_key(by, "*", within) not in counted for by, within in self.rules.seen_recently):
            yield "seen_recently"
        if facts.auth is None and "auth" in self.rules.asked:
            yield "auth"


def replay(mail: Archived, trial: Trial, report: Report) -> list[Difference]:
    """Enter one mail into the report; what would differ for it."""
    if mail.verdict == "quarantine":
        report.left_out[QUARANTINED] += 1
        return []
    try:
        before = stored_decision(mail.trace)
        if before is None:
            report.left_out[NOT_DECIDED] += 1
            return []
        facts = stored_facts(mail.facts)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        report.left_out[UNREADABLE] += 1
        return []
    after = trial.decide(facts)
    report.out_of_time += any(one.reason in _NO_ANSWER for one in after.skipped)
    report.not_known.update(trial.not_known(facts))
    differences = list(compare(mail, facts, before, after))
    report.add(differences)
    return differences


def stored_facts(text: str) -> Facts:
    """Facts as they were stored; ValueError, TypeError, KeyError or AttributeError where they are of another shape."""
    stored = json.loads(text)
    if stored["event"] not in TRIGGERS or "known" not in stored:
        raise ValueError("no facts of a mail")
    return Facts.from_json(stored)


def stored_decision(trace: str) -> Decision | None:
    """What the rules then in force said; None where none were asked. Raises as `stored_facts` does."""
    step = next((one for one in json.loads(trace) if one["step"] == "rules"), None)
    if step is None:
        return None
    return Decision(
        event=step["event"],
        fields={name: _set(one) for name, one in step["fields"].items()},
        actions={name: _set(one) for name, one in step["actions"].items()},
        added={name: tuple(map(_set, several)) for name, several in step["added"].items()},
    )


def _set(stored: Mapping[str, Any]) -> Set:
    value = stored["value"]
    return Set(
        value=tuple(value) if isinstance(value, list) else value,
        rule=stored["rule"],
        file=stored["file"],
        line=stored["line"],
    )


def compare(mail: Archived, facts: Facts, before: Decision, after: Decision) -> Iterator[Difference]:
    """Every field that comes out otherwise; of a mail that would be set aside only that, for no ticket comes of it."""
    names = ["quarantine"]
    if after.quarantine is None:
        both = (*before.fields, *after.fields, *before.actions, *after.actions, *before.added, *after.added)
        names = list(dict.fromkeys(both))
    queue = outcome("queue", before, facts)
    for name in names:
        was, would_be = outcome(name, before, facts), outcome(name, after, facts)
        if was != would_be:
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
            )


def outcome(name: str, decision: Decision, facts: Facts) -> Any:
    """What a field comes to under a decision; where no rule set it, what it was before."""
    if name in _ADDED:
        there = facts.known.get("tags", ()) if name == "tags" else ()
        return sorted({*there, *(one.value for one in decision.added.get(name, ()))})
    if name == "assign":
        return list(decision.assign or ())
    if name == "reply":
        return decision.reply
    found = decision.fields.get(name) or decision.actions.get(name)
    if found:
        return found.value
    if name.startswith("fields."):
        return facts.known.get("fields", {}).get(name.partition(".")[2])
    return facts.language if name == "language" else facts.known.get(name)


def _setter(name: str, decision: Decision, other: Any) -> Set | None:
    """The line that made a field come to something else than `other`."""
    if name in _ADDED:
        return next((one for one in decision.added.get(name, ()) if one.value not in other), None)
    return decision.fields.get(name) or decision.actions.get(name)
