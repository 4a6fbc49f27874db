"""When letters that are foretold will leave: quiet hours and caps hold some of them back, and keep some for good."""

from bisect import bisect_right, insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from heapq import heapify, heappop, heappush

from gateway.config import Config
from gateway.config.units import Rate
from gateway.telling.quiet import heard_at
from gateway.telling.to_agents import LATELY


class Way(StrEnum):
    """How a letter goes out."""

    WAVE = "wave"  # due and overdue: one letter a person and wave, held back by quiet hours
    NOTICE = "notice"  # to an agent, in a digest where they have had too many
    CUSTOMER = "customer"  # not written at all where they have had too many


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something that somebody is to read. `agent`: their key; "" for whoever is none."""

    at: datetime
    ticket: int
    address: str
    agent: str
    way: Way


def arrivals(
    letters: Sequence[Letter],
    cfg: Config,
    had: Mapping[str, Sequence[datetime]],
    is_over: Callable[[int, datetime], bool],
) -> list[datetime | None]:
    """When each letter leaves; None: never, for there are too many, or its ticket is done with before.

    `had`: when each recipient (address key) got automatic mail before; `is_over`: whether a ticket is done with then.
    """
    return _Forecast(letters, cfg, had, is_over).run()


class _Forecast:
    def __init__(
        self,
        letters: Sequence[Letter],
        cfg: Config,
        had: Mapping[str, Sequence[datetime]],
        is_over: Callable[[int, datetime], bool],
    ) -> None:
        self._letters = letters
        self._cfg = cfg
        self._had = {one.address.lower(): sorted(had.get(one.address.lower(), ())) for one in letters}
        self._is_over = is_over
        self._waves: set[tuple[str, datetime]] = set()
        self._digests: dict[str, datetime] = {}  # the last of each agent

    def run(self) -> list[datetime | None]:
        """In the order of time, for what was sent before counts; what must wait comes up again when that is over."""
        found: list[datetime | None] = [None] * len(self._letters)
        ahead = [(one.at, place) for place, one in enumerate(self._letters)]
        heapify(ahead)
        while ahead:
            at, place = heappop(ahead)
            one = self._letters[place]
            leaves = self._leaves(one, at)
            if leaves is not None and leaves > at and one.way is Way.WAVE:
                heappush(ahead, (leaves, place))
            else:
                found[place] = leaves
        return found

    def _leaves(self, one: Letter, at: datetime) -> datetime | None:
        if one.way is Way.WAVE:
            return self._in_wave(one, at)
        limits = self._cfg.limits
        rates = limits.notices_per_agent if one.way is Way.NOTICE else limits.auto_per_address
        if self._free_at(one, rates, at) == at:
            self._sent(one, at)
            return at
        return self._in_digest(one, at) if one.way is Way.NOTICE else None

    def _in_wave(self, one: Letter, at: datetime) -> datetime | None:
        """Then, or from when on it is to be tried again."""
        if self._is_over(one.ticket, at):
            return None
        if not one.agent:  # an address in a step, which no cap holds for
            return at
        heard = heard_at(self._cfg, one.agent, at)
        if heard > at or (one.agent, at) in self._waves:
            return heard
        free = self._free_at(one, self._cfg.limits.notices_per_agent, at)
        if free == at:
            self._waves.add((one.agent, at))
            self._sent(one, at)
        return free

    def _in_digest(self, one: Letter, at: datetime) -> datetime | None:
        """With what is gathered already, or begins to be."""
        leaves = self._digests.get(one.agent)
        if leaves is None or leaves < at:
            leaves = self._digests[one.agent] = at + LATELY
            self._sent(one, leaves)
        return None if self._is_over(one.ticket, leaves) else leaves

    def _sent(self, one: Letter, at: datetime) -> None:
        insort(self._had[one.address.lower()], at)

    def _free_at(self, one: Letter, rates: Sequence[Rate], at: datetime) -> datetime:
        """When there is room for one more letter by all caps."""
        had = self._had[one.address.lower()]
        for rate in rates:
            within = had[bisect_right(had, at - rate.per) : bisect_right(had, at)]
            if len(within) >= rate.count:
                at = max(at, within[-rate.count] + rate.per)
        return at
