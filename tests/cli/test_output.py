"""What is printed can be piped, parsed, and never obeyed by a terminal."""

import io
import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.cli import output
from gateway.mail.value import Address, Kind


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain Привет 你好", "plain Привет 你好"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202etxt.exe", "abc\\u202etxt.exe"),
        ("\ud800", "\\ud800"),
    ],
)
def test_controls_are_visible(text: str, shown: str) -> None:
    assert output.visible(text) == shown


def test_a_block_keeps_its_lines() -> None:
    assert output.visible_block("a\r\n\tb\x1b[0m\n") == "a\n\tb\\x1b[0m\n"


@given(st.text())
def test_nothing_a_terminal_obeys_is_left(text: str) -> None:
    shown = output.visible(text)
    assert (
        all(char.isprintable() or char.isspace() for char in shown if not ord(char) >= 0xE000)
        or shown.isprintable()
        or (not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in shown))
    )
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or 0x202A <= ord(char) <= 0x202E for char in shown)


def test_piped_tables_are_aligned_and_whole(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300
    rows = [(1, "Привет", None, long), (10, "你好", datetime(2026, 3, 1, 9, 5, tzinfo=UTC), "[bold]a\x1b[2J")]
    output.table(["number", "title", "due", "subject"], rows, right=["number"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "number  title   due                     subject"
    assert lines[1] == f"     1  Привет                          {long}"
    assert lines[2] == "    10  你好    2026-03-01 09:05+00:00  [bold]a\\x1b[2J"


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_ruled_table_without_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    output.table(["number", "subject"], [(1, "[red]not red\x1b[31m")], right=["number"])
    assert "[red]not red\\x1b[31m" in screen.getvalue()
    assert "─" in screen.getvalue()


def test_json_has_instants_with_offset(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({
        "at": datetime(2026, 3, 1, 9, 5, tzinfo=UTC), "day": date(2026, 3, 1), "spent": timedelta(minutes=90),
        "path": Path("/x"), "who": Address(addr="a@b.example"), "kind": Kind.BOUNCE, "list": (1, None),
    })  # fmt: skip
    assert json.loads(capsys.readouterr().out) == {
        "at": "2026-03-01T09:05:00+00:00", "day": "2026-03-01", "spent": 5400.0, "path": "/x",
        "who": {"addr": "a@b.example", "name": ""}, "kind": "bounce", "list": [1, None],
    }  # fmt: skip


def test_json_refuses_instants_without_offset() -> None:
    with pytest.raises(TypeError, match="without an offset"):
        output.print_json(datetime(2026, 3, 1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text())
def test_json_says_the_same_and_nothing_a_terminal_obeys(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    output.print_json({"text": value})
    text = capsys.readouterr().out
    assert json.loads(text) == {"text": value}
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in text.rstrip("\n"))


def test_a_narrow_encoding_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    output.say("Привет")
    sys.stdout.flush()
    assert raw.getvalue() == b"\\u041f\\u0440\\u0438\\u0432\\u0435\\u0442\n"
