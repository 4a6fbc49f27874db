"""Several folders of one mailbox, and several `[[imap]]` on one, against a real Dovecot."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from sqlalchemy import select

from gateway.config import Config, Imap, load
from gateway.store import Store, tables
from support.dovecot import Dovecot, of_own_authority
from support.mails import mail
from support.poller import QUICK, imap_config, polling, spool_count, spooled, unmoved
from support.require import require
from support.wait import wait_for

TESTS = Path(__file__).parents[1]
BOTH = ["INBOX", "Support"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    require("imap")
    dovecot = of_own_authority(authority, tmp_path_factory.mktemp("keys")).start()
    try:
        yield dovecot
    finally:
        dovecot.stop()


def mails(count: int) -> list[bytes]:
    return [mail(subject=f"Lamp {number}", text="Where is my lamp?") for number in range(count)]


def looked_at(store: Store) -> dict[str, bool]:
    """Folder -> whether it was looked over to its end since its first look was recorded."""
    with store.spool.read() as conn:
        return {row.folder: row.swept_at is not None for row in conn.execute(select(tables.imap_folder))}


def test_killed_between_and_both_folders_come_in_once(
    server: Dovecot, authority: trustme.CA, store: Store, database_url: str, tmp_path: Path
) -> None:
    """By STARTTLS with our own authority: what lay in two folders, and one mail in both, each once, each moved."""
    user = f"both-{store.dialect}"
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "site").mkdir()
    authority.cert_pem.write_to_path(tmp_path / "site" / "ca.pem")
    cfg = imap_config(
        tmp_path / "site", server.port, user=user, tls='"starttls"', ca_file="ca.pem", start="all", folder=BOTH
    )
    inbox, support, twice = mails(110), mails(110), mail(subject="in both", text="Where?")
    server.fill([*inbox, twice], user=user)
    server.fill([*support, twice], user=user, folder="Support")
    # Killed once while the first folder is filed, and once while the second is.
    for point in ("before_imap_move:1", "after_imap_move:2"):
        process = subprocess.run(
            [sys.executable, str(TESTS / "support" / "run_poller.py"), str(cfg.path), database_url,
             str(tmp_path / "data"), "60"],
            env={**os.environ, "GATEWAY_TEST": "1", "PYTHONPATH": f"{TESTS}:{TESTS.parent}", "GATEWAY_FAULT": point},
            timeout=60, capture_output=True, check=False, start_new_session=True,
        )  # fmt: skip
        assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    with polling(cfg, store):
        wait_for(lambda: spool_count(store) == 221 and not unmoved(store), timeout=20)
        wait_for(lambda: all(looked_at(store).values()) and len(looked_at(store)) == 2)
    assert sorted(row.raw for row in spooled(store)) == sorted([*inbox, *support, twice])
    assert server.count(user=user) == server.count("Support", user=user) == 0
    assert server.count("Processed", user=user) == 222
    assert {row.source for row in spooled(store)} == {"imap:main"}


def test_each_folder_keeps_its_own_place(server: Dovecot, store: Store, tmp_path: Path) -> None:
    """What lies there at the first look of each is left alone; a folder that is not there keeps no other waiting, and
    were it the first.
    """
    user = f"places-{store.dialect}"
    server.fill(mails(3), user=user)
    server.fill(mails(2), user=user, folder="Support")
    cfg = imap_config(tmp_path, server.port, user=user, folder=["Later", "INBOX", "Support"], poll="1 s")
    with polling(cfg, store) as poller:
        wait_for(lambda: looked_at(store) == {"INBOX": True, "Support": True})
        first = mails(2)
        server.fill(first, user=user)
        wait_for(lambda: spool_count(store) == 2)  # though there is no folder Later
        assert poller.failures == 0
        server.fill([], user=user, folder="Later")
        wait_for(lambda: len(looked_at(store)) == 3)
        second = mails(2)
        server.fill(second[:1], user=user, folder="Later")
        wait_for(lambda: spool_count(store) == 3)
        server.fill(second[1:], user=user, folder="Support")
        wait_for(lambda: spool_count(store) == 4 and not unmoved(store))
    assert [row.raw for row in spooled(store)] == first + second
    assert [server.count(folder, user=user) for folder in ("INBOX", "Later", "Support")] == [3, 0, 2]


def test_two_mailboxes_of_one_user(server: Dovecot, store: Store, tmp_path: Path) -> None:
    """Each with its own folder, and with its own wish of what becomes of the mail."""
    user = f"pair-{store.dialect}"
    path = imap_config(tmp_path, server.port, user=user, start="all").path
    second = f"""
[[imap]]
name = "second"
host = "127.0.0.1"
port = {server.port}
tls = false
user = "{user}"
password_file = "imap.secret"
folder = "Support"
after = "flag:$Ticketed"
start = "all"
"""
    path.write_text(path.read_text().replace("[queues.support]", f"{second}[queues.support]"))
    cfg = load(path)
    server.fill(mails(5), user=user)
    server.fill(mails(4), user=user, folder="Support")
    with ExitStack() as stack:
        for account in cfg.imap:
            stack.enter_context(polling(_alone(cfg, account), store, times=replace(QUICK, look=1)))
        wait_for(lambda: spool_count(store) == 9 and not unmoved(store), timeout=20)
    counted = [row.source for row in spooled(store)]
    assert (counted.count("imap:main"), counted.count("imap:second")) == (5, 4)
    assert (server.count(user=user), server.count("Support", user=user)) == (0, 4)


def _alone(cfg: Config, account: Imap) -> Config:
    return cfg.model_copy(update={"imap": (account,)})
