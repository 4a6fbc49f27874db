"""Who may come in, and how much they may bring: connections, their pace, bytes in flight, wrong tokens.

Nothing here reads a clock or a socket: `now` is a monotonic instant in seconds, a peer is its IP address as text.
"""

import ipaddress
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
_KEYS_MAX = 20_000
_LARGE_BYTES = 5 * 1024 * 1024
_LARGE_UPLOADS_PER_PEER = 2


class Trusted:
    """The peers without limits of their own: loopback (unless left out) and what the configuration names."""

    def __init__(self, relays: Iterable[Network], *, loopback: bool = True) -> None:
        self._relays = tuple(relays)
        self._networks = (*self._relays, *_LOOPBACK) if loopback else self._relays

    def is_relay(self, peer: str) -> bool:
        """Is `peer` one that the configuration names: may it say who stands behind it?"""
        try:
            address = _address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._relays)

    def key_of(self, peer: str) -> str | None:
        """By what `peer` is counted: its IPv4 address or its /64 of IPv6; None if it is trusted."""
        try:
            address = _address(peer)
        except ValueError:
            return peer or None  # a unix socket has no address: whoever may open it is local
        if any(address in network for network in self._networks):
            return None
        if isinstance(address, ipaddress.IPv4Address):
            return str(address)
        return str(ipaddress.ip_network((address, 64), strict=False))


class Tally:
    """Counts events by key in a sliding window; holds at most 20,000 keys and forgets the longest unused first."""

    def __init__(self, count: int, seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def is_full(self, key: str, now: float) -> bool:
        """Have `count` events of `key` happened within the window?"""
        times = self._seen.get(key)
        if times is None:
            return False
        while times and now - times[0] >= self._seconds:
            times.popleft()
        if not times:
            del self._seen[key]
        return len(times) >= self._count

    def add(self, key: str, now: float) -> None:
        # The newest `count` instants are all that the question needs.
        self._seen.setdefault(key, deque(maxlen=self._count)).append(now)
        self._seen.move_to_end(key)
        if len(self._seen) > _KEYS_MAX:
            self._seen.popitem(last=False)


class Door:
    """Counts connections: so many in all, so many a peer, so many new ones a peer in each window.

    A peer is named by its key; None stands for the trusted, who count in the total only.
    """

    def __init__(self, *, total: int, per_peer: int, paces: Sequence[tuple[int, float]]) -> None:
        self._total = total
        self._per_peer = per_peer
        self._paces = [Tally(count, seconds) for count, seconds in paces]
        self._open = 0
        self._by_peer: Counter[str] = Counter()

    @property
    def is_full(self) -> bool:
        return self._open >= self._total

    def may_enter(self, key: str | None, now: float) -> bool:
        """Is this peer within its own limits? Says nothing about the total."""
        if key is None:
            return True
        return self._by_peer[key] < self._per_peer and not any(pace.is_full(key, now) for pace in self._paces)

    def enter(self, key: str | None, now: float) -> None:
        self._open += 1
        if key is not None:
            self._by_peer[key] += 1
            for pace in self._paces:
                pace.add(key, now)

    def leave(self, key: str | None) -> None:
        self._open -= 1
        if key is not None:
            self._by_peer[key] -= 1
            if self._by_peer[key] <= 0:
                del self._by_peer[key]


class Budget:
    """Bytes of mail in memory, received and not yet committed."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._large: Counter[str] = Counter()

    def has_room(self, size: int) -> bool:
        return self.used + size <= self.limit

    def upload(self, key: str | None) -> "Upload":
        """The share of a new mail; `key` is its peer, None for the trusted."""
        return Upload(self, key)

    def _may_grow_large(self, key: str | None) -> bool:
        if key is not None and self._large[key] >= _LARGE_UPLOADS_PER_PEER:
            return False
        if key is not None:
            self._large[key] += 1
        return True

    def _end_large(self, key: str | None) -> None:
        if key is not None:
            self._large[key] -= 1
            if self._large[key] <= 0:
                del self._large[key]


class Upload:
    """The share of one mail in the budget; beyond 5 MiB also one of the two large uploads a peer may have."""

    __slots__ = ("_budget", "_is_large", "_key", "size")

    def __init__(self, budget: Budget, key: str | None) -> None:
        self._budget = budget
        self._key = key
        self._is_large = False
        self.size = 0

    def grow(self, size: int) -> bool:
        """Take `size` bytes more; False, and nothing taken, where they do not fit."""
        if not self._budget.has_room(size):
            return False
        if not self._is_large and self.size + size > _LARGE_BYTES:
            if not self._budget._may_grow_large(self._key):
                return False
            self._is_large = True
        self._budget.used += size
        self.size += size
        return True

    def close(self) -> None:
        """Give everything back; may be called twice."""
        self._budget.used -= self.size
        self.size = 0
        if self._is_large:
            self._is_large = False
            self._budget._end_large(self._key)


def _address(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(peer.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
