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


def exposition(found: Gathered) -> bytes:
    """The text format of Prometheus, version 0.0.4."""
    client: Any = import_module("prometheus_client")  # only where metrics are asked for
    registry = client.CollectorRegistry()
    for one in _gauges(found):
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
    yield _one("disk_free_bytes", "Where the data lies.", found.disk_free)
    if found.waiting:
        yield _one("spool_waiting", "Mails that are accepted and not yet worked on.", found.waiting.count)
        yield _one("spool_oldest_seconds", "How long the oldest waits.", _age(found, found.waiting.oldest_at))
    if found.outgoing:
        own = found.outgoing
        yield _Gauge(name="outbox_mails", help="Mails we wrote, by state.", label="state", values=own.by_state)
        yield _one("outbox_oldest_seconds", "How long the oldest is on its way.", _age(found, own.oldest_at))
        yield _one("outbox_late_seconds", "How long one is due and not tried.", _age(found, own.due_since))
    waiting = {one.name: one.waiting for one in found.ways}
    yield _Gauge(name="delivery_waiting", help="Mails on their way, by way out.", label="route", values=waiting)
    up = {one.name: int(not one.trouble) for one in found.ways}
    yield _Gauge(name="delivery_up", help="Whether a way out takes our mail.", label="route", values=up)
    paced = {one.name: int(one.paced is not None) for one in found.ways}
    yield _Gauge(name="delivery_paced", help="Whether its rate is used up.", label="route", values=paced)
    answering = {name: int(not problem) for name, problem in found.doors.items()}
    yield _Gauge(name="listener_up", help="Whether a listener greets.", label="listener", values=answering)
    running = {role: int(pid is not None) for role, pid in found.processes.items()}
    yield _Gauge(name="process_up", help="Whether a process of the daemon runs.", label="process", values=running)
    yield _Gauge(name="set_aside", help="Mails that wait for a person.", label="state", values=found.set_aside)
    if found.tickets:
        yield _one("tickets_open", "Tickets that are not ended.", found.tickets.open)
        yield _one(
            "tickets_due_soon", "Of these, those with something promised that is due soon.", found.tickets.due_soon
        )
        yield _one("tickets_overdue", "Of these, those with something promised that is late.", found.tickets.overdue)
    polled = {one.name: int(one.node is not None) for one in found.mailboxes}
    yield _Gauge(name="mailbox_polled", help="Whether any node polls it.", label="mailbox", values=polled)
    yield _times(
        "mailbox_read",
        "mailbox was last read to its end",
        "mailbox",
        {m.name: m.last_success_at for m in found.mailboxes},
    )
    yield _times(
        "mailbox_newest_mail", "newest mail came", "mailbox", {m.name: m.newest_mail_at for m in found.mailboxes}
    )
    yield _times("certificate_ends", "certificate of ours ends", "certificate", found.certificates)
    yield _times(
        "token_ends", "access token at hand ends", "account", {name: t.ends for name, t in found.tokens.items()}
    )


def _one(name: str, help_: str, value: float) -> _Gauge:
    return _Gauge(name=name, help=help_, values={"": value})


def _times(name: str, what: str, label: str, instants: Mapping[str, datetime | None]) -> _Gauge:
    values = {key: at.timestamp() for key, at in instants.items() if at is not None}
    return _Gauge(name=f"{name}_timestamp_seconds", help=f"When the {what}.", label=label, values=values)


def _age(found: Gathered, since: datetime | None) -> float:
    return (found.at - since).total_seconds() if since else 0.0
