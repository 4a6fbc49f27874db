"""What `gateway status` knows, in the words of Prometheus."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from gateway import __version__
from gateway.health.state import Gathered, Level, judged


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gauge:
    """One figure, or where `label` names what tells them apart, one for each."""

    name: str
    help: str
    label: str = ""
    values: Mapping[str, float]


def exposition(found: Gathered, *, loop_lag: float = 0.0) -> bytes:
    """The text format of Prometheus, version 0.0.4. `loop_lag`: seconds that intake's event loop was held up."""
    client: Any = import_module("prometheus_client")  # only where metrics are asked for
    registry = client.CollectorRegistry()
    for one in (*_gauges(found), _one("loop_lag_seconds", "How long the loop of intake was held up.", loop_lag)):
        gauge = client.Gauge(f"gateway_{one.name}", one.help, [one.label] if one.label else [], registry=registry)
        for labelled, value in one.values.items():
            (gauge.labels(labelled) if one.label else gauge).set(value)
    answer: bytes = client.generate_latest(registry)
    return answer


def _gauges(found: Gathered) -> Iterator[_Gauge]:
    levels = {one.key: int(one.level) for one in judged(found)}
    worst = max(levels.values(), default=int(Level.OK))
    yield _Gauge(name="info", help="The program.", label="version", values={__version__: 1})
    yield _one("level", "0 OK, 1 WARNING, 2 CRITICAL, as gateway status exits.", worst)
    yield _Gauge(name="concern", help="What is not as it should be, by level.", label="concern", values=levels)
    yield from _of_machine(found)
    yield from _inside(found)
    yield from _outgoing(found)
    yield from _mailboxes(found)
    yield from _endings(found)


def _of_machine(found: Gathered) -> Iterator[_Gauge]:
    yield _one("disk_free_bytes", "Where the data lies, on the disk with the least.", found.disk.free)
    answering = {name: int(not problem) for name, problem in found.doors.items()}
    yield _Gauge(name="listener_up", help="Whether a listener greets.", label="listener", values=answering)
    running = {role: int(pid is not None) for role, pid in found.processes.items()}
    yield _Gauge(name="process_up", help="Whether a process of the daemon runs.", label="process", values=running)
    yield _one("shadow", "Whether it is in shadow mode.", int(found.shadow))
    last = found.last_look
    yield _one("settings_mistakes", "In changed rules, templates or settings.", len(last.problems) if last else 0)
    yield _one("restart_needed", "Changed settings that wait for it.", len(last.needs_restart) if last else 0)
    revisions = {name: int(at or 0) for name, at in found.schemas.items()}
    yield _Gauge(name="schema_revision", help="Of each database, 0: none.", label="database", values=revisions)


def _inside(found: Gathered) -> Iterator[_Gauge]:
    if found.waiting:
        yield _one("spool_waiting", "Mails that are accepted and not yet worked on.", found.waiting.count)
        yield _one("spool_oldest_seconds", "How long the oldest waits.", _age(found, found.waiting.oldest_at))
    yield _Gauge(name="set_aside", help="Mails that wait for a person.", label="state", values=found.set_aside)
    if found.tickets:
        own = found.tickets
        yield _one("tickets_open", "Tickets that are not ended.", own.open)
        yield _one("tickets_due_soon", "Of these, those with something promised that is due soon.", own.due_soon)
        yield _one("tickets_overdue", "Of these, those with something promised that is late.", own.overdue)


def _outgoing(found: Gathered) -> Iterator[_Gauge]:
    if found.outgoing:
        own = found.outgoing
        yield _Gauge(name="outbox_mails", help="Mails we wrote, by state.", label="state", values=own.by_state)
        yield _one("outbox_failed_by_itself", "Of the failed, what no ticket is about.", own.failed_by_itself)
        yield _one("outbox_oldest_seconds", "How long the oldest is on its way.", _age(found, own.oldest_at))
        yield _one("outbox_late_seconds", "How long one is due and not tried.", _age(found, own.due_since))
    waiting = {one.name: one.waiting for one in found.ways}
    yield _Gauge(name="delivery_waiting", help="Mails on their way, by way out.", label="route", values=waiting)
    oldest = {one.name: _age(found, one.oldest_at) for one in found.ways}
    yield _Gauge(name="delivery_oldest_seconds", help="How long the oldest waits.", label="route", values=oldest)
    up = {one.name: int(not one.trouble) for one in found.ways}
    yield _Gauge(name="delivery_up", help="Whether a way out takes our mail.", label="route", values=up)
    paced = {one.name: int(one.paced is not None) for one in found.ways}
    yield _Gauge(name="delivery_paced", help="Whether its rate is used up.", label="route", values=paced)
    yield _one("unreached", "Addresses of agents and the admin that no notice reaches.", len(found.unreached))


def _mailboxes(found: Gathered) -> Iterator[_Gauge]:
    all_ = found.mailboxes
    polled = {one.name: int(one.node is not None) for one in all_}
    yield _Gauge(name="mailbox_polled", help="Whether any node polls it.", label="mailbox", values=polled)
    read = {one.name: one.last_success_at for one in all_}
    yield _times("mailbox_read", "mailbox was last read to its end", "mailbox", read)
    newest = {one.name: one.newest_mail_at for one in all_}
    yield _times("mailbox_newest_mail", "newest mail came", "mailbox", newest)
    unfiled = {one.name: _age(found, one.unfiled_since) for one in all_}
    told = "How long its server has not moved, flagged or deleted what became tickets."
    yield _Gauge(name="mailbox_unfiled_seconds", help=told, label="mailbox", values=unfiled)


def _endings(found: Gathered) -> Iterator[_Gauge]:
    yield _times("certificate_ends", "certificate of ours ends", "certificate", found.certificates)
    broken = {name: int(name not in found.broken_certificates) for name in found.certificates}
    broken |= dict.fromkeys(found.broken_certificates, 0)
    yield _Gauge(name="certificate_usable", help="Whether it can be taken up.", label="certificate", values=broken)
    tokens = found.tokens
    yield _times("token_ends", "access token at hand ends", "account", {name: t.ends for name, t in tokens.items()})
    consents = {name: token.refresh_ends for name, token in tokens.items()}
    yield _times("consent_ends", "consent of a person ends", "account", consents)
    failing = {name: int(token.failed_at is not None) for name, token in tokens.items()}
    yield _Gauge(name="token_failing", help="Whether it gets no access token.", label="account", values=failing)
    yield _times("client_secret_ends", "client secret ends, by the settings", "account", found.secrets)


def _one(name: str, help_: str, value: float) -> _Gauge:
    return _Gauge(name=name, help=help_, values={"": value})


def _times(name: str, what: str, label: str, instants: Mapping[str, datetime | None]) -> _Gauge:
    values = {key: at.timestamp() for key, at in instants.items() if at is not None}
    return _Gauge(name=f"{name}_timestamp_seconds", help=f"When the {what}.", label=label, values=values)


def _age(found: Gathered, since: datetime | None) -> float:
    return (found.at - since).total_seconds() if since else 0.0
