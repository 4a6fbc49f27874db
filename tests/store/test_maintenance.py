"""Checkpoints, the look after a crash, and the sweep of what a crash left behind."""

import os
import shutil
import sqlite3
import threading
from contextlib import closing

import pytest

from gateway.errors import Permanent
from gateway.store import fsck, maintenance, migrate, open_store, spool
from support.arrivals import mail_bytes, new_mail


@pytest.fixture
def site(tmp_path):
    """An SQLite site with one mail in its row and one in a file."""
    store = open_store(f"sqlite:///{tmp_path}/gateway.db", tmp_path, raw_inline_max=1000)
    migrate.ensure(store)
    spool.insert_batch(store, [new_mail(1), new_mail(2, raw=mail_bytes(2, size=2000))])
    yield store
    store.close()


def in_the_file_itself(store, tmp_path):
    """How many mails the database file holds without its WAL."""
    alone = tmp_path / "alone.db"
    shutil.copyfile(store.spool.path, alone)
    with closing(sqlite3.connect(alone)) as conn:
        try:
            return conn.execute("SELECT count(*) FROM spool").fetchone()[0]
        except sqlite3.OperationalError:  # not even the tables
            return 0


def test_a_checkpoint_brings_the_wal_into_the_file(site, tmp_path):
    assert in_the_file_itself(site, tmp_path) == 0
    maintenance.checkpoint(site)
    assert in_the_file_itself(site, tmp_path) == 2


def test_a_checkpoint_waits_for_nobody(site, monkeypatch):
    monkeypatch.setattr(maintenance, "_WAL_MAX_BYTES", 0)
    with site.spool.write(), site.main.read():
        thread = threading.Thread(target=maintenance.checkpoint, args=(site,))
        thread.start()
        thread.join(5)
        assert not thread.is_alive()


def test_a_wal_that_grew_is_begun_anew(site, monkeypatch):
    monkeypatch.setattr(maintenance, "_WAL_MAX_BYTES", 0)
    wal = site.spool.path.with_name("spool.db-wal")
    for round_ in range(20):
        spool.insert_batch(site, [new_mail(1000 + round_, raw=mail_bytes(round_, size=900))])
        maintenance.checkpoint(site)
        if round_ == 4:
            early = wal.stat().st_size
    assert wal.stat().st_size == early


def test_a_whole_site_passes_the_look_after_a_crash(store):
    maintenance.quick_check(store)


def test_damage_is_told_with_what_to_do(site):
    maintenance.checkpoint(site)
    site.spool.close()
    with site.spool.path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 16)
    with pytest.raises(Permanent, match=r"spool\.db is damaged .*gateway db restore|file is damaged"):
        maintenance.quick_check(site)


def test_the_sweep_takes_only_what_is_old_and_nobodys(site):
    owned = site.raw.path(next(site.raw.names()))
    fresh = site.raw.path(site.raw.put(b"just coming in"))
    old = site.raw.path(site.raw.put(b"left by a crash"))
    unfinished = old.with_name(f"{old.name}.1.tmp")
    unfinished.write_bytes(b"half")
    for path in (owned, old, unfinished):
        os.utime(path, (0, 0))
    assert maintenance.sweep(site) == 2
    assert (owned.exists(), fresh.exists(), old.exists(), unfinished.exists()) == (True, True, False, False)
    assert fsck.check(site) == []


def test_a_mail_that_comes_again_keeps_its_file_from_the_sweep(site):
    old = site.raw.path(site.raw.put(b"left by a crash"))
    os.utime(old, (0, 0))
    site.raw.put(b"left by a crash")
    assert maintenance.sweep(site) == 0
    assert old.exists()
