"""PostgreSQL ends our connections under load, again and again (T125): nothing is lost, nothing is doubled."""

import smtplib
import threading
from collections import Counter
from pathlib import Path

from sqlalchemy import make_url

from support import postgres
from support.daemon import Daemon
from support.mails import mail, parsed
from support.require import require
from support.scale import FULL
from support.wait import wait_for
from support.whole_site import make_site

KILLS = 20 if FULL else 8
MAILS = 25 if FULL else 12  # between two of them, at least
SENDERS = 3


def test_every_connection_is_cut_while_mail_comes_in(tmp_path: Path) -> None:
    require("pg")
    with postgres.fresh_database() as url, Daemon(make_site(tmp_path / "site", database=url)) as daemon:
        sent: list[str] = []
        stop = threading.Event()
        threads = [threading.Thread(target=_send, args=(daemon, name, sent, stop)) for name in range(SENDERS)]
        for one in threads:
            one.start()
        try:
            for _ in range(KILLS):
                so_far = len(sent)
                wait_for(lambda: len(sent) >= so_far + MAILS, 60, "mail comes in")  # noqa: B023
                postgres.run(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    f"WHERE datname = '{make_url(url).database}' AND pid <> pg_backend_pid()"
                )
        finally:
            stop.set()
            for one in threads:
                one.join(60)
        daemon.settled(120)
        assert Counter(one["subject"] for one in daemon.ask("tickets")) == Counter(sent)
        answered = Counter(parsed(letter)["Delivered-To"] for letter in daemon.delivered())
        assert answered == Counter(f"{subject.replace(' ', '')}@example.net" for subject in sent)
        assert daemon.ask("quarantine", "list") == []
        assert daemon.command("fsck").returncode == 0


def _send(daemon: Daemon, name: int, sent: list[str], stop: threading.Event) -> None:
    """Mail after mail, each again until it is taken, as a server does it."""
    number = 0
    while not stop.is_set():
        number += 1
        subject = f"matter {name}x{number}"
        sender = f"{subject.replace(' ', '')}@example.net"
        raw = mail(sender=sender, subject=subject, text=f"This is about {subject} alone.")
        while not _taken(daemon, raw, sender):
            stop.wait(0.1)
        sent.append(subject)


def _taken(daemon: Daemon, raw: bytes, sender: str) -> bool:
    with smtplib.SMTP("127.0.0.1", daemon.port, timeout=60) as client:
        client.ehlo("client.example")
        codes = [client.mail(sender)[0], client.rcpt("support@acme.example")[0], client.data(raw)[0]]
    assert all(200 <= code < 500 for code in codes), codes
    return codes[-1] == 250
