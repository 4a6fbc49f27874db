"""Which settings count from the next start only, because they are built into what is running."""

from collections.abc import Sequence
from typing import Any, TypeVar

from gateway.config.schema import Config
from gateway.config.section import Section

S = TypeVar("S", bound=Section)

# The listeners, the mailboxes, the ways out, the store and the reader processes are made once.
AT_START = (
    "gateway.name",
    "gateway.data_dir",
    "gateway.secret_file",
    "database",
    "mail.host",
    "smtp",
    "imap",
    "delivery.to",
    "delivery.password_file",
    "delivery.oauth",
    "delivery.ca_file",
    "delivery.rate",
    "delivery.retry_for",
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
    return new, waiting


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
