"""Log lines as journald keeps them: every field of an event by its name, so that journalctl can be asked for it.

https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
"""

import json
import logging
import socket
from collections.abc import Callable, Mapping
from typing import Any

PLACE = "/run/systemd/journal/socket"
_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}  # syslog's


class JournalHandler(logging.Handler):
    """Sends each line, as `form` writes it, with what `fields` finds in it; `otherwise` has what cannot be sent."""

    def __init__(
        self,
        form: logging.Formatter,
        fields: Callable[[logging.LogRecord], Mapping[str, Any]],
        otherwise: logging.Handler,
        place: str,
    ) -> None:
        super().__init__()
        self.setFormatter(form)
        self._fields = fields
        self._otherwise = otherwise
        self._place = place
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def close(self) -> None:
        self._socket.close()
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        parts = [
            _part("MESSAGE", self.format(record)),
            _part("PRIORITY", str(priority(record))),
            _part("SYSLOG_IDENTIFIER", "gateway"),
            *(_part(f"GATEWAY_{name.upper()}", _written(value)) for name, value in self._fields(record).items()),
        ]
        try:
            self._socket.sendto(b"".join(parts), self._place)
        except OSError:  # nobody there just now, the line is too long, or another handler has our place by now
            self._otherwise.handle(record)


class Marked(logging.Formatter):
    """Every line with its priority in front, which journald takes off and keeps as PRIORITY= (sd-daemon(3))."""

    def __init__(self, lines: logging.Formatter) -> None:
        super().__init__()
        self._lines = lines

    def format(self, record: logging.LogRecord) -> str:
        mark = f"<{priority(record)}>"
        return "\n".join(mark + line for line in self._lines.format(record).split("\n"))


def priority(record: logging.LogRecord) -> int:
    """As syslog counts."""
    return _PRIORITIES.get(record.levelno, 6)


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str).strip('"')


def _part(name: str, value: str) -> bytes:
    data = value.encode("utf-8", "backslashreplace")
    if b"\n" not in data:
        return b"%s=%s\n" % (name.encode(), data)
    return b"%s\n%s%s\n" % (name.encode(), len(data).to_bytes(8, "little"), data)
