"""Rules and lines that never decide, because a rule above them matches whenever they do.

Told is only what the texts of the rules show; a rule that is not told may still never decide.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

from gateway.rules.globs import glob
from gateway.rules.language import Shape
from gateway.rules.operands import flat
from gateway.rules.problems import Problem
from gateway.rules.rule import Condition, Group, Mode, Rule

# Operators that hold where any of their values does: more values, more mails.
_ANY_OF = frozenset({"is", "in", "words", "contains", "starts", "ends", "matches", "has", "inside"})
_SAME = {"in": "is"}
_MOST_UNKEYED = 200  # rules compared with every rule below them


def shadowed(rules: Sequence[Rule]) -> Iterator[Problem]:
    """A warning for each line that never sets anything, and for each rule that is never asked."""
    changed = _Changes(rules)
    above = _Above()
    for number, rule in enumerate(rules):
        must = list(_must(rule.groups))
        never = [part for group in rule.groups if group.mode is Mode.NONE for part in group.parts]
        asking = _Asking(must, never, changed, number)
        yield from _told(rule, [rules[at] for at in above.candidates(must) if asking.is_covered(rules[at], at)])
        above.put(number, rule)


def _told(rule: Rule, wider: Sequence[Rule]) -> Iterator[Problem]:
    for end in (one for one in wider if one.ends_all and set(rule.on) <= set(one.on)):
        message = f'is never asked: rule "{end.name}" ({end.place}) matches whenever this one would, and ends all'
        yield Problem(file=rule.file, line=rule.line, rule=rule.name, message=message)
        return
    for line in () if rule.force else rule.sets:
        first = [_setter(wider, event, line.name) for event in rule.on]
        if first and all(first):
            by, place = first[0] or (rule, "")
            how = "always sets it first" if not by.groups else "matches whenever this one does and sets it first"
            message = f'{line.what} never decides: rule "{by.name}" ({place}) {how}'
            yield Problem(file=rule.file, line=line.line, rule=rule.name, message=message)


def _setter(wider: Sequence[Rule], event: str, name: str) -> tuple[Rule, str] | None:
    """The rule that certainly sets the field on this event, and the place of its line; a capture may be missing."""
    for rule in wider:
        for line in rule.sets if event in rule.on else ():
            if line.name == name and not any("{" in value for value in line.values):
                return rule, f"{rule.file}:{line.line}"
    return None


# ---- does one condition hold whenever another does? -----------------------------------------------------------------

_Part = Condition | Group


def _must(groups: Sequence[Group]) -> Iterator[_Part]:
    """What certainly holds where the groups do."""
    for group in groups:
        if group.mode is Mode.ALL:
            yield from (part for part in group.parts if isinstance(part, Condition))
            yield from _must([part for part in group.parts if isinstance(part, Group)])
        elif group.mode is Mode.ANY:
            yield group if len(group.parts) > 1 else group.parts[0]


class _Asking:
    """What one rule asks for, compared with the rules above it; fields that rules between them change say nothing."""

    def __init__(self, must: Sequence[_Part], never: Sequence[_Part], changes: "_Changes", number: int) -> None:
        self._must = must
        self._never = [part for part in never if isinstance(part, Condition)]
        self._changes = changes
        self._number = number

    def is_covered(self, wide: Rule, at: int) -> bool:
        """Whether every mail that this rule matches is matched by the other one, at a place above, too."""
        return all(self._implied(group, self._must, at) for group in wide.groups)

    def _implied(self, part: _Part, must: Sequence[_Part], at: int) -> bool:
        if isinstance(part, Condition):
            return any(_holds_with(part, one) for one in must) and self._unchanged(part, at)
        if part.mode is Mode.ALL:
            return all(self._implied(one, must, at) for one in part.parts)
        if part.mode is Mode.ANY:
            return any(self._implied(one, must, at) for one in part.parts) or any(
                isinstance(one, Group) and all(self._implied(part, [each], at) for each in one.parts) for one in must
            )
        return all(
            isinstance(one, Condition) and any(_wider(other, one) for other in self._never) and self._unchanged(one, at)
            for one in part.parts
        )

    def _unchanged(self, part: Condition, at: int) -> bool:
        return not self._changes.between(part.name, at, self._number)


def _holds_with(wide: Condition, one: _Part) -> bool:
    if isinstance(one, Condition):
        return _wider(wide, one)
    return all(isinstance(part, Condition) and _wider(wide, part) for part in one.parts)


def _wider(wide: Condition, narrow: Condition) -> bool:
    """Whether the one line holds whenever the other does."""
    same_field = wide.name == narrow.name or (wide.name == "text" and narrow.name in ("subject", "body"))
    if not same_field or _SAME.get(wide.op, wide.op) != _SAME.get(narrow.op, narrow.op):
        return False
    if wide.op == "over":
        return bool(wide.wanted[0] <= narrow.wanted[0])
    if wide.op == "under":
        return bool(wide.wanted[0] >= narrow.wanted[0])
    if wide.op not in _ANY_OF:
        return wide.wanted == narrow.wanted
    allowed = _values(wide)
    return all(_allowed(value, wide, allowed) for value in _values(narrow))


def _values(condition: Condition) -> frozenset[object]:
    if condition.op == "words":
        return frozenset(flat(pattern) for pattern in condition.wanted[1:])
    return frozenset(pattern.pattern for pattern in condition.patterns) or frozenset(condition.wanted)


def _allowed(value: object, wide: Condition, allowed: frozenset[object]) -> bool:
    if value in allowed:
        return True
    if wide.op == "words" and isinstance(value, str):
        return not allowed.isdisjoint(_wider_words(value))
    if wide.field.shape is Shape.ADDRESS and wide.op in ("is", "in") and isinstance(value, str) and "*" not in value:
        return any(glob(str(one))(value) for one in allowed)
    return False


def _wider_words(pattern: str) -> Iterator[str]:
    """The patterns of one word that hold wherever this one does: its own words, and what they begin with."""
    for word in pattern.split():
        stem = word.removesuffix("*")
        if word == stem:
            yield word
        yield from (f"{stem[:length]}*" for length in range(1, len(stem) + 1))


# ---- so that ten thousand rules are not compared each with each ------------------------------------------------------


class _Above:
    """The rules above, found by a value that they ask for."""

    def __init__(self) -> None:
        self._by_value: dict[tuple[str, object], list[int]] = defaultdict(list)
        self._unkeyed: list[int] = []

    def put(self, number: int, rule: Rule) -> None:
        """Under the values of the line that the fewest rules share so far."""
        lines = [one for one in _must(rule.groups) if isinstance(one, Condition) and one.op in _ANY_OF]
        if lines:
            buckets = min((self._buckets(one) for one in lines), key=lambda found: max(map(len, found)))
            for bucket in buckets:
                bucket.append(number)
        elif len(self._unkeyed) < _MOST_UNKEYED:
            self._unkeyed.append(number)

    def _buckets(self, line: Condition) -> list[list[int]]:
        return [self._by_value[line.name, value] for value in _values(line)]

    def candidates(self, must: Sequence[_Part]) -> list[int]:
        """The rules that may match whenever all of this holds, the first first."""
        found = set(self._unkeyed)
        for condition in chain.from_iterable(_conditions(part) for part in must):
            names = (condition.name, "text") if condition.name in ("subject", "body") else (condition.name,)
            for value in _values(condition):
                for key in (value, *_wider_keys(condition, value)):
                    for name in names:
                        found.update(self._by_value.get((name, key), ()))
        return sorted(found)


def _conditions(part: _Part) -> Iterator[Condition]:
    return iter((part,)) if isinstance(part, Condition) else part.conditions(positive_only=True)


def _wider_keys(condition: Condition, value: object) -> Iterator[str]:
    if condition.op == "words" and isinstance(value, str):
        yield from _wider_words(value)
    elif condition.field.shape is Shape.ADDRESS and isinstance(value, str) and "@" in value:
        yield from (f"*@{value.partition('@')[2]}", f"{value.partition('@')[0]}@*")


class _Changes:
    """Which rules may change which fields."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._at: dict[str, list[int]] = defaultdict(list)
        for number, rule in enumerate(rules):
            for name in {line.name for line in (*rule.sets, *rule.adds)}:
                self._at[name].append(number)

    def between(self, field: str, first: int, last: int) -> bool:
        """Whether a rule from the one to just above the other may change the field."""
        at = self._at.get(field, ())
        return bisect_left(at, first) < bisect_left(at, last)
