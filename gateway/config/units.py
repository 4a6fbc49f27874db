"""Durations, sizes, shares and rates as people write them: `"14 days"`, `"35 MB"`, `"80%"`, `"3/h 10/day"`.

Every parser takes the text of one value and raises ValueError with a sentence that names the remedy.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

_MICROSECONDS = {
    "ms": 1_000,
    "s": 1_000_000,
    "min": 60_000_000,
    "h": 3_600_000_000,
    "day": 86_400_000_000,
    "week": 604_800_000_000,
}
_SPELLINGS = {
    "ms": "ms",
    "s": "s",
    "sec": "s",
    "second": "s",
    "seconds": "s",
    "m": "min",
    "min": "min",
    "mins": "min",
    "minute": "min",
    "minutes": "min",
    "h": "h",
    "hour": "h",
    "hours": "h",
    "d": "day",
    "day": "day",
    "days": "day",
    "w": "week",
    "week": "week",
    "weeks": "week",
}
# As mail servers count: 1 KB is 1,024 bytes.
_BYTES = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
_PART = re.compile(r"(\d{1,9})\s*([a-z]+)", re.ASCII)
_SIZE = re.compile(r"(\d{1,16})\s*([kmgt]?)(i?)b?", re.ASCII | re.IGNORECASE)
_RATE = re.compile(r"(\d{1,9})/([a-z]+)", re.ASCII)
_DAYS = re.compile(r"(\d{1,4})\s*(?:business|working|work)[ -]?days?", re.ASCII)
_SHARE = re.compile(r"(\d{1,4})\s*%", re.ASCII)
_LONGEST = timedelta(days=36_500)
_LARGEST = 1 << 50


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


def duration(text: str) -> timedelta:
    """`"14 days"`, `"90m"`, `"1 h 30 min"`; zero is allowed."""
    left = text.strip().lower()
    if not left:
        raise ValueError('is empty; write a number and a unit, such as "14 days"')
    if re.fullmatch(r"[\d.,]+", left):
        raise ValueError(f'has no unit; write "{left} s", "{left} min", "{left} h" or "{left} days"')
    total = 0
    while left:
        part = _PART.match(left)
        if part is None:
            raise ValueError(f'is not a duration: "{_short(text)}"; write whole numbers with units, such as "90 min"')
        total += int(part[1]) * _MICROSECONDS[_unit(part[2])]
        left = left[part.end() :].lstrip(" ,")
    if total > _LONGEST // timedelta(microseconds=1):
        raise ValueError(f'is too long: "{_short(text)}"; at most 100 years')
    return timedelta(microseconds=total)


def size(text: str) -> int:
    """`"35 MB"` -> bytes, 1 KB being 1,024 bytes; `KiB`, `MiB` mean the same."""
    left = text.strip()
    if re.fullmatch(r"[\d.,]+", left):
        raise ValueError(f'has no unit; write "{left} KB" or "{left} MB"')
    match = _SIZE.fullmatch(left)
    if match is None:
        raise ValueError(f'is not a size: "{_short(text)}"; write a whole number and B, KB, MB or GB, such as "35 MB"')
    total = int(match[1]) * _BYTES[f"{match[2].upper()}B"]
    if total > _LARGEST:
        raise ValueError(f'is too large: "{_short(text)}"')
    return total


def share(text: str) -> int:
    """`"80%"` -> 80; above 100 is allowed (a step after the due time)."""
    match = _SHARE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'is not a share: "{_short(text)}"; write a whole number and %, such as "80%"')
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
        f'must be a share of the time ("80%") or an offset from the due time ("-30m", "+1 h"), not "{_short(text)}"'
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
                f'is not a rate: "{_short(text)}"; write such as "30/min" or "3/h 10/day", "0" for no limit'
            )
        if int(match[1]) == 0:
            raise ValueError('allows nothing; write "0" alone for no limit')
        found.append(Rate(count=int(match[1]), per=timedelta(microseconds=_MICROSECONDS[_unit(match[2])])))
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
        raise ValueError(f'is not a duration: "{_short(text)}"; write such as "2 business days" or "4 h"')
    span = duration(text)
    if not span:
        raise ValueError("must be more than nothing")
    return Budget(time=span)


def in_words(span: timedelta) -> str:
    """The shortest text that `duration` reads back: `14 days`, `90 min`."""
    left = span // timedelta(microseconds=1)
    for unit in ("week", "day", "h", "min", "s", "ms"):
        if unit != "week" and left and left % _MICROSECONDS[unit] == 0:
            count = left // _MICROSECONDS[unit]
            return f"{count} {unit}{'s' if unit == 'day' and count != 1 else ''}"
    return "0 s"


def size_in_words(count: int) -> str:
    """The shortest text that `size` reads back: `35 MB`."""
    for unit in ("TB", "GB", "MB", "KB"):
        if count and count % _BYTES[unit] == 0:
            return f"{count // _BYTES[unit]} {unit}"
    return f"{count} B"


def _unit(word: str) -> str:
    unit = _SPELLINGS.get(word)
    if unit is None:
        if word in ("business", "working"):
            raise ValueError('counts business days, which only clocks of [sla] do; write such as "2 days"')
        if word in ("month", "months", "year", "years"):
            raise ValueError(f'"{word}" has no fixed length; write days')
        raise ValueError(f'"{_short(word)}" is no unit of time; write s, min, h, days or weeks')
    return unit


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
