"""A rule set looks at one mail or event, top to bottom: the first rule that sets a field wins, `add` adds up.

Never raises for any facts: what cannot be done is skipped and recorded.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from gateway.rules.actions import CAPTURE, check_value
from gateway.rules.compile import Check, compile_rule
from gateway.rules.decision import Decision, RuleTrace, Set, Skip, Skipped
from gateway.rules.explain import trace_conditions
from gateway.rules.facts import Facts
from gateway.rules.language import NOT_FIELDS, PRIORITIES, TRIGGERS
from gateway.rules.matcher import Matcher, TimedOut
from gateway.rules.names import Names
from gateway.rules.operands import flat
from gateway.rules.patterns import compile_pattern
from gateway.rules.rule import Rule, SetLine
from gateway.rules.view import UndecidedError, View
from gateway.rules.words import Asked, WordPatterns

BUDGET = 0.25  # seconds for all rules of one mail


_BATCH = 64  # rules between two looks at the clock; patterns look by themselves
_Batch = Sequence[tuple[Rule, Check]]


class RuleSet:
    """All rules of a site, checked and compiled. Immutable; made by `load`."""

    def __init__(self, rules: Sequence[Rule], *, names: Names, files: Mapping[str, str]) -> None:
        self.rules = tuple(rules)
        self.names = names
        self.files = dict(files)
        compiled = [(rule, compile_rule(rule)) for rule in self.rules]
        self._by_event = {event: _batches([one for one in compiled if event in one[0].on]) for event in TRIGGERS}
        self._asked = _asked(self.rules)
        self._field_patterns = {
            f"fields.{name}": compile_pattern(rf"\A(?:{shape.pattern})\Z")
            for name, shape in names.fields.items()
            if shape.pattern
        }

    def evaluate(
        self,
        facts: Facts,
        event: str,
        matcher: Matcher,
        *,
        explain: bool = False,
        budget: float = BUDGET,
        among: Collection[str] | None = None,
    ) -> Decision:
        """What the rules for this event say; with `explain` every rule looked at is in the trace, else the matching.

        `among`: look at the rules of these names alone, by somebody who knows that no other matches.
        """
        batches = self._by_event.get(event, ())
        if among is not None:
            there = self._by_name.get(event, {})
            batches = _batches([one for _, one in sorted((there[name] for name in among if name in there), key=_place)])
        return _Run(self, facts, event, matcher, self._asked, budget).decide(batches, explain=explain)

    def asks_on(self, event: str) -> bool:
        """Whether there is a rule for this event."""
        return bool(self._by_event.get(event))

    @cached_property
    def _by_name(self) -> Mapping[str, Mapping[str, tuple[int, tuple[Rule, Check]]]]:
        """By event and name each rule, with its place among the others."""
        listed = {event: [one for batch in batches for one in batch] for event, batches in self._by_event.items()}
        return {event: {one[0].name: (at, one) for at, one in enumerate(rules)} for event, rules in listed.items()}

    @cached_property
    def sha256(self) -> str:
        """What names this set: the same files and lists give the same."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def text(self) -> str:
        """Files and lists as one JSON text, for the record of what was active."""
        lists = {name: list(values) for name, values in sorted(self.names.lists.items())}
        return json.dumps({"files": dict(sorted(self.files.items())), "lists": lists}, ensure_ascii=False)

    @cached_property
    def calendars(self) -> frozenset[str]:
        """The calendars that `hours` asks for; the fact `hours` names those of them that are open."""
        return frozenset(name for one in self._conditions if one.field.name == "hours" for name in one.wanted)

    @cached_property
    def asked(self) -> frozenset[str]:
        """The full names of all fields that conditions ask for: `"subject"`, `"header.list-id"`."""
        return frozenset(one.name for one in self._conditions)

    @cached_property
    def seen_recently(self) -> frozenset[tuple[str, int]]:
        """What `seen_recently` counts: by which field, within how many seconds."""
        return frozenset(one.wanted[:2] for one in self._conditions if one.field.name == "seen_recently")

    @cached_property
    def silences(self) -> tuple[timedelta, ...]:
        """After how long without a word the rules for `idle` are to be asked, shortest first."""
        return tuple(sorted({silence for rule in self.rules for silence in rule.silences}))

    @cached_property
    def sets(self) -> frozenset[str]:
        """The names of all fields and actions that rules set: `"queue"`, `"fields.order"`, `"reply"`."""
        return frozenset(line.name for rule in self.rules for line in rule.sets)

    @cached_property
    def sample_files(self) -> tuple[str, ...]:
        """The `file` of every test, as written, each once."""
        named = (example.file for rule in self.rules for example in rule.examples if example.file)
        return tuple(dict.fromkeys(named))

    @cached_property
    def _conditions(self) -> tuple[Any, ...]:
        return tuple(one for rule in self.rules for group in rule.groups for one in group.conditions())

    def fits(self, line: SetLine, value: str, matcher: Matcher) -> str:
        """`""`, or why a captured value cannot be set."""
        try:
            check_value(line.action, value, self.names)
        except ValueError as error:
            return str(error)
        shape = self.names.fields.get(line.name.partition(".")[2]) if line.name.startswith("fields.") else None
        if shape and shape.values and value not in shape.values:
            return f"no such value: {value[:60]}"
        pattern = self._field_patterns.get(line.name)
        found = matcher.search(pattern, value) if pattern else True
        if found is None or isinstance(found, TimedOut):
            return f'"{value[:60]}" does not look like the field\'s pattern'
        return ""


