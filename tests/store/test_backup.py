"""Backup while the site runs; restore; and what must not be forgotten or used twice after it."""

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from gateway.errors import Permanent, Temporary
from gateway.store import fsck, migrate, open_store, spool, tables
from gateway.store.backup import backup
from gateway.store.fast import insert
from gateway.store.node import DataLock
from gateway.store.reread import reread_done, reread_since
from gateway.store.restore import restore, restored
from support import rows
from support.arrivals import NOON, mail_bytes, new_mail


def opened(folder):
    store = open_store(f"sqlite:///{folder}/gateway.db", folder, raw_inline_max=2000)
    migrate.ensure(store)
    return store


@pytest.fixture
def site(tmp_path):
    """An SQLite site with three processed mails, one of them large, and a mailbox."""
    store = opened(tmp_path / "site")
    spool.insert_batch(store, [new_mail(1), new_mail(2), new_mail(3, raw=mail_bytes(3, size=5000))])
    rows.processed(store)
    with store.spool.write() as conn:
        place = {"account": "main", "folder": "INBOX", "uidvalidity": 7, "uid_next": 9, "seen_at": NOON}
        insert(conn, tables.imap_folder, **place)
    yield store
    store.close()


def restore_into(site, source, **options):
    site.close()
    at = restore(f"sqlite:///{site.main.path}", site.data_dir, source, **options)
    return opened(site.data_dir), at


def tickets(store):
    with store.main.read() as conn:
        return conn.execute(select(func.count()).select_from(tables.ticket)).scalar_one()


def test_there_and_back(site, tmp_path):
    copy = tmp_path / "copy"
    at = backup(site, copy)
    assert {path.name for path in copy.iterdir()} == {"spool.db", "gateway.db", "raw", "backup.json"}
    assert copy.stat().st_mode & 0o777 == 0o700
    spool.insert_batch(site, [new_mail(4)])  # since the backup
    rows.processed(site)
    shutil.rmtree(site.data_dir / "raw")
    store, when = restore_into(site, copy)
    assert when == at
    assert fsck.check(store) == []
    assert (tickets(store), spool.raw_of(store, 3)) == (3, mail_bytes(3, size=5000))
    assert len(list(store.data_dir.glob("before-restore-*/gateway.db"))) == 1
    store.close()


def test_no_number_and_no_id_is_used_twice(site, tmp_path):
    backup(site, tmp_path / "copy")
    with site.main.write() as conn:
        rows.counted_to(site, conn, 40)  # given away since the backup
    store, _ = restore_into(site, tmp_path / "copy", skip=1000)
    with store.main.read() as conn:
        assert conn.execute(select(tables.counter.c.value)).scalar_one() == 1040
    accepted = spool.insert_batch(store, [new_mail(9)])[0]
    assert accepted.spool_id == 1004
    store.close()


def test_numbers_are_skipped_where_the_old_database_cannot_be_read(site, tmp_path):
    backup(site, tmp_path / "copy")
    site.close()
    site.main.path.write_bytes(b"no database any more" * 1000)
    restore(f"sqlite:///{site.main.path}", site.data_dir, tmp_path / "copy", skip=500)
    store = opened(site.data_dir)
    with store.main.read() as conn:
        assert conn.execute(select(tables.counter.c.value)).scalar_one() == 503
    store.close()


def test_mailboxes_are_read_again_from_the_backup_on(site, tmp_path):
    assert reread_since(site, "main") is None
    backup(site, tmp_path / "copy")
    store, at = restore_into(site, tmp_path / "copy")
    assert reread_since(store, "main") == at - timedelta(days=1)
    assert reread_since(store, "other") is None
    reread_done(store, "main")
    assert reread_since(store, "main") is None
    store.close()


def test_the_secret_comes_along_and_replaces_none(site, tmp_path):
    secret = site.data_dir / "secret"
    secret.write_text("k1:old")
    backup(site, tmp_path / "copy", secret=secret)
    secret.write_text("k1:newer")
    store, _ = restore_into(site, tmp_path / "copy", secret=secret)
    assert secret.read_text() == "k1:newer"
    secret.unlink()
    store, _ = restore_into(store, tmp_path / "copy", secret=secret)
    assert (secret.read_text(), secret.stat().st_mode & 0o777) == ("k1:old", 0o600)
    store.close()


