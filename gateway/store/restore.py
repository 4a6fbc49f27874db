"""Putting a backup back, and what must not be forgotten then: numbers already used, and mail that came since.

SMTP senders got their 250 for mail newer than the backup and will not send it again; a mailbox still has it, in its
processed folder, so mailboxes are read again from the instant of the backup on.
"""

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, insert, make_url, select, text, update

from gateway.errors import Permanent
from gateway.now import now
from gateway.store import migrate, reread, tables
from gateway.store.backup import ABOUT
from gateway.store.engine import Store, open_store, sqlite_files
from gateway.store.node import DataLock, make_private
from gateway.store.raw import RawStore

NUMBERS_SKIPPED = 1000
# A mailbox's clock and ours may differ, and IMAP's SINCE knows days only.
_REREAD_BEFORE = timedelta(days=1)
_FILES = ("spool.db", "gateway.db")


def restore(
    url: str, data_dir: Path, source: Path, *, skip: int = NUMBERS_SKIPPED, secret: Path | None = None
) -> datetime:
    """Put the backup in `source` in the place of an SQLite site that is not running; returns the instant it is of.

    What was there is kept under `data_dir/before-restore-TIME`. Ticket numbers go on `skip` after the last one
    known. The backup's secret goes to `secret` where that file is missing. Raises Temporary while a gateway runs
    on `data_dir`, Permanent where the backup is not usable.
    """
    if make_url(url).get_backend_name() != "sqlite":
        raise Permanent("put a PostgreSQL database back with its own tools, then run `gateway db restored`")
    make_private(data_dir)
    lock = DataLock(data_dir)
    stage = data_dir / "restoring"
    try:
        at = _check(source)
        used = _highest_number(sqlite_files(url)[1])
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(mode=0o700)
        _prepare(source, stage, data_dir, at, skip=skip, used=used)
        if secret is not None and not secret.exists() and (source / "secret").exists():
            shutil.copyfile(source / "secret", secret)
            secret.chmod(0o600)
        _exchange(stage, sqlite_files(url), data_dir)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        lock.release()
    return at


def _prepare(source: Path, stage: Path, data_dir: Path, at: datetime, *, skip: int, used: int) -> None:
    """Make ready beside the site what will take its place, so that a crash leaves the old one or the new one."""
    for name in _FILES:
        shutil.copyfile(source / name, stage / name)
    store = open_store(f"sqlite:///{stage}/gateway.db", stage)
    try:
        migrate.ensure(store)
        restored(store, at, skip=skip, used=used)
    finally:
        store.close()
    raw = RawStore(data_dir / "raw")
    for file in (source / "raw").glob("??/*"):
        raw.put(file.read_bytes())


def restored(store: Store, at: datetime, *, skip: int = NUMBERS_SKIPPED, used: int = 0) -> None:
    """Make a database that was put back, and is as of `at`, fit to go on. Needed once, before the daemon starts."""
    _skip_numbers(store, skip=skip, used=used)
    _skip_spool_ids(store, skip)
    reread.mark_reread(store, at - _REREAD_BEFORE)


def _check(source: Path) -> datetime:
    try:
        about = json.loads((source / ABOUT).read_text())
        at = datetime.fromisoformat(about["at"])
        if not about["raw"]:
            raise Permanent(f"{source} is the copy made before an update, without the files of large mails")
        for schema in (migrate.SPOOL, migrate.MAIN):
            with closing(sqlite3.connect(f"file:{source / schema.name}.db?mode=ro", uri=True)) as conn:
                (found,) = conn.execute("PRAGMA quick_check(1)").fetchone()
                (revision,) = conn.execute(f"SELECT version_num FROM {schema.version.name}").fetchone()
            if found != "ok":
                raise Permanent(f"{source}: {schema.name}.db is damaged: {found}")
            if revision > schema.head:
                raise Permanent(f"{source} was made by a newer gateway (schema {revision})")
    except (OSError, ValueError, KeyError, TypeError, sqlite3.Error) as error:
        raise Permanent(f"{source} is not a whole backup: {error}") from error
    return at


def _highest_number(path: Path) -> int:
    """The last number the site that is being replaced gave away, 0 where that cannot be read."""
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(path)) as conn:
            found = conn.execute("SELECT value FROM counter WHERE name = 'ticket'").fetchone()
    except sqlite3.Error:  # damaged: that is why a backup is being put back
        return 0
    return int(found[0]) if found else 0


def _exchange(stage: Path, files: Sequence[Path], data_dir: Path) -> None:
    aside = data_dir / f"before-restore-{now():%Y%m%dT%H%M%S.%f}"
    aside.mkdir(mode=0o700)
    for name, path in zip(_FILES, files, strict=True):
        for end in ("-wal", "-shm", ""):
            old = path.with_name(path.name + end)
            if old.exists():
                shutil.move(old, aside / f"{name}{end}")
    for name, path in zip(_FILES, files, strict=True):
        shutil.move(stage / name, path)


def _skip_numbers(store: Store, *, skip: int, used: int) -> None:
    counter = tables.counter
    with store.main.write() as conn:
        highest = conn.execute(select(func.coalesce(func.max(tables.ticket.c.number), 0))).scalar_one()
        if store.dialect == "postgresql":
            last = conn.execute(text("SELECT last_value FROM ticket_number")).scalar_one()
            conn.execute(text("SELECT setval('ticket_number', :to)"), {"to": max(last, highest, used) + skip})
            return
        last = conn.execute(select(counter.c.value).where(counter.c.name == "ticket")).scalar()
        to = max(last or 0, highest, used) + skip
        if last is None:
            conn.execute(insert(counter).values(name="ticket", value=to))
        else:
            conn.execute(update(counter).where(counter.c.name == "ticket").values(value=to))


def _skip_spool_ids(store: Store, skip: int) -> None:
    """Ids that senders were told and logs name shall not come to mean another mail."""
    with store.spool.write() as conn:
        if store.dialect == "postgresql":
            sequence = "pg_get_serial_sequence('spool', 'id')"
            conn.execute(text(f"SELECT setval({sequence}, nextval({sequence}) + :skip)"), {"skip": skip})
            return
        moved = conn.execute(text("UPDATE sqlite_sequence SET seq = seq + :skip WHERE name = 'spool'"), {"skip": skip})
        if not moved.rowcount:
            conn.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES ('spool', :skip)"), {"skip": skip})
