"""How much may leave now: the rate of `delivery.rate`, and a circuit breaker for a server that is not there.

Clocks are seconds of `time.monotonic`, passed in.
"""

from collections import deque
from collections.abc import Sequence

from gateway.config import Rate


class Pace:
    """Counts what left; `room` says how many more may leave now under every rate."""

    def __init__(self, rates: Sequence[Rate]) -> None:
        self._rates = tuple((rate.count, rate.per.total_seconds()) for rate in rates)
        self._left: deque[float] = deque(maxlen=max((rate.count for rate in rates), default=1))

    def room(self, clock: float, most: int) -> int:
        """At most `most`; 0 where a rate is used up."""
        for count, span in self._rates:
            most = min(most, count - sum(1 for left_at in self._left if clock - left_at < span))
        return max(most, 0)

    def note(self, clock: float) -> None:
        """One mail left."""
        if self._rates:
            self._left.append(clock)


class Breaker:
    """Opens after ten failures in a row to reach the other side; then one mail a minute probes whether it is back."""

    def __init__(self, *, limit: int = 10, probe_every: float = 60.0) -> None:
        self._limit = limit
        self._probe_every = probe_every
        self._failures = 0
        self._tried_at = 0.0

    @property
    def is_open(self) -> bool:
        return self._failures >= self._limit

    def room(self, clock: float, most: int) -> int:
        """How many may be tried now: all, or the one probe, or none."""
        if not self.is_open:
            return most
        return 1 if clock - self._tried_at >= self._probe_every else 0

    def note(self, reached: bool, clock: float) -> bool:
        """Record a try; True where that opened or closed the breaker."""
        before = self.is_open
        self._failures = 0 if reached else self._failures + 1
        self._tried_at = clock
        return self.is_open != before
