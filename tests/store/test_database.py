"""Transactions: commit at the end, roll back on any exception, and what a second writer meets."""

import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import func, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from gateway.errors import ConfigError, Conflict, Permanent, Temporary
from gateway.store import Store, migrate, open_store, tables
from gateway.store.engine import refuse_volatile, sqlite_engine
from support.postgres import fresh_database, run
from support.require import require
from support.wait import wait_for

counter = tables.counter


def put(store: Store, name: str, value: int = 0) -> None:
    with store.main.write() as conn:
        conn.execute(insert(counter).values(name=name, value=value))


def value_of(store: Store, name: str) -> int | None:
    with store.main.read() as conn:
        return conn.execute(select(counter.c.value).where(counter.c.name == name)).scalar()


def test_commits_at_the_end_of_the_block(store, another_store):
    put(store, "a", 1)
    assert value_of(another_store(), "a") == 1


def test_rolls_back_on_any_exception(store):
    def work(conn):
        conn.execute(insert(counter).values(name="a", value=1))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.main.retrying(work)
    assert value_of(store, "a") is None


def test_a_broken_constraint_is_not_hidden(store):
    put(store, "a")
    with pytest.raises(IntegrityError) as caught, store.main.write() as conn:
        conn.execute(insert(counter).values(name="a", value=98_765))
    assert "98765" not in str(caught.value)  # values may be mail


def test_a_read_sees_one_instant(store):
    put(store, "a", 1)
    with store.main.read() as conn:
        before = conn.execute(select(counter.c.value)).scalar_one()
        with store.main.write() as writer:
            writer.execute(counter.update().values(value=2))
        assert conn.execute(select(counter.c.value)).scalar_one() == before == 1
    assert value_of(store, "a") == 2


