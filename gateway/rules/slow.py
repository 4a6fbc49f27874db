"""Patterns that take long on real mails, before one of them holds up a mail."""

from collections.abc import Iterable

import regex

from gateway.rules.evaluate import RuleSet
from gateway.rules.facts import Facts
from gateway.rules.matcher import Matcher, TimedOut
from gateway.rules.problems import Problem
from gateway.rules.rule import Condition, Rule
from gateway.rules.view import View

SLOW = 0.005  # seconds a search


class Stopwatch:
    """Searches every `matches` pattern of a set in the texts of mails, and remembers the slowest search of each."""

    def __init__(self, rules: RuleSet, matcher: Matcher, *, slow: float = SLOW) -> None:
        self._matcher = matcher
        self._slow = slow
        self._asked = [
            (rule, condition)
            for rule in rules.rules
            for group in rule.groups
            for condition in group.conditions()
            if condition.patterns
        ]
        self._worst: dict[tuple[str, regex.Pattern[str]], tuple[float, str]] = {}

    def try_on(self, mails: Iterable[tuple[str, Facts]]) -> None:
        """Search the texts of mails; each has a name by which people find it."""
        for name, facts in mails:
            view = View(facts, self._matcher, {}, float("inf"))
            searched: dict[tuple[regex.Pattern[str], str], float] = {}
            for _, condition in self._asked:
                for pattern in condition.patterns:
                    self._try(condition, pattern, view, name, searched)

    def _try(
        self,
        condition: Condition,
        pattern: regex.Pattern[str],
        view: View,
        mail: str,
        searched: dict[tuple[regex.Pattern[str], str], float],
    ) -> None:
        for text in view.texts(condition.name):
            if (pattern, text) not in searched:
                searched[pattern, text] = self._seconds(pattern, text)
            taken = searched[pattern, text]
            if taken > self._slow and taken > self._worst.get((condition.name, pattern), (0.0, ""))[0]:
                self._worst[condition.name, pattern] = (taken, mail)

    def _seconds(self, pattern: regex.Pattern[str], text: str) -> float:
        """How long a search takes; one that seems slow is made twice, for the machine may have been busy."""
        taken = self._once(pattern, text)
        return min(taken, self._once(pattern, text)) if self._slow < taken < float("inf") else taken

    def _once(self, pattern: regex.Pattern[str], text: str) -> float:
        began = self._matcher.clock()
        found = self._matcher.search(pattern, text)
        return float("inf") if isinstance(found, TimedOut) else self._matcher.clock() - began

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """A warning for each slow pattern, at its line."""
        found = []
        for rule, condition in self._asked:
            for pattern in condition.patterns:
                if (condition.name, pattern) in self._worst:
                    found.append(_warning(rule, condition, pattern, *self._worst[condition.name, pattern]))
        return tuple(found)


def _warning(rule: Rule, condition: Condition, pattern: regex.Pattern[str], seconds: float, mail: str) -> Problem:
    took = "was stopped at the time limit" if seconds == float("inf") else f"takes {seconds * 1000:.0f} ms"
    remedy = "write .words or .contains where they will do, else begin the pattern with fixed letters"
    message = f"{condition.what}: '{pattern.pattern[:60]}' {took} on {mail}; {remedy}"
    return Problem(file=rule.file, line=condition.line, rule=rule.name, message=message)
