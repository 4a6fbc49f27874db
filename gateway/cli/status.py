"""`gateway status`: does it run, what waits, what needs a person. Made for people and for Nagios."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Any

import click

from gateway import __version__
from gateway.cli import output
from gateway.cli.main import Session, config_option
from gateway.cli.opening import opened
from gateway.cli.page import print_pairs, size
from gateway.config import Config
from gateway.errors import ConfigError, GatewayError
from gateway.now import now
from gateway.store import Store, backlog, bounces, migrate, reloads, spool
from gateway.undelivered import is_one_of_us

SPOOL_LATE = timedelta(minutes=5)  # the worker takes milliseconds
SPOOL_STUCK = timedelta(hours=1)
OUTBOX_LATE = timedelta(minutes=30)  # due and not tried: the sender stands still


class Level(IntEnum):
    """What Nagios calls them; the value is the exit code."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Everything `status` prints, gathered at `at`. `problem` says why the database could not be asked."""

    at: datetime
    pid: int | None
    problem: str = ""
    schemas: Mapping[str, str | None]
    waiting: spool.Waiting | None = None
    outgoing: backlog.Outgoing | None = None
    set_aside: Mapping[str, int]
    mailboxes: tuple[backlog.Mailbox, ...] = ()
    unreached: tuple[str, ...] = ()
    last_look: reloads.LastLook | None = None
    disk_free: int
    min_free: int


@click.command(epilog="Example: gateway status || mail -s 'the gateway needs a look' root")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status(session: Session, as_json: bool) -> int:
    """Say whether the daemon runs on this machine, what waits and since when, and what needs a person.

    The first line and the exit code are made for Nagios: 0 OK, 1 WARNING (mail is late, failed or in quarantine, a
    mailbox is not polled), 2 CRITICAL (the daemon or the database is down, the disk is full, the spool stands still).
    Mail that a person gave up with `gateway outbox drop` raises no alarm.
    """
    found = _gathered(session)
    alarms = sorted(judged(found), key=lambda alarm: -alarm[0])
    level = max((alarm[0] for alarm in alarms), default=Level.OK)
    if as_json:
        output.print_json(_json_of(found, level, [text for _, text in alarms]))
    else:
        output.say(f"{level.name}: {'; '.join(text for _, text in alarms) or 'nothing to be done'}")
        print_pairs(_lines(found))
    return int(level)


# ---- gathering -----------------------------------------------------------------------------------------------------


def _gathered(session: Session) -> Gathered:
    cfg = session.config(secrets=False)
    base: dict[str, Any] = {
        "at": now(),
        "pid": running(cfg.gateway.data_dir),
        "last_look": reloads.read(cfg.gateway.data_dir),
        "disk_free": shutil.disk_usage(_existing(cfg.gateway.data_dir)).free,
        "min_free": cfg.limits.min_free,
    }
    schemas: Mapping[str, str | None] = {}
    try:
        with opened(session, ready=False) as (_, store):
            schemas = migrate.revisions(store)
            if schemas == migrate.HEADS:
                return Gathered(**base, schemas=schemas, **_asked(store, cfg))
            problem = "the database has no tables yet" if None in schemas.values() else "the schema is an older one"
    except ConfigError:
        raise
    except GatewayError as error:
        problem = str(error)
    return Gathered(**base, schemas=schemas, set_aside={}, problem=problem)


def _asked(store: Store, cfg: Config) -> dict[str, Any]:
    return {
        "waiting": spool.waiting(store),
        "outgoing": backlog.outgoing(store),
        "set_aside": backlog.set_aside(store),
        "mailboxes": tuple(backlog.mailbox(store, one.name) for one in cfg.imap),
        "unreached": _unreached(store, cfg),
    }


def _unreached(store: Store, cfg: Config) -> tuple[str, ...]:
    """Addresses of agents and the admin that mail kept coming back from, so that they get no notices."""
    suspended = bounces.unreached(store, suspended_only=True)
    return tuple(one.address for one in suspended if is_one_of_us(one.address, cfg))


def running(data_dir: Path) -> int | None:
    """The pid of the daemon that holds `data_dir`, None where none does."""
    try:
        with (data_dir / "lock").open("rb") as file:
            pid = int(file.read(32) or 0)  # empty after a clean stop
            return pid if pid and _lives(pid) and _is_locked(file.fileno()) else None
    except (OSError, ValueError):
        return None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # somebody else's process
    except OSError:
        return False
    return True


def _is_locked(fd: int) -> bool:
    """After a crash the number may be another process's by now. Only then does asking take the lock for a moment."""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _existing(path: Path) -> Path:
    return next(one for one in (path, *path.parents) if one.exists())


# ---- judging -------------------------------------------------------------------------------------------------------


