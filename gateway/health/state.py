"""How the gateway fares: what waits and since when, what needs a person. Asked by people, Nagios and Prometheus."""

import fcntl
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Any, NamedTuple

from gateway.config import Config
from gateway.errors import GatewayError
from gateway.health.certificate import ENDS_SOON, ends_at
from gateway.health.processes import doors, processes
from gateway.health.ways import WayOut, ways_out
from gateway.now import now
from gateway.oauth import accounts
from gateway.oauth.providers import grant, to_consent
from gateway.shown import size, span
from gateway.store import Store, backlog, bounces, migrate, oauth, reloads, room, shadowing, spool
from gateway.undelivered import is_one_of_us

SPOOL_LATE = timedelta(minutes=5)  # the worker takes milliseconds
OUTBOX_LATE = timedelta(minutes=30)  # due and not tried: the sender stands still
OUTBOX_STUCK = timedelta(hours=1)
UNFILED = "filing"  # begins the keys of concerns about mailboxes whose server does not do what `after` says
ON_ITS_WAY_OUT = "delivery"  # begins the keys of concerns about a way out
# Begin the keys of what is a matter of one machine, which no other node sees.
OF_ONE_NODE = frozenset({"daemon", "process", "listener", "disk", "certificate"})
_MAILBOX_LATE = timedelta(minutes=15)  # a poller looks every five, whatever the server announces
_UNFILED_LATE = timedelta(minutes=5)  # a folder may be in use for a moment
_NEVER = "was never read to its end, see the log and gateway check --live"
_DISK_SHORT = 2  # times limits.min_free
_TOKEN_ENDS = timedelta(days=7)
_LAST_PART = 0.25  # of a consent's life, where that is less


class Level(IntEnum):
    """What Nagios calls them; the value is the exit code."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


class Concern(NamedTuple):
    """One thing that is not as it should be; `key` names the matter, however its words change."""

    level: Level
    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Everything that is known at `at`. `problem` says why the database could not be asked."""

    at: datetime
    pid: int | None
    problem: str = ""
    mistakes: tuple[str, ...] = ()  # of a config.toml that cannot be used: the rest is by the last good one
    schemas: Mapping[str, str | None]
    waiting: spool.Waiting | None = None
    outgoing: backlog.Outgoing | None = None
    set_aside: Mapping[str, int]
    mailboxes: tuple[backlog.Mailbox, ...] = ()
    read_within: Mapping[str, timedelta] = field(default_factory=dict)  # mailbox -> so often it is read at least
    ways: tuple[WayOut, ...] = ()
    tickets: backlog.Tickets | None = None
    tokens: Mapping[str, oauth.Kept] = field(default_factory=dict)  # by account
    consents: Mapping[str, str] = field(default_factory=dict)  # account -> what a person does to consent
    secrets: Mapping[str, datetime] = field(default_factory=dict)  # account -> when its client secret ends
    certificates: Mapping[str, datetime] = field(default_factory=dict)  # file -> when it ends
    broken_certificates: Mapping[str, str] = field(default_factory=dict)  # file -> why it cannot be used
    processes: Mapping[str, int | None] = field(default_factory=dict)  # role -> pid; empty: cannot be seen
    doors: Mapping[str, str] = field(default_factory=dict)  # listener -> what is wrong, "" where it greets
    unreached: tuple[str, ...] = ()
    last_look: reloads.LastLook | None = None
    shadow: bool = False  # in shadow mode, by the settings or by what runs
    disk: room.Room  # the one with the least room
    min_free: int


# ---- gathering -----------------------------------------------------------------------------------------------------


def of_machine(cfg: Config) -> dict[str, Any]:
    """What is known without the database, as fields of Gathered."""
    pid = running(cfg.gateway.data_dir)
    return {
        "at": now(),
        "pid": pid,
        "processes": processes(pid) if pid is not None else {},
        "doors": dict(doors(cfg)) if pid is not None else {},
        "last_look": reloads.read(cfg.gateway.data_dir),
        "disk": room.least(room.folders_of(cfg.database.url, cfg.gateway.data_dir)),
        "min_free": cfg.limits.min_free,
        "read_within": {one.name: max(_MAILBOX_LATE, 3 * one.poll) for one in cfg.imap},
        "shadow": cfg.gateway.shadow,
        "certificates": dict(_certificates(cfg)),
        "broken_certificates": dict(_broken_certificates(cfg)),
        "secrets": {
            one.name: datetime.combine(one.oauth.client_secret_ends, time(), UTC)
            for one in accounts(cfg)
            if one.oauth.client_secret_ends is not None
        },
    }


def _certificates(cfg: Config) -> Iterator[tuple[str, datetime]]:
    for path in dict.fromkeys(one.tls_cert for one in cfg.smtp if one.tls_cert is not None):
        with suppress(OSError, ValueError):  # what cannot be read is told where it is used
            yield str(path), ends_at(path.read_text("ascii"))


