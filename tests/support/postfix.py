"""A real Postfix in a temporary folder on a loopback port, with Debian's own master.cf. Needs root; ended by its pid."""

import os
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
from pathlib import Path

from support.wait import wait_for

PROGRAM = Path("/usr/sbin/postfix")
MASTER = Path("/usr/share/postfix/master.cf.dist")

# What is the machine's and not the recipe's. Strangers come from any address but 127.0.0.1.
_MAIN = """\
compatibility_level = 3.6
config_directory = {root}/etc
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/log
maillog_file_prefixes = {root}
myhostname = mx.acme.example
mydestination = localhost
alias_maps =
alias_database =
mynetworks = 127.0.0.1/32
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
relayhost = [127.0.0.1]:{world}
address_verify_poll_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
"""


class Postfix:
    """`prepare()`, then `start()` .. `stop()`. `world` is the port that takes mail for everybody else."""

    def __init__(self, *, world: int) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="postfix-"))
        self.port = free_port()
        self._world = world
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def queue(self) -> Path:
        return self.root / "queue"

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    def prepare(self) -> "Postfix":
        """The folders of a fresh installation, without any recipe."""
        self.root.chmod(0o755)
        for folder in (self.etc, self.queue, self.root / "data"):
            folder.mkdir()
        shutil.chown(self.root / "data", "postfix", "postfix")
        (self.etc / "main.cf").write_text(_MAIN.format(root=self.root, world=self._world))
        master, count = re.subn(r"(?m)^smtp( +inet)", rf"127.0.0.1:{self.port}\1", MASTER.read_text())
        assert count == 1
        (self.etc / "master.cf").write_text(master)
        shutil.copy("/etc/postfix/dynamicmaps.cf", self.etc)
        return self

    def add(self, name: str, text: str) -> None:
        """Lines at the end of a file of the configuration."""
        with (self.etc / name).open("a") as file:
            file.write(text)

    def start(self) -> "Postfix":
        self._process = subprocess.Popen(
            [PROGRAM, "-c", self.etc, "start-fg"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for(self._greets, 20, f"Postfix greets; {self.log()}")
        return self

    def stop(self) -> None:
        pid = self.queue / "pid" / "master.pid"
        if self._process is not None and pid.exists():
            # start-fg is a script; the master it started outlives it, and takes its children along.
            master = int(pid.read_text())
            os.kill(master, signal.SIGTERM)
            wait_for(lambda: not Path(f"/proc/{master}").exists(), 20, "Postfix has ended")
        if self._process is not None:
            self._process.wait(20)
            self._process = None
        shutil.rmtree(self.root, ignore_errors=True)

    def flush(self) -> None:
        """Try all that waits now."""
        subprocess.run([PROGRAM, "-c", self.etc, "flush"], check=True, capture_output=True)

    def waiting(self) -> int:
        """How many mails are in the queue."""
        return sum(
            1 for name in ("incoming", "active", "deferred") for one in (self.queue / name).rglob("*") if one.is_file()
        )

    def log(self) -> str:
        path = self.root / "log"
        return path.read_text() if path.exists() else "no log"

    def _greets(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"Postfix ended with {self._process.returncode}: {self.log()}")
        return greets(self.port)


def send(
    port: int, mail: bytes, *to: str, sender: str = "ann@example.net", stranger: bool = True
) -> dict[str, tuple[int, str]]:
    """Hand a mail to an MTA as a stranger would, or as a host of ours; the recipients it refused, with the reply."""
    source = ("127.0.0.2" if stranger else "127.0.0.1", 0)
    with smtplib.SMTP("127.0.0.1", port, "client.example", 60, source_address=source) as client:
        client.ehlo()
        assert client.mail(sender)[0] == 250
        refused = {}
        for one in to:
            code, said = client.rcpt(one)
            if code >= 400:
                refused[one] = (code, said.decode())
        if len(refused) < len(to):
            code, said = client.data(mail)
            assert code == 250, said
        return refused


def greets(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as sock:
            return sock.recv(200).startswith(b"220")
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def missing() -> str:
    """Why it cannot run here; `""` where it can."""
    if not (PROGRAM.exists() and MASTER.exists()):
        return "needs Postfix (Debian package postfix)"
    return "" if os.geteuid() == 0 else "needs root, as Postfix itself does"


__all__ = ["Postfix", "free_port", "greets", "missing", "send"]
