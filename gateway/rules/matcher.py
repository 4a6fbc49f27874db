"""The timed runner of admins' patterns: no pattern holds up a mail, and one that always times out is switched off."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import regex

LIMIT = 0.05  # seconds a search
STRIKES = 10  # time-outs in a row
MAX_TEXT = 65_536  # characters searched


@dataclass(frozen=True, slots=True)
class TimedOut:
    """No answer: the search took too long, or is not made any more (`switched_off`)."""

    switched_off: bool = False


class Matcher(Protocol):
    """What evaluation needs of the world: searches with a time limit, and a monotonic clock in seconds."""

    def search(self, pattern: regex.Pattern[str], text: str) -> regex.Match[str] | TimedOut | None: ...

    def clock(self) -> float: ...


class RegexMatcher:
    """One for the life of a rule set; it remembers which patterns time out. Not for several threads at once."""

    def __init__(self, clock: Callable[[], float], *, limit: float = LIMIT, strikes: int = STRIKES) -> None:
        self.clock = clock
        self._limit = limit
        self._strikes = strikes
        self._in_a_row: dict[regex.Pattern[str], int] = {}
        self._news: list[str] = []

    def search(self, pattern: regex.Pattern[str], text: str) -> regex.Match[str] | TimedOut | None:
        """The first match in the first 64 KiB, None, or TimedOut after the limit."""
        strikes = self._in_a_row.get(pattern, 0)
        if strikes >= self._strikes:
            return TimedOut(switched_off=True)
        try:
            found = pattern.search(text[:MAX_TEXT], timeout=self._limit)
        except TimeoutError:
            self._in_a_row[pattern] = strikes + 1
            if strikes + 1 == self._strikes:
                self._news.append(pattern.pattern)
            return TimedOut()
        except MemoryError:
            return TimedOut()
        if strikes:
            del self._in_a_row[pattern]
        return found

    @property
    def switched_off(self) -> tuple[str, ...]:
        """The patterns that are not tried any more."""
        return tuple(pattern.pattern for pattern, count in self._in_a_row.items() if count >= self._strikes)

    def take_news(self) -> tuple[str, ...]:
        """Patterns switched off since the last call, for whoever tells the admin."""
        news, self._news = tuple(self._news), []
        return news
