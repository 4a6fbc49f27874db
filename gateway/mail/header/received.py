"""What the Received lines tell: the queue ids MTAs logged, nearest first, for tracing a mail."""

import re

MAX_IDS = 50

# Exchange writes its version there.
_QUEUE_ID = re.compile(r"\s(?i:id)\s+<?(?!\d+\.\d+\.\d+\.\d+\b)([A-Za-z0-9][A-Za-z0-9._+-]{3,63})")


def queue_ids(values: list[str]) -> tuple[str, ...]:
    """The `id XXXX` of each Received field in order, each once, at most fifty."""
    found = (_QUEUE_ID.search(value) for value in values[:MAX_IDS])
    return tuple(dict.fromkeys(match.group(1) for match in found if match))
