"""The daemon on a mailbox: a mail lying there becomes a ticket with an acknowledgement, through kills exactly once."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemon import Daemon
from support.dovecot import PASSWORD, Dovecot
from support.mails import mail
from support.require import require
from support.wait import wait_for
from support.whole_site import make_site

IMAP = """
[[imap]]
name = "main"
host = "127.0.0.1"
port = {port}
tls = false
user = "support@acme.example"
password_file = "imap.secret"
start = "{start}"
"""
USER = "support@acme.example"
KILLS = 6


@pytest.fixture
def server() -> Iterator[Dovecot]:
    require("imap")
    dovecot = Dovecot().start()
    try:
        yield dovecot
    finally:
        dovecot.stop()


@pytest.fixture
def config(server: Dovecot, tmp_path: Path, database_url: str) -> Path:
    url = "sqlite:///data/gateway.db" if database_url.startswith("sqlite") else database_url
    config = make_site(tmp_path / "site", database=url, more=IMAP.format(port=server.port, start="new"))
    secret = config.with_name("imap.secret")
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    return config


def test_a_mail_in_the_mailbox_becomes_a_ticket(server: Dovecot, config: Path) -> None:
    old = mail(subject="Of last year")
    server.fill([old], user=USER)
    with Daemon(config) as daemon:
        wait_for(lambda: any(line.get("event") == "imap_first_look" for line in daemon.lines))
        server.fill([mail(subject="My lamp", to="Billing <billing@acme.example>")], user=USER)
        wait_for(lambda: daemon.delivered())
        daemon.settled()
        tickets = daemon.ask("tickets")
        assert [(one["number"], one["subject"], one["queue"]) for one in tickets] == [(1, "My lamp", "billing")]
        wait_for(lambda: server.count("Processed", user=USER) == 1)
    assert server.count(user=USER) == 1  # what lay there is left alone


def test_killed_again_and_again_each_mail_is_one_ticket(server: Dovecot, config: Path) -> None:
    chance = random.Random(7)
    daemon = Daemon(config).start()
    try:
        wait_for(lambda: any(line.get("event") == "imap_first_look" for line in daemon.lines))
        for round_ in range(KILLS):
            server.fill([mail(subject=f"Lamp {round_}-{number}") for number in range(40)], user=USER)
            reached = chance.randrange(40)
            wait_for(lambda reached=reached: daemon.lines and _accepted(daemon) >= reached, 30)
            daemon.kill()
            daemon.start()
        wait_for(lambda: server.count("Processed", user=USER) == KILLS * 40, 60)
        daemon.settled(60)
        subjects = Counter(one["subject"] for one in daemon.ask("tickets"))
        assert subjects == Counter({f"Lamp {round_}-{number}": 1 for round_ in range(KILLS) for number in range(40)})
        assert daemon.command("fsck").returncode == 0
    finally:
        daemon.__exit__()


def _accepted(daemon: Daemon) -> int:
    return sum(line.get("event") in ("mail_accepted", "mail_repeated") for line in daemon.lines)
