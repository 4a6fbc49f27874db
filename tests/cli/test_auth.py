"""`gateway auth` as an admin uses it: users by standard input, and a probe that says what a mail proved."""

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.main import run
from gateway.config import load
from gateway.keys import load_keys
from gateway.now import now
from gateway.tickets.token import Role
from support.cli import CHECKOUT
from support.dns_stub import DnsStub
from support.mails import mail
from support.signing import publish, sign
from support.site import GOOD, write

SUBMISSION = '[[smtp]]\nlisten = "127.0.0.1:0"\nrole = "submission"\nusers_file = "users"\n'
CAROL = "Carol Reyes <carol@acme.example>"


@dataclass(frozen=True, kw_only=True)
class Done:
    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """A command on the site in `tmp_path`, with `text` on standard input; in this process, which saves its start."""
    monkeypatch.chdir(tmp_path)

    def called(*args: str, text: str = "") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        capsys.readouterr()
        code = run(list(args))
        printed = capsys.readouterr()
        return Done(code=code, out=printed.out, err=printed.err)

    return called


# ---- users ---------------------------------------------------------------------------------------------------------


def test_add_list_and_remove(tmp_path: Path, command: Command) -> None:
    write(tmp_path, GOOD + SUBMISSION)
    done = command("auth", "add", "carol@acme.example", text="correct horse battery\n")
    assert (done.code, done.out) == (0, f"carol may submit mail from now on ({tmp_path}/users)\n"), done.err
    assert command("auth", "add", "carol", text="another of the kind\n").out.startswith("carol has a new password")
    listed = json.loads(command("auth", "list", "--json").out)
    assert listed == [{"user": "carol", "addresses": ["carol@acme.example"]}]
    assert "carol@acme.example" in command("auth", "list").out
    assert command("auth", "remove", "carol").code == 0
    assert command("auth", "remove", "carol").code == 66
    assert "nobody may submit" in command("auth", "list").out


def test_a_bad_line_is_told(tmp_path: Path, command: Command) -> None:
    write(tmp_path, GOOD + SUBMISSION)
    (tmp_path / "users").write_text("carol:plain\n")
    assert "users:1: is no user:argon2-hash" in command("auth", "list").err


@pytest.mark.parametrize(
    ("args", "text", "code", "said"),
    [
        (("carl",), "correct horse\n", 66, 'there is no agent "carl", did you mean "carol"?'),
        (("carol",), "short\n", 64, "the password has fewer than 8 characters"),
        (("carol",), "", 64, "the password has fewer than 8 characters"),
        (("carol", "--file", "no/users"), "correct horse\n", 1, "cannot open the folder"),
    ],
)
def test_what_cannot_be_added(
    args: tuple[str, ...], text: str, code: int, said: str, tmp_path: Path, command: Command
) -> None:
    write(tmp_path, GOOD + SUBMISSION)
    done = command("auth", "add", *args, text=text)
    assert done.code == code
    assert said in done.err
    assert len(done.err.splitlines()) == 1


def test_without_a_listener_the_file_is_to_be_named(tmp_path: Path, command: Command) -> None:
    write(tmp_path, GOOD)
    done = command("auth", "add", "carol", text="correct horse\n")
    assert done.code == 78
    assert 'role = "submission"' in done.err
    assert command("auth", "add", "carol", "--file", "users", text="correct horse\n").code == 0
    assert (tmp_path / "users").exists()


# ---- the probe -----------------------------------------------------------------------------------------------------


@pytest.fixture
def dns() -> Any:
    with DnsStub() as stub:
        publish(stub, "acme.example")
        stub.txt("acme.example", "v=spf1 ip4:192.0.2.7 -all")
        yield stub


def site(folder: Path, dns: DnsStub, auth: str = "") -> None:
    mailbox = (
        '[[imap]]\nname = "main"\nhost = "imap.acme.example"\nuser = "support@acme.example"\npassword_file = "p"\n'
    )
    write(folder, f'{GOOD}{mailbox}[auth]\ndns = "127.0.0.1:{dns.port}"\n{auth}\n')


Probe = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def probed(command: Command, tmp_path: Path) -> Probe:
    """What the probe of Carol says of a mail: its exit code and its JSON."""

    def probe(raw: bytes, *args: str) -> tuple[int, dict[str, Any]]:
        (tmp_path / "reply.eml").write_bytes(raw)
        done = command("auth", "probe", "carol", "--mail", "reply.eml", "--json", *args)
        assert done.out, done.err
        return done.code, json.loads(done.out)

    return probe


def test_a_signed_mail(dns: DnsStub, tmp_path: Path, command: Command, probed: Probe) -> None:
    site(tmp_path, dns)
    raw = sign(mail(sender=CAROL), "acme.example")
    code, said = probed(raw)
    assert code == 0
    assert (said["a"], said["b"], said["c"], said["trust"]) == (True, True, False, [])
    assert said["evidence"]["by"] == "dkim"
    text = command("auth", "probe", "carol", "--mail", "reply.eml").out
    assert "A  yes  one From, carol@acme.example, is an address of carol" in text
    assert "B  yes  dkim proves it" in text
    assert "C  no " in text
    assert "DKIM pass: acme.example" in text


