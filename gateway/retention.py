"""Old mail is forgotten: once an hour, a little at a time, so that nobody waits for it (T128)."""

import time

from gateway import log
from gateway.now import now
from gateway.site import Site
from gateway.store import Store, retention

PURGE_EVERY = 3600  # seconds
_BUDGET = 20.0  # seconds a turn
_PAUSE = 0.05  # between two transactions, for those who write


def forget(store: Store, site: Site) -> None:
    """One turn of the clock: the bytes of mails that were closed before `limits.spool_keep`."""
    at, until = now(), time.monotonic() + _BUDGET
    before, ended = at - site.cfg.limits.spool_keep, site.cfg.status_table.ended
    mails = freed = after = 0
    while time.monotonic() < until:
        ids, after = retention.old(store, before, ended, after=after)
        freed += retention.purge(store, ids, at)
        mails += len(ids)
        if not after:
            break
        time.sleep(_PAUSE)
    if mails:
        log.purged(mails, freed)
