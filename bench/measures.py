"""One function a row of the table. They start the real program on a scratch site and look at it from outside."""

import json
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.mails import backlog
from bench.reading import large
from bench.rules_bench import mixes
from bench.watch import process_tree, pss_mib

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.daemon import PROGRAM, Daemon
from support.mails import mail
from support.wait import wait_for
from support.whole_site import NO_CAPS, make_site

_SAMPLE_EVERY = 0.2  # seconds between two looks at the memory


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How much of it: `share` of the full loads, `runs` times, on which database."""

    runs: int
    share: float
    database: str

    def of(self, count: int) -> int:
        return max(10, int(count * self.share))


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What was measured, all runs of it; `target` is "" or such as ">= 700"."""

    what: str
    unit: str
    values: list[float]
    target: str = ""

    @property
    def reached(self) -> bool:
        kind, _, number = self.target.partition(" ")
        middle = statistics.median(self.values)
        return not self.target or (middle >= float(number) if kind == ">=" else middle <= float(number))

    def row(self, letter: str) -> str:
        low, middle, high = min(self.values), statistics.median(self.values), max(self.values)
        verdict = f"{self.target} {'reached' if self.reached else 'MISSED'}" if self.target else ""
        return f"({letter}) {self.what + ', ' + self.unit:58}{low:10.1f}{middle:10.1f}{high:10.1f}  {verdict}"


def site(folder: Path, scale: Scale, *, rules: int = 0, more: str = "") -> Path:
    """A scratch site with `rules` rules beside the shipped ones."""
    shutil.rmtree(folder, ignore_errors=True)
    # Nobody listens there: what is measured ends with the outbox row, as it does for the peers.
    config = make_site(folder, database=scale.database, delivery="smtp://127.0.0.1:9", more=more, limits=NO_CAPS)
    config.write_text(config.read_text() + '\n[log]\nlevel = "info"\n')
    blocks = (
        f'[[rule]]\nname = "bench {n}"\nwhen.subject = ["topic{n}", "theme{n}*"]\nwhen.body.contains = "word{n} "\n'
        f'unless.from = "*@blocked{n}.example"\nset.priority = "high"\n'
        for n in range(rules)
    )
    (folder / "rules" / "50-bench.toml").write_text("\n".join(blocks))
    return config


# ---- (a) -----------------------------------------------------------------------------------------------------------


def commits(folder: Path, scale: Scale) -> list[Figure]:
    def run() -> float:
        path = folder / "floor.db"
        path.unlink(missing_ok=True)
        conn = sqlite3.connect(path, isolation_level=None)
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, data BLOB)")
        count, row = scale.of(5000), b"x" * 4096
        began = time.perf_counter()
        for _ in range(count):
            conn.execute("INSERT INTO t (data) VALUES (?)", (row,))
        taken = time.perf_counter() - began
        conn.close()
        return count / taken

    return [Figure(what="SQLite WAL FULL, one 4 KB row a commit", unit="/s", values=_runs(scale, run))]


# ---- (b) (c) -------------------------------------------------------------------------------------------------------


def accept_small(folder: Path, scale: Scale) -> list[Figure]:
    figures = []
    for connections, target in ((1, ""), (10, ">= 1500")):
        values = _runs(scale, lambda n=connections: _accept(folder, scale, n, scale.of(8000), 0))
        what = f"SMTP accept, 4 KB, {connections} connections, worker busy"
        figures.append(Figure(what=what, unit="/s", values=values, target=target))
    return figures


def accept_large(folder: Path, scale: Scale) -> list[Figure]:
    figures = []
    for connections, target in ((1, ""), (10, ">= 500")):
        values = _runs(scale, lambda n=connections: _accept(folder, scale, n, scale.of(1500), 200))
        what = f"SMTP accept, 200 KB attachment, {connections} connections"
        figures.append(Figure(what=what, unit="/s", values=values, target=target))
    return figures


def _accept(folder: Path, scale: Scale, connections: int, mails: int, kilobytes: int) -> float:
    """Accepted mails a second while the worker works through a backlog that outlasts the run."""
    config = site(folder / "accept", scale, rules=50)
    fill(config, scale.of(12_000))
    with Daemon(config) as daemon:
        answer = _load(daemon.port, mails, connections, kilobytes)
        daemon.kill()
    return float(answer["per_s"])


def _load(port: int, mails: int, connections: int, kilobytes: int) -> dict[str, float]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bench.smtp_client", str(port)),
            *("-n", str(mails), "-c", str(connections), "--att-kb", str(kilobytes)),
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    answer: dict[str, float] = json.loads(done.stdout)
    if answer["refused"] or answer["repeated"]:
        raise SystemExit(f"the load was not taken as it should: {answer}")
    return answer


# ---- (d) -----------------------------------------------------------------------------------------------------------


