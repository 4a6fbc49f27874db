"""Shares, rates, budgets and moments as people write them: `"80%"`, `"3/h 10/day"`, `"2 business days"`, `"-30m"`.

Every parser takes the text of one value and raises ValueError with a sentence that names the remedy.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from gateway.tomltext.units import duration, short, unit

_RATE = re.compile(r"(\d{1,9})/([a-z]+)", re.ASCII)
_DAYS = re.compile(r"(\d{1,4})\s*(?:business|working|work)[ -]?days?", re.ASCII)
_SHARE = re.compile(r"(\d{1,4})\s*%", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most `count` in any span of length `per`."""

    count: int
    per: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The time a clock of an SLA allows, in working time: a span, or whole business days (never both)."""

    time: timedelta = timedelta(0)
    business_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a step comes: at a `share` of the budget in percent, or at an `offset` from the due time."""

    share: int | None = None
    offset: timedelta | None = None


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
        span = duration(left[1:])
        return Moment(offset=span if left[0] == "+" else -span)
    raise ValueError(
        f'must be a share of the time ("80%") or an offset from the due time ("-30m", "+1 h"), not "{short(text)}"'
    )


def rates(text: str) -> tuple[Rate, ...]:
    """`"3/h 10/day"` -> both limits hold at once; `"0"` -> `()`, no limit."""
    if text.strip() == "0":
        return ()
    found = []
    for word in re.sub(r"\s*/\s*", "/", text.strip().lower()).replace(",", " ").split():
        match = _RATE.fullmatch(word)
        if match is None:
            raise ValueError(
                f'is not a rate: "{short(text)}"; write such as "30/min" or "3/h 10/day", "0" for no limit'
            )
        if int(match[1]) == 0:
            raise ValueError('allows nothing; write "0" alone for no limit')
        found.append(Rate(count=int(match[1]), per=unit(match[2])))
    if not found:
        raise ValueError('is empty; write such as "3/h 10/day", "0" for no limit')
    return tuple(found)


def budget(text: str) -> Budget:
    """`"4 h"` of working time, or `"2 business days"`."""
    days = _DAYS.fullmatch(text.strip().lower())
    if days is not None:
        if int(days[1]) == 0:
            raise ValueError("must be more than nothing")
        return Budget(business_days=int(days[1]))
    if "business" in text.lower() or "working" in text.lower():
        raise ValueError(f'is no duration: "{short(text)}"; write such as "2 business days" or "4 h"')
    span = duration(text)
    if not span:
        raise ValueError("must be more than nothing")
    return Budget(time=span)
