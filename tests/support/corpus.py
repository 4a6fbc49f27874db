"""The folder of real mails beside the checkout, where there is one."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(os.environ.get("GATEWAY_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))


def rows() -> list[dict[str, Any]]:
    """The manifest, one entry a mail; the test is skipped where there is no corpus."""
    manifest = ROOT / "manifest.jsonl"
    if not manifest.exists():
        pytest.skip("needs a folder of real mails beside the checkout (GATEWAY_CORPUS)")
    return [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines() if line.strip()]


def mails() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every whole mail of the corpus."""
    for name in dict.fromkeys(row["file"] for row in rows() if row.get("kind", "message") == "message"):
        yield name, (ROOT / name).read_bytes()
