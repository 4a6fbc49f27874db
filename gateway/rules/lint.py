"""Warnings: what a rules file may say, but hardly means. Nothing here stops a set from going live."""

import re
from collections.abc import Iterator

from gateway.rules.evaluate import RuleSet
from gateway.rules.gaps import unset_fields
from gateway.rules.language import Shape
from gateway.rules.problems import Problem
from gateway.rules.rule import Condition, Rule
from gateway.rules.shadows import shadowed

_CURLY = re.compile("[\u201c\u201d\u201e\u2018\u201a]")
_STARRED = ("contains", "is", "starts", "ends")
_STEM = re.compile(r"\*[^*]+|[^*]+\*")
_REGEX_LIKE = re.compile(r"\\[bdsw]|\(\?|\.\*|\[[^\]]+\]\+?|\w\|\w")


def lint(rules: RuleSet) -> tuple[Problem, ...]:
    """Every warning about a set, in the order of its lines."""
    found = [warning for rule in rules.rules for warning in _of_rule(rule)]
    return tuple(sorted({*found, *shadowed(rules.rules), *unset_fields(rules)}))


def _of_rule(rule: Rule) -> Iterator[Problem]:
    if not rule.examples:
        yield _warning(rule, rule.line, "has no test; write a [[rule.test]] with a mail it is meant for")
    for group in rule.groups:
        for condition in group.conditions():
            yield from _of_condition(rule, condition)


def _of_condition(rule: Rule, condition: Condition) -> Iterator[Problem]:
    shown = condition.shown if isinstance(condition.shown, list) else [condition.shown]
    for text in shown:
        hint = _hint(condition, text) if isinstance(text, str) else ""
        if hint:
            yield _warning(rule, condition.line, f"{condition.what}: {hint}")


def _hint(condition: Condition, text: str) -> str:
    if _CURLY.search(text):
        return f"curly quotes stand in the text itself: {text[:60]}"
    if condition.op == "matches":
        return ""
    if condition.op in _STARRED and _STEM.fullmatch(text) and condition.field.shape is not Shape.ADDRESS:
        return f"the * in {text[:60]} stands for itself here"
    return "looks like a regex; those stand in .matches" if _REGEX_LIKE.search(text) else ""


def _warning(rule: Rule, line: int, message: str) -> Problem:
    return Problem(file=rule.file, line=line, rule=rule.name, message=message)