def judged(found: Gathered) -> Iterator[tuple[Level, str]]:
    """What is not as it should be."""
    if found.pid is None:
        yield Level.CRITICAL, "the daemon is not running"
    if found.problem:
        yield Level.CRITICAL, found.problem
    if found.disk_free < found.min_free:
        yield Level.CRITICAL, f"only {size(found.disk_free)} of disk are free, no mail is accepted"
    if found.waiting and found.waiting.oldest_at:
        age = found.at - found.waiting.oldest_at
        if age > SPOOL_LATE:
            level = Level.CRITICAL if age > SPOOL_STUCK else Level.WARNING
            yield level, f"mail has been waiting in the spool for {span(age)}"
    if found.outgoing and found.outgoing.due_since:
        age = found.at - found.outgoing.due_since
        if age > OUTBOX_LATE:
            yield Level.WARNING, f"mail in the outbox has been due for {span(age)}"
    if found.outgoing and found.outgoing.failed_by_itself:
        count = found.outgoing.failed_by_itself
        yield Level.WARNING, f"{count} in the outbox failed, see gateway outbox list --state failed"
    if found.set_aside.get("quarantined"):
        yield Level.WARNING, f"{found.set_aside['quarantined']} in quarantine"
    if found.pid and found.last_look and found.last_look.problems:
        count = len(found.last_look.problems)
        yield Level.WARNING, f"changed rules, templates or settings are refused ({count} mistakes), see gateway check"
    if found.pid and found.last_look and found.last_look.needs_restart:
        yield Level.WARNING, f"needs a restart: {', '.join(found.last_look.needs_restart)}"
    if found.unreached:
        yield Level.WARNING, f"notices do not reach {', '.join(found.unreached)}, see gateway people list --suspended"
    for one in found.mailboxes:
        if one.node is None:
            yield Level.WARNING, f"nobody polls the mailbox {one.name}"
        elif one.first_look_at is None:
            yield Level.WARNING, f"the mailbox {one.name} was never read to its end"


def span(time: timedelta) -> str:
    """`40 s`, `12 min`, `5 h`, `3 days`."""
    seconds = int(time.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 2 * 3600:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 2 * 86400 else f"{seconds // 86400} days"


# ---- telling -------------------------------------------------------------------------------------------------------


def _lines(found: Gathered) -> Iterator[tuple[str, str]]:
    yield "daemon", f"running, pid {found.pid}" if found.pid else "not running"
    if found.last_look:
        last = found.last_look
        since = _ago(found.at, datetime.fromisoformat(last.refused_at)) if last.refused_at else ""
        refused = f"; a newer one was refused {since}" if last.problems else ""
        yield "rules", f"set {last.rule_set} ({last.summary}){refused}"
    if found.waiting:
        yield "spool", f"{found.waiting.count} waiting{_since(found.at, found.waiting.oldest_at)}"
    if found.outgoing:
        states = found.outgoing.by_state
        parts = [f"{states.get(state, 0)} {state}" for state in ("pending", "sending", "failed", "held")]
        yield "outbox", f"{', '.join(parts)}{_since(found.at, found.outgoing.oldest_at)}"
    for state, count in found.set_aside.items():
        yield state, str(count)
    for one in found.mailboxes:
        polled = f"polled by {one.node}" if one.node else "polled by nobody"
        first = f"first read {_ago(found.at, one.first_look_at)}" if one.first_look_at else "never read"
        newest = f", newest mail {_ago(found.at, one.newest_mail_at)}" if one.newest_mail_at else ""
        yield f"mailbox {one.name}", f"{polled}, {first}{newest}"
    yield "disk free", size(found.disk_free)
    schemas = ", ".join(f"{name} {at or '-'}" for name, at in found.schemas.items())
    yield "version", f"{__version__}, schema {schemas or 'unknown'}"


def _since(at: datetime, oldest: datetime | None) -> str:
    return f", the oldest for {span(at - oldest)}" if oldest else ""


def _ago(at: datetime, then: datetime) -> str:
    return f"{span(at - then)} ago"


def _json_of(found: Gathered, level: Level, alarms: list[str]) -> dict[str, Any]:
    states = found.outgoing.by_state if found.outgoing else {}
    last = found.last_look
    return {
        "level": level.name.lower(),
        "alarms": alarms,
        "pid": found.pid,
        "rules": {
            "rule_set": last.rule_set if last else None,
            "summary": last.summary if last else None,
            "refused_at": last.refused_at if last else None,
            "problems": last.problems if last else [],
            "needs_restart": last.needs_restart if last else [],
        },
        "spool": {
            "waiting": found.waiting.count if found.waiting else None,
            "oldest_at": found.waiting.oldest_at if found.waiting else None,
        },
        "outbox": {
            **{state: states.get(state, 0) if found.outgoing else None for state in _STATES},
            "oldest_at": found.outgoing.oldest_at if found.outgoing else None,
            "due_since": found.outgoing.due_since if found.outgoing else None,
        },
        "quarantined": found.set_aside.get("quarantined"),
        "held": found.set_aside.get("held"),
        "mailboxes": found.mailboxes,
        "unreached": found.unreached,
        "disk_free": found.disk_free,
        "program": __version__,
        "schema": found.schemas,
    }


_STATES = ("pending", "sending", "sent", "failed", "held")
