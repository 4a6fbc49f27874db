"""The committer: answers come after the commit, many mails share one, and trouble reaches every sender as Temporary."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import wait

import pytest
from sqlalchemy import func, select

from gateway.errors import Full, Temporary
from gateway.intake.spool import Spool
from gateway.mail.value import Envelope
from gateway.store import migrate, open_store, spool, tables
from support.arrivals import mail_bytes, new_mail
from support.wait import wait_for

ENVELOPE = Envelope(mail_from="anna@shop.example", recipients=("support@acme.example",), peer="192.0.2.1")


@pytest.fixture
def door(store):
    """A committer at work."""
    committer = Spool(store)
    committer.start()
    yield committer
    committer.stop()


def count(store):
    with store.spool.read() as conn:
        return conn.execute(select(func.count()).select_from(tables.spool)).scalar_one()


def test_accepting(store, door):
    first = door.accept(mail_bytes(1), ENVELOPE, "smtp")
    again = door.accept(mail_bytes(1), ENVELOPE, "smtp")
    assert (first.duplicate, again.duplicate, again.spool_id) == (False, True, first.spool_id)
    assert spool.raw_of(store, first.spool_id) == mail_bytes(1)


def test_what_waits_together_is_committed_together(store):
    woken = threading.Event()
    committer = Spool(store, on_commit=woken.set)
    committer.start()
    with store.spool.write() if store.dialect == "sqlite" else store.spool.read():
        futures = [committer.submit(mail_bytes(n), ENVELOPE, "smtp") for n in range(300)]
    wait(futures, timeout=30)
    ids = {future.result().spool_id for future in futures}
    committer.stop()
    assert len(ids) == count(store) == 300
    assert committer.commits < 30
    assert woken.is_set()


def test_an_answer_comes_only_after_the_commit(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/gateway.db", tmp_path)
    migrate.ensure(store)
    committer = Spool(store)
    committer.start()
    with store.spool.write():
        future = committer.submit(mail_bytes(1), ENVELOPE, "smtp")
        wait_for(lambda: store.spool.waiting_writers)
        assert not future.done()
    future.result(10)
    assert count(store) == 1
    committer.stop()
    store.close()


def test_a_sender_that_hangs_up_does_not_take_its_mail_back(store):
    committer = Spool(store)
    committer._open = True  # nobody takes from the queue yet
    future = committer.submit(mail_bytes(1), ENVELOPE, "smtp")
    assert not future.cancel()
    committer.start()
    future.result(10)
    committer.stop()
    assert count(store) == 1


def test_a_unit_is_answered_together(store, door):
    answers = door.submit_many([new_mail(1), new_mail(2), new_mail(1)]).result(10)
    assert [answer.duplicate for answer in answers] == [False, False, True]


def test_a_stop_drains_and_then_refuses(store):
    committer = Spool(store)
    committer.start()
    futures = [committer.submit(mail_bytes(n), ENVELOPE, "smtp") for n in range(50)]
    committer.stop()
    assert all(not future.result(0).duplicate for future in futures)
    with pytest.raises(Temporary, match="not taking mail"):
        committer.accept(mail_bytes(99), ENVELOPE, "smtp")


def test_one_mail_that_cannot_be_stored_does_not_hurt_the_others(store, door):
    """A lone surrogate cannot be bound by either driver."""
    broken = Envelope(mail_from="x", recipients=("support@acme.example",), helo="\udcff")
    with store.spool.write() if store.dialect == "sqlite" else store.spool.read():
        futures = [door.submit(mail_bytes(n), ENVELOPE, "smtp") for n in range(5)]
        bad = door.submit(mail_bytes(9), broken, "smtp")
        futures += [door.submit(mail_bytes(n), ENVELOPE, "smtp") for n in range(5, 10)]
    assert len({future.result(10).spool_id for future in futures}) == 10
    with pytest.raises(Temporary, match="could not be stored"):
        bad.result(10)


def test_a_busy_database_is_temporary_and_nothing_is_half_accepted(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/gateway.db", tmp_path, busy_timeout=0.1)
    migrate.ensure(store)
    other = open_store(f"sqlite:///{tmp_path}/gateway.db", tmp_path)
    committer = Spool(store)
    committer.start()
    with other.spool.write(), pytest.raises(Temporary):
        committer.accept(mail_bytes(1), ENVELOPE, "smtp")
    assert not committer.accept(mail_bytes(1), ENVELOPE, "smtp").duplicate
    committer.stop()
    store.close()
    other.close()


def test_little_free_space_is_full(store):
    committer = Spool(store, min_free=10**18)
    committer.start()
    with pytest.raises(Full, match="MB free"):
        committer.accept(mail_bytes(1), ENVELOPE, "smtp")
    with pytest.raises(Full):
        committer.check_room()
    committer.stop()


def test_too_much_waiting_is_full(store):
    committer = Spool(store, waiting_bytes_max=1000, waiting_mails_max=3)
    committer._open = True  # nobody takes from the queue
    committer.submit(mail_bytes(1, size=900), ENVELOPE, "smtp")
    with pytest.raises(Full, match="bytes are waiting"):
        committer.accept(mail_bytes(2, size=900), ENVELOPE, "smtp")
    committer = Spool(store, waiting_mails_max=1)
    committer._open = True
    committer.submit(mail_bytes(1), ENVELOPE, "smtp")
    with pytest.raises(Temporary, match="mails are waiting"):
        committer.accept(mail_bytes(2), ENVELOPE, "smtp")


# ---- what tests of the whole program use to break it ---------------------------------------------------------------

ACCEPT = """
import sys
from pathlib import Path
from gateway.intake.spool import Spool
from gateway.mail.value import Envelope
from gateway.store import migrate, open_store
store = open_store(f"sqlite:///{sys.argv[1]}/gateway.db", Path(sys.argv[1]))
migrate.ensure(store)
committer = Spool(store)
committer.start()
envelope = Envelope(mail_from="a@b.example", recipients=("support@acme.example",))
for n in range(int(sys.argv[2])):
    raw = b"Message-ID: <%d@b.example>\\r\\n\\r\\n" % (n % 3)
    print(committer.accept(raw, envelope, "smtp").spool_id, flush=True)
