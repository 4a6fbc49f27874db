"""What the last look at the files of the site came to, for other processes of this node: `data_dir/reload.json`."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_NAME = "reload.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastLook:
    """`began` is `time.monotonic()` at its start, which is one clock for all processes of a machine.

    `rule_set` is in force since it was activated with `summary`. `problems`: why what was saved is refused, since
    `refused_at`; none where the files are what is in force.
    """

    began: float
    rule_set: int | None
    sha256: str
    summary: str
    needs_restart: Sequence[str] = ()
    refused_at: str | None = None
    problems: Sequence[str] = ()


def write(data_dir: Path, last: LastLook) -> None:
    """Replace what was told before; readers see the one or the other, whole."""
    fresh = data_dir / f"{_NAME}.new"
    fresh.write_text(json.dumps(asdict(last)), encoding="utf-8")
    os.chmod(fresh, 0o600)
    fresh.replace(data_dir / _NAME)


def read(data_dir: Path) -> LastLook | None:
    """What was told last; None where nothing was, or by a program that told it in another way."""
    try:
        return LastLook(**json.loads((data_dir / _NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
