"""The only wall clock. `GATEWAY_CLOCK=FILE` (an ISO 8601 instant in a file) sets it in tests."""

import os
from datetime import UTC, datetime
from pathlib import Path

_CLOCK_FILE = os.environ.get("GATEWAY_CLOCK")


def now() -> datetime:
    """The present instant, aware, in UTC."""
    if _CLOCK_FILE:
        return datetime.fromisoformat(Path(_CLOCK_FILE).read_text().strip()).astimezone(UTC)
    return datetime.now(UTC)
