"""A real mailbox polled by the real daemon: mail becomes tickets, is moved, and is there once whatever happens."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemon import Daemon
from support.dovecot import PASSWORD, Dovecot
from support.mails import mail, parsed
from support.require import require
from support.wait import wait_for
from support.whole_site import make_site


@pytest.fixture
def mailbox() -> Iterator[Dovecot]:
    require("imap")
    server = Dovecot().start()
    yield server
    server.stop()


def site_with(mailbox: Dovecot, folder: Path, *, start: str, keys: str = "") -> Path:
    more = (
        f'[[imap]]\nname = "main"\nhost = "127.0.0.1"\nport = {mailbox.port}\ntls = false\nuser = "u1"\n'
        f'password_file = "imap.secret"\nafter = "move:Processed"\nstart = "{start}"\n{keys}\n'
    )
    config = make_site(folder / "site", more=more)
    secret = config.parent / "imap.secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    return config


def people(count: int) -> list[bytes]:
    return [mail(sender=f"Person <person{n}@example.net>", subject=f"Matter {n}") for n in range(count)]


def test_new_mail_becomes_a_ticket_is_acknowledged_and_moved(mailbox: Dovecot, tmp_path: Path) -> None:
    mailbox.fill(people(3))
    with Daemon(site_with(mailbox, tmp_path, start="new")) as daemon:
        wait_for(lambda: daemon_has_looked(daemon), 20)
        mailbox.fill([mail(subject="A new one")])
        wait_for(lambda: len(daemon.ask("tickets")) == 1, 30, "the new mail is a ticket")
        wait_for(lambda: mailbox.count("Processed") == 1, 10)
        daemon.settled()
        assert mailbox.count("INBOX") == 3  # what lay there is left alone
        assert len(daemon.delivered()) == 1
        (ticket,) = daemon.ask("tickets")
        assert ticket["subject"] == "A new one"
        assert all(b"\\Seen" not in flags for _, flags in mailbox.contents("INBOX").values())


def daemon_has_looked(daemon: Daemon) -> bool:
    return any(line.get("event") == "imap_first_look" for line in daemon.lines)


def test_old_mail_is_taken_without_acknowledgements(mailbox: Dovecot, tmp_path: Path) -> None:
    mailbox.fill(people(5))
    with Daemon(site_with(mailbox, tmp_path, start="all")) as daemon:
        wait_for(lambda: len(daemon.ask("tickets")) == 5, 30)
        daemon.settled()
        assert daemon.delivered() == []
        assert mailbox.count("Processed") == 5
        assert daemon.command("fsck").returncode == 0


def test_an_answer_from_the_mailbox_itself_stops_the_clock_and_is_sent_to_nobody(
    mailbox: Dovecot, tmp_path: Path
) -> None:
    config = site_with(mailbox, tmp_path, start="new", keys='sent = "Sent"\npoll = "1 s"')
    question = mail(subject="A new one")
    with Daemon(config) as daemon:
        wait_for(lambda: daemon_has_looked(daemon), 20)
        mailbox.fill([question])
        wait_for(lambda: len(daemon.ask("tickets")) == 1, 30, "the new mail is a ticket")
        daemon.settled()
        before = len(daemon.delivered())
        headers = (f"In-Reply-To: {parsed(question)['Message-ID']}",)
        answer = mail(
            sender="Acme Support <support@acme.example>",
            to="ann@example.net",
            text="It is on its way.",
            headers=headers,
        )
        mailbox.fill([answer], folder="Sent")
        wait_for(lambda: daemon.ask("tickets")[0]["status"] == "waiting", 30, "the answer is recorded")
        daemon.settled()
        shown = daemon.ask("show", "1")
        assert [(one["direction"], one["text"]) for one in shown["articles"]][1:] == [("out", "It is on its way.")]
        assert len(daemon.delivered()) == before
        assert mailbox.count("Sent") == 1
        assert daemon.command("fsck").returncode == 0


@pytest.mark.parametrize("point", ["before_imap_move", "after_imap_move", "after_spool_commit"])
def test_killed_around_the_move_every_mail_is_there_once(mailbox: Dovecot, tmp_path: Path, point: str) -> None:
    raws = people(250)
    mailbox.fill(raws)
    config = site_with(mailbox, tmp_path, start="all")
    armed = Daemon(config, env={"GATEWAY_TEST": "1", "GATEWAY_FAULT": f"{point}:2"}).start(wait=False)
    armed.wait_dead(40)
    with Daemon(config) as daemon:
        wait_for(lambda: mailbox.count("Processed") == 250, 40, "all are moved")
        daemon.settled(60)
        assert len(daemon.ask("tickets")) == 250
        assert daemon.command("fsck").returncode == 0
        kept = [parsed(raw)["Message-ID"] for raw, _ in mailbox.contents("Processed").values()]
        assert sorted(kept) == sorted(parsed(raw)["Message-ID"] for raw in raws)
