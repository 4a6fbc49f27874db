"""Times of day and days of the week as people write them: `"09:00-12:30 13:00-17:30"`, `mon-fri`."""

import re
from datetime import time

from gateway.config import kinds
from gateway.config.section import did_you_mean
from gateway.tickets.calendar import Span

NOT_DAYS = ("timezone", "holidays", "closed", "open")  # the keys of a calendar that are no days
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)


def opening(value: object) -> tuple[Span, ...]:
    """`"09:00-12:30 13:00-17:30"` -> the spans in order; 24:00 is the end of the day; `""` is closed."""
    text = kinds.text_of(value, "09:00-17:00")
    spans: list[Span] = []
    for word in re.sub(r"\s*-\s*", "-", text.replace("\N{EN DASH}", "-")).replace(",", " ").split():
        match = _HOURS.fullmatch(word)
        if match is None:
            raise ValueError(f'holds no hours: "{word[:40]}"; write such as "09:00-12:30 13:00-17:30"')
        start, end = _clock(match[1], match[2]), _clock(match[3], match[4])
        if end != time(0) and end <= start:
            raise ValueError(f'ends before it starts: "{word}"')
        if spans and (spans[-1][1] == time(0) or spans[-1][1] > start):
            raise ValueError(f'overlaps the hours before it: "{word}"; write them in order')
        spans.append((start, end))
    return tuple(spans)


def times_of_day(value: object) -> tuple[Span, ...]:
    """`"20:00-07:00"` -> the spans; one may run over midnight."""
    text = kinds.text_of(value, "20:00-07:00")
    spans: list[Span] = []
    for word in re.sub(r"\s*-\s*", "-", text.replace("\N{EN DASH}", "-")).replace(",", " ").split():
        match = _HOURS.fullmatch(word)
        if match is None:
            raise ValueError(f'holds no hours: "{word[:40]}"; write such as "20:00-07:00"')
        spans.append((_clock(match[1], match[2]), _clock(match[3], match[4])))
    if spans and all(is_within(tuple(spans), end) for _, end in spans):
        raise ValueError("leaves no time of day; to hear nothing, leave due and overdue out of notify")
    return tuple(spans)


def is_within(spans: tuple[Span, ...], clock: time) -> bool:
    """Whether a time of day is in one of the spans, of which each may run over midnight."""
    return any(start <= clock < end if start < end else clock >= start or clock < end for start, end in spans)


def _clock(hours: str, minutes: str) -> time:
    """`24:00` comes back as 00:00, which as an end means the end of the day."""
    if (hours, minutes) == ("24", "00"):
        return time(0)
    if int(hours) > 23 or int(minutes) > 59:
        raise ValueError(f'is no time of day: "{hours}:{minutes}"')
    return time(int(hours), int(minutes))


def days_of(text: str) -> tuple[int, ...]:
    """`"mon-fri"` -> 0..4, `"sat"` -> 5; ValueError where it names no days."""
    first, dash, last = text.partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        guess = did_you_mean(text, NOT_DAYS)
        raise ValueError(f"is no such key{guess or '; days are written mon, tue-thu, mon-fri'}")
    start = WEEKDAYS.index(first)
    stop = WEEKDAYS.index(last) if dash else start
    if stop < start:
        raise ValueError(f'runs backwards; write "{first}-sun" and "mon-{last}"')
    return tuple(range(start, stop + 1))
