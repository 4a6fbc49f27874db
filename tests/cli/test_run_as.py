"""`gateway.run_as`: root takes the ports, and everything else is done by somebody who may do little (T153)."""

import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import sysconfig
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from support.cli import CHECKOUT
from support.daemon import Daemon
from support.mails import mail
from support.wait import wait_for
from support.whole_site import make_site

USER = "nobody"


@pytest.fixture
def site() -> Iterator[Path]:
    """A folder that the user may read, as pytest's own are not."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    folder = Path(tempfile.mkdtemp(prefix="gateway-run-as-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def _daemon(config: Path) -> Daemon:
    """By an interpreter that the user may run: root's own often lies in a folder of root's."""
    packages = sysconfig.get_path("purelib")
    env = {"PYTHONPATH": f"{CHECKOUT}:{packages}", "PYTHONDONTWRITEBYTECODE": "1"}
    for python in (sys.executable, "/usr/bin/python3"):
        program = [python, "-m", "gateway"]
        try:
            done = subprocess.run(
                [*program, "--version"], user=USER, cwd="/", env=env, capture_output=True, check=False
            )
        except OSError:
            continue
        if done.returncode == 0:
            return Daemon(config, env=env, program=program)
    pytest.skip(f"{USER} may not read this checkout, or no Python for it")


def _configured(folder: Path, port: int = 0, user: str = USER) -> Path:
    config = make_site(folder)
    text = config.read_text().replace('data_dir = "data"', f'data_dir = "data"\nrun_as = "{user}"')
    config.write_text(text.replace("127.0.0.1:0", f"127.0.0.1:{port}"))
    config.chmod(0o644)
    return config


def _free_port_of_root() -> int:
    for port in range(1023, 600, -1):
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port below 1024 is free")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _processes(group: int) -> dict[int, set[str]]:
    """The user ids of every process of a group: real, effective, saved, of files."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            pid = int(status.parent.name)
            if os.getpgid(pid) == group:
                line = next(line for line in status.read_text().splitlines() if line.startswith("Uid:"))
                found[pid] = set(line.split()[1:])
        except (OSError, ProcessLookupError):
            continue  # it has ended meanwhile
    return found


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_ports_are_roots_and_all_else_is_not(site: Path) -> None:
    port = _free_port_of_root()
    with _daemon(_configured(site, port)).start() as daemon:
        assert daemon.port == port
        assert daemon.send(mail()).startswith("2")
        daemon.settled()
        assert [one["number"] for one in daemon.ask("tickets")] == [1]
        user = pwd.getpwnam(USER)
        owners = _processes(daemon.pid)
        assert len(owners) >= 3
        assert set.union(*owners.values()) == {str(user.pw_uid)}
        assert {path.stat().st_uid for path in (site / "data").rglob("*")} == {user.pw_uid}

        second = daemon.command("run", check=False)
        assert second.returncode == 75
        assert "is in use by a running gateway" in second.stderr
        for pid in _children(daemon.pid):  # the next ones cannot bind the port, and need not
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: sum(one.get("what") == "smtp" for one in daemon.lines) == 2, 30, "it listens again")
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            assert client.noop()[0] == 250


def test_a_renewed_key_that_the_user_may_not_read_is_told(site: Path) -> None:
    config, port = _configured(site), _free_port()
    lines = 'listen = "127.0.0.1:0"\ntls_cert = "cert.pem"\ntls_key = "key.pem"'
    text = config.read_text().replace('listen = "127.0.0.1:0"', lines, 1)
    config.write_text(f'{text}[metrics]\nlisten = "127.0.0.1:{port}"\n')
    _certificate(site, pwd.getpwnam(USER).pw_uid)
    with _daemon(config).start() as daemon:
        assert _health(port) == "OK\n"
        _certificate(site, 0)
        wait_for(lambda: any(line.get("event") == "certificate_refused" for line in daemon.lines), 10)
        assert f"CRITICAL: the certificate {site / 'cert.pem'} cannot be used" in _health(port)


def _certificate(folder: Path, owner: int) -> None:
    issued = trustme.CA().issue_cert("localhost")
    for name, blob in (("key.pem", issued.private_key_pem), ("cert.pem", issued.cert_chain_pems[0])):
        half = folder / f"{name}.renewed"
        blob.write_to_path(half)
        half.chmod(0o600 if name == "key.pem" else 0o644)
        os.chown(half, owner, -1)
        half.replace(folder / name)


def _health(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=20) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()


