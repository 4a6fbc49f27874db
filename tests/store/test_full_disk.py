"""A full disk: refused as Full, nothing lost, and it goes on by itself once there is space (T06)."""

import os
import smtplib
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.errors import Full
from gateway.store import fsck, migrate, open_store, spool, tables
from support.arrivals import mail_bytes, new_mail
from support.daemon import Daemon
from support.whole_site import make_site


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB, where we may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs root and mount for a small tmpfs")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def enlarge(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)


@pytest.mark.parametrize("inline", [True, False], ids=["in rows", "in files"])
def test_full_is_refused_and_passes(small_disk, inline):
    url = f"sqlite:///{small_disk}/gateway.db"
    with closing(open_store(url, small_disk, raw_inline_max=65536 if inline else 1000)) as store:
        migrate.ensure(store)
        fill_and_go_on(store, small_disk)


def fill_and_go_on(store, small_disk):
    accepted, refused = [], []
    for n in range(120):
        mail = new_mail(n, raw=mail_bytes(n, size=20_000))
        try:
            accepted.append((mail, spool.insert_batch(store, [mail])[0].spool_id))
        except Full:
            refused.append(mail)
    assert accepted
    assert refused
    enlarge(small_disk)
    for mail in refused:
        accepted.append((mail, spool.insert_batch(store, [mail])[0].spool_id))
    assert len({spool_id for _, spool_id in accepted}) == 120
    assert all(spool.raw_of(store, spool_id) == mail.raw for mail, spool_id in accepted)
    with store.spool.read() as conn:
        assert conn.execute(select(func.count()).select_from(tables.spool)).scalar_one() == 120
    assert fsck.check(store) == []


def test_the_disk_of_a_database_elsewhere_is_watched(small_disk, tmp_path):
    enlarge(small_disk)
    config = make_site(tmp_path / "site", database=f"sqlite:///{small_disk}/db/gateway.db", limits='min_free = "80 MB"')
    with Daemon(config) as daemon:
        with smtplib.SMTP("127.0.0.1", daemon.port, timeout=30) as client:
            client.ehlo("client.example")
            assert client.mail("ann@example.net")[0] == 452
        told = daemon.command("status", check=False)
    assert (told.returncode, told.stdout.startswith("CRITICAL: only ")) == (2, True)
    assert f"of disk are free in {small_disk}/db, less than limits.min_free (80 MB)" in told.stdout
