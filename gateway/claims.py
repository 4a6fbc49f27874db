"""What this node has claimed of the spool and not let go of yet. The clock renews the leases, however long it takes."""

import threading
from collections.abc import Iterable, Sequence
from datetime import timedelta

from gateway.now import now
from gateway.store import Store, spool

RENEW_EVERY = spool.LEASE.total_seconds() / 3


class Claims:
    """For several threads: one claims, another closes, the clock renews."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._held: set[int] = set()

    def take(self, limit: int) -> list[spool.Claimed]:
        """Up to `limit` mails that wait."""
        claimed = spool.claim(self._store, node=self._store.node, limit=limit, now=now())
        with self._lock:
            self._held.update(one.id for one in claimed)
        return claimed

    def close(self, done: Sequence[spool.Closed]) -> None:
        """These have their final state. Temporary where that cannot be written: they are still held then."""
        spool.close(self._store, node=self._store.node, done=done)
        self._let_go(one.id for one in done)

    def give_back(
        self,
        claims: Sequence[tuple[int, int]],
        *,
        later: timedelta | None = None,
        alone: bool = False,
        count_attempt: bool = False,
    ) -> None:
        """These wait again, (id, fence) each. Where that cannot be written their leases run out by themselves."""
        self._let_go(spool_id for spool_id, _ in claims)
        spool.give_back(
            self._store,
            node=self._store.node,
            claims=list(claims),
            later=later,
            alone=alone,
            count_attempt=count_attempt,
        )

    def renew(self) -> None:
        """Extend the leases of all that is held."""
        with self._lock:
            held = sorted(self._held)
        spool.renew(self._store, node=self._store.node, ids=held)

    def _let_go(self, ids: Iterable[int]) -> None:
        with self._lock:
            self._held.difference_update(ids)
