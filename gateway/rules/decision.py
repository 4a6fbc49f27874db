"""What a rule set says of one mail or event: what to set, add, send, and which rule said so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Skip(StrEnum):
    """Why something a rule asked for was not done."""

    TIMED_OUT = "timed_out"  # a pattern took longer than its limit: the rule counts as not matching
    SWITCHED_OFF = "switched_off"  # a pattern timed out too often and is not tried any more
    OUT_OF_TIME = "out_of_time"  # the rules together took too long: the rest was not looked at
    NO_CAPTURE = "no_capture"  # `{name}` was captured by nothing
    NOT_IN_TABLE = "not_in_table"
    NOT_ALLOWED = "not_allowed"  # what was captured is no value for this field
    PERSON_SET = "person_set"  # a person set the field, and the rule has no `force`
    NO_SUCH_MOVE = "no_such_move"  # the site lets no ticket go from the status it is in to this one
    RELEASED = "released"  # a person took the mail out of quarantine: no rule puts it back
    BY_AGENTS_ONLY = "by_agents_only"  # the ticket is there already, and only an agent changes this on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """One value with the line that set it."""

    value: Any
    rule: str
    file: str
    line: int

    def to_json(self) -> dict[str, Any]:
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return {"value": value, "rule": self.rule, "file": self.file, "line": self.line}


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A line (or rule) that was passed over; `what` names it, `detail` is for people."""

    rule: str
    file: str
    line: int
    what: str
    reason: Skip
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule, "file": self.file, "line": self.line, "what": self.what, "reason": str(self.reason),
            "detail": self.detail,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionTrace:
    """A line asked: what it wanted, the value there was (None: unknown), whether it held, and by which part.

    `held` is None where it was not looked at.
    """

    what: str
    line: int
    wanted: Any
    value: Any
    held: bool | None
    found: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what, "line": self.line, "wanted": self.wanted, "value": self.value, "held": self.held,
            "found": self.found,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrace:
    """A rule looked at."""

    name: str
    file: str
    line: int
    matched: bool
    conditions: tuple[ConditionTrace, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "file": self.file, "line": self.line, "matched": self.matched,
            "conditions": [condition.to_json() for condition in self.conditions],
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`fields` are those of the ticket by name (`"queue"`, `"fields.order"`), first setter first.

    `actions` holds assign, reply and quarantine, `added` tags, watchers, skills and notify: each value with its line.
    `rules` is every rule looked at when asked to explain, else those that matched.
    """

    event: str
    fields: Mapping[str, Set] = field(default_factory=dict)
    actions: Mapping[str, Set] = field(default_factory=dict)
    added: Mapping[str, tuple[Set, ...]] = field(default_factory=dict)
    rules: tuple[RuleTrace, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def matched(self) -> tuple[RuleTrace, ...]:
        return tuple(rule for rule in self.rules if rule.matched)

    @property
    def assign(self) -> tuple[str, ...] | None:
        """Agents and strategies to try in order; `()`: nobody; None: no rule said."""
        found = self.actions.get("assign")
        return None if found is None else () if found.value == ("none",) else found.value

    @property
    def reply(self) -> str | None:
        """The template of the mail to the requester; None: none is to be sent."""
        found = self.actions.get("reply")
        return found.value if found and found.value != "none" else None

    @property
    def quarantine(self) -> str | None:
        found = self.actions.get("quarantine")
        return found.value if found else None

    @property
    def tags(self) -> tuple[str, ...]:
        return self._added("tags")

    @property
    def watchers(self) -> tuple[str, ...]:
        return self._added("watchers")

    @property
    def skills(self) -> tuple[str, ...]:
        return self._added("skills")

    @property
    def notify(self) -> tuple[str, ...]:
        return self._added("notify")

    def value(self, name: str, default: Any = None) -> Any:
        """What a rule set a field of the ticket to."""
        found = self.fields.get(name)
        return found.value if found else default

    def _added(self, name: str) -> tuple[str, ...]:
        return tuple(one.value for one in self.added.get(name, ()))

    def to_json(self) -> dict[str, Any]:
        """Plain lists and dicts, for the trace of a mail and for `explain`."""
        return {
            "event": self.event,
            "fields": {name: one.to_json() for name, one in self.fields.items()},
            "actions": {name: one.to_json() for name, one in self.actions.items()},
            "added": {name: [one.to_json() for one in several] for name, several in self.added.items()},
            "rules": [rule.to_json() for rule in self.rules],
            "skipped": [one.to_json() for one in self.skipped],
        }