def _broken_certificates(cfg: Config) -> Iterator[tuple[str, str]]:
    """File -> what is wrong: what was renewed cannot be taken up, and the next start would fail."""
    for cert, key in dict.fromkeys((one.tls_cert, one.tls_key) for one in cfg.smtp):
        if cert is None:
            continue
        if key is not None and not os.access(key, os.R_OK) and not _is_the_gateways_user(cfg):
            continue  # not ours to read, which says nothing of the daemon
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=lambda: b"")
        except (OSError, ValueError) as error:
            yield str(cert), getattr(error, "strerror", None) or str(error)


def _is_the_gateways_user(cfg: Config) -> bool:
    """Whether the daemon may read what we may: its data are its own (see privileges)."""
    folder = cfg.gateway.data_dir
    node = folder / "node"  # the folder itself may be mounted from outside
    try:
        return (node if node.exists() else folder).stat().st_uid == os.geteuid()
    except OSError:
        return False


def gathered(store: Store, cfg: Config) -> Gathered:
    """All of it; a database that cannot be asked, or is an older one, is a part of the answer."""
    base, schemas = of_machine(cfg), dict.fromkeys(migrate.HEADS)
    try:
        schemas = dict(migrate.revisions(store))
        if schemas == migrate.HEADS:
            base["shadow"] = base["shadow"] or _is_shadow(store)
            return Gathered(**base, schemas=schemas, **_asked(store, cfg))
        problem = "the database has no tables yet" if None in schemas.values() else "the schema is an older one"
    except GatewayError as error:
        problem = str(error)
    return Gathered(**base, schemas=schemas, set_aside={}, problem=problem)


def _is_shadow(store: Store) -> bool:
    """Whether what runs sends nothing, whatever the file says by now."""
    with store.main.read() as conn:
        return shadowing.since(conn) is not None


