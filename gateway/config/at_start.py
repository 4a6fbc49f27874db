"""Which settings count from the next start only, because they are built into what is running."""

from collections.abc import Sequence
from typing import Any, TypeVar

from gateway.config.schema import Config
from gateway.config.schema_delivery import Way
from gateway.config.section import Section

S = TypeVar("S", bound=Section)
W = TypeVar("W", bound=Way)

# Of a way out. What is not named counts at once: the envelope of automatic mail, what hangs on notices.
AT_START_OF_A_WAY = (
    "to",
    "password_file",
    "oauth",
    "ca_file",
    "helo",
    "rate",
    "connections",
    "retry_for",
    "dkim_key",
    "dkim_selector",
)
# The listeners, the mailboxes, the ways out, the store and the reader processes are made once.
AT_START = (
    "gateway.name",
    "gateway.data_dir",
    "gateway.secret_file",
    "gateway.run_as",
    "gateway.shadow",
    "database",
    "mail.host",
    "mail.number_start",
    "smtp",
    "imap",
    *(f"delivery.{name}" for name in AT_START_OF_A_WAY),
    "limits.connections",
    "limits.connections_per_peer",
    "limits.new_per_peer",
    "limits.inflight",
    "limits.raw_inline_max",
    "limits.readers",
    "limits.reader_time",
    "limits.reader_memory",
    "limits.reader_mails",
    "limits.stop_within",
    "metrics",
)


def merged(new: Config, running: Config) -> tuple[Config, Sequence[str]]:
    """The new settings with those of the running daemon where it cannot change them, and the names of the latter."""
    waiting: list[str] = []
    for path in AT_START:
        names = path.split(".")
        kept = _value(running, names)
        if _value(new, names) != kept:
            waiting.append(_shown(path, kept))
            new = _with(new, names, kept)
    new = _with_ways(new, running, waiting)
    new.__dict__.pop("routes", None)  # reckoned anew: they are made of what was put back
    return new, waiting


def _with_ways(new: Config, running: Config, waiting: list[str]) -> Config:
    """The ways out beside [delivery]: which there are, and what is built into them, stays."""
    routes, kept = new.delivery.route, running.delivery.route
    if [one.from_domain for one in routes] == [one.from_domain for one in kept]:
        kept = tuple(_kept_way(one, before) for one, before in zip(routes, kept, strict=True))
    if routes != kept:
        waiting.append("[[delivery.route]]")
        new = _with(new, ["delivery", "route"], kept)
    alarms = _own_way(new.gateway.alarm_delivery, running.gateway.alarm_delivery)
    if alarms != new.gateway.alarm_delivery:
        waiting.append("gateway.alarm_delivery")
        new = _with(new, ["gateway", "alarm_delivery"], alarms)
    queues = dict(new.queues)
    for name, queue in new.queues.items():
        before = running.queues.get(name)
        own = _own_way(queue.delivery, before.delivery if before else None)
        if own != queue.delivery:
            waiting.append(f"queues.{name}.delivery")
            queues[name] = queue.model_copy(update={"delivery": own})
    return new.model_copy(update={"queues": queues}) if queues != new.queues else new


def _own_way(new: Way | None, running: Way | None) -> Way | None:
    return running if new is None or running is None else _kept_way(new, running)


def _kept_way(new: W, running: W) -> W:
    return new.model_copy(update={name: getattr(running, name) for name in AT_START_OF_A_WAY})


def _value(section: Section, names: Sequence[str]) -> Any:
    value: Any = section
    for name in names:
        value = getattr(value, name)
    return value


def _with(section: S, names: Sequence[str], value: Any) -> S:
    head, *rest = names
    part = _with(getattr(section, head), rest, value) if rest else value
    return section.model_copy(update={head: part})


def _shown(path: str, value: Any) -> str:
    """As an admin would look for it in the file."""
    if isinstance(value, tuple) and "." not in path:
        return f"[[{path}]]"
    return f"[{path}]" if isinstance(value, Section) else path
