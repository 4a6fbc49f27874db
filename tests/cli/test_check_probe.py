"""`gateway check --probe` against the real daemon: the whole way there and back, and where it ends if a step is broken."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.main import run
from gateway.cli.probe_mail import composed
from gateway.config import load
from gateway.incoming import identify
from gateway.keys import load_keys
from gateway.mail import Envelope, read
from gateway.now import now
from gateway.rules import RegexMatcher
from gateway.site import load_site
from gateway.store.spool import Claimed
from gateway.tickets import probe
from gateway.tickets.auth_result import AuthResult, Dmarc, Result
from gateway.tickets.token import Keys
from support.daemon import PROGRAM, Daemon
from support.sink import Sink
from support.wait import wait_for
from support.whole_site import make_site

OUTSIDE = "postmaster@outside.example"  # the admin, who takes no automatic mail but what a probe asks for
WHOLE = ["handed over", "came in", "ticket", "verified", "acknowledged", "answered", "joined"]


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as one:
        yield one


def site(folder: Path, sink_port: int, **keys: Any) -> Path:
    config = make_site(folder, delivery=f"smtp://127.0.0.1:{sink_port}", **keys)
    config.write_text(config.read_text().replace("admin@acme.example", OUTSIDE))
    return config


def probed(config: Path, *args: str) -> tuple[int, dict[str, Any], str]:
    """The exit code, what was found, standard error."""
    command = [*PROGRAM, "-c", str(config), "check", "--probe", "--json", *args]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def steps(found: dict[str, Any]) -> list[list[str]]:
    return [[step["step"] for step in one["steps"]] for one in found["addresses"]]


def test_there_and_back_and_nobody_hears_of_it(tmp_path: Path, sink: Sink) -> None:
    limits = 'auto_per_address = "1/h"\nmin_free = "1 MB"'  # a probe asks for its answers: caps are for others
    with Daemon(site(tmp_path, sink.port, limits=limits)) as daemon:
        code, found, errors = probed(daemon.config, "--via", f"127.0.0.1:{daemon.port}")
        assert code == 0, (found, errors)
        assert steps(found) == [WHOLE, WHOLE]
        assert [one["address"] for one in found["addresses"]] == ["support@acme.example", "billing@acme.example"]
        for one in found["addresses"]:
            assert [what.partition(":")[0] for what in one["not_shown"]] == ["who sent it", "our Message-IDs"]
            seconds = [step["seconds"] for step in one["steps"]]
            assert seconds == sorted(seconds)
        daemon.settled()
        # An ordinary mail behind it: what would have been told of the probes would have been told by now.
        daemon.send(
            b"From: ann@example.net\r\nTo: support@acme.example\r\nSubject: lamp\r\nMessage-ID: <1@example.net>\r\n"
            b"Date: Mon, 02 Nov 2026 10:00:00 +0000\r\n\r\nWhere is my lamp?\r\n"
        )
        daemon.settled()
        tickets = daemon.ask("tickets")
        assert [(one["status"], probe.TAG in one["tags"], one["assignee"] is None) for one in tickets[:2]] == [
            ("closed", True, True)
        ] * 2
        page = daemon.ask("show", "1")
        assert [one["direction"] for one in page["articles"]] == ["in", "in"]
        assert {one["status"] for one in tickets[2:]} != {"closed"}
        (everything,) = (one for one in daemon.ask("report")["groups"] if one["by"] == "all")
        assert (everything["created"], everything["solved"]) == (1, 0)
        got = [mail.recipients[0] for mail in sink.received]
        assert got.count(OUTSIDE) == 2
        assert all(b"[Acme #3]" in mail.data for mail in sink.received if mail.recipients[0] != OUTSIDE)
        _is_heard_by_hand(daemon, sink)
        assert daemon.command("fsck").returncode == 0


def test_people_are_told_what_a_good_probe_does_not_show(tmp_path: Path, sink: Sink) -> None:
    with Daemon(site(tmp_path, sink.port)) as daemon:
        said = daemon.command("check", "--probe", "--via", f"127.0.0.1:{daemon.port}").stdout
    assert "support@acme.example: good, " in said
    assert said.count("  not shown: who sent it: neither SPF nor DKIM nor DMARC had anything to say of") == 2


def _is_heard_by_hand(daemon: Daemon, sink: Sink) -> None:
    """What a person writes on the ticket of a probe goes the way of all mail."""
    (ack,) = (mail.data for mail in sink.received if b"[Acme #1]" in mail.data)
    named = next(line for line in ack.split(b"\r\n") if line.lower().startswith(b"message-id:")).split(b": ")[1]
    daemon.send(
        b"From: Pat Roe <" + OUTSIDE.encode() + b">\r\nTo: support@acme.example\r\nSubject: Re: Probe\r\n"
        b"In-Reply-To: " + named + b"\r\nMessage-ID: <2@outside.example>\r\n"
        b"Date: Mon, 02 Nov 2026 10:00:00 +0000\r\n\r\nThis one is no probe, please look at it.\r\n",
        sender=OUTSIDE,
    )
    daemon.settled()
    ticket = daemon.ask("tickets")[0]
    assert (ticket["number"], ticket["status"], ticket["tags"]) == (1, "open", [])


def test_no_daemon(tmp_path: Path, sink: Sink) -> None:
    """The server takes the mail and it never comes in: nobody is there to take it."""
    config = site(tmp_path, sink.port)
    code, _, errors = probed(config, "--timeout", "1 s")
    assert (code, "start the daemon, which makes it" in errors) == (1, True)
    (tmp_path / "data" / "secret").write_text(f"1:{'ab' * 32}\n")
    (tmp_path / "data" / "secret").chmod(0o600)
    code, found, _ = probed(config, "--timeout", "1 s")  # by delivery.to, which keeps it for itself
    assert code == 1
    assert steps(found) == [["handed over"], ["handed over"]]
    assert {one["stopped_at"] for one in found["addresses"]} == {"came in"}
    assert "the daemon is not running" in found["addresses"][0]["look_at"]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        code, found, _ = probed(config, "--via", f"127.0.0.1:{nobody.getsockname()[1]}", "--timeout", "10 min")
    assert code == 1  # at once: nobody who is not there comes in ten minutes
    assert "does it run? gateway status" in found["addresses"][0]["look_at"]
    assert {one["stopped_at"] for one in found["addresses"]} == {"handed over"}
    assert "Connection refused" in found["addresses"][0]["problem"]


def test_by_lmtp_step_by_step(tmp_path: Path) -> None:
    """Where mail leaves into a folder, the only door is the one that is tried; each step is told when it is done."""
    config = make_site(tmp_path, limits='min_free = "1 MB"')
    listen = f'listen = "unix:{tmp_path}/lmtp"\nrole = "lmtp"'
    text = config.read_text().replace("admin@acme.example", OUTSIDE)
    config.write_text(text.replace('listen = "127.0.0.1:0"', listen))
    with Daemon(config) as daemon:
        wait_for((tmp_path / "lmtp").exists, 30, "the socket")
        done = daemon.command("check", "--probe", check=False)
        assert done.returncode == 0, done.stdout
        lines = done.stdout.splitlines()
        first, *steps, one, two = [line for line in lines if not line.startswith("  not shown: ")]
        assert first == f"probes from {OUTSIDE} by lmtp unix:{tmp_path}/lmtp"
        told = [line.split(": ")[1] for line in steps if "support@" in line]
        assert (told, "support@acme.example: good" in one, "good" in two) == (WHOLE, True, True)
    code, found, _ = probed(config, "--via", f"unix:{tmp_path}/lmtp", "--timeout", "10 min")
    assert (code, found["addresses"][0]["stopped_at"]) == (1, "handed over")


def test_an_unknown_address_and_a_way_out_that_is_broken(tmp_path: Path, sink: Sink) -> None:
    config = site(tmp_path, sink.port)
    with Daemon(config) as daemon:
        text = config.read_text()
        config.write_text(text.replace('"billing@acme.example" = "billing"', '"sales@acme.example" = "billing"'))
        with Sink() as other:  # it stands for an MTA whose map lacks the address, and that brings us nothing
            other.refused["sales@acme.example"] = "550 5.1.1 no such user"
            code, found, _ = probed(config, "--via", f"127.0.0.1:{other.port}", "--timeout", "1 s")
        assert code == 1
        assert [one["stopped_at"] for one in found["addresses"]] == ["came in", "handed over"]
        assert "550 5.1.1 no such user" in found["addresses"][1]["problem"]
        assert "mx 127.0.0.1:" in found["addresses"][0]["look_at"]
        config.write_text(text)

        sink.next("rcpt", "450 4.2.0 greylisted, come back", times=50)
        code, found, _ = probed(config, "--via", f"127.0.0.1:{daemon.port}", "--timeout", "4 s")
        assert code == 1
        assert steps(found) == [WHOLE[:4]] * 2
        one = found["addresses"][0]
        assert (one["stopped_at"], "450 4.2.0 greylisted" in one["problem"]) == ("acknowledged", True)
        assert "gateway outbox list" in one["look_at"]


def test_no_rule_acknowledges(tmp_path: Path, sink: Sink) -> None:
    config = site(tmp_path, sink.port)
    shutil.rmtree(tmp_path / "rules")
    with Daemon(config) as daemon:
        code, found, _ = probed(config, "--via", f"127.0.0.1:{daemon.port}", "--timeout", "20 s")
    assert code == 1
    assert found["addresses"][0]["stopped_at"] == "acknowledged"
    assert "no rule asks for it" in found["addresses"][0]["problem"]


def test_a_server_that_takes_the_mark_away(tmp_path: Path, sink: Sink) -> None:
    """Without the header we signed it is a mail like any other, and that is said."""
    with Daemon(site(tmp_path, sink.port)) as daemon, Sink() as relay:
        process = subprocess.Popen(
            [*PROGRAM, "-c", str(daemon.config), "check", "--probe", "--json", "--via", f"127.0.0.1:{relay.port}"],
            stdout=subprocess.PIPE,
            text=True,
        )
        passed_on = 0
        while passed_on < 2:
            for mail in relay.received[passed_on:]:
                lines = [line for line in mail.data.split(b"\r\n") if not line.startswith(probe.HEADER.encode())]
                daemon.send(b"\r\n".join(lines), sender=mail.mail_from, to=mail.recipients[0])
                passed_on += 1
        found = json.loads(process.communicate(timeout=60)[0])
        assert process.returncode == 1
        assert "is a ticket like any other" in found["addresses"][0]["problem"]
        assert daemon.ask("tickets")[0]["status"] != "closed"


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["--from", "carol@acme.example"], "the agent carol's"),
        (["--from", "support@acme.example"], "an address of ours"),
        (["--from", "nobody"], "has no @"),
        (["--via", "host:port"], "is no server"),
        (["--via", "lmtp://host"], "write lmtp://HOST:PORT"),
        (["--timeout", "2"], "has no unit"),
    ],
)
def test_what_cannot_be_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str], args: list[str], word: str) -> None:
    config = make_site(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret").write_text(f"1:{'ab' * 32}\n")
    assert run(["-c", str(config), "check", "--probe", *args]) == 64
    assert word in capsys.readouterr().err


def test_only_we_make_probes() -> None:
    """A header of another key, for another sender or recipient, or of another day makes no silent ticket."""
    keys, at, nonce = Keys(secrets={1: b"k" * 32}), datetime(2026, 11, 2, 10, tzinfo=UTC), "0123456789abcdef"
    value = probe.signed(keys, nonce=nonce, sender="a@b.example", to="support@acme.example", at=at)

    def found(value: str = value, keys: Keys = keys, **more: Any) -> str:
        told: dict[str, Any] = {"sender": "a@b.example", "to": "support@acme.example", "at": at, **more}
        return probe.nonce_of(keys, value, **told)

    assert found(sender="A@b.example", to="Support@acme.example", at=at + timedelta(minutes=59)) == nonce
    assert found(keys=Keys(secrets={1: b"k" * 32, 2: b"n" * 32})) == nonce
    assert not found(sender="c@b.example")
    assert not found(to="billing@acme.example")
    assert not found(at=at + timedelta(minutes=61))
    assert not found(keys=Keys(secrets={1: b"x" * 32}))
    assert not found(value[:-1] + ("0" if value[-1] != "0" else "1"))
    assert not found("")


def test_a_header_is_good_for_one_mail(tmp_path: Path, sink: Sink) -> None:
    """Whoever sees a probe on its way cannot open silent tickets with its header, nor be answered without end."""
    with Daemon(site(tmp_path, sink.port, limits='auto_per_address = "1/h"\nmin_free = "1 MB"')) as daemon:
        cfg = load(daemon.config)
        sent = composed(cfg, load_keys(cfg.gateway.secret_file), OUTSIDE, "support@acme.example").data
        daemon.send(sent, sender=OUTSIDE)
        for number in range(3):
            other = sent.replace(b"Subject: Probe", b"Subject: Buy now %d" % number)
            daemon.send(other.replace(b"<probe.", b"<other%d." % number), sender=OUTSIDE)
        daemon.settled()
        tickets = daemon.ask("tickets")
        assert [probe.TAG in one["tags"] for one in tickets] == [True, False, False, False]
        assert [one["status"] == "closed" for one in tickets] == [True, False, False, False]
        assert [one["recipient"] for one in daemon.ask("outbox", "list")].count(OUTSIDE) == 1


def test_one_that_is_proved_to_be_from_somebody_else_is_none(tmp_path: Path) -> None:
    cfg = load(site(tmp_path, 25))
    whole = load_site(cfg)
    raw = composed(cfg, whole.keys, OUTSIDE, "support@acme.example").data
    claimed = Claimed(
        id=1,
        source="smtp",
        envelope=Envelope(mail_from=OUTSIDE, recipients=("support@acme.example",)),
        quiet=False,
        received_at=now(),
        size=len(raw),
        sha256="",
        attempts=0,
        alone=False,
        fence=1,
        raw=raw,
    )
    good = AuthResult(from_addr=OUTSIDE)
    refused = AuthResult(from_addr=OUTSIDE, dmarc=Dmarc(result=Result.FAIL, policy="reject"))
    matcher = RegexMatcher(time.monotonic)
    found = [identify(claimed, read(raw), "", whole, matcher, auth).is_probe for auth in (None, good, refused)]
    assert found == [True, True, False]
