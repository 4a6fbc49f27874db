"""Durations and sizes as people write them: `"7 days"`, `"1 h 30 min"`, `"1 MB"`. ValueError says the remedy."""

import re
from datetime import timedelta

_SECONDS = {"s": 1, "min": 60, "h": 3_600, "day": 86_400, "week": 604_800}
_SPELLINGS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "day"),
    **dict.fromkeys(("w", "week", "weeks"), "week"),
}
_BYTES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}  # as mail servers count
_PART = re.compile(r"(\d{1,9})\s*([a-z]+)", re.ASCII)
_SIZE = re.compile(r"(\d{1,12})\s*([kmg]?)i?b?", re.ASCII | re.IGNORECASE)
_LONGEST = timedelta(days=36_500)


def span(text: str) -> timedelta:
    """`"7 days"`, `"90m"`, `"1 h 30 min"`."""
    left = text.strip().lower()
    if re.fullmatch(r"[\d.,]+", left):
        raise ValueError(f'has no unit; write "{left} min", "{left} h" or "{left} days"')
    seconds = 0
    while left:
        part = _PART.match(left)
        if part is None or part[2] not in _SPELLINGS:
            raise ValueError(f'is no duration: "{text[:60]}"; write a whole number and s, min, h, days or weeks')
        seconds += int(part[1]) * _SECONDS[_SPELLINGS[part[2]]]
        left = left[part.end() :].lstrip(" ,")
    if not 0 < seconds <= _LONGEST.total_seconds():
        raise ValueError(f'must be more than nothing and at most 100 years, not "{text[:60]}"')
    return timedelta(seconds=seconds)


def size(text: str) -> int:
    """`"1 MB"` -> bytes; 1 KB is 1,024 bytes."""
    left = text.strip()
    if re.fullmatch(r"[\d.,]+", left):
        raise ValueError(f'has no unit; write "{left} KB" or "{left} MB"')
    found = _SIZE.fullmatch(left)
    if found is None:
        raise ValueError(f'is no size: "{text[:60]}"; write a whole number and B, KB, MB or GB, such as "1 MB"')
    return int(found[1]) * _BYTES[found[2].upper()]
