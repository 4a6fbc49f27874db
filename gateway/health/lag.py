"""How long the event loop that takes mail was held up: what blocks in it holds up every connection (T26)."""

import asyncio
from collections import deque

EVERY = 0.25  # seconds
SPAN = 60.0  # seconds of which the worst is told: whoever watches asks once or more in that time


class Lag:
    """`watch` is a task of the loop; `worst` is asked in the loop too."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque(maxlen=round(SPAN / EVERY))  # when, and how long

    async def watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(EVERY)
            self._seen.append((loop.time(), max(0.0, loop.time() - began - EVERY)))

    def worst(self) -> float:
        """Seconds, the longest within the last minute."""
        since = asyncio.get_running_loop().time() - SPAN
        return max((held for at, held in self._seen if at >= since), default=0.0)
