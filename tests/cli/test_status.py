"""`gateway status`: what it counts, and when it raises its voice."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from gateway.config import load
from gateway.health.processes import doors
from gateway.health.state import running
from gateway.mail import Address
from gateway.now import now
from gateway.shown import size, span
from gateway.store import imap, leases, outbox, spool, tables
from gateway.store.node import DataLock
from gateway.tickets.actions import Send
from gateway.tomltext.units import size as parse
from support.daemon import Daemon
from support.desk import Desk
from support.mails import mail
from support.wait import wait_for
from support.whole_site import make_site

MAILBOX = """
[[imap]]
name = "main"
host = "127.0.0.1"
tls = false
user = "support"
password_file = "env:NO_SUCH_VARIABLE"
"""


@pytest.fixture
def held(desk: Desk) -> Iterator[Desk]:
    """As if the daemon ran: its lock is held, by this process."""
    lock = DataLock(desk.folder / "data")
    yield desk
    lock.release()


def letter(name: str) -> Send:
    return Send(
        ticket=None,
        kind="acknowledgement",
        recipient=Address(addr="ann@example.net"),
        envelope_from="",
        message_id=f"<{name}@acme.example>",
        subject="",
        data=b"x",
        automatic=True,
    )


def test_all_is_well(held: Desk) -> None:
    answer = held.run("status")
    assert answer.code == 0
    assert answer.out.startswith("OK: nothing to be done\n")
    assert f"running, pid {os.getpid()}" in answer.out
    found = held.ask("status")
    assert (found["level"], found["alarms"], found["pid"]) == ("ok", [], os.getpid())
    assert found["spool"] == {"waiting": 0, "oldest_at": None}
    assert found["schema"] == {"spool": found["schema"]["spool"], "gateway": found["schema"]["gateway"]}
    assert (found["quarantined"], found["held"]) == (0, 0)


def test_no_daemon_is_critical(desk: Desk) -> None:
    answer = desk.run("status")
    assert answer.code == 2
    assert answer.out.startswith("CRITICAL: the daemon is not running\n")


def test_a_crashed_daemon_does_not_run(tmp_path: Path) -> None:
    dying = "from gateway.store.node import DataLock; from pathlib import Path; import os; "
    dying += f"lock = DataLock(Path({str(tmp_path)!r})); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", dying], check=False).returncode == 9
    assert (tmp_path / "lock").read_text().strip()
    assert running(tmp_path) is None
    (tmp_path / "lock").write_text(f"{os.getpid()}\n")  # the number went to another process
    assert running(tmp_path) is None
    assert running(tmp_path / "nowhere") is None


def test_asking_does_not_keep_a_daemon_from_starting(desk: Desk) -> None:
    desk.run("status")
    DataLock(desk.folder / "data").release()


@pytest.mark.parametrize(("minutes", "code", "word"), [(1, 0, "OK"), (6, 2, "CRITICAL")])
def test_mail_that_waits_too_long(held: Desk, minutes: int, code: int, word: str) -> None:
    held.take_in(mail())
    with held.store.spool.write() as conn:
        conn.execute(tables.spool.update().values(received_at=now() - timedelta(minutes=minutes)))
    answer = held.run("status")
    assert answer.code == code
    assert answer.out.startswith(word)
    assert "1 waiting, the oldest for" in answer.out


def test_quarantine_is_a_warning(held: Desk) -> None:
    held.quarantine(held.take_in(mail()))
    answer = held.run("status")
    assert (answer.code, answer.out.splitlines()[0]) == (1, "WARNING: 1 in quarantine")


def test_a_sender_that_stands_still_is_critical(held: Desk) -> None:
    held.act(letter("1"), at=now() - timedelta(minutes=45))
    answer = held.run("status")
    assert (answer.code, answer.out.splitlines()[0]) == (2, "CRITICAL: mail in the outbox has been due for 45 min")
    assert "1 pending, 0 sending, 0 failed, 0 held, the oldest for 45 min" in answer.out


def test_failed_mail_is_a_warning_until_a_person_gives_it_up(held: Desk) -> None:
    held.act(letter("1"), letter("2"))
    for due in outbox.claim_due(held.store, node="node", limit=9, now=now()):
        assert outbox.record_failed(held.store, due, node="node", reply="550 no", reason="refused")
    answer = held.run("status")
    said = "WARNING: 2 in the outbox failed, see gateway outbox list --state failed"
    assert (answer.code, answer.out.splitlines()[0]) == (1, said)
    held.run("outbox", "retry", "1", "2")
    held.run("outbox", "drop", "1", "2")
    answer = held.run("status")
    assert (answer.code, answer.out.splitlines()[0]) == (0, "OK: nothing to be done")
    assert "2 failed" in answer.out


def test_a_refused_recipient_is_a_number_and_no_concern(held: Desk) -> None:
    """Whoever works the ticket hears of it; nobody else can do anything about it."""
    held.act(letter("1"), letter("2"))
    for due in outbox.claim_due(held.store, node="node", limit=9, now=now()):
        assert outbox.record_failed(held.store, due, node="node", reply="550 5.1.1 no", reason="recipient_refused")
    answer = held.run("status")
    assert (answer.code, answer.out.splitlines()[0]) == (0, "OK: nothing to be done")
    assert "2 failed" in answer.out


def test_a_mailbox_that_nobody_polls_is_a_warning(held: Desk) -> None:
    held.configure(more=MAILBOX)
    assert held.run("status").out.startswith("WARNING: nobody polls the mailbox main\n")
    leases.acquire(held.store, "imap:main", "node-1")
    assert held.run("status").out.startswith("WARNING: the mailbox main was never read to its end, see")
    imap.looked(held.store, imap.Place(account="main", folder="INBOX", uidvalidity=1), 1)
    answer = held.run("status")
    assert answer.code == 0
    assert "mailbox main  polled by node-1, last read" in answer.out


def test_a_mailbox_that_is_not_read_any_more_is_critical(held: Desk) -> None:
    """Fetching stopped silently: the poller holds its place, and nothing comes of it; of two folders the later counts."""
    held.configure(more=MAILBOX.replace("[[imap]]", '[[imap]]\nfolder = ["INBOX", "Support"]'))
    leases.acquire(held.store, "imap:main", "node-1")
    imap.looked(held.store, imap.Place(account="main", folder="INBOX", uidvalidity=1), 1)
    assert held.run("status").out.startswith("WARNING: the mailbox main was never read to its end, see")
    support = imap.Place(account="main", folder="Support", uidvalidity=1)
    imap.looked(held.store, support, 1)
    assert held.run("status").code == 0
    with held.store.spool.write() as conn:
        late = tables.imap_folder.update().where(tables.imap_folder.c.folder == "Support")
        conn.execute(late.values(swept_at=now() - timedelta(minutes=20)))
    answer = held.run("status")
    assert answer.code == 2
    assert answer.out.startswith("CRITICAL: the mailbox main was last read 20 min ago, see the log")
    imap.swept(held.store, support)
    assert held.run("status").code == 0


def test_what_is_due_soon_is_counted(held: Desk) -> None:
    for hours in (-1, 1, 30):
        held.ticket(resolve_due=now() + timedelta(hours=hours))
    held.ticket(status="closed", resolve_due=now() + timedelta(hours=1))
    assert held.ask("status")["tickets"] == {"open": 3, "overdue": 1, "due_soon": 1}
    assert "3 open, 1 overdue, 1 due soon" in held.run("status").out


def test_processes_listeners_and_the_ids_of_a_mail(tmp_path: Path) -> None:
    """The real daemon: what it is made of, what its doors say, and by which ids a mail is found in its log."""
    config = make_site(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config.write_text(config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
    with Daemon(config) as daemon:
        found = daemon.ask("status")
        assert (found["level"], found["listeners"]) == ("ok", {f"mx 127.0.0.1:{port}": None})
        assert set(found["processes"]) == {"intake", "worker"}

        raw = mail(subject="lamp").partition(b"\r\n")[2]
        received = (
            b"Received: from client by mx.acme.example (Postfix) with ESMTP\r\n id 4F2AB77C01; Fri, 27 Nov 2026\r\n"
        )
        daemon.send(received + b"From: ann@example.net\r\n" + raw)
        daemon.settled()
        accepted, done, sent = (
            wait_for(lambda: next((line for line in list(daemon.lines) if line["event"] == event), None))  # noqa: B023
            for event in ("mail_accepted", "mail_done", "sent")
        )
        assert accepted["queue_id"] == done["queue_id"] == "4F2AB77C01"
        assert accepted["spool"] == done["spool"]
        assert (done["ticket"], sent["ticket"], done["message_id"][0]) == (1, 1, "<")
        assert {"outbox", "message_id", "recipient"} <= sent.keys()

        intake, worker = found["processes"]["intake"], found["processes"]["worker"]
        os.kill(daemon.pid, signal.SIGSTOP)  # else it would start a new one at once
        try:
            os.kill(intake, signal.SIGSTOP)
            os.kill(worker, signal.SIGKILL)
            wait_for(lambda: daemon.command("status", check=False).returncode == 2)
            told = daemon.command("status", check=False).stdout
        finally:
            os.kill(intake, signal.SIGCONT)
            os.kill(daemon.pid, signal.SIGCONT)
        assert "the worker process is not running" in told
        assert f"the listener mx 127.0.0.1:{port} does not answer: timed out" in told
        wait_for(lambda: daemon.command("status", check=False).returncode == 0, 30, "all is well again")


def test_a_full_disk_is_critical(held: Desk) -> None:
    held.configure(more='[limits]\nmin_free = "900 TB"\n')
    answer = held.run("status")
    assert answer.code == 2
    assert "less than limits.min_free (900 TB): no mail is accepted" in answer.out


def test_a_disk_that_runs_short_is_a_warning_before_it_is_full(held: Desk) -> None:
    held.configure(more=f'[limits]\nmin_free = "{shutil.disk_usage(held.folder).free * 3 // 4 >> 20} MB"\n')
    answer = held.run("status")
    assert (answer.code, "; below limits.min_free (" in answer.out.splitlines()[0]) == (1, True)


def test_a_database_that_cannot_be_asked_is_critical(held: Desk) -> None:
    if held.store.spool.path is None:
        return  # a damaged file is SQLite's matter
    held.store.close()
    held.store.spool.path.write_bytes(b"nothing of a database" * 100)
    answer = held.run("status")
    assert answer.code == 2
    assert "damaged" in answer.out.splitlines()[0]


def test_a_listener_with_tls_at_once_has_to_shake_hands(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("mail.acme.example")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    (tmp_path / "key.pem").chmod(0o600)
    config = make_site(tmp_path / "site")
    keys = 'tls_cert = "../cert.pem"\ntls_key = "../key.pem"\ntls_at_once = true'
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        config.write_text(config.read_text().replace('"127.0.0.1:0"', f'"127.0.0.1:{port}"\n{keys}', 1))
        ((name, problem),) = doors(load(config))
        assert (name, "does not answer" in problem) == (f"mx 127.0.0.1:{port}", True)
    with Daemon(config) as daemon:
        assert daemon.ask("status")["listeners"] == {f"mx 127.0.0.1:{port}": None}


def test_spans() -> None:
    cases = {5: "5 s", 119: "119 s", 120: "2 min", 7199: "119 min", 7200: "2 h", 200_000: "2 days"}
    assert {seconds: span(timedelta(seconds=seconds)) for seconds in cases} == cases


def test_sizes_are_counted_as_in_the_settings() -> None:
    cases = {1023: "1023 B", 1024: "1.0 KB", 4813: "4.7 KB", 35 << 20: "35 MB", (1 << 20) - 1: "1.0 MB"}
    assert {count: size(count) for count in cases} == cases
    assert parse(size(35 << 20)) == 35 << 20


def test_held_mail_is_counted(held: Desk) -> None:
    spool_id = held.take_in(mail())
    (claimed,) = spool.claim(held.store, node="node", limit=1, now=now())
    spool.close(
        held.store, node="node", done=[spool.Closed(id=spool_id, fence=claimed.fence, state="held", reason="x")]
    )
    assert held.ask("status")["held"] == 1


@pytest.mark.parametrize(
    ("good", "bad", "mistake"),
    [
        ("[mail]\n", "[mail\n", "config.toml:10: "),
        ('subject_tag = "Acme"', "subject_tag = 7", "config.toml:13: mail.subject_tag: "),
    ],
)
def test_a_mistake_in_the_settings_does_not_take_the_rest_away(
    tmp_path: Path, good: str, bad: str, mistake: str
) -> None:
    """What is in force is in the record: the first look after an edit must still say whether the daemon lives."""
    with Daemon(make_site(tmp_path, more="")) as daemon:
        daemon.send(mail())
        daemon.settled()
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace(good, bad))
        done = daemon.command("status", check=False)
        first = done.stdout.splitlines()[0]
        assert (done.returncode, first.startswith("WARNING: "), mistake in first) == (1, True, True), done
        assert "1 open" in done.stdout
        assert "(1 mistakes)" not in done.stdout
        asked = daemon.command("status", "--json", check=False)
        assert (asked.returncode, '"pid": ' + str(daemon.pid) in asked.stdout) == (1, True)
    done = daemon.command("status", check=False)
    assert (done.returncode, "the daemon is not running" in done.stdout, mistake in done.stdout) == (2, True, True)


def test_settings_that_never_were_good_are_refused(tmp_path: Path) -> None:
    config = make_site(tmp_path, more="x =")
    answer = subprocess.run(
        [sys.executable, "-m", "gateway", "-c", str(config), "status"], capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (78, "", 1)
    assert not (tmp_path / "data").exists()