def _place(numbered: tuple[int, tuple[Rule, Check]]) -> int:
    return numbered[0]


def _batches(rules: _Batch) -> Sequence[_Batch]:
    return [rules[start : start + _BATCH] for start in range(0, len(rules), _BATCH)]


def _asked(rules: Sequence[Rule]) -> dict[str, Asked]:
    """By text field what is asked of its words; what is asked of `text` is looked for in subject and body."""
    patterns: dict[str, list[WordPatterns]] = {}
    for rule in rules:
        for group in rule.groups:
            for one in group.conditions():
                if one.op == "words":
                    for name in ("subject", "body") if one.name == "text" else (one.name,):
                        patterns.setdefault(name, []).append(one.wanted[0])
    return {name: Asked.by(listed) for name, listed in patterns.items()}


class _Run:
    """One evaluation: what has been set so far. `view.values` is what the next rule sees."""

    def __init__(
        self, rules: RuleSet, facts: Facts, event: str, matcher: Matcher, asked: Mapping[str, Asked], budget: float
    ) -> None:
        self._rules = rules
        self._matcher = matcher
        self._budget = budget
        self._deadline = matcher.clock() + budget
        self._view = View(facts, matcher, asked, self._deadline)
        self._event = event
        self._fields: dict[str, Set] = {}
        self._actions: dict[str, Set] = {}
        self._added: dict[str, list[Set]] = {}
        self._traces: list[RuleTrace] = []
        self._skipped: list[Skipped] = []

    def decide(self, batches: Sequence[_Batch], *, explain: bool) -> Decision:
        for batch in batches:
            if self._matcher.clock() > self._deadline:
                self._out_of_time(batch[0][0])
                break
            if not self._go_through(batch, explain):
                break
        return Decision(
            event=self._event,
            fields=self._fields,
            actions=self._actions,
            added={name: tuple(several) for name, several in self._added.items()},
            rules=tuple(self._traces),
            skipped=tuple(self._skipped),
        )

    def _go_through(self, batch: _Batch, explain: bool) -> bool:
        """Whether the next batch has its turn."""
        view = self._view
        for rule, check in batch:
            try:
                matched = check(view)
            except UndecidedError as undecided:
                if undecided.reason is Skip.OUT_OF_TIME:
                    self._out_of_time(rule)
                    return False
                matched = False
                self._skip(rule, rule.line, "rule", undecided.reason, f"pattern '{undecided.pattern.pattern[:200]}'")
            if matched:
                self._trace(rule, matched)
                self._apply(rule)
                if rule.stop or "quarantine" in self._actions:
                    return False
            elif explain:
                self._trace(rule, matched)
        return True

    def _out_of_time(self, rule: Rule) -> None:
        detail = f"from here on no rule was looked at after {self._budget * 1000:.0f} ms"
        self._skip(rule, rule.line, "rule", Skip.OUT_OF_TIME, detail)

    def _trace(self, rule: Rule, matched: bool) -> None:
        conditions = trace_conditions(rule, self._view)
        self._traces.append(
            RuleTrace(name=rule.name, file=rule.file, line=rule.line, matched=matched, conditions=conditions)
        )

    def _apply(self, rule: Rule) -> None:
        captures = self._captures(rule)
        for line in rule.sets:
            taken = self._actions if line.name in NOT_FIELDS else self._fields
            if line.name not in taken and self._may_set(rule, line):
                values = self._values(rule, line, captures)
                if values and self._may_go(rule, line, values[0]):
                    value = values if line.action.many else values[0]
                    taken[line.name] = Set(value=value, rule=rule.name, file=rule.file, line=line.line)
                    self._show(line.name, values[0])
        for line in rule.adds:
            for one in self._values(rule, line, captures):
                self._add(rule, line, one)
        if rule.quarantine:
            self._set_aside(rule)

    def _set_aside(self, rule: Rule) -> None:
        """Of a mail that a person released all else counts, and the rules below have their say."""
        if released_by := self._view.facts.known.get("released_by"):
            self._skip(rule, rule.line, "quarantine", Skip.RELEASED, released_by)
        else:
            found = Set(value=rule.quarantine, rule=rule.name, file=rule.file, line=rule.line)
            self._actions["quarantine"] = found

    def _add(self, rule: Rule, line: SetLine, value: str) -> None:
        several = self._added.setdefault(line.name, [])
        if all(one.value != value for one in several):
            several.append(Set(value=value, rule=rule.name, file=rule.file, line=line.line))
            if line.name == "tags":
                self._view.values["tags"] = (*self._view.values.get("tags", ()), value)

    def _show(self, name: str, value: str) -> None:
        """Let the rules below see what was set."""
        if name == "priority":
            self._view.values[name] = PRIORITIES.index(value)
        elif name == "requester":
            self._view.values[name] = (value.lower(),)
        elif name not in NOT_FIELDS:
            self._view.values[name] = value

    def _may_set(self, rule: Rule, line: SetLine) -> bool:
        """What a person set, a rule changes only by force, and whom a ticket is for not once it is there."""
        if line.name == "requester" and self._event != "created":
            self._skip(rule, line.line, line.what, Skip.BY_AGENTS_ONLY, "the ticket keeps the requester it has")
            return False
        field = "assignee" if line.name == "assign" else line.name
        by = self._view.facts.known.get("set_by", {}).get(field, "")
        if by.startswith("person:") and not rule.force:
            self._skip(rule, line.line, line.what, Skip.PERSON_SET, f"{by.removeprefix('person:')} set it")
            return False
        return True

    def _may_go(self, rule: Rule, line: SetLine, value: str) -> bool:
        """Whether the site lets a ticket go from the status it is in to this one."""
        before = self._view.values.get("status", "new")
        refusal = self._rules.names.status_table.refusal(before, value) if line.name == "status" else ""
        if refusal:
            self._skip(rule, line.line, line.what, Skip.NO_SUCH_MOVE, refusal)
        return not refusal

    def _captures(self, rule: Rule) -> dict[str, str]:
        """What the rule's positive patterns captured; the first line that brings a name wins."""
        found: dict[str, str] = {}
        if not rule.captures:
            return found
        for group in rule.groups:
            for condition in group.conditions(positive_only=True):
                for pattern in condition.patterns:
                    self._capture(condition.name, pattern, found)
        return found

    def _capture(self, name: str, pattern: Any, found: dict[str, str]) -> None:
        try:
            match = self._view.search((pattern,), name)
        except UndecidedError:
            return
        for capture, text in (match.groupdict() if match else {}).items():
            if text is not None and text.strip():
                found.setdefault(capture, " ".join(text.split()))

    def _values(self, rule: Rule, line: SetLine, captures: Mapping[str, str]) -> tuple[str, ...]:
        """The line's values with captures put in; those that cannot be are skipped and recorded."""
        found = []
        for value in line.values:
            asked = CAPTURE.findall(value)
            missing = [name for name in asked if name not in captures]
            if missing:
                self._skip(rule, line.line, line.what, Skip.NO_CAPTURE, f"nothing was captured for {{{missing[0]}}}")
                continue
            if asked:
                filled = CAPTURE.sub(lambda name: captures[name[1]], value)
                if line.table is not None:
                    filled = line.table.get(flat(filled), "")
                    if not filled:
                        detail = f'"{captures[asked[0]][:60]}" is not in {line.name}_table'
                        self._skip(rule, line.line, line.what, Skip.NOT_IN_TABLE, detail)
                        continue
                why = self._rules.fits(line, filled, self._matcher)
                if why:
                    self._skip(rule, line.line, line.what, Skip.NOT_ALLOWED, why)
                    continue
                value = filled
            found.append(value)
        return tuple(found)

    def _skip(self, rule: Rule, line: int, what: str, reason: Skip, detail: str) -> None:
        self._skipped.append(
            Skipped(rule=rule.name, file=rule.file, line=line, what=what, reason=reason, detail=detail)
        )
