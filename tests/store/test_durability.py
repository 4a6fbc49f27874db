"""What `kill -9` cannot show: that the disk was told to keep a mail before its sender was told 250 (T01, T119)."""

import os
import re
import shutil
import subprocess
import sys

import pytest

# One mail a line of standard output: the line is the 250.
ACCEPT = """
import sys
from pathlib import Path
from gateway.intake.spool import Spool
from gateway.mail.value import Envelope
from gateway.store import migrate, open_store
store = open_store(f"sqlite:///{sys.argv[1]}/gateway.db", Path(sys.argv[1]), raw_inline_max=2000)
migrate.ensure(store)
committer = Spool(store)
committer.start()
envelope = Envelope(mail_from="a@b.example", recipients=("support@acme.example",))
for n in range(4):
    raw = b"Message-ID: <%d@b.example>\\r\\n\\r\\n" % n + b"x" * (3000 if n % 2 else 10)
    accepted = committer.accept(raw, envelope, "smtp")
    sys.stdout.write(f"250 {n}\\n")
    sys.stdout.flush()
committer.stop()
store.close()
"""
_CALL = re.compile(r"^\d+ +(?:<\.\.\. )?(?P<name>\w+)(?: resumed>|\()(?P<rest>.*)$")
_FILE = re.compile(r"^\d+<(?P<path>[^>]*)>")


@pytest.fixture
def traced(tmp_path):
    """A function that accepts mails under strace and returns the lines of the trace."""

    def run(**environment):
        strace = shutil.which("strace")
        out = tmp_path / "trace"
        command = [strace or "", "-f", "-y", "-e", "trace=pwrite64,write,fdatasync,fsync,rename", "-o", str(out)]
        command += [sys.executable, "-c", ACCEPT, str(tmp_path / "site")]
        env = {**os.environ, **environment}
        if strace is None or subprocess.run([*command[:1], "-o", "/dev/null", "true"], check=False).returncode:
            pytest.skip("needs strace")
        subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE)
        return out.read_text().splitlines()

    return run


def answers_before_sync(lines):
    """For each 250 in order: the files that were written to and not synced when it was said, and the synced ones."""
    dirty: set[str] = set()
    synced: set[str] = set()
    pending: dict[str, str] = {}  # thread -> the file it is syncing
    said = []
    for line in lines:
        call = _CALL.match(line)
        if not call:
            continue
        thread, name, rest = line.split(maxsplit=1)[0], call["name"], call["rest"]
        file = _FILE.match(rest)
        path = file["path"] if file else pending.pop(thread, "")
        if name in ("fdatasync", "fsync"):
            if "unfinished" in rest:
                pending[thread] = path
            elif rest.rstrip().endswith("= 0"):
                dirty.discard(path)
                synced.add(path)
        elif "250 " in rest:
            said.append((set(dirty), set(synced)))
            synced.clear()
        elif name in ("pwrite64", "write") and ("-wal" in path or "/raw/" in path):
            dirty.add(path)
    return said


def test_every_250_comes_after_the_sync_of_what_it_promises(traced):
    said = answers_before_sync(traced())
    assert len(said) == 4
    for number, (dirty, synced) in enumerate(said):
        assert not dirty
        assert any(path.endswith("spool.db-wal") for path in synced)
        if number % 2:  # a large mail: its file, and the folder that names the file
            assert any(path.endswith(".tmp") for path in synced)
            assert any(re.search(r"/raw/[0-9a-f]{2}$", path) for path in synced)


def test_the_proof_fails_where_the_250_comes_first(traced):
    said = answers_before_sync(traced(GATEWAY_TEST="1", GATEWAY_SABOTAGE="early_250"))
    assert any(dirty or not any(path.endswith("spool.db-wal") for path in synced) for dirty, synced in said)
