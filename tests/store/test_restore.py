"""What a restore must not lose or use twice: mail newer than the backup, ids, and the site when it is cut short."""

import os
import shutil
import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy import func, select

from gateway.errors import Permanent, Temporary
from gateway.store import exchange, fsck, maintenance, migrate, open_store, spool, tables
from gateway.store.backup import backup
from gateway.store.restore import restore
from support import rows
from support.arrivals import mail_bytes, new_mail
from support.wait import wait_for


def opened(folder, database=None):
    store = open_store(f"sqlite:///{database or folder / 'gateway.db'}", folder, raw_inline_max=2000)
    migrate.ensure(store)
    return store


def large(n):
    return new_mail(n, raw=mail_bytes(n, size=5000))


def accept(store, *mails):
    spool.insert_batch(store, mails)
    rows.processed(store)


def tickets(store):
    with store.main.read() as conn:
        return conn.execute(select(func.count()).select_from(tables.ticket)).scalar_one()


@pytest.fixture
def site(tmp_path):
    """Two mails, one of them large, are in the backup `copy`; a large and a small one came after it."""
    store = opened(tmp_path / "site")
    accept(store, new_mail(1), large(2))
    backup(store, tmp_path / "copy")
    accept(store, large(3), new_mail(4))
    yield store
    store.close()


def put_back(site, source, **options):
    site.close()
    restore(f"sqlite:///{site.main.path}", site.data_dir, source, **options)
    return opened(site.data_dir, site.main.path)


def kept(site):
    (folder,) = site.data_dir.glob("before-restore-*")
    return folder


# ---- mail that came after the backup -------------------------------------------------------------------------------


def sweep_long_after(store):
    for name in store.raw.names():
        os.utime(store.raw.path(name), (0, 0))
    return maintenance.sweep(store)


def test_large_mails_that_came_after_the_backup_stay_readable_with_the_old_databases(site, tmp_path):
    store = put_back(site, tmp_path / "copy")
    assert sweep_long_after(store) == 1  # the one that only the old spool names
    assert fsck.check(store) == []
    store.close()
    old = opened(kept(site))
    assert fsck.check(old) == []
    assert [spool.raw_of(old, n) for n in (2, 3)] == [mail_bytes(2, size=5000), mail_bytes(3, size=5000)]
    old.close()


def test_large_mails_are_kept_although_the_old_spool_cannot_be_read(site, tmp_path):
    site.close()
    site.spool.path.write_bytes(b"no database any more" * 1000)
    store = put_back(site, tmp_path / "copy")
    sweep_long_after(store)
    assert len(list(kept(site).glob("raw/??/*"))) == 2
    store.close()


def test_where_a_file_can_have_no_second_name_a_copy_is_kept(site, tmp_path, monkeypatch):
    real = os.link

    def refuse(old, new):
        if "before-restore" in str(new):
            raise OSError(18, "Invalid cross-device link")
        real(old, new)

    monkeypatch.setattr(os, "link", refuse)
    store = put_back(site, tmp_path / "copy")
    sweep_long_after(store)
    store.close()
    monkeypatch.undo()
    old = opened(kept(site))
    assert (tickets(old), fsck.check(old)) == (4, [])
    old.close()


def test_databases_in_a_folder_of_their_own(tmp_path):
    store = opened(tmp_path / "site", tmp_path / "elsewhere" / "mail.db")
    accept(store, large(1))
    backup(store, tmp_path / "copy")
    accept(store, large(2))
    new = put_back(store, tmp_path / "copy")
    assert (tickets(new), fsck.check(new)) == (1, [])
    assert not (tmp_path / "elsewhere" / "restoring").exists()
    new.close()
    old = opened(kept(store))
    assert (tickets(old), fsck.check(old)) == (2, [])
    old.close()


# ---- ids -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [(), ("spool.db",)], ids=["readable", "spool unreadable"])
def test_no_spool_id_of_the_old_site_is_used_again(site, tmp_path, lost):
    accept(site, *(new_mail(n) for n in range(5, 30)))
    site.close()
    for name in lost:
        (site.data_dir / name).write_bytes(b"no database any more" * 1000)
    store = put_back(site, tmp_path / "copy", skip=2)
    assert spool.insert_batch(store, [new_mail(99)])[0].spool_id == 29 + 2 + 1
    store.close()


def test_ids_of_mails_that_are_deleted_again_count_too(site, tmp_path):
    accept(site, *(new_mail(n) for n in range(5, 10)))
    site.close()
    with closing(sqlite3.connect(site.spool.path)) as conn, conn:
        conn.execute("DELETE FROM spool WHERE id > 4")
    store = put_back(site, tmp_path / "copy", skip=0)
    assert spool.insert_batch(store, [new_mail(99)])[0].spool_id == 10
    store.close()


