"""The poller against a real Dovecot: what is taken, what is left alone, and where it all goes."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.now import now
from gateway.store import Store
from gateway.store.reread import mark_reread, reread_since
from support.dovecot import Dovecot
from support.mails import mail
from support.poller import QUICK, imap_config, polling, spool_count, spooled, unmoved
from support.require import require
from support.wait import wait_for


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    require("imap")
    dovecot = Dovecot().start()
    try:
        yield dovecot
    finally:
        dovecot.stop()


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A mailbox of this test's own."""
    return f"u{abs(hash(request.node.nodeid)) % 10**9}"


def mails(count: int, text: str = "Where is my lamp?") -> list[bytes]:
    return [mail(subject=f"Lamp {number}", text=text) for number in range(count)]


def looked(store: Store) -> bool:
    with store.spool.read() as conn:
        return bool(conn.exec_driver_sql("SELECT count(*) FROM imap_folder").scalar_one())


def test_start_new_leaves_what_lies_there_and_takes_what_comes(
    server: Dovecot, user: str, store: Store, tmp_path: Path
) -> None:
    server.fill(mails(5), user=user)
    before = server.contents(user=user)
    with polling(imap_config(tmp_path, server.port, user=user), store):
        wait_for(lambda: looked(store))
        fresh = mails(3)
        server.fill(fresh, user=user)
        wait_for(lambda: server.count("Processed", user=user) == 3)
    assert [row.raw for row in spooled(store)] == fresh
    assert not any(row.quiet for row in spooled(store))
    assert {row.source for row in spooled(store)} == {"imap:main"}
    assert server.contents(user=user) == before  # flags too: \\Seen is not ours


def test_start_all_files_the_old_mail_quietly_and_moves_it(
    server: Dovecot, user: str, store: Store, tmp_path: Path
) -> None:
    old = mails(250)
    server.fill(old, user=user)
    with polling(imap_config(tmp_path, server.port, user=user, start="all"), store):
        wait_for(lambda: server.count("Processed", user=user) == 250)
        server.fill(mails(1), user=user)
        wait_for(lambda: server.count("Processed", user=user) == 251)
    rows = spooled(store)
    assert [row.raw for row in rows[:250]] == old
    assert [row.quiet for row in rows] == [True] * 250 + [False]
    assert server.count(user=user) == 0
    assert unmoved(store) == 0
    assert not any(b"\\Seen" in flags for _, flags in server.contents("Processed", user=user).values())


def test_a_mail_is_there_within_seconds_of_its_arrival(
    server: Dovecot, user: str, store: Store, tmp_path: Path
) -> None:
    cfg = imap_config(tmp_path, server.port, user=user, poll="1 h")
    with polling(cfg, store):
        wait_for(lambda: looked(store))
        for number in range(1, 4):
            server.fill(mails(1), user=user)
            wait_for(lambda number=number: spool_count(store) == number, timeout=5)


@pytest.mark.parametrize(("after", "left", "flag"), [("flag:$Ticketed", 3, b"$Ticketed"), ("delete", 0, b"")])
def test_flag_and_delete(
    server: Dovecot, user: str, store: Store, tmp_path: Path, after: str, left: int, flag: bytes
) -> None:
    server.fill(mails(3), user=user)
    with polling(imap_config(tmp_path, server.port, user=user, start="all", after=after), store):
        wait_for(lambda: spool_count(store) == 3 and unmoved(store) == 0)
    contents = server.contents(user=user)
    assert len(contents) == left
    assert all(flags == (flag,) for _, flags in contents.values())


def test_what_is_deleted_or_a_draft_is_left_alone(server: Dovecot, user: str, store: Store, tmp_path: Path) -> None:
    deleted, draft, read = mails(3)
    client = server.client(user)
    try:
        for raw, flags in ((deleted, [b"\\Deleted"]), (draft, [b"\\Draft", b"\\Seen"]), (read, [b"\\Seen"])):
            client.append("INBOX", raw, flags)
    finally:
        client.logout()
    before = server.contents(user=user)
    with polling(imap_config(tmp_path, server.port, user=user, start="all"), store):
        wait_for(lambda: server.count("Processed", user=user) == 1)
        server.fill([mail(subject="the next")], user=user)
        wait_for(lambda: server.count("Processed", user=user) == 2)
    assert [row.raw for row in spooled(store)][:1] == [read]
    assert spool_count(store) == 2
    assert list(server.contents(user=user).values()) == list(before.values())[:2]


def test_folder_with_a_name_in_any_script(server: Dovecot, user: str, store: Store, tmp_path: Path) -> None:
    server.fill(mails(3), user=user)
    with polling(imap_config(tmp_path, server.port, user=user, start="all", after='move:Vyřízeno & "hotovo"'), store):
        wait_for(lambda: server.count('Vyřízeno & "hotovo"', user=user) == 3)


