"""Fate, admins and hostile mail against the real daemon: what stays, what is said, which code it exits with."""

import os
import signal
import smtplib
import socket
import subprocess
from pathlib import Path

import pytest

from gateway.health.processes import processes
from support.daemon import Daemon
from support.mails import body_of, mail, parsed
from support.wait import wait_for
from support.whole_site import NO_CAPS, make_site


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return make_site(tmp_path / "site")


def test_sigterm_ends_it_cleanly_and_it_takes_up_where_it_was(config: Path) -> None:
    daemon = Daemon(config).start()
    daemon.send(mail())
    assert daemon.stop() == 0
    with daemon.start():
        daemon.settled()
        assert len(daemon.ask("tickets")) == 1
        assert not was_unclean(daemon)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_group_is_a_clean_stop(config: Path, number: signal.Signals) -> None:
    daemon = Daemon(config).start()
    daemon.send(mail())
    os.killpg(daemon.pid, number)
    assert daemon._end() == 0
    assert [line for line in daemon.lines if line.get("level") == "error"] == []


def test_a_second_daemon_says_so_and_exits_75(config: Path) -> None:
    with Daemon(config) as daemon:
        second = daemon.command("run", check=False)
        assert second.returncode == 75
        assert "in use by a running gateway" in second.stderr
        assert str(daemon.pid) in second.stderr


def test_another_secret_than_before_exits_78(config: Path) -> None:
    with Daemon(config):
        pass
    secret = config.parent / "data" / "secret"
    secret.write_text(f"1:{'cd' * 32}\n")
    done = Daemon(config).command("run", check=False)
    assert done.returncode == 78
    assert "gateway.secret_file" in done.stderr
    secret.write_text(f"2:{'cd' * 32}\n")  # a new key with a number of its own is fine
    with Daemon(config) as daemon:
        assert not was_unclean(daemon)  # a start that came to nothing is no crash


def test_a_crash_is_known_whatever_start_failed_since(config: Path) -> None:
    Daemon(config).start().kill()
    rules = config.parent / "rules" / "20-routing.toml"
    good = rules.read_text()
    rules.write_text("[[rule]]\n")
    assert Daemon(config).command("run", check=False).returncode == 78
    rules.write_text(good)
    with Daemon(config) as daemon:
        assert was_unclean(daemon)
    with Daemon(config) as daemon:
        assert not was_unclean(daemon)


def test_a_stop_that_is_forced_is_no_clean_one(config: Path) -> None:
    daemon = Daemon(config).start()
    with smtplib.SMTP("127.0.0.1", daemon.port, timeout=30) as client:
        client.ehlo("client.example")
        client.mail("ann@example.net")
        client.rcpt("support@acme.example")
        client.docmd("DATA")  # and the mail does not come: intake waits for it
        os.kill(daemon.pid, signal.SIGTERM)
        wait_for(lambda: any(one.get("event") == "stopping" for one in daemon.lines), 10)
        assert daemon.stop() == 0
        client.close()
    with daemon.start():
        assert was_unclean(daemon)


def was_unclean(daemon: Daemon) -> bool:
    return any(line.get("event") == "unclean_stop" for line in daemon.lines)


def test_a_broken_rules_file_exits_78_with_the_place(config: Path) -> None:
    (config.parent / "rules" / "20-routing.toml").write_text('[[rule]]\nname = "x"\nwhen.subject.contians = "a"\n')
    done = Daemon(config).command("run", check=False)
    assert done.returncode == 78
    assert "rules/20-routing.toml:3" in done.stderr
    assert "did you mean" in done.stderr


@pytest.mark.parametrize("role", ["intake", "worker"])
def test_a_process_that_dies_is_started_again(config: Path, role: str) -> None:
    with Daemon(config) as daemon:
        before = processes(daemon.pid)
        victim = before[role]
        assert victim is not None
        os.kill(victim, signal.SIGKILL)

        def is_there_again() -> bool:
            return sum(line.get("event") == "ready" and line.get("role") == role for line in daemon.lines) == 2

        wait_for(is_there_again, 30, f"{role} is started again")
        assert [line["role"] for line in daemon.lines if line.get("event") == "process_died"] == [role]
        after = processes(daemon.pid)
        assert after[role] not in (None, victim)
        (other,) = before.keys() - {role}
        assert after[other] == before[other]
        if role == "intake":  # at another port, for the site has any
            daemon.lines[:] = daemon.lines[1 + daemon.lines.index(died(daemon)) :]
        daemon.send(mail())
        daemon.settled()
        assert len(daemon.ask("tickets")) == 1


