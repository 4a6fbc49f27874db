"""Errors of the drivers, told as ours: Temporary what passes by itself, Full a full disk, Permanent a broken file."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.errors import Conflict, Full, GatewayError, Permanent, Temporary

_SQLITE_FULL = {sqlite3.SQLITE_FULL}
_SQLITE_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_SQLITE_PASSING = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY}

_PG_FULL = {"53100", "53200", "53300"}  # disk, memory, connections
_PG_BROKEN = {"XX001", "XX002"}
# Classes of SQLSTATE that time can mend: connection, lost race, operator's intervention, lock not to be had, system.
_PG_PASSING = ("08", "40", "53", "55", "57", "58")


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise Temporary, Full, Conflict or Permanent instead of what the driver says; other errors pass as they are."""
    try:
        yield
    except DBAPIError as error:
        ours = translate(name, error)
        if ours is None:
            raise
        raise ours from error
    except PoolTimeout as error:
        raise Temporary(f"{name}: no database connection became free") from error


def translate(name: str, error: DBAPIError) -> GatewayError | None:
    """What a driver's error means to us, or None where it is a bug of ours or a broken constraint."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(name, cause)
    state = getattr(cause, "sqlstate", None)
    if state is None:
        return Temporary(f"{name}: the connection was lost") if error.connection_invalidated or _gone(cause) else None
    if state in ("40001", "40P01"):
        return Conflict(f"{name}: undone in favour of another transaction ({state})")
    if state in _PG_FULL:
        return Full(f"{name}: {cause}")
    if state in _PG_BROKEN:
        return Permanent(f"{name}: the database is damaged: {cause}")
    return Temporary(f"{name}: {cause}") if state.startswith(_PG_PASSING) else None


def _of_sqlite(name: str, cause: sqlite3.Error) -> GatewayError | None:
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code in _SQLITE_FULL:
        return Full(f"{name}: {cause}")
    if code in _SQLITE_BUSY:
        return Temporary(f"{name}: another process is writing ({cause})")
    if code in _SQLITE_BROKEN:
        return Permanent(f"{name}: the file is damaged ({cause}); put back a backup with `gateway db restore`")
    if code in _SQLITE_PASSING:
        return Temporary(f"{name}: {cause}")
    return None


def _gone(cause: BaseException | None) -> bool:
    return type(cause).__name__ == "OperationalError"