@pytest.mark.parametrize(
    ("user", "told"),
    [("no-such-user", "useradd --system no-such-user"), ("root", "root itself"), (USER, f"chown -R {USER}: ")],
)
def test_what_is_refused(site: Path, user: str, told: str) -> None:
    config = _configured(site, user=user)
    (site / "data").mkdir()
    done = Daemon(config).command("run", check=False)
    assert done.returncode == 78
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{config}:5: gateway.run_as: ")
    assert told in line


@pytest.mark.parametrize("which", ["rules/00-spam.toml", "templates/acknowledgement.txt", "key.pem"])
def test_a_file_that_the_user_may_not_read_is_named(site: Path, which: str) -> None:
    config = _configured(site)
    lines = 'listen = "127.0.0.1:0"\ntls_cert = "cert.pem"\ntls_key = "key.pem"'
    config.write_text(config.read_text().replace('listen = "127.0.0.1:0"', lines, 1))
    _certificate(site, pwd.getpwnam(USER).pw_uid)
    path = site / which
    os.chown(path, 0, 0)
    path.chmod(0o600)
    done = Daemon(config).command("run", check=False)
    assert done.returncode == 78
    (line,) = done.stderr.splitlines()
    assert str(path) in line


def test_a_port_of_somebody_elses_and_a_name_of_several_addresses(site: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = Daemon(_configured(site, taken.getsockname()[1])).command("run", check=False)
    assert done.returncode == 78
    assert "Address already in use" in done.stderr
    names = len(set(socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)))
    if names > 1:
        config = _configured(site)
        config.write_text(config.read_text().replace('"127.0.0.1:0"', '"localhost:0"'))
        done = Daemon(config).command("run", check=False)
        assert done.returncode == 78
        assert "localhost is several addresses" in done.stderr


def test_root_without_it_is_told(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    with Daemon(make_site(tmp_path)).start() as daemon:
        assert any(line.get("event") == "runs_as_root" and "run_as" in line["remedy"] for line in daemon.lines)


def test_what_root_does_beside_it_is_the_users_too(site: Path) -> None:
    """Mail that root takes in, an import and a backup put back: the daemon of another user goes on with all of it."""
    daemon = _daemon(_configured(site))
    user = pwd.getpwnam(USER)
    large, small = site / "large.eml", site / "small.eml"
    large.write_bytes(mail(subject="large", message_id="<large@x.example>", text="a line of a log\n" * 80_000))
    small.write_bytes(mail(subject="small", message_id="<small@x.example>"))
    daemon.command("ingest", str(large))  # before the daemon ever ran
    with daemon.start():
        daemon.settled()
    daemon.command("import", "mail", str(small))
    private = site / "of-root"
    private.mkdir(mode=0o700)
    (private / "secret.eml").write_bytes(small.read_bytes())
    refused = daemon.command("ingest", str(private / "secret.eml"), check=False)
    assert (refused.returncode, f"cannot be read by {USER}" in refused.stderr) == (1, True)
    kept, packed = private / "kept", private / "kept.tar"
    for backup in (kept, packed):
        daemon.command("db", "backup", str(backup))
        assert backup.stat().st_uid == 0
        daemon.command("db", "restore", str(backup))
        assert {path.stat().st_uid for path in (site / "data", *(site / "data").rglob("*"))} == {user.pw_uid}
    with daemon.start():
        daemon.send(mail(subject="another", message_id="<another@x.example>"))
        daemon.settled()
        assert [one["subject"] for one in daemon.ask("tickets")] == ["large", "small", "another"]
        assert daemon.ask("quarantine", "list") == []
    assert daemon.command("fsck").returncode == 0


def test_another_user_is_told_whose_the_data_are(site: Path) -> None:
    """Nothing is claimed of the daemon, which may well run."""
    config = make_site(site)
    config.chmod(0o644)
    with _daemon(config) as daemon:
        data = site / "data"
        root = pwd.getpwuid(0).pw_name
        belongs = f"{data} belongs to {root} (mode 0700): run this as that user, with `sudo -u {root}` before it"
        for command, code in (("status", 3), ("tickets", 1), ("check --live", 1)):
            done = subprocess.run(
                [*daemon.program, "-c", str(config), *command.split()],
                user=USER,
                cwd="/",
                env=daemon.env,
                capture_output=True,
                text=True,
                check=False,
            )
            said = done.stdout + done.stderr
            assert (done.returncode, belongs in said, said.count("\n")) == (code, True, 1), said
            assert "not running" not in said
            assert "restore" not in said