def test_renumbered_folder_brings_no_mail_twice(server: Dovecot, user: str, store: Store, tmp_path: Path) -> None:
    """A new UIDVALIDITY over 1,000 mails that we have: recognised by their delivery keys, not one new row."""
    server.fill(mails(1000), user=user)
    cfg = imap_config(tmp_path, server.port, user=user, start="all", after="flag:$Ticketed")
    with polling(cfg, store):
        wait_for(lambda: spool_count(store) == 1000 and unmoved(store) == 0, timeout=30)
    before = _epoch(store)
    server.forget_uids(user)
    with polling(cfg, store):
        server.fill(mails(1), user=user)
        wait_for(lambda: spool_count(store) == 1001 and _epoch(store) != before, timeout=30)
    rows = spooled(store)
    assert Counter(row.copies for row in rows) == {1: 1000, 0: 1}
    assert not rows[-1].quiet


def test_renumbered_folder_leaves_old_mail_alone_again(
    server: Dovecot, user: str, store: Store, tmp_path: Path
) -> None:
    """With start = "new" what lay there was never read, so no key knows it: the time of its arrival does."""
    server.fill(mails(1000), user=user)
    _age_by_a_minute(server, user)
    cfg = imap_config(tmp_path, server.port, user=user)
    with polling(cfg, store):
        wait_for(lambda: looked(store))
    before = _epoch(store)
    server.forget_uids(user)
    with polling(cfg, store):
        wait_for(lambda: _epoch(store) != before, timeout=30)
        server.fill(mails(1), user=user)
        wait_for(lambda: spool_count(store) == 1)
    assert server.count(user=user) == 1000
    assert spool_count(store) == 1


def test_another_client_reads_moves_and_deletes_meanwhile(
    server: Dovecot, user: str, store: Store, tmp_path: Path
) -> None:
    """People work in the mailbox: what they take away before us is theirs, everything else is here exactly once."""
    sent = mails(300)
    done = threading.Event()

    def meddle() -> None:
        client = server.client(user)
        try:
            client.create_folder("Private")
            client.select_folder("INBOX")
            while not done.is_set():
                if uids := client.search("ALL"):
                    client.add_flags(uids[::2], [b"\\Seen"], silent=True)
                    client.move(uids[::7], "Private")
                    client.delete_messages(uids[1::11], silent=True)
                    client.expunge()
        finally:
            client.logout()

    with polling(imap_config(tmp_path, server.port, user=user), store) as poller:
        wait_for(lambda: looked(store))
        person = threading.Thread(target=meddle)
        person.start()
        for start in range(0, 300, 20):
            server.fill(sent[start : start + 20], user=user)
        wait_for(lambda: server.count(user=user) == 0, timeout=30)
        done.set()
        person.join()
        wait_for(lambda: unmoved(store) == 0)
        assert not poller.failures
    rows = spooled(store)
    assert len({row.raw for row in rows}) == len(rows)
    assert {row.raw for row in rows} <= set(sent)
    kept = {raw for raw, _ in server.contents("Processed", user=user).values()}
    assert kept <= {row.raw for row in rows}  # nothing was filed as done that we do not have


def test_two_pollers_one_mailbox(
    server: Dovecot, user: str, another_store: Callable[[str], Store], tmp_path: Path
) -> None:
    """Two nodes: one holds the lease, the other stands by and takes over when the first one ends."""
    one, two = another_store("data"), another_store("data2")
    cfg = imap_config(tmp_path, server.port, user=user)
    times = replace(QUICK, lease=1.2)
    with ExitStack() as second, ExitStack() as first:
        holder = first.enter_context(polling(cfg, one, node="one", times=times))
        wait_for(lambda: looked(one))
        standby = second.enter_context(polling(cfg, two, node="two", times=times))
        server.fill(mails(20), user=user)
        wait_for(lambda: spool_count(one) == 20 and unmoved(one) == 0)
        assert holder.is_polling
        assert not standby.is_polling
        first.close()
        wait_for(lambda: standby.is_polling)
        server.fill(mails(1), user=user)
        wait_for(lambda: spool_count(one) == 21)
    assert not any(row.copies for row in spooled(one))


def _epoch(store: Store) -> int:
    """The UIDVALIDITY whose mails are all dealt with."""
    with store.spool.read() as conn:
        return int(conn.exec_driver_sql("SELECT uidvalidity FROM imap_folder").scalar_one())


def _age_by_a_minute(server: Dovecot, user: str) -> None:
    for path in server.maildir(user).glob("*/*.*"):
        at = path.stat().st_mtime - 60
        os.utime(path, (at, at))


def test_after_a_restored_backup_the_processed_folder_is_read_again(
    server: Dovecot, user: str, store: Store, tmp_path: Path
) -> None:
    """What came after the backup is only in the processed folder; what the backup knows is recognised."""
    known, forgotten = mails(30), mails(40)
    server.fill(known, user=user)
    cfg = imap_config(tmp_path, server.port, user=user, start="all")
    with polling(cfg, store):
        wait_for(lambda: spool_count(store) == 30 and unmoved(store) == 0)
    server.fill(forgotten, user=user, folder="Processed")
    mark_reread(store, now() - timedelta(days=1))
    with polling(cfg, store):
        wait_for(lambda: reread_since(store, "main") is None)
    assert [row.raw for row in spooled(store)] == known + forgotten
    assert server.count("Processed", user=user) == 70
    assert server.count(user=user) == 0
