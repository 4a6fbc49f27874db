"""Durations and sizes as people write them: `"14 days"`, `"1 h 30 min"`, `"35 MB"`.

Every parser takes the text of one value and raises ValueError with a sentence that names the remedy.
"""

import re
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
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "day"),
    **dict.fromkeys(("w", "week", "weeks"), "week"),
}
# As mail servers count: 1 KB is 1,024 bytes.
_BYTES = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
_PART = re.compile(r"(\d{1,9})\s*([a-z]+)", re.ASCII)
_SIZE = re.compile(r"(\d{1,16})\s*([kmgt]?)i?b?", re.ASCII | re.IGNORECASE)
_LONGEST = timedelta(days=36_500)
_LARGEST = 1 << 50


def duration(text: str) -> timedelta:
    """`"14 days"`, `"90m"`, `"1 h 30 min"`; zero is allowed."""
    left = text.strip().lower()
    if not left:
        raise ValueError('is empty; write a number and a unit, such as "14 days"')
    if re.fullmatch(r"[\d.,]+", left):
        bare, column = short(left), len(text.rstrip()) + 1
        examples = f'"{bare} s", "{bare} min", "{bare} h" or "{bare} days"'
        raise ValueError(f"has no unit; write {examples} (column {column})")
    total = 0
    while left:
        part, column = _PART.match(left), len(text.rstrip()) - len(left) + 1
        if part is None:
            what = 'write whole numbers with units, such as "90 min"'
            raise ValueError(f'is no duration: "{short(text)}"; {what} (column {column})')
        try:
            total += int(part[1]) * (unit(part[2]) // timedelta(microseconds=1))
        except ValueError as error:
            raise ValueError(f'is no duration: "{short(text)}": {error} (column {column + part.start(2)})')
        left = left[part.end() :].lstrip(" ,")
    if total > _LONGEST // timedelta(microseconds=1):
        raise ValueError(f'is too long: "{short(text)}"; at most 100 years')
    return timedelta(microseconds=total)


def unit(word: str) -> timedelta:
    """How long one `h`, `day` or `week` is, in any spelling."""
    known = _SPELLINGS.get(word)
    if known is None:
        if word in ("business", "working"):
            raise ValueError('counts business days, which only clocks of [sla] do; write such as "2 days"')
        if word in ("month", "months", "year", "years"):
            raise ValueError(f'"{word}" has no fixed length; write days')
        raise ValueError(f'"{short(word)}" is no unit of time; write s, min, h, days or weeks')
    return timedelta(microseconds=_MICROSECONDS[known])


def size(text: str) -> int:
    """`"35 MB"` -> bytes, 1 KB being 1,024 bytes; `KiB`, `MiB` mean the same."""
    left = text.strip()
    if re.fullmatch(r"[\d.,]+", left):
        raise ValueError(f'has no unit; write "{short(left)} KB" or "{short(left)} MB"')
    match = _SIZE.fullmatch(left)
    if match is None:
        raise ValueError(f'is no size: "{short(text)}"; write a whole number and B, KB, MB or GB, such as "35 MB"')
    total = int(match[1]) * _BYTES[f"{match[2].upper()}B"]
    if total > _LARGEST:
        raise ValueError(f'is too large: "{short(text)}"')
    return total


def in_words(span: timedelta, *, days: bool = True) -> str:
    """The shortest text that `duration` reads back: `14 days`, `90 min`; without `days` in hours at most."""
    left = span // timedelta(microseconds=1)
    for name in ("day", "h", "min", "s", "ms")[0 if days else 1 :]:
        if left and left % _MICROSECONDS[name] == 0:
            count = left // _MICROSECONDS[name]
            return f"{count} {name}{'s' if name == 'day' and count != 1 else ''}"
    return "0 s"


def size_in_words(count: int) -> str:
    """The shortest text that `size` reads back: `35 MB`."""
    for name in ("TB", "GB", "MB", "KB"):
        if count and count % _BYTES[name] == 0:
            return f"{count // _BYTES[name]} {name}"
    return f"{count} B"


def short(text: str) -> str:
    """A text of the file as an error may repeat it."""
    return text if len(text) <= 60 else f"{text[:57]}..."
