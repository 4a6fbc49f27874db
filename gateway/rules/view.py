"""One mail or event while rules look at it: its facts, what earlier rules set, and every answer computed only once."""

from collections.abc import Collection, Mapping
from typing import Any

import regex

from gateway.rules.decision import Skip
from gateway.rules.facts import Facts
from gateway.rules.matcher import Matcher, TimedOut
from gateway.rules.words import Asked, Folded

_NOTHING = Folded(())


class UndecidedError(Exception):
    """A pattern gave no answer in time: its whole rule counts as not matching, for `unless` must not let it pass."""

    def __init__(self, pattern: regex.Pattern[str], reason: Skip) -> None:
        self.pattern = pattern
        self.reason = reason
        super().__init__(pattern.pattern)


class View:
    """What conditions ask. `values` holds each field's value now; a field that is not in it is unknown.

    `folded["subject"]` is a text field made comparable; nothing matches an absent one. After `deadline` (on the clock
    of the matcher) no pattern is searched any more.
    """

    def __init__(self, facts: Facts, matcher: Matcher, asked: Mapping[str, Asked], deadline: float) -> None:
        self.facts = facts
        self.values: dict[str, Any] = facts.values()
        self.folded = _FoldedTexts(self.values, asked)
        self._matcher = matcher
        self._deadline = deadline
        self._stopped: set[regex.Pattern[str]] = set()  # not tried on other texts of this mail: one limit is enough
        self._searches: dict[tuple[regex.Pattern[str], str], regex.Match[str] | TimedOut | None] = {}

    def texts(self, name: str) -> tuple[str, ...]:
        """The raw texts of a field of any shape that can be searched."""
        if name == "text":
            return (*self.values["subject"], *self.values["body"])
        value = self.values.get(name, ())
        return (value,) if isinstance(value, str) else value

    def search(self, patterns: Collection[regex.Pattern[str]], name: str) -> regex.Match[str] | None:
        """The first match of any pattern in the field; UndecidedError where one gave no answer."""
        for pattern in patterns:
            for text in self.texts(name):
                found = self._search(pattern, text)
                if found is not None:
                    return found
        return None

    def _search(self, pattern: regex.Pattern[str], text: str) -> regex.Match[str] | None:
        key = (pattern, text)
        if key in self._searches:
            found = self._searches[key]
        elif pattern in self._stopped:
            found = TimedOut()
        elif self._matcher.clock() > self._deadline:
            raise UndecidedError(pattern, Skip.OUT_OF_TIME)
        else:
            found = self._searches[key] = self._matcher.search(pattern, text)
        if isinstance(found, TimedOut):
            self._stopped.add(pattern)
            raise UndecidedError(pattern, Skip.SWITCHED_OFF if found.switched_off else Skip.TIMED_OUT)
        return found


class _FoldedTexts(dict[str, Folded]):
    """Text fields by name, folded when first asked: a dict, for nothing is asked more often."""

    def __init__(self, values: Mapping[str, Any], asked: Mapping[str, Asked]) -> None:
        super().__init__()
        self._values = values
        self._asked = asked

    def __missing__(self, name: str) -> Folded:
        if name == "text":
            folded = Folded.together((self["subject"], self["body"]))
        elif name in self._values:
            folded = Folded(self._values[name], self._asked.get(name))
        else:
            folded = _NOTHING
        self[name] = folded
        return folded
