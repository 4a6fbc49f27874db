"""How many examples a property is tried on: `make fuzz` asks for many times more than `make test`."""

import os

_TIMES = int(os.environ.get("GATEWAY_FUZZ", "1"))


def examples(count: int) -> int:
    """`count` of them in the ordinary run."""
    return count * _TIMES
