"""Databases on a real PostgreSQL: made for the tests and dropped again, emptied between them."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, NullPool, create_engine, make_url, text

from gateway.store import migrate, open_store, tables


def server() -> URL:
    """Where GATEWAY_TEST_PG points."""
    return make_url(os.environ["GATEWAY_TEST_PG"]).set(drivername="postgresql+psycopg")


def run(sql: str) -> None:
    """Run one statement outside any transaction on the server's own database."""
    engine = create_engine(server(), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as conn:
            conn.execute(text(sql))
    finally:
        engine.dispose()


@contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of a database of our own with nothing in it, dropped when the block ends."""
    name = f"gateway_test_{secrets.token_hex(6)}"
    run(f'CREATE DATABASE "{name}"')
    try:
        yield server().set(database=name).render_as_string(hide_password=False)
    finally:
        run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def database_with_tables(folder: Path) -> Iterator[str]:
    """The URL of a database of our own with all tables, for many tests in turn."""
    with fresh_database() as url:
        store = open_store(url, folder)
        migrate.ensure(store)
        store.close()
        yield url


def empty(url: str) -> None:
    """Delete every row and start every sequence anew: far quicker than another database."""
    names = [table.name for metadata in (tables.main_db, tables.spool_db) for table in reversed(metadata.sorted_tables)]
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        # A process of the test before this one may not have let go yet.
        conn.execute(
            text(f"BEGIN; SET LOCAL lock_timeout = '10s'; {'; '.join(f'DELETE FROM {n}' for n in names)}; COMMIT")
        )
        conn.execute(text("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"))
