"""Putting a backup back, and what must not be forgotten then: numbers and ids already used, mail that came since.

SMTP senders got their 250 for mail newer than the backup and will not send it again; a mailbox still has it, in its
processed folder, so mailboxes are read again from the instant of the backup on.
"""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, insert, make_url, select, text, update

from gateway.errors import Permanent, Temporary
from gateway.now import now
from gateway.store import migrate, reread, tables
from gateway.store.backup import ABOUT
from gateway.store.engine import Store, open_store, sqlite_files
from gateway.store.exchange import BESIDE, FILES, exchange, finish, prepared_in, sync
from gateway.store.node import DataLock, make_private
from gateway.store.raw import RawStore

NUMBERS_SKIPPED = 1000
# A mailbox's clock and ours may differ, and IMAP's SINCE knows days only.
_REREAD_BEFORE = timedelta(days=1)


def restore(
    url: str, data_dir: Path, source: Path, *, skip: int = NUMBERS_SKIPPED, secret: Path | None = None
) -> datetime:
    """Put the backup in `source` in the place of an SQLite site that is not running; returns the instant it is of.

    What was there, large mails included, is kept under `data_dir/before-restore-TIME`. Ticket numbers and spool ids
    go on `skip` after the last one known. The backup's secret goes to `secret` where that file is missing. A restore
    that is cut short leaves the old site, or one that the next `open_store` makes the new one. Raises Temporary while
    a gateway runs on `data_dir` or where the disk refuses, Permanent where the backup is not usable.
    """
    if make_url(url).get_backend_name() != "sqlite":
        raise Permanent("put a PostgreSQL database back with its own tools, then run `gateway db restored`")
    make_private(data_dir)
    lock = DataLock(data_dir)
    try:
        files = sqlite_files(url)
        finish(data_dir, files)
        at = _check(source, data_dir)
        kept = _make_ready(source, files, data_dir, at, skip=skip)
        if secret is not None:
            _put_secret(source / "secret", secret)
        exchange(data_dir, files, kept=kept)
    except OSError as error:
        raise Temporary(f"{error.filename or data_dir}: {error.strerror}") from error
    finally:
        lock.release()
    return at


def _make_ready(source: Path, files: tuple[Path, Path], data_dir: Path, at: datetime, *, skip: int) -> Path:
    """Prepare the new site and keep the old one, both beside the site, which stays as it is; the folder of the old."""
    stage = prepared_in(files)
    half = data_dir / "before-restore.unfinished"
    for folder in (stage, half):
        shutil.rmtree(folder, ignore_errors=True)  # of a restore that was killed
    try:
        half.mkdir(mode=0o700)
        _keep_raw(data_dir / "raw", half / "raw")
        stage.mkdir(parents=True, mode=0o700)
        _prepare(source, stage, data_dir, at, skip=skip, used=_highest_number(files[1]), used_id=_highest_id(files))
        for name, path in zip(FILES, files, strict=True):
            for end in (*BESIDE, ""):
                old = path.with_name(path.name + end)
                if old.exists():
                    _keep(old, half / f"{name}{end}")
        sync(half)
        kept = data_dir / f"before-restore-{now():%Y%m%dT%H%M%S.%f}"
        os.rename(half, kept)
        sync(data_dir)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        shutil.rmtree(half, ignore_errors=True)
        raise
    return kept


def _keep_raw(raw: Path, to: Path) -> None:
    """Keep every file of a large mail: what only the old spool names has no owner soon, and is swept."""
    for path in raw.glob("??/*"):
        folder = to / path.parent.name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.suffix != ".tmp":
            _keep(path, folder / path.name)
    for folder in (*to.glob("??"), to):
        if folder.exists():
            sync(folder)


def _keep(old: Path, to: Path) -> None:
    try:
        os.link(old, to)
    except OSError:  # another disk, or one that knows no second names
        shutil.copyfile(old, to)
        sync(to)