def died(daemon: Daemon) -> dict[str, object]:
    return next(line for line in daemon.lines if line.get("event") == "process_died")


def test_one_poison_among_a_hundred(config: Path) -> None:
    daemon = Daemon(config, env={"GATEWAY_TEST": "1"})
    with daemon:
        for number in range(99):
            daemon.send(mail(sender=f"Person <person{number}@example.net>"), sender=f"person{number}@example.net")
            if number == 50:
                daemon.send(mail(headers=("X-Gateway-Poison: segfault",)))
        wait_for(lambda: daemon.ask("quarantine", "list"), 30, "the poison is set aside")
        daemon.settled()
        assert len(daemon.ask("tickets")) == 99
        (row,) = daemon.ask("quarantine", "list")
        assert row["from"] == "ann@example.net"
        assert row["reason"] == "killed_the_reader"
        assert daemon.command("fsck").returncode == 0
    healed = Daemon(config)  # without GATEWAY_TEST the poison is an ordinary header
    with healed:
        healed.command("quarantine", "retry", str(row["id"]))
        wait_for(lambda: len(healed.ask("tickets")) == 100, 20)
        assert healed.ask("quarantine", "list") == []
        assert healed.command("fsck").returncode == 0


def test_a_mail_that_a_spam_filter_marked_is_quarantined_and_can_be_released(config: Path) -> None:
    with Daemon(config) as daemon:
        daemon.send(mail(headers=("X-Spam-Flag: YES",)))
        daemon.settled()
        assert daemon.ask("tickets") == []
        (row,) = daemon.ask("quarantine", "list")
        assert "rule" in row["reason"]
        assert daemon.delivered() == []
        daemon.command("quarantine", "retry", str(row["id"]))
        wait_for(lambda: daemon.ask("tickets"), 20, "it is a ticket")
        daemon.settled()
        assert daemon.ask("quarantine", "list") == []
        assert len(daemon.delivered()) == 1


def test_a_broken_template_falls_back_and_the_admin_is_told_once(config: Path) -> None:
    (config.parent / "templates" / "acknowledgement.txt").write_text("Subject: {{ ticket.tag }}\n\n{{ nonsense.x }}\n")
    with Daemon(config) as daemon:
        for number in range(3):
            daemon.send(mail(sender=f"P <p{number}@example.net>"), sender=f"p{number}@example.net")
        daemon.settled()
        letters = daemon.delivered()
        customers = [one for one in letters if parsed(one)["Delivered-To"] != "admin@acme.example"]
        assert len(customers) == 3
        assert all("[Acme #" in parsed(one)["Subject"] for one in customers)
        (told,) = [one for one in letters if parsed(one)["Delivered-To"] == "admin@acme.example"]
        assert "templates/acknowledgement.txt:" in body_of(told)


@pytest.mark.parametrize(
    "point", ["before_spool_commit", "after_spool_commit", "before_main_commit", "after_main_commit"]
)
def test_death_at_each_gap_loses_and_doubles_nothing(config: Path, point: str) -> None:
    """The client keeps what it was not told 250 for and sends it again, as every MTA does."""
    raws = [mail(sender=f"P <p{n}@example.net>") for n in range(12)]
    armed = Daemon(config, env={"GATEWAY_TEST": "1", "GATEWAY_FAULT": f"{point}:{1 if 'main' in point else 4}"}).start()
    pending = list(raws)
    for raw in raws:
        try:
            armed.send(raw)
        except (OSError, smtplib.SMTPException):  # it died; what it says is what it means, and is not passed over
            continue
        pending.remove(raw)
    armed.wait_dead()
    with Daemon(config) as daemon:
        for raw in pending:
            daemon.send(raw)
        daemon.settled()
        assert len(daemon.ask("tickets")) == 12
        assert len(daemon.delivered()) == 12
        assert daemon.ask("quarantine", "list") == []
        assert daemon.command("fsck").returncode == 0


