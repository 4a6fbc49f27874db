"""Mail that became tickets, and that the server does not move: who watches the gateway hears of it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.config import Config
from gateway.health.state import gathered, judged
from gateway.store import Store, backlog, tables
from support.dovecot import RIGHTS, Dovecot
from support.mails import mail
from support.poller import imap_config, polling, spooled
from support.require import require
from support.wait import wait_for


@pytest.fixture
def server() -> Iterator[Dovecot]:
    require("imap")
    running = Dovecot(more=RIGHTS).start()
    yield running
    running.stop()


def may(server: Dovecot, rights: str) -> None:
    """What we may do with the folder of processed mail."""
    client = server.client()
    if not client.folder_exists("Processed"):
        client.create_folder("Processed")
    client.setacl("Processed", "u1", rights)
    client.logout()


def concerns(store: Store, cfg: Config) -> dict[str, str]:
    return {one.key: one.text for one in judged(gathered(store, cfg))}


def test_it_is_a_concern_until_it_is_moved(server: Dovecot, store: Store, tmp_path: Path) -> None:
    may(server, "lrwstekxa")
    cfg = imap_config(tmp_path / "site", server.port)
    with polling(cfg, store) as poller:
        wait_for(lambda: backlog.mailbox(store, "main", ["INBOX"]).first_look_at, 20)
        server.fill([mail(), mail()])
        known = wait_for(lambda: backlog.mailbox(store, "main", ["INBOX"]).unfiled_since, 20, "it is noted")
        assert len(spooled(store)) == 2
        assert "filing main" not in concerns(store, cfg), "a folder may be in use for a moment"
        with store.spool.write() as conn:
            conn.execute(update(tables.imap_folder).values(unfiled_since=known - timedelta(minutes=10)))
        told = concerns(store, cfg)["filing main"]
        assert "mail of the mailbox main becomes tickets and stays where it is since 10 min" in told
        assert "see gateway check --live: moving to Processed: " in told
        may(server, "lrwstekxai")
        poller.look()
        wait_for(lambda: server.count("Processed") == 2, 20, "it is moved")
        wait_for(lambda: "filing main" not in concerns(store, cfg), 20, "it is over")
    assert server.count() == 0