def test_eight_writers_lose_no_update(store, another_store):
    """T117: with the driver's default transactions most of these increments vanish without an error."""
    put(store, "a")

    def count_up(mine: Store) -> None:
        for _ in range(25):

            def work(conn):
                locked = select(counter.c.value).where(counter.c.name == "a").with_for_update()
                value = conn.execute(locked).scalar_one()
                conn.execute(counter.update().values(value=value + 1))

            mine.main.retrying(work)

    # Each with a store of its own, as processes have.
    threads = [threading.Thread(target=count_up, args=(another_store(),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value_of(store, "a") == 200


def test_writers_of_one_process_are_served_in_order(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/gateway.db", tmp_path)
    served: list[int] = []

    def write(number: int) -> None:
        with store.main.write():
            served.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    with store.main.write():
        for number, thread in enumerate(threads):
            thread.start()
            wait_for(lambda number=number: store.main.waiting_writers == number + 1)
    for thread in threads:
        thread.join()
    assert served == list(range(6))
    store.close()


def test_a_write_inside_a_write_is_a_bug(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/gateway.db", tmp_path)
    with store.main.write(), pytest.raises(RuntimeError, match="inside a write"), store.main.write():
        pass
    with store.main.write():  # the lock is free again
        pass
    store.close()


HOLD = """
import sqlite3, sys
conn = sqlite3.connect(sys.argv[1], isolation_level=None)
conn.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_database_that_another_process_holds_is_temporary(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/gateway.db", tmp_path, busy_timeout=0.2)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "gateway.db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Temporary, match="another process has been writing"), store.main.write():
            pass
        holder.stdin.close()
    with store.main.write():
        pass
    store.close()


COMMIT_WITHOUT_PAUSE = """
import sys
from pathlib import Path
from gateway.store import open_store
store = open_store(f"sqlite:///{sys.argv[1]}/gateway.db", Path(sys.argv[1]))
print("ready", flush=True)
while True:
    with store.main.write() as conn:
        conn.exec_driver_sql("UPDATE counter SET value = value + 1 WHERE name = 'theirs'")
"""


def test_a_process_that_commits_without_pause_lets_others_in(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/gateway.db", tmp_path)
    migrate.ensure(store)
    put(store, "theirs")
    put(store, "ours")
    with subprocess.Popen([sys.executable, "-c", COMMIT_WITHOUT_PAUSE, str(tmp_path)], stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"ready\n"
            wait_for(lambda: value_of(store, "theirs"))
            passed = []
            for _ in range(50):
                before = value_of(store, "theirs")
                with store.main.write() as conn:
                    theirs = conn.execute(select(counter.c.value).where(counter.c.name == "theirs")).scalar_one()
                    conn.execute(counter.update().where(counter.c.name == "ours").values(value=counter.c.value + 1))
                passed.append(theirs - before)
        finally:
            other.kill()
    # Taking turns, one or two of theirs pass while one of ours waits; by luck, hundreds do at times.
    assert sum(passed) <= 250
    store.close()


def test_a_writer_waits_for_a_thread_only_so_long(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/gateway.db", tmp_path)
    gave_up: list[str] = []

    def late() -> None:
        try:
            with store.main.write(timeout=0.05):
                pass
        except Temporary as error:
            gave_up.append(str(error))

    with store.main.write():
        thread = threading.Thread(target=late)
        thread.start()
        thread.join()
    assert gave_up == ["another thread has been writing to the database for too long"]
    store.close()


# ---- what is refused at the door -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "refused"), [("OFF", True), ("NORMAL", True), ("FULL", False), ("EXTRA", False)])
def test_only_a_durable_level_is_taken(tmp_path, level, refused):
    path = tmp_path / "gateway.db"
    engine = sqlite_engine(path)
    with engine.connect() as conn:
        conn.connection.driver_connection.execute(f"PRAGMA synchronous = {level}")
        if refused:
            with pytest.raises(ConfigError, match=f"synchronous is {level}"):
                refuse_volatile(conn, path)
        else:
            refuse_volatile(conn, path)
    engine.dispose()


def test_opening_refuses_where_wal_is_not_to_be_had(tmp_path):
    """As on a file system that has no shared memory for it."""
    path = tmp_path / "gateway.db"
    engine = sqlite_engine(path)
    with engine.connect() as conn:
        conn.connection.driver_connection.execute("PRAGMA journal_mode = DELETE").close()
        with pytest.raises(ConfigError, match="the journal mode is delete, not WAL"):
            refuse_volatile(conn, path)
    engine.dispose()


def test_what_is_in_force_after_opening(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/gateway.db", tmp_path)
    for database in (store.spool, store.main):
        with database.read() as conn:
            pragmas = {
                name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    assert {path.name for path in tmp_path.glob("*.db")} == {"spool.db", "gateway.db"}
    store.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite:////tmp/spool.db", "choose another"),
        ("mysql://root@localhost/x", "mysql is not supported"),
        ("gibberish", "not a database URL"),
    ],
)
def test_urls_that_cannot_serve(tmp_path, url, words):
    with pytest.raises(ConfigError, match=words):
        open_store(url, tmp_path)


def test_a_file_that_is_no_database_is_permanent(tmp_path):
    (tmp_path / "gateway.db").write_bytes(b"this is not a database, it is a letter" * 200)
    with pytest.raises(Permanent, match="damaged"):
        open_store(f"sqlite:///{tmp_path}/gateway.db", tmp_path)


# ---- PostgreSQL ----------------------------------------------------------------------------------------------------


@contextmanager
def on_postgres(tmp_path):
    require("pg")
    with fresh_database() as url:
        store = open_store(url, tmp_path)
        migrate.ensure(store)
        yield store
        store.close()


def test_asynchronous_commit_is_refused(tmp_path):
    require("pg")
    with fresh_database() as url:
        run(f'ALTER DATABASE "{make_url(url).database}" SET synchronous_commit = off')
        with pytest.raises(ConfigError, match="synchronous_commit"):
            open_store(url, tmp_path)


def test_a_lost_race_is_a_conflict_and_is_done_again(tmp_path):
    with on_postgres(tmp_path) as store:
        put(store, "a")
        serializable = store.main.engine.execution_options(isolation_level="SERIALIZABLE")
        tries = 0

        def work(conn):
            nonlocal tries
            tries += 1
            conn.execute(text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"))
            value = conn.execute(select(counter.c.value)).scalar_one()
            if tries == 1:
                with serializable.begin() as rival:
                    rival.execute(counter.update().values(value=10))
            conn.execute(counter.update().values(value=value + 1))

        with pytest.raises(Conflict):
            store.main.retrying(work, tries=1)
        tries = 0
        store.main.retrying(work)
        assert (tries, value_of(store, "a")) == (2, 11)


def test_a_connection_the_server_cut_is_temporary_and_the_next_one_works(tmp_path):
    with on_postgres(tmp_path) as store:

        def work(conn):
            own = conn.execute(select(func.pg_backend_pid())).scalar_one()
            run(f"SELECT pg_terminate_backend({own})")
            conn.execute(select(1))

        with pytest.raises(Temporary):
            store.main.retrying(work)
        put(store, "a", 1)
        assert value_of(store, "a") == 1


def test_a_read_transaction_cannot_write_on_postgresql(tmp_path):
    with on_postgres(tmp_path) as store, pytest.raises(DBAPIError, match="read-only"), store.main.read() as conn:
        conn.execute(insert(counter).values(name="a", value=1))
