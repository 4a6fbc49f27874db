"""T119: file systems on which what was accepted may be lost."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

from gateway.store import disk
from support.cli import gateway
from support.daemon import Daemon
from support.whole_site import make_site

MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /srv/mail rw shared:2 master:1 - nfs4 server:/mail rw,vers=4.2
24 23 8:2 / /srv/mail/data rw - xfs /dev/sdb1 rw
25 22 0:22 / /mnt/a\040disk rw - tmpfs tmpfs rw
26 22 8:3 / /twice rw - ext4 /dev/sdc1 rw
27 26 0:23 / /twice rw - cifs //server/x rw
"""


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("/var/lib/gateway", ""),
        ("/srv/mail", "nfs4"),
        ("/srv/mail/gateway/data", "nfs4"),
        ("/srv/mailbox", ""),
        ("/srv/mail/data/gateway", ""),
        ("/mnt/a disk/data", "tmpfs"),
        ("/twice/data", "cifs"),
    ],
)
def test_kinds(folder: str, told: str) -> None:
    found = disk.danger(Path(folder), MOUNTS)
    assert (f"({told})" in found) if told else found == ""


def test_where_there_is_no_list_nothing_is_said() -> None:
    assert disk.danger(Path("/srv"), "") == ""


def test_check_and_the_start_say_it() -> None:
    shm = Path("/dev/shm")
    if not os.access(shm, os.W_OK) or not disk.danger(shm):
        pytest.skip("no /dev/shm in memory")
    with tempfile.TemporaryDirectory(dir=shm) as folder:
        config = make_site(Path(folder) / "site")
        done = gateway("-c", config, "check", cwd=Path(folder))
        assert done.returncode == 0
        assert "gateway.data_dir: is in memory (tmpfs)" in done.stderr
        with Daemon(config) as daemon:
            told = [line["event"] for line in daemon.lines]
            assert ("old_python" in told) == (sys.version_info < (3, 11, 15))  # T150
            (line,) = [line for line in daemon.lines if line["event"] == "unsafe_disk"]
            assert (line["level"], line["folder"]) == ("warning", str(config.parent / "data"))