def _prepare(source: Path, stage: Path, data_dir: Path, at: datetime, *, skip: int, used: int, used_id: int) -> None:
    """Make what will take the site's place; the files of large mails go to where they will be looked for."""
    for name in FILES:
        shutil.copyfile(source / name, stage / name)
    store = open_store(f"sqlite:///{stage}/gateway.db", stage)
    try:
        migrate.ensure(store)
        restored(store, at, skip=skip, used=used, used_id=used_id)
    finally:
        store.close()
    for name in FILES:
        sync(stage / name)
    sync(stage)
    with closing(RawStore(data_dir / "raw")) as raw:
        for file in (source / "raw").glob("??/*"):
            raw.put(file.read_bytes())


def _put_secret(kept: Path, secret: Path) -> None:
    if secret.exists() or not kept.exists():
        return
    secret.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = secret.with_name(f"{secret.name}.unfinished")
    half.touch(mode=0o600)
    half.write_bytes(kept.read_bytes())
    sync(half)
    os.rename(half, secret)
    sync(secret.parent)


def restored(store: Store, at: datetime, *, skip: int = NUMBERS_SKIPPED, used: int = 0, used_id: int = 0) -> None:
    """Make a database that was put back, and is as of `at`, fit to go on. Needed once, before the daemon starts."""
    _skip_numbers(store, skip=skip, used=used)
    _skip_spool_ids(store, skip=skip, used=used_id)
    reread.mark_reread(store, at - _REREAD_BEFORE)


def _check(source: Path, data_dir: Path) -> datetime:
    """The instant that the backup is of. Permanent where something of it is missing, damaged or too new."""
    try:
        about = json.loads((source / ABOUT).read_text())
        at = datetime.fromisoformat(about["at"])
        if not about["raw"]:  # made before an update: the files of large mails were left where they are
            _find_large(source / "spool.db", data_dir / "raw")
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


def _find_large(spool: Path, folder: Path) -> None:
    with closing(sqlite3.connect(f"file:{spool}?mode=ro", uri=True)) as conn, closing(RawStore(folder)) as raw:
        named = conn.execute("SELECT DISTINCT raw_file FROM spool WHERE raw_file IS NOT NULL")
        gone = [name for (name,) in named if not raw.path(name).exists()]
    if gone:
        raise Permanent(
            f"{spool.parent} was made before an update, without the files of large mails, and {len(gone)} of them are "
            f"no longer in {folder}, such as {gone[0]}; put back a whole backup"
        )


def _highest_number(path: Path) -> int:
    """The last ticket number that the site which is being replaced gave away, 0 where that cannot be read."""
    return _highest(path, "SELECT value FROM counter WHERE name = 'ticket'")


def _highest_id(files: tuple[Path, Path]) -> int:
    """The last spool id that the site which is being replaced gave away, as far as either file can be read."""
    spool, main = files
    return max(
        _highest(spool, "SELECT seq FROM sqlite_sequence WHERE name = 'spool'"),
        _highest(spool, "SELECT max(id) FROM spool"),
        _highest(main, "SELECT max(spool_id) FROM mail"),
    )


def _highest(path: Path, query: str) -> int:
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(path)) as conn:
            found = conn.execute(query).fetchone()
    except sqlite3.Error:  # damaged: that is why a backup is being put back
        return 0
    return int(found[0] or 0) if found else 0


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


def _skip_spool_ids(store: Store, *, skip: int, used: int) -> None:
    """Ids that senders were told and logs name shall not come to mean another mail."""
    with store.spool.write() as conn:
        if store.dialect == "postgresql":
            sequence = "pg_get_serial_sequence('spool', 'id')"
            to = f"greatest(nextval({sequence}), :used) + :skip"
            conn.execute(text(f"SELECT setval({sequence}, {to})"), {"skip": skip, "used": used})
            return
        last = conn.execute(text("SELECT max(seq) FROM sqlite_sequence WHERE name = 'spool'")).scalar()
        if last is None:
            query = "INSERT INTO sqlite_sequence (name, seq) VALUES ('spool', :to)"
        else:
            query = "UPDATE sqlite_sequence SET seq = :to WHERE name = 'spool'"
        conn.execute(text(query), {"to": max(last or 0, used) + skip})
