"""Log lines as journald, people and machines get them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SPEAK = """
import os, sys
from gateway import log
if "JOURNAL" in os.environ:
    at = os.fstat(2)
    os.environ["JOURNAL_STREAM"] = f"{at.st_dev}:{at.st_ino}"
log.setup("debug", sys.argv[1])
log.listening("smtp", "127.0.0.1:25")
log.admin_told("hear")
try:
    raise ValueError("two\\nlines")
except ValueError as exc:
    log.crashed("here", exc)
"""


def spoken(form: str, file: Path, **env: str) -> list[str]:
    with file.open("wb") as out:
        subprocess.run(
            [sys.executable, "-c", SPEAK, form], stderr=out, env={**os.environ, **env}, check=True, timeout=60
        )
    return file.read_text().splitlines()


def test_under_systemd_every_line_has_its_priority(tmp_path: Path) -> None:
    info, warning, error = spoken("json", tmp_path / "err", JOURNAL="1")
    assert [line[:3] for line in (info, warning, error)] == ["<6>", "<4>", "<3>"]
    assert json.loads(info[3:])["event"] == "listening"
    assert "Traceback" in json.loads(error[3:])["traceback"]
    lines = spoken("text", tmp_path / "err", JOURNAL="1")
    assert len(lines) > 5
    assert [line[:3] for line in lines] == ["<6>", "<4>", *["<3>"] * (len(lines) - 2)]


@pytest.mark.parametrize("stream", ["", "1:1"])
def test_elsewhere_there_is_none(tmp_path: Path, stream: str) -> None:
    """Also where a shell below a service has inherited the variable, and its standard error is a file."""
    lines = spoken("json", tmp_path / "err", JOURNAL_STREAM=stream)
    assert [json.loads(line)["level"] for line in lines] == ["info", "warning", "error"]
