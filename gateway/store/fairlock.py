"""A lock that serves its waiters in order of arrival; SQLite's own waiting is by sleeping and starves the unlucky."""

import threading
from collections import deque


class FairLock:
    """First come, first served, within one process. A second acquire by the holder is a bug and raises."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._holder: int | None = None

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def acquire(self, timeout: float) -> bool:
        """True when the lock is ours; False after `timeout` seconds of waiting."""
        me = threading.get_ident()
        with self._mutex:
            if self._holder is None:
                self._holder = me
                return True
            if self._holder == me:
                raise RuntimeError("a write transaction inside a write transaction of the same database")
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        came = turn.acquire(timeout=timeout)
        with self._mutex:
            if not came and turn in self._waiting:
                self._waiting.remove(turn)
                return False
            self._holder = me  # handed over, perhaps in the very moment the wait ran out
            return True

    def release(self) -> None:
        with self._mutex:
            if self._waiting:
                # The lock passes straight to the longest waiting; nobody can slip in between.
                self._holder = 0
                self._waiting.popleft().release()
            else:
                self._holder = None