def drain_backlog(folder: Path, scale: Scale) -> list[Figure]:
    count = scale.of(20_000)

    def run() -> float:
        config = site(folder / "backlog", scale, rules=50)
        fill(config, count)
        return count / _drain(config, count)

    what = f"backlog of {count} mails to tickets and acknowledgements"
    return [Figure(what=what, unit="/s", values=_runs(scale, run), target=">= 700")]


def fill(config: Path, count: int) -> None:
    """Put a backlog into the spool, as if the worker had been away."""
    from gateway.config import load
    from gateway.daemon import open_site_store
    from gateway.mail import Envelope
    from gateway.now import now
    from gateway.store import migrate
    from gateway.store.spool import NewMail, insert_batch

    store = open_site_store(load(config))
    try:
        migrate.ensure(store)
        batch: list[NewMail] = []
        for sender, raw in backlog(count):
            envelope = Envelope(mail_from=sender, recipients=("support@acme.example",), peer="127.0.0.1")
            batch.append(NewMail(raw=raw, envelope=envelope, source="smtp", received_at=now()))
            if len(batch) == 500:
                insert_batch(store, batch)
                batch.clear()
        if batch:
            insert_batch(store, batch)
    finally:
        store.close()


def _drain(config: Path, count: int, *, timeout: float = 600) -> float:
    """Seconds from the worker being ready until the last spool row is closed."""
    daemon = Daemon(config).start(wait=False)
    try:
        wait_for(lambda: any(line.get("role") == "worker" for line in daemon.lines), 60, "the worker is ready")
        began = time.perf_counter()
        counted = _Counted(daemon)
        wait_for(lambda: counted.done() >= count, timeout, "the backlog is done")
        taken = time.perf_counter() - began
        daemon.stop()
    finally:
        daemon.kill()
    return taken