committer.stop()
store.close()
"""


def run_accept(folder, count, **environment):
    return subprocess.run(
        [sys.executable, "-c", ACCEPT, str(folder), str(count)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        check=False,
    )


def rows_in(folder):
    store = open_store(f"sqlite:///{folder}/gateway.db", folder)
    try:
        return count(store)
    finally:
        store.close()


@pytest.mark.parametrize(("point", "stored"), [("before_spool_commit", 1), ("after_spool_commit", 2)])
def test_killed_around_the_commit(tmp_path, point, stored):
    died = run_accept(tmp_path, 3, GATEWAY_TEST="1", GATEWAY_FAULT=f"{point}:2")
    assert died.returncode == -signal.SIGKILL
    assert died.stdout.split() == ["1"]  # the second mail was not answered for, stored or not
    assert rows_in(tmp_path) == stored
    again = run_accept(tmp_path, 3)
    assert (again.returncode, rows_in(tmp_path)) == (0, 3)


def test_faults_are_inert_outside_tests(tmp_path):
    lived = run_accept(tmp_path, 4, GATEWAY_FAULT="before_spool_commit:1", GATEWAY_SABOTAGE="no_key,early_250")
    assert (lived.returncode, lived.stdout.split(), rows_in(tmp_path)) == (0, ["1", "2", "3", "1"], 3)


def test_sabotage_without_keys_lets_repeats_in(tmp_path):
    doubled = run_accept(tmp_path, 4, GATEWAY_TEST="1", GATEWAY_SABOTAGE="no_key")
    assert doubled.stdout.split() == ["1", "2", "3", "4"]


def test_sabotage_of_the_order_answers_before_the_commit(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/gateway.db", tmp_path)
    migrate.ensure(store)
    with store.spool.write():  # nobody can commit
        child = subprocess.Popen(
            [sys.executable, "-c", ACCEPT, str(tmp_path), "1"],
            env={**os.environ, "GATEWAY_TEST": "1", "GATEWAY_SABOTAGE": "early_250"},
            stdout=subprocess.PIPE,
            text=True,
        )
        with child:
            assert child.stdout.readline() == "0\n"
            child.kill()
    assert count(store) == 0
    store.close()
