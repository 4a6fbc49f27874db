"""Whose turn it is to write to an SQLite file: threads and processes are served in the order they come, nearly.

SQLite makes a second writer sleep, for up to 100 ms at a time, and whoever happens to look when the lock is free
gets it; a process that commits without pause starves the others. So a writer first takes its place at a gate, a file
that only one may hold, and waits there for SQLite's lock, looking often; who has just committed queues behind it.
"""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from gateway.errors import Temporary
from gateway.store.fairlock import FairLock

_LOOK_EVERY = 0.0005  # seconds


class Turn:
    """The order of the writers of one file; `gate` is a file beside it."""

    def __init__(self, gate: Path) -> None:
        self._gate = gate
        self._fd = -1
        self._threads = FairLock()

    @property
    def waiting(self) -> int:
        """How many threads of this process wait for theirs."""
        return self._threads.waiting

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    @contextmanager
    def writing(self, conn: Connection, timeout: float) -> Iterator[None]:
        """A write transaction, begun on the driver's connection; its end is the caller's business.

        Raises Temporary where the turn does not come within `timeout` seconds.
        """
        until = time.monotonic() + timeout
        if not self._threads.acquire(timeout):
            raise Temporary("another thread has been writing to the database for too long")
        try:
            self._begin(conn, until)
            yield
        finally:
            self._threads.release()

    def _begin(self, conn: Connection, until: float) -> None:
        driver = conn.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        if self._fd < 0:
            self._fd = os.open(self._gate, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        while not _locked(self._fd):
            _look_again(until)
        try:
            (patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
            driver.execute("PRAGMA busy_timeout = 0").close()
            while not _begun(driver):
                _look_again(until)
            driver.execute(f"PRAGMA busy_timeout = {patience}").close()
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _begun(driver: sqlite3.Connection) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE").close()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _look_again(until: float) -> None:
    if time.monotonic() >= until:
        raise Temporary("another process has been writing to the database for too long")
    time.sleep(_LOOK_EVERY)
