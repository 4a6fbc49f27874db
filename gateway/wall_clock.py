"""Watches the wall clock beside one that nobody sets, so that a clock set wrong cannot escalate everything at once.

After a jump ahead (T133) tickets come due by the new time, but no more than fifty a minute, until the clock has run
steadily for ten minutes or was set back: time for somebody to see the alarm and to put it right.
"""

from collections import deque
from datetime import datetime

JUMP = 60.0  # seconds
MOST = 50  # tickets a minute
STEADY = 600.0  # seconds
_MINUTE = 60.0


class WallClock:
    """`passed` is always seconds of `time.monotonic`, and must not go back."""

    def __init__(self) -> None:
        self._seen: tuple[datetime, float] | None = None
        self._doubted_until: float | None = None
        self._done: deque[tuple[float, int]] = deque()

    def look(self, at: datetime, passed: float) -> float:
        """By how many seconds it was set since the last look, more than a minute; 0 where it runs as it should."""
        before, self._seen = self._seen, (at, passed)
        if before is None:
            return 0.0
        jump = (at - before[0]).total_seconds() - (passed - before[1])
        if abs(jump) <= JUMP:
            return 0.0
        self._doubted_until = passed + STEADY if jump > 0 else None
        return jump

    def room(self, passed: float) -> int | None:
        """How many tickets may be looked at now; None: all."""
        if self._doubted_until is None:
            return None
        if passed >= self._doubted_until:
            self._doubted_until = None
            self._done.clear()
            return None
        while self._done and passed - self._done[0][0] >= _MINUTE:
            self._done.popleft()
        return max(MOST - sum(count for _, count in self._done), 0)

    def note(self, passed: float, count: int) -> None:
        """So many tickets were looked at."""
        if count and self._doubted_until is not None:
            self._done.append((passed, count))
