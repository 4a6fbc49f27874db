"""Whether a calendar is open at an instant: hours by weekday with breaks, on the calendar's own clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

Span = tuple[time, time]
_MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingHours:
    """`week` holds the spans of each weekday, Monday first; an end of 00:00 is the end of the day.

    `is_free` tells the days without work: public holidays and the site's own.
    """

    zone: tzinfo
    week: tuple[tuple[Span, ...], ...]
    is_free: Callable[[date], bool]

    def is_open(self, at: datetime) -> bool:
        """At the start of a span it is open, at its end it is not."""
        local = at.astimezone(self.zone)
        spans = self.week[local.weekday()]
        clock = local.time()
        return any(start <= clock and (clock < end or end == _MIDNIGHT) for start, end in spans) and not self.is_free(
            local.date()
        )
