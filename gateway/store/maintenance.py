"""What keeps the files of a site in shape: checkpoints, a look after a crash, the sweep of files that no mail owns."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from gateway.errors import Permanent
from gateway.now import now
from gateway.store import tables
from gateway.store.database import Database
from gateway.store.engine import Store
from gateway.store.failure import translated

# A file younger than this may belong to a mail that is just being accepted.
ORPHAN_AFTER = timedelta(hours=1)
_WAL_MAX_BYTES = 64 * 1024 * 1024
_PATIENCE_MS = 100


def checkpoint(store: Store) -> None:
    """Write what the WAL holds into the SQLite files; meant for a thread that nobody waits for, every few seconds."""
    for database in (store.spool, store.main):
        if database.path is not None:
            _checkpoint(database, database.path)


def _checkpoint(database: Database, path: Path) -> None:
    wal = path.with_name(f"{path.name}-wal")
    with translated(database.name), database.engine.connect() as conn:
        driver = conn.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA wal_checkpoint(PASSIVE)").close()  # makes nobody wait
        if not wal.exists() or wal.stat().st_size <= _WAL_MAX_BYTES:
            return
        # Under steady writing the WAL is never quite done with, so it only grows. RESTART holds writers up, for as
        # long as a reader may look at the old state, hence the short patience: better luck next time.
        (patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
        driver.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}").close()
        try:
            driver.execute("PRAGMA wal_checkpoint(RESTART)").close()
        finally:
            driver.execute(f"PRAGMA busy_timeout = {patience}").close()


def quick_check(store: Store) -> None:
    """Look through both SQLite files after an unclean stop. Raises Permanent, naming the file and what is wrong."""
    for database in (store.spool, store.main):
        if database.path is None:
            continue
        with database.read() as conn:
            problems = conn.exec_driver_sql("PRAGMA quick_check(3)").scalars().all()
        if problems != ["ok"]:
            raise Permanent(
                f"{database.path} is damaged ({'; '.join(map(str, problems))}); put back a backup with "
                "`gateway db restore`"
            )


def sweep(store: Store) -> int:
    """Delete files of large mails that a crash left without a row, and unfinished ones; returns how many."""
    before = (now() - ORPHAN_AFTER).timestamp()
    with store.spool.read() as conn:
        found = list(orphans(store, conn))
    found += store.raw.folder.glob("??/*.tmp")
    swept = 0
    for path in found:
        # Looked at once more: the same mail may be coming in this moment, and `put` touches the file then.
        if path.exists() and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def orphans(store: Store, conn: Connection) -> Iterator[Path]:
    """Files of large mails that no row names, old enough that no mail can be about to."""
    spool = tables.spool
    before = (now() - ORPHAN_AFTER).timestamp()
    for name in store.raw.names():
        owner = select(spool.c.id).where(spool.c.raw_file == name).limit(1)
        path = store.raw.path(name)
        if conn.execute(owner).first() is None and path.exists() and path.stat().st_mtime < before:
            yield path