class _Counted:
    """Counts the worker's lines as they come: looking at all of them each time would take from what is measured."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._seen = self._done = 0

    def done(self) -> int:
        fresh = self._daemon.lines[self._seen :]
        self._seen += len(fresh)
        self._done += sum(1 for line in fresh if line.get("event") == "mail_done")
        return self._done


def done(daemon: Daemon) -> int:
    return sum(1 for line in daemon.lines if line.get("event") == "mail_done")


# ---- (e) -----------------------------------------------------------------------------------------------------------


def drain_mailbox(folder: Path, scale: Scale) -> list[Figure]:
    from bench.mailbox import drain

    count = scale.of(2000)
    values = _runs(scale, lambda: count / drain(folder, scale, count))
    return [Figure(what=f"IMAP backlog of {count} to tickets, moved", unit="/s", values=values, target=">= 500")]


# ---- (f) -----------------------------------------------------------------------------------------------------------


def latency(folder: Path, scale: Scale) -> list[Figure]:
    halves: list[float] = []
    tails: list[float] = []
    for _ in range(scale.runs):
        times = _latencies(site(folder / "latency", scale, rules=50), scale.of(300))
        halves.append(times[len(times) // 2])
        tails.append(times[int(len(times) * 0.99)])
    return [
        Figure(what="end of DATA to ticket committed, idle, p50", unit="ms", values=halves, target="<= 10"),
        Figure(what="end of DATA to ticket committed, idle, p99", unit="ms", values=tails, target="<= 50"),
    ]


def _latencies(config: Path, count: int) -> list[float]:
    """Milliseconds from the final dot to the worker's own word that the mail's ticket is committed, sorted."""
    import smtplib

    times: list[float] = []
    with Daemon(config) as daemon, smtplib.SMTP("127.0.0.1", daemon.port) as client:
        client.ehlo("client.example")
        for number in range(count):
            client.mail(f"person{number}@example.net")
            client.rcpt("support@acme.example")
            client.putcmd("data")
            client.getreply()
            data = mail(sender=f"person{number}@example.net", text="x" * 3500)
            seen = len(daemon.lines)
            began = time.perf_counter()
            client.send(data + b".\r\n")
            client.getreply()
            wait_for(lambda start=seen: _any_done(daemon, start), 10)
            times.append((time.perf_counter() - began) * 1000)
    return sorted(times[5:])


def _any_done(daemon: Daemon, start: int) -> bool:
    deadline = time.perf_counter() + 0.5
    while time.perf_counter() < deadline:
        if any(line.get("event") == "mail_done" for line in daemon.lines[start:]):
            return True
        time.sleep(0.0002)
    return False


# ---- (g) (h) -------------------------------------------------------------------------------------------------------


def memory(folder: Path, scale: Scale) -> list[Figure]:
    idle: list[float] = []
    loaded: list[float] = []
    for _ in range(scale.runs):
        config = site(folder / "memory", scale, rules=50)
        with Daemon(config) as daemon:
            daemon.send(mail())
            wait_for(lambda running=daemon: done(running), 10, "the first mail is done")
            idle.append(pss_mib(process_tree(daemon.pid)))
            loaded.append(_most_memory(daemon, partial(_load, daemon.port, scale.of(8000), 10, 0)))
            daemon.kill()
    return [
        Figure(what="memory of all processes (PSS), idle", unit="MiB", values=idle, target="<= 150"),
        Figure(what="memory of all processes (PSS), the most under the load of (b)", unit="MiB", values=loaded),
    ]


def _most_memory(daemon: Daemon, load: Callable[[], object]) -> float:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(load)
        most = 0.0
        while not running.done():
            most = max(most, pss_mib(process_tree(daemon.pid)))
            time.sleep(_SAMPLE_EVERY)
        running.result()
    return most


def syncs(folder: Path, scale: Scale) -> list[Figure]:
    """fsync and fdatasync calls of all processes a mail, under the load of (b) until all are tickets."""
    if shutil.which("strace") is None:
        print("(h) skipped: needs strace (Debian package strace)")
        return []
    values: list[float] = []
    for _ in range(scale.runs):
        config = site(folder / "syncs", scale, rules=50)
        count = scale.of(3000)
        trace = folder / "trace"
        with Daemon(config) as daemon:
            tracer = subprocess.Popen(
                ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(trace)]
                + [word for pid in process_tree(daemon.pid) for word in ("-p", str(pid))],
                stderr=subprocess.DEVNULL,
            )
            wait_for(lambda: _traced(daemon.pid), 10, "strace is attached")
            _load(daemon.port, count, 10, 0)
            wait_for(lambda total=count: done(daemon) >= total, 120, "all are tickets")
            tracer.terminate()
            tracer.wait(10)
        values.append(sum(1 for line in trace.read_text().splitlines() if "sync(" in line) / count)
    return [Figure(what="fsyncs a mail under load, up to its outbox row", unit="", values=values, target="<= 0.5")]


def _traced(pid: int) -> bool:
    return "TracerPid:\t0" not in Path(f"/proc/{pid}/status").read_text()


# ---- (i) -----------------------------------------------------------------------------------------------------------


def reading(folder: Path, scale: Scale) -> list[Figure]:
    """`mail.read` alone, each run in a process of its own."""
    del folder
    found = {what: [_reading(what) for _ in range(scale.runs)] for what in ("plain", "html", "large")}
    micros = {what: [one["median_us"] for one in runs] for what, runs in found.items()}
    millis = [one / 1000 for one in micros["large"]]
    beside = [one["beside_mib"] for one in found["large"]]
    return [
        Figure(what="reading a plain mail of 4 KB, median", unit="us", values=micros["plain"], target="<= 250"),
        Figure(what="reading an HTML mail of 4 KB, median", unit="us", values=micros["html"]),
        Figure(what="reading a mail with 10 MB attached, median", unit="ms", values=millis, target="<= 200"),
        Figure(what="memory for that beside the mail", unit="MiB", values=beside, target="<= 60"),
    ]


def _reading(what: str) -> dict[str, float]:
    given = large() if what == "large" else b""
    done = subprocess.run(
        [sys.executable, "-m", "bench.reading", what], input=given, capture_output=True, check=True, cwd=ROOT
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


# ---- (j) -----------------------------------------------------------------------------------------------------------


def rules(folder: Path, scale: Scale) -> list[Figure]:
    """The medians of all rules of one mail, the folding of its text included."""
    del folder
    runs = [mixes() for _ in range(scale.runs)]
    found = [[(name, statistics.median(times)) for name, times in run] for run in runs]
    return [
        Figure(what=f"{name}, median", unit="us", values=[run[at][1] for run in found], target="<= 500")
        for at, (name, _) in enumerate(found[0])
    ]


# ---- (k) -----------------------------------------------------------------------------------------------------------


def replay(folder: Path, scale: Scale) -> list[Figure]:
    """`gateway rules replay`, the start of the program included, on an archive that the daemon made."""
    count = scale.of(20_000)
    config = site(folder / "replay", scale, rules=50)
    fill(config, count)
    _drain(config, count)

    def run() -> float:
        began = time.perf_counter()
        done = subprocess.run(
            [*PROGRAM, "-c", str(config), "rules", "replay", "--json"], capture_output=True, check=True, cwd=ROOT
        )
        taken = time.perf_counter() - began
        report = json.loads(done.stdout)
        if (report["mails"], report["changed"]) != (count, 0):
            raise SystemExit(f"the replay of the same rules went wrong: {report}")
        return count / taken

    values = _runs(scale, run)
    return [Figure(what=f"replay of {count} stored mails, 50 rules", unit="/s", values=values, target=">= 334")]


def _runs(scale: Scale, run: Callable[[], float]) -> list[float]:
    return [run() for _ in range(scale.runs)]
