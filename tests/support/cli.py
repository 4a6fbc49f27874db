"""The real program in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def gateway(
    *args: str | Path, cwd: Path = CHECKOUT, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """`python -m gateway ARGS`, its output as text; never raises on an exit code."""
    settings = {key: value for key, value in os.environ.items() if key != "GATEWAY_CONFIG"}
    settings |= {"PYTHONPATH": str(CHECKOUT), "PYTHONWARNINGS": "error", **(env or {})}
    return subprocess.run(
        [sys.executable, "-m", "gateway", *map(str, args)],
        cwd=cwd, env=settings, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
