"""The values of this room: a rule as read and checked. Frozen; whoever holds one may trust its names and types."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import regex

from gateway.rules.language import Action, Field


class Mode(StrEnum):
    ALL = "all"  # when: each line must hold
    ANY = "any"
    NONE = "none"  # unless, not


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One line such as `when.subject.contains = ["a", "b"]`; `wanted` is what its operand was read into."""

    what: str  # the line's left side, as an admin would write it: "when.subject.contains"
    line: int
    field: Field
    name: str  # the field's full name: "subject", "header.list-id", "fields.order"
    op: str
    wanted: tuple[Any, ...]
    shown: Any  # the right side as it stood

    @property
    def patterns(self) -> tuple[regex.Pattern[str], ...]:
        return self.wanted if self.op == "matches" else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Lines that hold together as `mode` says; an empty group of mode ANY holds nothing and is never made."""

    what: str
    line: int
    mode: Mode
    parts: tuple["Condition | Group", ...]

    def conditions(self, *, positive_only: bool = False) -> Iterator[Condition]:
        """Every line in order, also of nested groups; `positive_only` leaves out what must not hold."""
        if positive_only and self.mode is Mode.NONE:
            return
        for part in self.parts:
            if isinstance(part, Condition):
                yield part
            else:
                yield from part.conditions(positive_only=positive_only)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLine:
    """`set.queue = "{topic}"`, with its table by folded capture; lists are tuples. `add.tags` and its like too."""

    name: str  # "queue", "fields.order", "tags"
    line: int
    action: Action
    values: tuple[str, ...]
    table: Mapping[str, str] | None = None

    @property
    def what(self) -> str:
        return f"set.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """`expect.queue = "billing"`, or with `negated` `expect.not.queue`."""

    what: str
    line: int
    name: str
    wanted: tuple[str, ...] | bool
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One `[[rule.test]]`: what comes in (checked, by field name) and what is expected of it."""

    label: str
    line: int
    event: str
    at: datetime | None
    file: str
    mail: Mapping[str, Any]
    known: Mapping[str, Any]
    expect: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One `[[rule]]`. `captures` are the names that its positive patterns may bring."""

    name: str
    why: str
    file: str
    line: int
    on: tuple[str, ...]
    groups: tuple[Group, ...]
    sets: tuple[SetLine, ...]
    adds: tuple[SetLine, ...]
    quarantine: str
    stop: bool
    force: bool
    examples: tuple[Example, ...] = ()
    captures: frozenset[str] = frozenset()
    source: Mapping[str, Any] = field(default_factory=dict)  # the table as TOML gave it

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def silences(self) -> frozenset[timedelta]:
        """After how long without a word it wants to be asked; none where it is not for `idle`."""
        asking = (one for group in self.groups for one in group.conditions()) if "idle" in self.on else ()
        spans = (one.wanted[0] for one in asking if one.field.name == "idle" and one.op != "under")
        return frozenset(timedelta(seconds=seconds) for seconds in spans)

    @property
    def ends_all(self) -> bool:
        """Nothing after a quarantined mail matters: no ticket comes of it."""
        return self.stop or bool(self.quarantine)


def moved(rule: Rule, by: int) -> Rule:
    """The rule as it is read where its block stands so many lines further down."""
    if by == 0:
        return rule
    return replace(
        rule,
        line=rule.line + by,
        groups=tuple(_moved_group(group, by) for group in rule.groups),
        sets=tuple(replace(one, line=one.line + by) for one in rule.sets),
        adds=tuple(replace(one, line=one.line + by) for one in rule.adds),
        examples=tuple(
            replace(
                one,
                line=one.line + by,
                expect=tuple(replace(expected, line=expected.line + by) for expected in one.expect),
            )
            for one in rule.examples
        ),
    )


def _moved_group(group: Group, by: int) -> Group:
    parts = (
        replace(part, line=part.line + by) if isinstance(part, Condition) else _moved_group(part, by)
        for part in group.parts
    )
    return replace(group, line=group.line + by, parts=tuple(parts))
