"""`gateway ingest` as a pipe of another user: the daemon takes the mail by LMTP, and 75 where nobody does."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemon import PROGRAM, Daemon
from support.mails import mail
from support.whole_site import make_site

NOBODY = 65_534
LISTENER = '[[smtp]]\nlisten = "unix:{place}"\nrole = "lmtp"\n'

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A short path: a socket's may not be long."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-"))
    yield folder
    shutil.rmtree(folder)


def pipe(config: Path, raw: bytes, *args: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """As an MTA runs it, the data being another user's."""
    os.chown(config.parent / "data", NOBODY, NOBODY)
    return subprocess.run(
        [*PROGRAM, "-c", str(config), "ingest", *args],
        input=raw,
        capture_output=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"], **env},
    )


def site(place: Path, *, more: str) -> Path:
    config = make_site(place / "site", more=more)
    (config.parent / "data").mkdir(mode=0o700, exist_ok=True)
    return config


def test_it_goes_to_the_daemon(place: Path) -> None:
    config = site(place, more=LISTENER.format(place=place / "lmtp.sock"))
    with Daemon(config) as daemon:
        done = pipe(config, mail(subject="By a pipe"), SENDER="ann@example.net", RECIPIENT="support@acme.example")
        assert (done.returncode, done.stderr) == (0, b""), done.stderr
        assert done.stdout.startswith(b"250 2.0.0 queued as")
        daemon.settled(30)
        (ticket,) = daemon.ask("tickets")
        assert ticket["subject"] == "By a pipe"
        assert len(daemon.delivered()) == 1, "the customer is told"
        nobody_told = pipe(config, mail(subject="Without a word on whom it is from"))
        assert nobody_told.returncode == 0, nobody_told.stderr
        daemon.settled(30)
        assert len(daemon.delivered()) == 2
    done = pipe(config, mail())
    assert done.returncode == 75
    assert b"does not answer" in done.stderr


def test_a_listener_that_this_user_may_not_use_is_not_the_last_word(place: Path) -> None:
    """As where the socket is for the MTA's group, and a port of loopback for whoever is on the machine."""
    with socket.socket(socket.AF_UNIX) as gone, socket.create_server(("127.0.0.1", 0)) as free:
        gone.bind(str(place / "mta.sock"))  # and nobody listens
        port = free.getsockname()[1]
    more = LISTENER.format(place=place / "lmtp.sock") + f'[[smtp]]\nlisten = "127.0.0.1:{port}"\nrole = "lmtp"\n'
    config = site(place, more=more)
    with Daemon(config):
        (place / "lmtp.sock").unlink()
        os.link(place / "mta.sock", place / "lmtp.sock")
        done = pipe(config, mail())
        assert done.returncode == 0, done.stderr
    done = pipe(config, mail())
    assert done.returncode == 75
    for where in (f"unix:{place / 'lmtp.sock'}: ", f"127.0.0.1:{port}: "):
        assert where.encode() in done.stderr


def test_what_the_daemon_refuses_for_good_is_not_tried_again(place: Path) -> None:
    config = site(place, more=LISTENER.format(place=place / "lmtp.sock") + 'max_size = "20 kB"\n')
    with Daemon(config):
        done = pipe(config, mail(text="x\n" * 20_000))
        assert done.returncode == 65
        assert b"552 5.3.4 mail too big" in done.stderr


def test_where_no_listener_is_declared_it_says_which(place: Path) -> None:
    config = site(place, more="")
    done = pipe(config, mail())
    assert done.returncode == 75
    assert b'no [[smtp]] has role = "lmtp"' in done.stderr


def test_old_mail_is_for_the_owner(place: Path) -> None:
    config = site(place, more=LISTENER.format(place=place / "lmtp.sock"))
    done = pipe(config, mail(), "--import")
    assert done.returncode == 75
    assert b"--import is for the user" in done.stderr
