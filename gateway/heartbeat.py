"""Signs of life of the daemon's processes, in memory that they share: who beats, who is ready, who was found to hang.

`GATEWAY_SILENCE` (seconds) sets how long one may show none, in tests.
"""

import os
from collections.abc import Sequence
from mmap import mmap

BEAT_EVERY = 1.0  # seconds: several within the shortest WatchdogSec= that makes sense
# Nothing that beats waits for a database, a network or a mail: ten seconds would be long, a minute leaves no doubt.
SILENCE = float(os.environ.get("GATEWAY_SILENCE") or 60.0)  # seconds
_BEAT, _READY, _HUNG, _TOLD = range(4)  # a byte each, with one process that writes it


class Heartbeats:
    """Made before the processes are forked. Counts run round at 256: whoever reads looks for a change."""

    def __init__(self, roles: Sequence[str]) -> None:
        self._shared = mmap(-1, 4 * len(roles))
        self._at = {role: 4 * index for index, role in enumerate(roles)}

    def beat(self, role: str) -> None:
        """It lives."""
        self._count(role, _BEAT)

    def of(self, role: str) -> int:
        """Another number after each beat."""
        return self._shared[self._at[role] + _BEAT]

    def ready(self, role: str) -> None:
        """It does its work from now on."""
        self._shared[self._at[role] + _READY] = 1

    @property
    def are_ready(self) -> bool:
        """Whether every process was ready once."""
        return all(self._shared[at + _READY] for at in self._at.values())

    def hung(self, role: str) -> None:
        """It showed no life for SILENCE."""
        self._count(role, _HUNG)

    def untold(self) -> list[str]:
        """Those that hung since `told` was last said of them."""
        return [role for role, at in self._at.items() if self._shared[at + _HUNG] != self._shared[at + _TOLD]]

    def told(self, role: str) -> None:
        """The admin has heard of it."""
        self._shared[self._at[role] + _TOLD] = self._shared[self._at[role] + _HUNG]

    def _count(self, role: str, what: int) -> None:
        at = self._at[role] + what
        self._shared[at] = (self._shared[at] + 1) % 256
