"""Opening the store: two SQLite files or one PostgreSQL database, refused where a commit would not be durable.

A Store belongs to one process: open it after the fork, never before.
"""

import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from gateway.errors import ConfigError
from gateway.store import jsons
from gateway.store.database import Database
from gateway.store.exchange import finish
from gateway.store.failure import translated
from gateway.store.node import make_private, node_id
from gateway.store.raw import RawStore

BUSY_TIMEOUT = 10.0  # seconds
# Checkpoints are the clock's work (`maintenance.checkpoint`); this many bytes are the net below it, so that a
# checkpoint does not sit in the middle of somebody's commit.
_AUTOCHECKPOINT_BYTES = 128 * 1024 * 1024
# The spool holds whole mails, which larger pages cut into fewer pieces.
_PAGE_BYTES = {"spool": 8192, "gateway": 4096}
_WAL_KEPT_BYTES = 64 * 1024 * 1024


class Store:
    """The two databases and the raw mails of one site, as one process sees them."""

    def __init__(self, *, spool: Database, main: Database, raw: RawStore, data_dir: Path, node: str) -> None:
        self.spool = spool
        self.main = main
        self.raw = raw
        self.data_dir = data_dir
        self.node = node
        self.dialect = main.dialect
        self.raw_inline_max = raw.inline_max

    def close(self) -> None:
        """Close every connection of this process."""
        self.spool.close()
        self.main.close()
        self.raw.close()


def open_store(
    url: str, data_dir: Path, *, raw_inline_max: int = 1_048_576, busy_timeout: float = BUSY_TIMEOUT
) -> Store:
    """Open without creating tables (`migrate.ensure` does). Raises ConfigError where commits would not be durable."""
    make_private(data_dir)
    try:
        target = make_url(url)
    except ArgumentError:
        raise ConfigError(["database.url: not a database URL"])
    kind = target.get_backend_name()
    if kind == "sqlite":
        finish(data_dir, sqlite_files(url))  # a half-exchanged pair must never be opened
        spool, main = _open_sqlite(url, busy_timeout)
    elif kind == "postgresql":
        spool, main = _open_postgres(target, busy_timeout)
        # Every node must be able to read every mail, and the files of one node are not seen by the others.
        raw_inline_max = sys.maxsize
    else:
        raise ConfigError([f"database.url: {kind} is not supported, use sqlite or postgresql+psycopg"])
    raw = RawStore(data_dir / "raw", inline_max=raw_inline_max)
    return Store(spool=spool, main=main, raw=raw, data_dir=data_dir, node=node_id(data_dir))


# ---- SQLite --------------------------------------------------------------------------------------------------------


def sqlite_files(url: str) -> tuple[Path, Path]:
    """The files of spool and gateway. Raises ConfigError for a URL that names no SQLite file."""
    target = make_url(url)
    if target.get_backend_name() != "sqlite" or not target.database or target.database == ":memory:":
        raise ConfigError(["database.url: an SQLite database needs a file"])
    path = Path(target.database)
    beside = path.with_name("spool.db")
    if path == beside:
        raise ConfigError(["database.url: spool.db is the name of the spool's own file, choose another"])
    return beside, path


def _open_sqlite(url: str, busy_timeout: float) -> tuple[Database, Database]:
    spool, main = sqlite_files(url)
    main.parent.mkdir(parents=True, exist_ok=True)
    return _open_file("spool", spool, busy_timeout), _open_file("gateway", main, busy_timeout)


def _open_file(name: str, path: Path, busy_timeout: float) -> Database:
    database = Database(
        name, sqlite_engine(path, busy_timeout, page_bytes=_PAGE_BYTES[name]), path=path, busy_timeout=busy_timeout
    )
    try:
        with translated(name), database.engine.connect() as conn:
            refuse_volatile(conn, path)
    except BaseException:
        database.engine.dispose()
        raise
    return database


def sqlite_engine(path: Path, busy_timeout: float = BUSY_TIMEOUT, *, page_bytes: int = 4096) -> Engine:
    """An engine whose transactions are begun by us (`begin` in the execution options says how).

    `page_bytes` counts when the file is made.
    """
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"isolation_level": None, "timeout": busy_timeout, "cached_statements": 512},
        hide_parameters=True,
        json_serializer=jsons.dumps,
        json_deserializer=jsons.loads,
        pool_size=8,
        max_overflow=8,
        pool_use_lifo=True,  # the connection whose cache is warm
        pool_timeout=busy_timeout,
    )

    @event.listens_for(engine, "connect")
    def _prepare(driver: Any, _record: Any) -> None:
        for pragma in (
            f"page_size = {page_bytes}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"wal_autocheckpoint = {_AUTOCHECKPOINT_BYTES // page_bytes}",
            f"journal_size_limit = {_WAL_KEPT_BYTES}",
            "cache_size = -8000",
            "temp_store = MEMORY",
        ):
            driver.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        driver = conn.connection.driver_connection
        if driver is not None and not driver.in_transaction:  # a write has begun already, see `turn`
            conn.exec_driver_sql(conn.get_execution_options().get("begin", "BEGIN"))

    return engine


def refuse_volatile(conn: Connection, path: Path) -> None:
    """Raise ConfigError unless this connection commits durably (T119): WAL, synchronous FULL or EXTRA."""
    mode = conn.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    if mode != "wal":
        raise ConfigError(
            [f"database.url: {path}: the journal mode is {mode}, not WAL; is the file on a network or odd file system?"]
        )
    level = conn.exec_driver_sql("PRAGMA synchronous").scalar_one()
    if level not in (2, 3):
        raise ConfigError(
            [f"database.url: {path}: synchronous is {('OFF', 'NORMAL')[level]}, and only FULL survives a power cut"]
        )


# ---- PostgreSQL ----------------------------------------------------------------------------------------------------


def _open_postgres(url: URL, busy_timeout: float) -> tuple[Database, Database]:
    engine = postgres_engine(url, busy_timeout)
    try:
        with translated("database"), _connect(engine, busy_timeout) as conn:
            durable = conn.exec_driver_sql("SHOW synchronous_commit").scalar_one() != "off"
        if not durable:
            raise ConfigError(["database.url: synchronous_commit is off, and commits must survive a power cut"])
    except BaseException:
        engine.dispose()
        raise
    return (
        Database("spool", engine, path=None, busy_timeout=busy_timeout),
        Database("gateway", engine, path=None, busy_timeout=busy_timeout),
    )


def _connect(engine: Engine, patience: float) -> Connection:
    deadline = time.monotonic() + patience
    while True:
        try:
            return engine.connect()
        except OperationalError:  # a server that is just starting
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def postgres_engine(url: URL, busy_timeout: float = BUSY_TIMEOUT) -> Engine:
    """An engine with time limits on waiting for locks and on transactions that their node forgot."""
    limits = f"-c lock_timeout={int(busy_timeout * 1000)} -c idle_in_transaction_session_timeout=60000"
    options = {} if "options" in url.query else {"options": limits}
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args={"connect_timeout": 10, "application_name": "gateway", **options},
            hide_parameters=True,
            json_serializer=jsons.dumps,
            json_deserializer=jsons.loads,
            pool_size=8,
            max_overflow=8,
            pool_use_lifo=True,
            pool_timeout=busy_timeout,
        )
    except ImportError:
        raise ConfigError(['database.url: PostgreSQL needs the extra: pip install "email-ticket-gateway[postgres]"'])