def test_a_running_site_is_not_replaced(site, tmp_path):
    backup(site, tmp_path / "copy")
    lock = DataLock(site.data_dir)
    with pytest.raises(Temporary, match=f"in use by a running gateway .pid {os.getpid()}"):
        restore(f"sqlite:///{site.main.path}", site.data_dir, tmp_path / "copy")
    lock.release()


def test_a_backup_taken_under_load_is_of_one_instant(site, tmp_path):
    """Mails are accepted, processed and closed all the while; every copy must be a site that fsck has no fault with."""
    ended = threading.Event()

    def work():
        n = 100
        while not ended.is_set():
            spool.insert_batch(site, [new_mail(n), new_mail(n + 1)])
            rows.processed(site)
            n += 2

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for number in range(8):
            backup(site, tmp_path / f"copy{number}")
    finally:
        ended.set()
        thread.join()
    seen = set()
    for number in range(8):
        store = opened(tmp_path / f"copy{number}")
        assert fsck.check(store) == []
        seen.add(tickets(store))
        store.close()
    assert len(seen) > 1  # else nothing happened meanwhile


# ---- refused -------------------------------------------------------------------------------------------------------


def test_a_folder_that_is_there_is_not_written_over(site, tmp_path):
    (tmp_path / "copy").mkdir()
    with pytest.raises(Permanent, match="exists already"):
        backup(site, tmp_path / "copy")


def test_a_backup_that_could_not_be_finished_leaves_nothing(site, tmp_path):
    shutil.rmtree(site.data_dir / "raw")
    with pytest.raises(Temporary):
        backup(site, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    assert not (tmp_path / "copy.unfinished").exists()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda copy: (copy / "backup.json").unlink(), "not a whole backup"),
        (lambda copy: (copy / "gateway.db").unlink(), "not a whole backup"),
        (lambda copy: (copy / "spool.db").write_bytes(b"x" * 9000), "not a whole backup"),
        (lambda copy: _newer(copy), "made by a newer gateway"),
    ],
    ids=["no backup.json", "half of it", "not a database", "newer"],
)
def test_a_backup_that_is_not_usable_changes_nothing(site, tmp_path, spoil, words):
    backup(site, tmp_path / "copy")
    spoil(tmp_path / "copy")
    with pytest.raises(Permanent, match=words):
        restore(f"sqlite:///{site.main.path}", site.data_dir, tmp_path / "copy")
    assert fsck.check(site) == []
    assert tickets(site) == 3


def _newer(copy):
    with closing(sqlite3.connect(copy / "gateway.db")) as conn, conn:
        conn.execute("UPDATE gateway_version SET version_num = '0999'")


def test_postgresql_has_its_own_tools(store, tmp_path):
    if store.dialect == "postgresql":
        with pytest.raises(Permanent, match="pg_dump"):
            backup(store, tmp_path / "copy")


def test_a_database_put_back_by_other_means_is_made_fit(store):
    with store.main.write() as conn:
        rows.ticket(conn, 7)
        rows.counted_to(store, conn, 7)
    before = spool.insert_batch(store, [new_mail(1)])[0].spool_id
    with store.spool.write() as conn:
        place = {"account": "main", "folder": "INBOX", "uidvalidity": 7, "uid_next": 9, "seen_at": NOON}
        insert(conn, tables.imap_folder, **place)
    restored(store, NOON, skip=100)
    with store.main.read() as conn:
        sequence = "SELECT last_value FROM ticket_number"
        counter = "SELECT value FROM counter WHERE name = 'ticket'"
        assert conn.execute(text(sequence if store.dialect == "postgresql" else counter)).scalar_one() == 107
    assert spool.insert_batch(store, [new_mail(2)])[0].spool_id > before + 100
    assert reread_since(store, "main") == NOON - timedelta(days=1)
