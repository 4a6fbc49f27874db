"""One database: read transactions, and write transactions that commit at the end of the block or not at all."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from gateway.errors import Conflict
from gateway.store.failure import translated
from gateway.store.turn import Turn

T = TypeVar("T")


class Database:
    """`spool` or `gateway`. On PostgreSQL both share one engine; on SQLite each has its file and its writers' lock."""

    def __init__(self, name: str, engine: Engine, *, busy_timeout: float, path: Path | None = None) -> None:
        self.name = name
        self.engine = engine
        self.path = path  # None on PostgreSQL
        self.dialect = engine.dialect.name
        self.busy_timeout = busy_timeout
        self._turn = Turn(path.with_name(f"{path.name}-turn")) if path else None
        # A read sees one snapshot, as it does on SQLite.
        snapshot = {} if path else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = engine.execution_options(**snapshot)

    @property
    def waiting_writers(self) -> int:
        """How many threads of this process wait to write."""
        return self._turn.waiting if self._turn else 0

    def close(self) -> None:
        """Close every connection of this process; the next use opens new ones."""
        self.engine.dispose()
        if self._turn:
            self._turn.close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: everything inside sees one state of the database."""
        with translated(self.name), self._reader.begin() as conn:
            yield conn

    @contextmanager
    def write(self, *, timeout: float | None = None) -> Iterator[Connection]:
        """A write transaction: commits at the end of the block, rolls back on any exception.

        Raises Temporary when another writer holds the database for longer than `timeout` seconds (default: the
        busy timeout), Full when the disk is full.
        """
        if self._turn is None:
            with translated(self.name), self.engine.begin() as conn:
                yield conn
            return
        patience = self.busy_timeout if timeout is None else timeout
        with translated(self.name), self.engine.connect() as conn, self._turn.writing(conn, patience), conn.begin():
            yield conn

    def retrying(self, work: Callable[[Connection], T], *, tries: int = 5) -> T:
        """`work(conn)` in a write transaction of its own, done again when PostgreSQL undid it for another's sake."""
        for left in range(tries - 1, 0, -1):
            try:
                with self.write() as conn:
                    return work(conn)
            except Conflict:
                _pause(tries - left)
        with self.write() as conn:
            return work(conn)


def _pause(attempt: int) -> None:
    # Threads differ in their identity, so that two which met once do not meet again.
    time.sleep(0.005 * attempt + threading.get_ident() % 7 / 1000)
