"""A real Exim in a temporary folder on a loopback port, with Debian's own configuration. Needs root; ended by its pid.

Debian's exim4 packages and its postfix exclude each other, so Exim may lie unpacked in a folder of its own.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from support.postfix import free_port, greets
from support.wait import wait_for

UNPACKED = Path("/usr/local/lib/exim4")  # where .ci/run puts it
_USER = "Debian-exim"

_CONF = """\
dc_eximconfig_configtype='smarthost'
dc_other_hostnames=''
dc_local_interfaces='127.0.0.1'
dc_relay_domains='acme.example:help.acme.example'
dc_relay_nets='127.0.0.1'
dc_smarthost='127.0.0.1::{world}'
dc_use_split_config='true'
dc_minimaldns='true'
"""
# What is the machine's and not the recipe's. Strangers come from any address but 127.0.0.1.
_MACROS = """\
CONFDIR = {root}/etc
SPOOLDIR = {root}/spool
MAIN_HARDCODE_PRIMARY_HOSTNAME = mx.acme.example
MAIN_QUALIFY_DOMAIN = acme.example
MAIN_RELAY_NETS = 127.0.0.1
log_file_path = {root}/log/%s
"""


class Exim:
    """`prepare()`, then `start()` .. `stop()`. `world` is the port that takes mail for everybody else."""

    def __init__(self, *, world: int) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="exim-"))
        self.port = free_port()
        self._world = world
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    def prepare(self) -> "Exim":
        """Debian's split configuration, without any recipe."""
        self.root.chmod(0o755)
        shutil.copytree(home() / "etc/exim4", self.etc)
        for name in ("spool", "log"):
            (self.root / name).mkdir()
            shutil.chown(self.root / name, _USER, _USER)
        (self.etc / "update-exim4.conf.conf").write_text(_CONF.format(world=self._world))
        self.add("conf.d/main/000_localmacros", _MACROS.format(root=self.root))
        smarthost = self.etc / "conf.d/router/200_exim4-config_primary"
        text = smarthost.read_text()
        assert "  host_find_failed = ignore\n" in text
        # Here the smarthost is a port of this machine, which Exim takes for a loop otherwise.
        smarthost.write_text(
            text.replace("  host_find_failed = ignore\n", "  host_find_failed = ignore\n  self = send\n")
        )
        return self

    def add(self, name: str, text: str) -> None:
        """A file of the configuration."""
        (self.etc / name).write_text(text)

    def start(self) -> "Exim":
        conf = self.root / "exim4.conf"
        update = home() / "usr/sbin/update-exim4.conf"
        subprocess.run([update, "-d", self.etc, "-o", conf], check=True, capture_output=True)
        text = conf.read_text()
        assert "exim_path = /usr/sbin/exim4" in text
        conf.write_text(text.replace("exim_path = /usr/sbin/exim4", f"exim_path = {program()}"))
        with (self.root / "errors").open("wb") as errors:
            self._process = subprocess.Popen(
                [program(), "-C", conf, "-bdf", "-oX", f"127.0.0.1.{self.port}"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        wait_for(self._greets, 20, "Exim greets")
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
            self._process = None
        shutil.rmtree(self.root, ignore_errors=True)

    def log(self) -> str:
        found = [*(self.root / "log").glob("*"), self.root / "errors"]
        return "\n".join(path.read_text() for path in found if path.exists())

    def _greets(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"Exim ended with {self._process.returncode}: {self.log()}")
        return greets(self.port)


def home() -> Path:
    """Below which folder Debian's packages lie."""
    return Path("/") if Path("/usr/sbin/exim4").exists() else UNPACKED


def program() -> Path:
    return home() / "usr/sbin/exim4"


def missing() -> str:
    """Why it cannot run here; `""` where it can."""
    if not (program().exists() and (home() / "etc/exim4/conf.d").exists()):
        return "needs Exim (Debian package exim4-daemon-light, or unpacked by .ci/run)"
    try:
        pwd.getpwnam(_USER)
    except KeyError:
        return f"needs the user {_USER}, as Debian's Exim does"
    return "" if os.geteuid() == 0 else "needs root, as Exim itself does"
