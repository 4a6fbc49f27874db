"""Log lines as journald, people and machines get them."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SPEAK = """
import os, sys
from gateway import log
if "JOURNAL" in os.environ:
    at = os.fstat(2)
    os.environ["JOURNAL_STREAM"] = f"{at.st_dev}:{at.st_ino}"
for _ in range(2):  # once more where the settings have changed
    log.setup("debug", sys.argv[1], journal=os.environ.get("JOURNAL", ""))
log.listening("smtp", "127.0.0.1:25")
log.admin_told("hear")
try:
    raise ValueError("two\\nlines")
except ValueError as exc:
    log.crashed("here", exc)
if "LONG" in os.environ:
    log.admin_told("x" * (1 << 24))
"""


def spoken(form: str, file: Path, **env: str) -> list[str]:
    with file.open("wb") as out:
        subprocess.run(
            [sys.executable, "-c", SPEAK, form], stderr=out, env={**os.environ, **env}, check=True, timeout=60
        )
    return file.read_text().splitlines()


@contextmanager
def journal(folder: Path) -> Iterator[tuple[str, socket.socket]]:
    """A socket as journald has it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        place = str(folder / "journal.socket")
        sock.bind(place)
        sock.settimeout(20)
        yield place, sock


def entry(datagram: bytes) -> dict[str, str]:
    """`NAME=value` lines, or for a value of several lines `NAME`, its length in eight bytes, and the value."""
    found = {}
    while datagram:
        line, _, rest = datagram.partition(b"\n")
        name, has_value, value = line.partition(b"=")
        if not has_value:
            size = int.from_bytes(rest[:8], "little")
            value, rest = rest[8 : 8 + size], rest[9 + size :]
        found[name.decode()] = value.decode()
        datagram = rest
    return found


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_journal_gets_every_field_by_its_name(tmp_path: Path, form: str) -> None:
    with journal(tmp_path) as (place, sock):
        assert spoken(form, tmp_path / "err", JOURNAL=place) == []
        info, warning, error = (entry(sock.recv(1 << 20)) for _ in range(3))
    assert {name: value for name, value in info.items() if name != "MESSAGE"} == {
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "gateway",
        "GATEWAY_EVENT": "listening",
        "GATEWAY_WHAT": "smtp",
        "GATEWAY_WHERE": "127.0.0.1:25",
    }
    assert "listening" in info["MESSAGE"]
    assert (warning["PRIORITY"], warning["GATEWAY_SUBJECT"]) == ("4", "hear")
    assert (error["PRIORITY"], error["GATEWAY_ERROR"]) == ("3", "ValueError: two\nlines")
    assert "Traceback" in error["MESSAGE"]


def test_what_is_too_long_for_the_journals_socket_goes_to_standard_error(tmp_path: Path) -> None:
    with journal(tmp_path) as (place, sock):
        (line,) = spoken("json", tmp_path / "err", JOURNAL=place, LONG="1")
        assert len([sock.recv(1 << 20) for _ in range(3)]) == 3
    assert line.startswith('<4>{"at": ')


def test_under_systemd_every_line_has_its_priority(tmp_path: Path) -> None:
    info, warning, error = spoken("json", tmp_path / "err", JOURNAL=str(tmp_path / "no.socket"))
    assert [line[:3] for line in (info, warning, error)] == ["<6>", "<4>", "<3>"]
    assert json.loads(info[3:])["event"] == "listening"
    assert "Traceback" in json.loads(error[3:])["traceback"]
    lines = spoken("text", tmp_path / "err", JOURNAL=str(tmp_path / "no.socket"))
    assert len(lines) > 5
    assert [line[:3] for line in lines] == ["<6>", "<4>", *["<3>"] * (len(lines) - 2)]


@pytest.mark.parametrize("stream", ["", "1:1"])
def test_elsewhere_there_is_none(tmp_path: Path, stream: str) -> None:
    """Also where a shell below a service has inherited the variable, and its standard error is a file."""
    lines = spoken("json", tmp_path / "err", JOURNAL_STREAM=stream)
    assert [json.loads(line)["level"] for line in lines] == ["info", "warning", "error"]
