"""The daemon as a service of systemd: it says when it is ready, that it lives, and that it stops; and the unit."""

import configparser
import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from gateway import systemd
from support.cli import gateway
from support.daemon import Daemon
from support.whole_site import make_site


def test_it_tells_how_it_stands(tmp_path: Path) -> None:
    place = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(place))
        manager.settimeout(30)
        env = {"NOTIFY_SOCKET": str(place), "WATCHDOG_USEC": "400000"}
        with Daemon(make_site(tmp_path / "site"), env=env) as daemon:
            heard = [manager.recv(200).decode() for _ in range(3)]
            daemon.stop()
            while heard[-1] != "STOPPING=1":
                heard.append(manager.recv(200).decode())
    assert heard[:3] == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]
    assert set(heard[3:]) <= {"WATCHDOG=1", "STOPPING=1"}


def test_a_long_start_asks_for_more_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(place))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(place))
        manager.settimeout(30)
        with systemd.more_time(every=0.05):
            heard = [manager.recv(200).decode() for _ in range(2)]
    assert heard == ["EXTEND_TIMEOUT_USEC=200000"] * 2
    assert "more time" not in {thread.name for thread in threading.enumerate()}, "whoever forks next has one thread"


def test_nobody_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("", "relative", "/nowhere/at/all"):
        monkeypatch.setenv("NOTIFY_SOCKET", value)
        systemd.notify("READY=1")
    monkeypatch.setenv("WATCHDOG_USEC", "no number")
    assert systemd.watchdog_every() is None


def test_the_unit(tmp_path: Path) -> None:
    missing = gateway("init", "--systemd", str(tmp_path / "acme"), cwd=tmp_path)
    assert (missing.returncode, missing.stdout) == (66, "")
    assert f"write the site first: gateway init {tmp_path}/acme" in missing.stderr
    (tmp_path / "acme").mkdir()
    done = gateway("init", "--systemd", "--user", "mailer", str(tmp_path / "acme"), cwd=tmp_path)
    assert done.returncode == 0
    assert list((tmp_path / "acme").iterdir()) == [], "nothing is written"
    assert 'there is no user "mailer" on this machine: useradd --system' in done.stderr
    assert ("the unit hides /tmp" in done.stderr) == tmp_path.resolve().is_relative_to("/tmp")
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(done.stdout)
    service = parser["Service"]
    assert service["ExecStart"].endswith(f"/gateway -c {tmp_path}/acme/config.toml run")
    assert os.access(service["ExecStart"].split()[0], os.X_OK)
    assert (service["User"], service["ReadWritePaths"]) == ("mailer", f"{tmp_path}/acme")
    analyse = shutil.which("systemd-analyze")
    if analyse:
        path = tmp_path / "gateway.service"
        path.write_text(done.stdout)
        verified = subprocess.run(
            [analyse, "verify", str(path)], capture_output=True, text=True, timeout=60, check=False
        )
        assert "Unknown" not in verified.stderr, verified.stderr