def _asked(store: Store, cfg: Config) -> dict[str, Any]:
    return {
        "waiting": spool.waiting(store),
        "outgoing": backlog.outgoing(store),
        "ways": ways_out(store, cfg, now()),
        "set_aside": backlog.set_aside(store),
        "mailboxes": tuple(backlog.mailbox(store, one.name, one.folders) for one in cfg.imap),
        "unreached": _unreached(store, cfg),
        "tickets": backlog.tickets(store, cfg.status_table.ended, cfg.report.soon),
        "tokens": {one.name: oauth.kept(store, grant(one)) for one in accounts(cfg)},
        "consents": {one.name: to_consent(one) for one in accounts(cfg)},
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


# ---- judging -------------------------------------------------------------------------------------------------------


def judged(found: Gathered) -> Iterator[Concern]:
    """What is not as it should be, the gravest first."""
    return iter(sorted(_concerns(found), key=lambda one: -one.level))


def _concerns(found: Gathered) -> Iterator[Concern]:
    if found.pid is None:
        yield Concern(Level.CRITICAL, "daemon", "the daemon is not running")
    for role, own in found.processes.items():
        if own is None:
            yield Concern(Level.CRITICAL, f"process {role}", f"the {role} process is not running, see the log")
    for name, problem in found.doors.items():
        if problem:
            yield Concern(Level.CRITICAL, f"listener {name}", f"the listener {name} {problem}")
    if found.problem:
        yield Concern(Level.CRITICAL, "database", found.problem)
    if found.disk.free < _DISK_SHORT * found.min_free:
        yield _short_of_disk(found.disk, found.min_free)
    yield from _late(found)
    if found.set_aside.get("quarantined"):
        yield Concern(Level.WARNING, "quarantine", f"{found.set_aside['quarantined']} in quarantine")
    yield from _settings(found)
    if found.unreached:
        text = f"notices do not reach {', '.join(found.unreached)}, see gateway people list --suspended"
        yield Concern(Level.WARNING, "unreached", text)
    for one in found.mailboxes:
        if one.node is None:
            yield Concern(Level.WARNING, f"mailbox {one.name}", f"nobody polls the mailbox {one.name}")
        elif one.first_look_at is None or one.last_success_at is None:
            yield Concern(Level.WARNING, f"mailbox {one.name}", f"the mailbox {one.name} {_NEVER}")
        elif (age := found.at - one.last_success_at) > found.read_within[one.name]:
            text = f"the mailbox {one.name} was last read {span(age)} ago, see the log and gateway check --live"
            yield Concern(Level.CRITICAL, f"mailbox {one.name}", text)
        if one.unfiled_since is not None and (age := found.at - one.unfiled_since) > _UNFILED_LATE:
            text = f"mail of the mailbox {one.name} becomes tickets and stays where it is since {span(age)}"
            remedy = f"give it the rights, or say otherwise in `after`, see gateway check --live: {one.unfiled_why}"
            yield Concern(Level.WARNING, f"{UNFILED} {one.name}", f"{text}; {remedy}")
    yield from _endings(found)


def _short_of_disk(disk: room.Room, min_free: int) -> Concern:
    free = f"only {size(disk.free)} of disk are free in {disk.folder}"
    if disk.free < min_free:
        text = f"{free}, less than limits.min_free ({size(min_free)}): no mail is accepted"
        return Concern(Level.CRITICAL, "disk", text)
    return Concern(Level.WARNING, "disk", f"{free}; below limits.min_free ({size(min_free)}) no mail is accepted")


def _late(found: Gathered) -> Iterator[Concern]:
    if found.waiting and found.waiting.oldest_at:
        age = found.at - found.waiting.oldest_at
        if age > SPOOL_LATE:
            yield Concern(Level.CRITICAL, "spool", f"mail has been waiting in the spool for {span(age)}")
    for one in found.ways:
        if one.trouble:
            lasts = one.oldest_at is not None and found.at - one.oldest_at > OUTBOX_STUCK
            yield Concern(Level.CRITICAL if lasts else Level.WARNING, f"{ON_ITS_WAY_OUT} {one.name}", one.trouble)
        elif one.tried_at is not None and not one.paced and found.at - one.tried_at > OUTBOX_STUCK:
            text = f"mail has been tried in vain for {span(found.at - one.tried_at)} by {one.name} ({one.to})"
            yield Concern(Level.WARNING, f"outbox {one.name}", f"{text}, last answer: {one.reply}")
    # Where something is known to be in the way, or mail keeps to a pace, that it waits is no news.
    since = min((one.due_at for one in found.ways if one.due_at and not one.trouble and not one.paced), default=None)
    if since is not None and found.at - since > OUTBOX_LATE:
        yield Concern(Level.CRITICAL, "outbox", f"mail in the outbox has been due for {span(found.at - since)}")
    if found.outgoing and found.outgoing.failed_by_itself:
        count = found.outgoing.failed_by_itself
        text = f"{count} in the outbox failed, see gateway outbox list --state failed"
        yield Concern(Level.WARNING, "failed", text)


def _settings(found: Gathered) -> Iterator[Concern]:
    last = found.last_look if found.pid else None
    if found.mistakes:
        more = f" and {len(found.mistakes) - 1} more" if len(found.mistakes) > 1 else ""
        counts = "the settings before count on" if found.pid else "no start is possible"
        yield Concern(Level.WARNING, "settings", f"{found.mistakes[0]}{more}: {counts}, see gateway check")
    elif last and last.problems:
        count = f"{len(last.problems)} mistake{'' if len(last.problems) == 1 else 's'}"
        text = f"changed rules, templates or settings are refused ({count}), see gateway check"
        yield Concern(Level.WARNING, "settings", text)
    if last and last.needs_restart:
        yield Concern(Level.WARNING, "restart", f"needs a restart: {', '.join(last.needs_restart)}")


def _endings(found: Gathered) -> Iterator[Concern]:
    for name, token in found.tokens.items():
        if token.failed_at is not None:
            why = f"{name} gets no access token since {span(found.at - token.failed_at)}: {token.failure}"
            yield Concern(Level.WARNING, f"token {name}", why)
        elif (end := _end_near(token, found.at)) is not None:
            why = f"the consent of {name} ends on {end:%Y-%m-%d}; {found.consents[name]}"
            yield Concern(Level.WARNING, f"token {name}", why)
    for name, ends in found.secrets.items():
        if ends - found.at < _TOKEN_ENDS:
            why = f"the client secret of {name} ends on {ends:%Y-%m-%d}: make a new one at the provider"
            yield Concern(Level.WARNING, f"secret {name}", why)
    for name, why in found.broken_certificates.items():
        told = f"the certificate {name} cannot be used, the one before stays in force until the next start: {why}"
        yield Concern(Level.CRITICAL, f"certificate {name}", told)
    for name, ends in found.certificates.items():
        if name in found.broken_certificates:
            continue
        if ends - found.at < ENDS_SOON:
            level = Level.WARNING if ends > found.at else Level.CRITICAL
            over = "ends" if ends > found.at else "ended"
            yield Concern(level, f"certificate {name}", f"the certificate {name} {over} on {ends:%Y-%m-%d}")


def _end_near(token: oauth.Kept, at: datetime) -> datetime | None:
    """The end of a consent that is near: not one that each renewal moves, nor one that was short from the first."""
    if token.refresh_ends is None or token.refresh_set_at is None:
        return None
    near = min(_TOKEN_ENDS, (token.refresh_ends - token.refresh_set_at) * _LAST_PART)
    return token.refresh_ends if token.refresh_ends - at < near else None