def test_caps_silence_us_and_decide_nothing_else(tmp_path: Path) -> None:
    limits = NO_CAPS.replace('auto_per_address = "0"', 'auto_per_address = "2/h"')
    with Daemon(make_site(tmp_path / "site", limits=limits)) as daemon:
        for number in range(4):
            daemon.send(mail(subject=f"Matter {number}"))
            daemon.settled()
        assert len(daemon.ask("tickets")) == 4
        assert len(daemon.delivered()) == 2
        events = daemon.ask("show", "4")["events"]
        assert any(event["reason"] == "cap_per_address" for event in events)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small tmpfs")
def test_a_full_disk_is_452_and_heals_without_a_restart(tmp_path: Path) -> None:
    site = tmp_path / "site"
    config = make_site(site, limits=NO_CAPS.replace('"1 MB"', '"0 B"'))
    data = site / "data"
    data.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(data)], check=False).returncode:
        pytest.skip("cannot mount a tmpfs here")
    try:
        with Daemon(config) as daemon:
            raws = [mail(sender=f"P <p{n}@example.net>", text="x" * 30_000) for n in range(150)]
            refused = [raw for raw in raws if not _sent(daemon, raw)]
            assert refused, "the disk never filled up: nothing was proved"
            subprocess.run(["mount", "-o", "remount,size=64m", str(data)], check=True)
            wait_for(lambda: _sent(daemon, refused[0]), 30, "it takes mail again")
            for raw in refused[1:]:
                daemon.send(raw)
            daemon.settled(60)
            assert len(daemon.ask("tickets")) == 150
            assert daemon.command("fsck").returncode == 0
    finally:
        subprocess.run(["umount", "-l", str(data)], check=True)


def _sent(daemon: Daemon, raw: bytes) -> bool:
    try:
        daemon.send(raw)
    except AssertionError as refusal:
        if not str(refusal).startswith(("452", "451")):
            raise
        return False
    return True


def test_a_port_that_is_taken_exits_78_and_names_it(config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config.write_text(config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        done = Daemon(config).command("run", check=False)
    assert done.returncode == 78
    assert str(port) in done.stderr


def test_caps_count_whom_the_answers_would_reach(tmp_path: Path) -> None:
    limits = NO_CAPS.replace('auto_per_address = "0"', 'auto_per_address = "2/h"')
    with Daemon(make_site(tmp_path / "site", limits=limits)) as daemon:
        for number in range(5):
            sender = f"person{number}@example.net"
            daemon.send(mail(sender=f"P <{sender}>", headers=("Reply-To: victim@example.net",)), sender=sender)
            daemon.settled()
        assert len(daemon.ask("tickets")) == 5
        assert len(daemon.delivered()) == 2


def test_a_mail_whose_file_is_gone_does_not_hold_up_the_others(config: Path) -> None:
    ready = Daemon(config)
    mails = [mail(sender=f"P <p{n}@example.net>", text="x" * (1_200_000 if n == 2 else 20)) for n in range(5)]
    for raw in mails:
        ready.command("ingest", stdin=raw)
    (file,) = (config.parent / "data" / "raw").glob("??/*")
    file.unlink()
    with ready as daemon:
        wait_for(lambda: len(daemon.ask("tickets")) == 4, 20, "the others are tickets")
        (row,) = daemon.ask("quarantine", "list")
        assert row["reason"] == "bytes_missing"


def test_an_answer_on_a_known_ticket_reaches_those_who_take_part_alone(config: Path) -> None:
    """A forged From with a Reply-To of the same provider must not fetch a token for somebody else's ticket."""
    rule = '[[rule]]\nname = "told"\non = "follow_up"\nwhen.subject = "zebra"\nset.reply = "progress"\n'
    (config.parent / "rules" / "05-told.toml").write_text(rule)
    with Daemon(config) as daemon:
        daemon.send(mail())
        daemon.settled()
        for reply_to in ("eve@example.net", "ann@example.net"):
            daemon.send(mail(subject="Re: [Acme #1] zebra", headers=(f"Reply-To: {reply_to}",)))
            daemon.settled()
        assert len(daemon.ask("show", "1")["articles"]) == 3
        assert [parsed(one)["Delivered-To"] for one in daemon.delivered()] == ["ann@example.net"] * 2
