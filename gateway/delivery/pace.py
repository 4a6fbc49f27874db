"""How much may leave now: the rates of a way out, senders that are not wanted just now, and a circuit breaker.

Clocks are seconds of `time.monotonic`, passed in. Not for several threads: whoever asks holds the lock of the way.
"""

from collections import deque
from collections.abc import Sequence

from gateway.config import Rate

LONG = 3600.0  # seconds; a rate over as much is a share that is used up for hours: all nodes keep it together


class Pace:
    """Counts what left; `room` says how many more may leave now under every rate."""

    def __init__(self, rates: Sequence[Rate]) -> None:
        self._rates = tuple((rate.count, rate.per.total_seconds()) for rate in rates)
        self.most = max((rate.count for rate in rates), default=0)  # how many are to be remembered
        self.span = max((rate.per.total_seconds() for rate in rates), default=0.0)
        self._left: deque[float] = deque(maxlen=max(self.most, 1))

    def remember(self, ages: Sequence[float], clock: float) -> None:
        """What left as the outbox has it, by how many seconds ago, instead of what was counted here.

        So a day's share does not begin anew with us, and what other nodes send counts.
        """
        self._left.clear()
        self._left.extend(clock - age for age in sorted(ages, reverse=True))

    def room(self, clock: float, most: int) -> int:
        """At most `most`; 0 where a rate is used up."""
        for count, span in self._rates:
            used = 0
            for left_at in reversed(self._left):
                if clock - left_at >= span or used >= count:
                    break
                used += 1
            most = min(most, count - used)
        return max(most, 0)

    def note(self, clock: float) -> None:
        """One mail left."""
        if self._rates:
            self._left.append(clock)


class Senders:
    """Addresses of ours of which the server said at MAIL that it takes nothing just now: each rests for a minute.

    The mail of others leaves meanwhile: it may be that address alone that is not in order.
    """

    def __init__(self, *, rest: float = 60.0) -> None:
        self._rest = rest
        self._until: dict[str, float] = {}

    def put_off(self, sender: str, clock: float) -> None:
        self._until[sender] = clock + self._rest

    def resting(self, clock: float) -> list[str]:
        """Those that rest now."""
        self._until = {sender: until for sender, until in self._until.items() if clock < until}
        return sorted(self._until)


class Breaker:
    """Opens after ten failures in a row to reach the other side; then one mail a minute probes whether it is back.

    A server that says it is too much, or does not let us in, gets nothing for a minute.
    """

    def __init__(self, *, limit: int = 10, probe_every: float = 60.0) -> None:
        self._limit = limit
        self._probe_every = probe_every
        self._failures = 0
        self._tried_at = 0.0
        self._rests_until = 0.0

    @property
    def is_open(self) -> bool:
        return self._failures >= self._limit

    def rests(self, clock: float) -> bool:
        """Nothing is tried just now: we were asked to slow down, or not let in."""
        return clock < self._rests_until

    def room(self, clock: float, most: int) -> int:
        """How many may be tried now: all, or the one probe, or none."""
        if self.rests(clock):
            return 0
        if not self.is_open:
            return most
        return 1 if clock - self._tried_at >= self._probe_every else 0

    def note(self, reached: bool, clock: float, *, rest: bool = False) -> bool:
        """Record a try; True where that opened or closed the breaker. `rest`: nothing is to be tried for a while."""
        before = self.is_open
        self._failures = 0 if reached else self._failures + 1
        self._tried_at = clock
        if rest:
            self._rests_until = clock + self._probe_every
        return self.is_open != before
