"""The times that an SLA speaks of, as people write them: `"4 h"`, `"2 business days"`, `"80%"`, `"-30m"`.

Every parser takes the text of one value and raises ValueError with a sentence that names the remedy.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from gateway.tomltext.units import duration, in_words, short

_DAYS = re.compile(r"(\d{1,4})\s*(?:business|working|work)[ -]?days?", re.ASCII)
_LONG = re.compile(r"(\d{1,9})\s*(d|w)[a-z]*", re.ASCII)
_SHARE = re.compile(r"(\d{1,4})\s*%", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The time a clock of an SLA allows, in working time: a span, or whole business days (never both)."""

    time: timedelta = timedelta(0)
    business_days: int = 0

    def __str__(self) -> str:
        """As `budget` reads it."""
        if not self.business_days:
            return in_words(self.time, days=False)
        return f"{self.business_days} business day{'' if self.business_days == 1 else 's'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a step comes: at a `share` of the budget in percent, or at an `offset` from the due time."""

    share: int | None = None
    offset: timedelta | None = None

    def __str__(self) -> str:
        """As `moment` reads it."""
        if self.offset is None:
            return f"{self.share}%"
        return f"{'-' if self.offset < timedelta(0) else '+'}{in_words(abs(self.offset), days=False)}"

    @property
    def is_late(self) -> bool:
        """Whether the due time has passed by then."""
        return self.share >= 100 if self.share is not None else (self.offset or timedelta(0)) >= timedelta(0)


def share(text: str) -> int:
    """`"80%"` -> 80; above 100 is allowed (a step after the due time)."""
    match = _SHARE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'is not a share: "{short(text)}"; write a whole number and %, such as "80%"')
    return int(match[1])


def moment(text: str) -> Moment:
    """`"80%"` of the budget, or `"-30m"` before and `"+1 h"` after the due time."""
    left = text.strip()
    if left.endswith("%"):
        return Moment(share=share(left))
    if left[:1] in ("-", "+", "\N{MINUS SIGN}"):
        span = _working(left[1:])
        return Moment(offset=span if left[0] == "+" else -span)
    raise ValueError(
        f'must be a share of the time ("80%") or an offset from the due time ("-30m", "+1 h"), not "{short(text)}"'
    )


def budget(text: str) -> Budget:
    """`"4 h"` of working time, or `"2 business days"`."""
    days = _DAYS.fullmatch(text.strip().lower())
    if days is not None:
        if int(days[1]) == 0:
            raise ValueError("must be more than nothing")
        return Budget(business_days=int(days[1]))
    if word := re.search("business|working", text.lower()):
        column = word.start() + 1
        raise ValueError(f'is no duration: "{short(text)}"; write such as "2 business days" or "4 h" (column {column})')
    span = _working(text, f', or "{_in_days(text)}"')
    if not span:
        raise ValueError("must be more than nothing")
    return Budget(time=span)


def _working(text: str, otherwise: str = "") -> timedelta:
    """Working time, in which nobody can tell whether a day is 24 hours or as long as the office is open."""
    if word := re.search("business|working", text.lower()):
        column = word.start() + 1
        raise ValueError(f'is no duration: "{short(text)}"; write such as "4 h" of working time (column {column})')
    span = duration(text)
    if _LONG.search(text.lower()):
        hours = in_words(span, days=False)
        raise ValueError(f'may mean two things: "{short(text)}"; write "{hours}" for so much working time{otherwise}')
    return span


def _in_days(text: str) -> Budget:
    """So many days, or five for each week."""
    return Budget(business_days=sum(int(one[1]) * (5 if one[2] == "w" else 1) for one in _LONG.finditer(text.lower())))
