"""A copy of an SQLite site while it runs: both databases as of one instant, then the raw files they name.

Of PostgreSQL one is made before an update of the schema; else its own tools do that better.
"""

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL

from gateway.errors import Permanent, Temporary
from gateway.now import now
from gateway.store.engine import BUSY_TIMEOUT, Store

ABOUT = "backup.json"
USE_PG_DUMP = (
    "a PostgreSQL database is backed up with its own tools (pg_dump, or a base backup with WAL archiving); all mail "
    "and all tickets are in it. Keep gateway.secret_file too: with another secret no node starts on that database"
)


def backup(store: Store, target: Path, *, raw: bool = True, secret: Path | None = None) -> datetime:
    """Copy the site into the new folder `target`, readable by its owner only; returns the instant it stands for.

    `raw=False` leaves out the files of large mails; `secret` is the file that signs tokens, without which a site
    put back would take its own old tokens for forged. Raises Permanent on PostgreSQL or where `target` exists.
    """
    if store.dialect != "sqlite":
        raise Permanent(USE_PG_DUMP)
    if target.exists():
        raise Permanent(f"{target} exists already; name a folder that does not")
    half = target.with_name(f"{target.name}.unfinished")
    shutil.rmtree(half, ignore_errors=True)
    try:
        half.mkdir(parents=True, mode=0o700)
        at = _copy(store, half, raw=raw)
        if secret is not None:
            shutil.copy2(secret, half / "secret")
        about = {"at": at.isoformat(), "node": store.node, "raw": raw}
        (half / ABOUT).write_text(json.dumps(about) + "\n")
        for path in half.rglob("*"):
            _sync(path)
        half.rename(target)
        _sync(target.parent)
    except OSError as error:
        raise Temporary(f"{target}: {error.strerror}") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return at


def dump(store: Store, target: Path) -> None:
    """Copy a PostgreSQL database into the new file `target`, by pg_dump in its own format.

    Raises Permanent where there is no pg_dump, or where it does not succeed; then there is no file.
    """
    place, secrets = _without_secrets(store.main.engine.url)
    env = {**os.environ, **secrets}
    half = target.with_name(f"{target.name}.unfinished")
    half.touch(mode=0o600)
    try:
        command = ["pg_dump", "--no-password", "--format=custom", f"--file={half}", f"--dbname={place}"]
        subprocess.run(command, env=env, check=True, capture_output=True, text=True)
        _sync(half)
        half.rename(target)
        _sync(target.parent)
    except FileNotFoundError:
        raise Permanent("there is no pg_dump on this machine")
    except subprocess.CalledProcessError as error:
        raise Permanent((error.stderr.strip().splitlines() or ["pg_dump failed"])[-1])
    except OSError as error:
        raise Permanent(f"{target}: {error.strerror}")
    finally:
        half.unlink(missing_ok=True)


def _without_secrets(url: URL) -> tuple[str, dict[str, str]]:
    """The database as a command line may show it to everybody, and the password for the environment."""
    unsayable = sorted(url.query.keys() & {"sslpassword", "oauth_client_secret"})
    if unsayable:  # libpq takes them from nowhere but the URL
        raise Permanent(f"{unsayable[0]} in database.url would be seen by everybody in the command line of pg_dump")
    given = url.query.get("password") or url.password
    place = url.set(drivername="postgresql", password=None).difference_update_query(["password"])
    return place.render_as_string(), {"PGPASSWORD": str(given)} if given else {}


def _copy(store: Store, folder: Path, *, raw: bool) -> datetime:
    assert store.spool.path is not None
    assert store.main.path is not None
    with _one_instant(store) as (at, spool, main):
        _copy_database(spool, folder / "spool.db")
        _copy_database(main, folder / "gateway.db")
    if raw:
        with closing(sqlite3.connect(folder / "spool.db")) as copy:
            names = [name for (name,) in copy.execute("SELECT DISTINCT raw_file FROM spool WHERE raw_file IS NOT NULL")]
        for name in names:
            to = folder / "raw" / name[:2] / name
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(store.raw.path(name), to)
    return at


@contextmanager
def _one_instant(store: Store) -> Iterator[tuple[datetime, sqlite3.Connection, sqlite3.Connection]]:
    """Two connections that both see the site as of one instant, however long they are read.

    While nobody may write to the gateway's file, no mail can be between its two commits in a way that would leave
    it closed in the spool and absent here, or the other way round.
    """
    with closing(_open(store.spool.path)) as spool, closing(_open(store.main.path)) as main:
        with store.main.write():
            at = now()
            for conn in (spool, main):
                conn.execute("BEGIN")
                conn.execute("SELECT count(*) FROM sqlite_master").fetchone()  # this takes the snapshot
        yield at, spool, main


def _open(path: Path | None) -> sqlite3.Connection:
    assert path is not None
    return sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)


def _copy_database(source: sqlite3.Connection, to: Path) -> None:
    with closing(sqlite3.connect(to, isolation_level=None)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE").close()  # one file, nothing beside it
        (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise Permanent(f"the copy {to.name} is damaged: {found}")


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
