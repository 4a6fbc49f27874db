"""Killed between the steps: whatever was committed is moved, whatever was not is taken, each mail exactly once (T33)."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.config import Config
from gateway.store import Store
from support.dovecot import Dovecot
from support.mails import mail
from support.poller import imap_config, polling, spool_count, spooled, unmoved
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


def run_until_killed(cfg: Config, url: str, data: Path, **env: str) -> None:
    """A poller in a process group of its own, until the fault point kills it."""
    process = subprocess.Popen(
        [sys.executable, str(TESTS / "support" / "run_poller.py"), str(cfg.path), url, str(data)],
        env={**os.environ, "GATEWAY_TEST": "1", "PYTHONPATH": f"{TESTS}:{TESTS.parent}", **env},
        start_new_session=True,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.wait(60) == -signal.SIGKILL, process.stderr and process.stderr.read().decode()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        assert process.stderr
        process.stderr.close()


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
