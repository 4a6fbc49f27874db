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
from collections.abc import Iterator
from pathlib import Path

import pytest

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

        for pid in _children(daemon.pid):  # the next ones cannot bind the port, and need not
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: sum(one.get("what") == "smtp" for one in daemon.lines) == 2, 30, "it listens again")
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            assert client.noop()[0] == 250


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
    assert line.startswith("config.toml: gateway.run_as: ")
    assert told in line


def test_root_without_it_is_told(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    with Daemon(make_site(tmp_path)).start() as daemon:
        assert any(line.get("event") == "runs_as_root" and "run_as" in line["remedy"] for line in daemon.lines)
