"""A process that hangs is found out, killed and started anew; who watches over the daemon hears that it does not live."""

import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.health.processes import processes
from support.daemon import Daemon
from support.mails import mail
from support.wait import wait_for
from support.whole_site import make_site


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """What systemd listens with."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(30)
        yield listening


def heard(manager: socket.socket) -> list[str]:
    """What waits there."""
    found = []
    manager.setblocking(False)
    try:
        while True:
            found.append(manager.recv(200).decode())
    except BlockingIOError:
        return found
    finally:
        manager.settimeout(30)


def logged(daemon: Daemon, event: str) -> list[dict[str, object]]:
    return [line for line in daemon.lines if line.get("event") == event]


@pytest.mark.parametrize("role", ["worker", "intake"])
def test_it_is_started_anew_and_the_admin_hears_of_it(tmp_path: Path, role: str) -> None:
    with Daemon(make_site(tmp_path / "site"), env={"GATEWAY_SILENCE": "3"}) as daemon:
        before = processes(daemon.pid)
        stopped = before[role]
        assert stopped
        os.kill(stopped, signal.SIGSTOP)
        if role == "worker":
            daemon.send(mail())
        wait_for(lambda: logged(daemon, "process_hung"), 30, "it is found to hang")
        wait_for(lambda: processes(daemon.pid)[role] not in (None, stopped), 30, "it is there again")
        wait_for(lambda: [line["role"] for line in logged(daemon, "ready")].count(role) == 2, 30, "it is ready")
        daemon.settled(60)
        wait_for(
            lambda: any(re.search(rb"(?i)^Subject: .*the " + role.encode() + rb" process hung", one, re.M)
                        for one in daemon.delivered()), 30, "the admin is told"
        )  # fmt: skip
        assert [line["role"] for line in logged(daemon, "process_hung")] == [role], "the other one was left alone"
        after = processes(daemon.pid)
        assert {name for name in after if after[name] == before[name]} == {"worker", "intake"} - {role}
        if role == "worker":
            assert len(daemon.ask("tickets")) == 1


@pytest.mark.parametrize("role", ["worker", "intake"])
def test_the_watchdog_is_fed_only_while_all_live(tmp_path: Path, manager: socket.socket, role: str) -> None:
    place = str(tmp_path / "notify")
    env = {"NOTIFY_SOCKET": place, "WATCHDOG_USEC": "200000", "GATEWAY_SILENCE": "8"}
    with Daemon(make_site(tmp_path / "site"), env=env) as daemon:
        assert [manager.recv(200) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        stopped = processes(daemon.pid)[role]
        assert stopped
        os.kill(stopped, signal.SIGSTOP)
        heard(manager)
        wait_for(lambda: logged(daemon, "process_hung"), 60, "it is found to hang")
        assert heard(manager) in ([], ["WATCHDOG=1"]), "one sign of life may have been on its way"
        assert manager.recv(200) == b"WATCHDOG=1", "a new one lives"


def test_it_is_not_ready_before_its_worker(tmp_path: Path, manager: socket.socket) -> None:
    env = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "GATEWAY_SILENCE": "6"}
    fault = {"GATEWAY_TEST": "1", "GATEWAY_FAULT": "before_worker_ready:1:hang"}
    daemon = Daemon(make_site(tmp_path / "site"), env=env | fault)
    daemon.start(wait=False)
    try:
        wait_for(lambda: any("before_worker_ready hangs" in line for line in daemon.raw), 30, "the worker hangs")
        wait_for(lambda: any(line["role"] == "intake" for line in logged(daemon, "ready")), 30, "intake is ready")
        daemon.send(mail())
        assert heard(manager) == []
    finally:
        daemon.kill()
