"""The real program: started, spoken to, killed, asked."""

import json
import os
import re
import signal
import smtplib
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway.config import load
from gateway.store import open_store, spool, tables
from support.wait import wait_for

_AGENT = re.compile(rb"^Delivered-To: (carol|dave)@", re.MULTILINE | re.IGNORECASE)
PROGRAM = (sys.executable, "-m", "gateway")


class Daemon:
    """`gateway run` on a site, in a process group of its own. Its log lines are kept, parsed."""

    def __init__(self, config: Path, *, env: Mapping[str, str] | None = None, program: Sequence[str] = PROGRAM) -> None:
        self.config = config
        self.program = tuple(program)
        self.env = {**os.environ, **(env or {})}
        self.lines: list[dict[str, Any]] = []
        self.raw: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    # ---- life ------------------------------------------------------------------------------------------------------

    def start(self, *, wait: bool = True) -> "Daemon":
        self.lines, self.raw = [], []
        self._process = subprocess.Popen(
            [*self.program, "-c", str(self.config), "run"],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env=self.env,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        if wait:
            wait_for(self.is_ready, 30, "the daemon is ready")
        return self

    def is_ready(self) -> bool:
        process = self._process
        assert process is not None
        if process.poll() is not None:
            raise AssertionError(f"the daemon ended with {process.returncode}:\n" + "".join(self.raw[-40:]))
        return {line.get("role") for line in self.lines if line.get("event") == "ready"} >= {"intake", "worker"}

    def kill(self) -> None:
        """SIGKILL to the whole group, as fate does it."""
        process = self._process
        if process is not None:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self._end()

    def wait_dead(self, timeout: float = 30) -> None:
        """Wait until an armed fault has killed it; whatever comes, nothing of it is left behind."""
        process = self._process
        assert process is not None
        try:
            wait_for(lambda: process.poll() is not None, timeout, "it died at the armed point")
        finally:
            self.kill()

    def stop(self, timeout: float = 40) -> int:
        """SIGTERM to the one process that was started; its exit code."""
        process = self._process
        assert process is not None
        process.send_signal(signal.SIGTERM)
        process.wait(timeout)
        return self._end()

    def _end(self) -> int:
        process, reader = self._process, self._reader
        assert process is not None
        assert reader is not None
        code = process.wait(10)
        reader.join(10)
        assert process.stderr is not None
        process.stderr.close()
        self._process = None
        return code

    def __enter__(self) -> "Daemon":
        return self if self._process else self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is None:
            return
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.raw.append(line)
            try:
                self.lines.append(json.loads(line))
            except ValueError:
                self.lines.append({"event": "text", "text": line})

    # ---- talk ------------------------------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        where = next(line["where"] for line in self.lines if line.get("what") == "smtp")
        return int(where.rpartition(":")[2])

    def send(self, mail: bytes, *, sender: str = "ann@example.net", to: str = "support@acme.example") -> str:
        """Send one mail by SMTP; the reply text of the final dot."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as client:
            client.ehlo("client.example")
            for code, text in (client.mail(sender), client.rcpt(to), client.data(mail)):
                if code >= 400:
                    raise AssertionError(f"{code} {text!r}")
            return text.decode()

    def ask(self, *args: str) -> Any:
        """A command of the program with --json; its answer."""
        return json.loads(self.command(*args, "--json").stdout)

    def command(self, *args: str, check: bool = True, stdin: bytes | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.program, "-c", str(self.config), *args],
            capture_output=True,
            text=stdin is None,
            input=stdin,
            env=self.env,
            timeout=120,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{args} ended with {done.returncode}: {done.stderr}")
        return done

    def settled(self, timeout: float = 30) -> None:
        """Wait until nothing waits in the spool and nothing in the outbox is on its way."""

        cfg = load(self.config)
        store = open_store(cfg.database.url, cfg.gateway.data_dir)
        moving = select(tables.outbox.c.id).where(tables.outbox.c.state.in_(("pending", "sending"))).limit(1)

        def quiet() -> bool:
            if spool.waiting(store).count:
                return False
            with store.main.read() as conn:
                return conn.execute(moving).first() is None

        try:
            wait_for(quiet, timeout, "spool and outbox are settled")
        finally:
            store.close()

    def delivered(self, *, to_agents: bool = False) -> list[bytes]:
        """What `maildir:data/sent` holds, in order of its names, the notices to agents left out."""
        folder = self.config.parent / "data" / "sent" / "new"
        found = [path.read_bytes() for path in sorted(folder.glob("*"))] if folder.exists() else []
        return [mail for mail in found if to_agents or not _AGENT.search(mail.partition(b"\r\n\r\n")[0])]