# ---- cut short -----------------------------------------------------------------------------------------------------


class Killed(BaseException):
    pass


def killing(monkeypatch, at):
    """Have the process end before its `at`-th change of a name on the disk; tells how many there were."""
    done = []

    def counted(real):
        def call(*args, **options):
            done.append(args)
            if len(done) >= at:  # nothing after it happens either, cleaning up included
                raise Killed
            return real(*args, **options)

        return call

    for name in ("link", "rename", "replace", "unlink"):
        monkeypatch.setattr(os, name, counted(getattr(os, name)))
    return done


@pytest.mark.parametrize("again", [False, True], ids=["next open", "next restore"])
def test_a_restore_that_is_cut_short_leaves_the_old_site_or_the_new_one(tmp_path, again):
    """At every one of its steps; the next who opens the site finds four tickets or the two of the backup."""
    (tmp_path / "made").mkdir()
    first = opened(tmp_path / "made" / "site")
    accept(first, new_mail(1), large(2))
    backup(first, tmp_path / "copy")
    accept(first, large(3), new_mail(4))
    first.close()
    found = []
    for at in range(1, 100):
        data_dir = tmp_path / f"site{at}"
        shutil.copytree(tmp_path / "made" / "site", data_dir)
        (data_dir / "spool.db-wal").touch()  # as after a crash
        with pytest.MonkeyPatch.context() as monkeypatch:
            steps = killing(monkeypatch, at)
            try:
                restore(f"sqlite:///{data_dir}/gateway.db", data_dir, tmp_path / "copy")
            except Killed:
                pass
        if again:
            restore(f"sqlite:///{data_dir}/gateway.db", data_dir, tmp_path / "copy")
        store = opened(data_dir)
        found.append(tickets(store))
        assert fsck.check(store) == [], f"killed at step {at}: {steps[-1]}"
        assert not (data_dir / "restoring.json").exists()
        store.close()
        if found[-1] == 2:
            old = opened(min(data_dir.glob("before-restore-2*")))
            assert (tickets(old), fsck.check(old)) == (4, [])
            old.close()
        if len(steps) < at:
            break
    assert len(steps) < at
    assert found == ([2] * at if again else sorted(found, reverse=True))
    if not again:
        assert set(found) == {4, 2}
        assert found.count(2) > 3  # killed within the exchange, and finished


def half_done(site, source):
    """A site of which one database is exchanged and the other is not."""
    site.close()
    real = os.replace

    def replace(old, new):
        if new == site.main.path:
            raise Killed
        real(old, new)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(os, "replace", replace)
        with pytest.raises(Killed):
            restore(f"sqlite:///{site.main.path}", site.data_dir, source)
    assert (site.data_dir / "restoring.json").exists()
    return site.spool.path, site.main.path


def test_finishing_twice_is_no_harm(site, tmp_path):
    files = half_done(site, tmp_path / "copy")
    exchange.finish(site.data_dir, files)
    exchange.finish(site.data_dir, files)
    assert not exchange.prepared_in(files).exists()
    store = opened(site.data_dir)
    assert (tickets(store), fsck.check(store)) == (2, [])
    store.close()


def test_of_many_who_open_a_half_restored_site_one_finishes_it(site, tmp_path):
    half_done(site, tmp_path / "copy")
    seen = []

    def look():
        store = open_store(f"sqlite:///{site.main.path}", site.data_dir)
        seen.append(tickets(store))
        store.close()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_for(lambda: not any(thread.is_alive() for thread in threads))
    assert seen == [2] * 4


def test_a_disk_that_refuses_leaves_it_to_the_next(site, tmp_path, monkeypatch):
    files = half_done(site, tmp_path / "copy")

    def refuse(*_):
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as refusing:
        refusing.setattr(os, "replace", refuse)
        with pytest.raises(Temporary, match="cannot be finished: Read-only file system"):
            open_store(f"sqlite:///{files[1]}", site.data_dir)
    store = opened(site.data_dir)
    assert tickets(store) == 2
    store.close()


def test_prepared_files_that_are_gone_are_told_and_no_empty_site_is_begun(site, tmp_path):
    files = half_done(site, tmp_path / "copy")
    shutil.rmtree(exchange.prepared_in(files))
    files[1].unlink()
    with pytest.raises(Permanent, match=r"before-restore-.* back by hand and remove .*restoring.json"):
        open_store(f"sqlite:///{files[1]}", site.data_dir)
    assert not files[1].exists()