def test_the_line_that_would_make_it_pass(dns: DnsStub, tmp_path: Path, command: Command, probed: Probe) -> None:
    site(tmp_path, dns, 'trust = ["submission"]')
    code, said = probed(sign(mail(sender=CAROL), "acme.example"))
    assert (code, said["b"], said["trust"]) == (1, False, ["submission", "dkim"])
    heard = b"Authentication-Results: mx.acme.example; spf=pass smtp.mailfrom=carol@acme.example\r\n" + mail(
        sender=CAROL
    )
    code, said = probed(heard, "--source", "imap:main")
    assert said["trust"] == ["submission", "header:mx.acme.example"]
    text = command("auth", "probe", "carol", "--mail", "reply.eml", "--source", "imap:main").out
    assert 'trust = ["submission", "header:mx.acme.example"]' in text
    site(tmp_path, dns, 'trust = ["submission", "header:mx.acme.example"]')
    assert probed(heard, "--source", "imap:main")[0] == 0


def test_by_its_host(dns: DnsStub, tmp_path: Path, command: Command, probed: Probe) -> None:
    site(tmp_path, dns)
    code, said = probed(mail(sender=CAROL), "--peer", "192.0.2.7", "--from", "carol@acme.example")
    assert (code, said["evidence"]["by"]) == (0, "spf")


def test_what_proves_nothing_gets_advice(dns: DnsStub, tmp_path: Path, command: Command, probed: Probe) -> None:
    site(tmp_path, dns)
    code, said = probed(mail(sender=CAROL))
    assert (code, said["a"], said["b"], said["trust"]) == (1, True, False, [])
    assert any("signed with DKIM" in line for line in said["advice"])
    weak = sign(mail(sender=CAROL), "acme.example", length=True)
    assert any("l= leaves" in line for line in probed(weak)[1]["advice"])
    dns.misbehave("", "servfail")
    assert any("DNS gave no answer" in line for line in probed(sign(mail(sender=CAROL), "acme.example"))[1]["advice"])


def test_another_sender_and_a_doubtful_one(dns: DnsStub, tmp_path: Path, command: Command, probed: Probe) -> None:
    site(tmp_path, dns)
    _, said = probed(mail(sender="dave@acme.example"))
    assert (said["a"], said["why"]["a"]) == (False, "From is dave@acme.example, an address of dave")
    _, said = probed(b"From: eve@evil.example\r\n" + mail(sender=CAROL))
    assert said["a"] is False
    assert "two From lines" in said["why"]["a"]


def test_tokens(dns: DnsStub, tmp_path: Path, command: Command, probed: Probe) -> None:
    site(tmp_path, dns)
    keys = load_keys(load(tmp_path / "config.toml", secrets=False).gateway.secret_file)

    def answer(recipient: str, role: Role) -> dict[str, Any]:
        token = keys.issue(ticket=7, role=role, recipient=recipient, at=now())
        raw = mail(sender=CAROL, headers=(f"In-Reply-To: <{token}.1@mail.acme.example>",))
        return probed(sign(raw, "acme.example"))[1]

    assert answer("carol@acme.example", Role.AGENT)["c"] is True
    assert answer("dave@acme.example", Role.AGENT)["c"] is False
    assert answer("carol@acme.example", Role.REQUESTER)["c"] is False


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("carl",), 66, 'there is no agent "carl", did you mean "carol"?'),
        (("carol", "--mail", "gone.eml"), 66, "gone.eml"),
        (("carol", "--mail", "reply.eml", "--source", "imap:mian"), 64, 'did you mean "imap:main"?'),
        (("carol", "--source", "pipe"), 64, "go with --mail"),
        (("carol", "--within", "soon"), 64, "soon"),
    ],
)
def test_mistakes(args: tuple[str, ...], code: int, said: str, dns: DnsStub, tmp_path: Path, command: Command) -> None:
    site(tmp_path, dns)
    (tmp_path / "reply.eml").write_bytes(mail(sender=CAROL))
    done = command("auth", "probe", *args)
    assert done.code == code
    assert said in done.err


def test_it_waits_for_a_mail_of_the_agent(dns: DnsStub, tmp_path: Path, command: Command, probed: Probe) -> None:
    """Mail of others, and what came before, is passed over."""
    site(tmp_path, dns)
    assert command("ingest", text=mail(sender=CAROL).decode()).code == 0
    with subprocess.Popen(
        [sys.executable, "-m", "gateway", "auth", "probe", "carol", "--json"], cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    ) as waiting:  # fmt: skip
        guard = threading.Timer(60, waiting.kill)
        guard.start()
        try:
            assert waiting.stderr is not None
            assert "waiting for a mail of carol (carol@acme.example)" in waiting.stderr.readline()
            assert command("ingest", text=mail(sender="ann@example.net").decode()).code == 0
            raw = sign(mail(sender=CAROL, text="the one"), "acme.example").decode()
            (tmp_path / "one.eml").write_text(raw, newline="")
            assert command("ingest", "one.eml").code == 0
            printed, _ = waiting.communicate()
        finally:
            guard.cancel()
    said = json.loads(printed)
    assert (waiting.returncode, said["b"], said["source"]) == (0, True, "pipe")


def test_no_mail_comes(dns: DnsStub, tmp_path: Path, command: Command, probed: Probe) -> None:
    site(tmp_path, dns)
    done = command("auth", "probe", "carol", "--within", "0 s")
    assert done.code == 75
    assert "no mail of carol came" in done.err
