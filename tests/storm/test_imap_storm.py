"""The storm over a mailbox: the daemon is killed at random while mails are fetched, committed, moved and made tickets."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemon import Daemon
from support.dovecot import PASSWORD, Dovecot
from support.mails import mail
from support.require import require
from support.scale import FULL
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
"""
USER = "support@acme.example"
KILLS = 25 if FULL else 6
MAILS = 40  # between two kills
SEED = int(os.environ.get("GATEWAY_STORM_SEED", random.SystemRandom().randrange(2**32)))


@pytest.fixture
def server() -> Iterator[Dovecot]:
    require("imap")
    dovecot = Dovecot().start()
    try:
        yield dovecot
    finally:
        dovecot.stop()


@pytest.fixture
def daemon(server: Dovecot, tmp_path: Path, database_url: str) -> Iterator[Daemon]:
    url = "sqlite:///data/gateway.db" if database_url.startswith("sqlite") else database_url
    config = make_site(tmp_path / "site", database=url, more=IMAP.format(port=server.port))
    secret = config.with_name("imap.secret")
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    with Daemon(config) as running:
        yield running


@pytest.mark.timeout(600)
def test_killed_again_and_again_each_mail_is_there_once(server: Dovecot, daemon: Daemon) -> None:
    print(f"storm seed {SEED}")
    chance = random.Random(SEED)
    wait_for(lambda: any(line.get("event") == "imap_first_look" for line in daemon.lines), 20)
    server.fill([mail(subject="The first", text="Hello")], user=USER)
    wait_for(lambda: _accepted(daemon) == 1, 20)  # the first look is on record by now
    for blow in range(KILLS):
        server.fill([mail(subject=f"Lamp {blow}-{number}", text="Hello") for number in range(MAILS)], user=USER)
        reached = chance.randrange(MAILS)
        wait_for(lambda reached=reached: _accepted(daemon) >= reached, 30)
        daemon.kill()
        daemon.start()
    wait_for(lambda: server.count("Processed", user=USER) == KILLS * MAILS + 1, 60)
    daemon.settled(60)
    assert daemon.ask("quarantine", "list") == []
    subjects = Counter(one["subject"] for one in daemon.ask("tickets"))
    lamps = {f"Lamp {blow}-{number}": 1 for blow in range(KILLS) for number in range(MAILS)}
    assert subjects == Counter({"The first": 1, **lamps})
    assert server.count(user=USER) == 0
    assert daemon.command("fsck").returncode == 0


def _accepted(daemon: Daemon) -> int:
    return sum(line.get("event") in ("mail_accepted", "mail_repeated") for line in daemon.lines)
