"""The bytes of mail that nobody works on any more are deleted when they are old; its row, and what it said, stay."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from gateway.store import tables
from gateway.store.engine import Store
from gateway.store.fast import one_of
from gateway.store.maintenance import ORPHAN_AFTER
from gateway.tickets.status import Status

BATCH = 200  # mails a transaction
_spool, _raw, _mail, _ticket = tables.spool, tables.spool_raw, tables.mail, tables.ticket
_OVER = ("done", "ignored")  # what is held or in quarantine waits for a person


def old(store: Store, before: datetime, ended: Collection[str], *, after: int = 0) -> tuple[list[int], int]:
    """The next mails whose bytes can go, and where to go on looking; (.., 0) at the end.

    `ended`: statuses of the site's own in which a ticket is done with. The mail of an open ticket keeps its bytes.
    """
    closed = (_spool.c.closed_at < before, _spool.c.purged_at.is_(None), _spool.c.state.in_(_OVER))
    statement = select(_spool.c.id).where(_spool.c.id > after, *closed).order_by(_spool.c.id).limit(BATCH)
    with store.spool.read() as conn:
        ids = list(conn.execute(statement).scalars())
    if not ids:
        return [], 0
    is_open = _ticket.c.status.not_in([Status.RESOLVED, Status.CLOSED, *ended])
    with store.main.read() as conn:
        needed = select(_mail.c.spool_id).join(_ticket, _ticket.c.number == _mail.c.ticket)
        kept = set(conn.execute(needed.where(one_of(conn, _mail.c.spool_id, ids), is_open)).scalars())
    return [one for one in ids if one not in kept], ids[-1] if len(ids) == BATCH else 0


def purge(store: Store, ids: Sequence[int], at: datetime) -> int:
    """Delete the bytes of these mails: how many bytes that were. A file that another mail names stays.

    So does what a person has put back since it was found to be old: that is worked on again.
    """

    def work(conn: Connection) -> tuple[int, set[str]]:
        is_over = (one_of(conn, _spool.c.id, ids), _spool.c.state.in_(_OVER), _spool.c.purged_at.is_(None))
        found = select(_spool.c.id, _spool.c.size, _spool.c.raw_file).where(*is_over)
        rows = conn.execute(found.with_for_update()).all()
        still = [row.id for row in rows]
        conn.execute(delete(_raw).where(one_of(conn, _raw.c.spool_id, still)))
        conn.execute(update(_spool).where(one_of(conn, _spool.c.id, still)).values(purged_at=at, raw_file=None))
        return sum(row.size for row in rows), {row.raw_file for row in rows if row.raw_file is not None}

    freed, files = store.spool.retrying(work) if ids else (0, set())
    for name in files:
        # What a crash leaves here, and what comes in again just now, the sweep at start looks at.
        with store.spool.read() as conn:
            is_named = conn.execute(select(_spool.c.id).where(_spool.c.raw_file == name).limit(1)).first()
        if is_named is None:
            store.raw.forget(name, (at - ORPHAN_AFTER).timestamp())
    return freed
