"""What a rule asked and what it was told: the trace of its conditions, for people and for `explain`."""

from datetime import date
from typing import Any

from gateway.rules.compile import compile_condition, seen_count
from gateway.rules.decision import ConditionTrace
from gateway.rules.language import PRIORITIES, Shape
from gateway.rules.rule import Condition, Rule
from gateway.rules.view import UndecidedError, View
from gateway.rules.words import read_patterns

_SHOWN = 120  # characters of a text


def trace_conditions(rule: Rule, view: View) -> tuple[ConditionTrace, ...]:
    """Every line of the rule, asked by itself: also those that the rule's answer did not need."""
    return tuple(_trace(condition, view) for group in rule.groups for condition in group.conditions())


def _trace(condition: Condition, view: View) -> ConditionTrace:
    try:
        held: bool | None = compile_condition(condition)(view)
        found = _found(condition, view) if held else ""
    except UndecidedError as undecided:
        held, found = None, str(undecided.reason)
    return ConditionTrace(
        what=condition.what,
        line=condition.line,
        wanted=_plain(condition.shown),
        value=_value(condition, view),
        held=held,
        found=found,
    )


def _value(condition: Condition, view: View) -> Any:
    """The field's value as JSON has it, long texts cut; None where it is unknown."""
    name, shape = condition.name, condition.field.shape
    if shape is Shape.TEXT:
        texts = view.texts(name)
        return _cut(texts[0] if len(texts) == 1 else " | ".join(texts)) if texts else None
    if shape is Shape.SEEN:
        by, within, _ = condition.wanted
        return seen_count(view, by, within)
    value = view.values.get(name)
    if shape is Shape.RANK:
        return None if value is None else PRIORITIES[value]
    return _plain(value)


def _found(condition: Condition, view: View) -> str:
    """The part of a list of words or patterns that made the line hold."""
    if condition.op == "words":
        text = view.folded[condition.name]
        return next((one for one in condition.wanted[1:] if read_patterns((one,)).hold(text)), "")
    if condition.op == "matches":
        match = view.search(condition.wanted, condition.name)
        return _cut(match[0]) if match else ""
    return ""


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _cut(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def _cut(text: str) -> str:
    line = " ".join(text[: 2 * _SHOWN].split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."
