"""Killed between the steps: whatever was committed is moved, whatever was not is taken, each mail exactly once (T33)."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.config import Config
from gateway.store import Store
from support.dovecot import Dovecot
from support.mails import mail
from support.poller import QUICK, imap_config, polling, spool_count, spooled, unmoved
from support.require import require
from support.wait import wait_for

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    require("imap")
    dovecot = Dovecot().start()
    try:
        yield dovecot
    finally:
        dovecot.stop()


@contextmanager
def poller_process(
    cfg: Config, url: str, data: Path, *, lease: float = 60, **env: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A poller in a process group of its own; killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, str(TESTS / "support" / "run_poller.py"), str(cfg.path), url, str(data), str(lease)],
        env={**os.environ, "GATEWAY_TEST": "1", "PYTHONPATH": f"{TESTS}:{TESTS.parent}", **env},
        start_new_session=True,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        assert process.stderr
        process.stderr.close()


def run_until_killed(cfg: Config, url: str, data: Path, **env: str) -> None:
    """Until the fault point kills it."""
    with poller_process(cfg, url, data, **env) as process:
        assert process.wait(60) == -signal.SIGKILL, process.stderr and process.stderr.read().decode()


@pytest.mark.parametrize("after", ["move:Processed", "flag:$Ticketed", "delete"])
@pytest.mark.parametrize("point", ["after_spool_commit", "before_imap_move", "after_imap_move"])
def test_killed_between_commit_and_move(
    server: Dovecot, store: Store, database_url: str, tmp_path: Path, point: str, after: str
) -> None:
    user = f"kill-{point}-{after.partition(':')[0]}-{store.dialect}"
    cfg = imap_config(tmp_path, server.port, user=user, start="all", after=after)
    sent = [mail(text="Where is my lamp?") for _ in range(120)]  # two batches
    server.fill(sent, user=user)
    run_until_killed(cfg, database_url, tmp_path / "data", GATEWAY_FAULT=f"{point}:1")
    assert 0 < spool_count(store) <= 120
    assert unmoved(store) > 0
    with polling(cfg, store):
        wait_for(lambda: spool_count(store) == 120 and not unmoved(store), timeout=20)
    assert sorted(row.raw for row in spooled(store)) == sorted(sent)
    assert server.count("Processed", user=user) == (120 if after.startswith("move") else 0)
    assert server.count(user=user) == (120 if after.startswith("flag") else 0)


def test_killed_after_the_note_on_a_mail_too_large(
    server: Dovecot, store: Store, database_url: str, tmp_path: Path
) -> None:
    """What we do not have is never deleted, not even by the catching up after a crash; and it is told once."""
    user = f"large-{store.dialect}"
    cfg = imap_config(tmp_path, server.port, user=user, start="all", after="delete", max_size="10 KB")
    large = mail(text="x" * 20_000)
    server.fill([large], user=user)
    run_until_killed(cfg, database_url, tmp_path / "data", GATEWAY_FAULT="after_spool_commit:1")
    assert spool_count(store) == 1
    with polling(cfg, store):
        wait_for(lambda: server.count("Oversize", user=user) == 1)
        wait_for(lambda: not server.count(user=user))
    assert [raw for raw, _ in server.contents("Oversize", user=user).values()] == [large]
    assert spool_count(store) == 1


def test_a_node_that_slept_finds_its_lease_gone(
    server: Dovecot, store: Store, database_url: str, tmp_path: Path
) -> None:
    """Paused for longer than its lease, then woken in the middle of its work: no mail twice (T48)."""
    user = f"sleep-{store.dialect}"
    cfg = imap_config(tmp_path, server.port, user=user, start="all")
    with poller_process(cfg, database_url, tmp_path / "data2", lease=1.5) as sleeper:
        first, second, third = ([mail(text="Hello") for _ in range(20)] for _ in range(3))
        server.fill(first, user=user)
        wait_for(lambda: spool_count(store) == 20 and not unmoved(store), timeout=20)
        sleeper.send_signal(signal.SIGSTOP)
        server.fill(second, user=user)
        with polling(cfg, store, times=replace(QUICK, lease=1.5)) as heir:
            wait_for(lambda: spool_count(store) == 40 and not unmoved(store))
            sleeper.send_signal(signal.SIGCONT)
            server.fill(third, user=user)
            wait_for(lambda: spool_count(store) == 60 and not unmoved(store))
            assert heir.is_polling
    rows = spooled(store)
    assert sorted(row.raw for row in rows) == sorted(first + second + third)
    assert not any(row.copies for row in rows)


def test_this_proof_can_fail(server: Dovecot, store: Store, database_url: str, tmp_path: Path) -> None:
    """With the move before the commit the same kill loses mail."""
    user = f"sabotage-{store.dialect}"
    cfg = imap_config(tmp_path, server.port, user=user, start="all")
    server.fill([mail() for _ in range(50)], user=user)
    run_until_killed(
        cfg, database_url, tmp_path / "data", GATEWAY_FAULT="before_spool_commit:1", GATEWAY_SABOTAGE="flag_first"
    )
    assert spool_count(store) == 0
    assert server.count("Processed", user=user) == 50
