"""The frame around all commands: help, errors in one line, exit codes, closed pipes."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from gateway.cli import main
from gateway.errors import ConfigError, Full, GatewayError, Permanent, RulesError, Temporary
from support.cli import CHECKOUT, gateway
from support.site import GOOD, write


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError(["x"]), 78),
        (RulesError(["x"]), 78),
        (Temporary("x"), 75),
        (Full("x"), 75),
        (Permanent("x"), 1),
        (GatewayError("x"), 1),
        (click.UsageError("x"), 64),
        (FileNotFoundError(errno.ENOENT, "x"), 66),
        (PermissionError(errno.EACCES, "x"), 74),
        (BrokenPipeError(), 141),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError(), 70),
    ],
)
def test_exit_codes(error: BaseException, code: int) -> None:
    assert main.exit_code(error) == code


def test_help_needs_no_command_module(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import sys\nfrom gateway.cli.main import run\nrun(['--help'])\n"
        "print([name for name in ('rich', 'pydantic', 'sqlalchemy', 'gateway.cli.config_commands') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CHECKOUT)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "Check config.toml, rules and templates" in done.stdout


def test_every_listed_command_is_there_and_has_help() -> None:
    context = click.Context(main.gateway)
    names = main.gateway.list_commands(context)
    assert {"check", "init"} <= set(names)
    for name in names:
        command = main.gateway.get_command(context, name)
        assert command is not None
        assert command.help, name


def _commands() -> Iterator[tuple[str, ...]]:
    """Every command and every command of a group, as they are called."""
    context = click.Context(main.gateway)
    for name in main.gateway.list_commands(context):
        yield (name,)
        command = main.gateway.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, sub) for sub in command.commands)


@pytest.mark.parametrize("path", [path for path in _commands() if path != ("demo",)], ids=" ".join)  # has its own site
def test_every_command_takes_the_configuration(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    for place in range(1, len(path) + 1):
        args = [*path[:place], "-c", "a.toml", *path[place:], "--help"]
        assert main.run(args) == 0, (args, capsys.readouterr().err)


@pytest.mark.parametrize("before", [("-c", "wrong.toml"), ()])
def test_the_configuration_named_last_counts(before: tuple[str, ...], tmp_path: Path) -> None:
    for args in (["outbox", "-c", "own.toml", "list"], ["db", "version", "-c", "own.toml"]):
        done = gateway(*before, *args, cwd=tmp_path)
        assert done.returncode == 78
        assert done.stderr.startswith("own.toml: there is no such file")


def test_no_help_line_of_a_group_is_cut(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name in {path[0] for path in _commands() if len(path) == 2}:
        assert main.run([name, "--help"]) == 0
        assert "..." not in capsys.readouterr().out.partition("Commands:")[2], name


def test_no_command_shows_the_help(tmp_path: Path) -> None:
    done = gateway(cwd=tmp_path)
    assert done.returncode == 64
    assert "Commands:" in done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["chekc"], 'gateway: no such command "chekc", did you mean "check"?'),
        (["zzz\x1b[31m"], 'gateway: no such command "zzz\\x1b[31m"; see gateway --help'),
        (["check", "--shwo"], "gateway check: no such option"),
        (["check", "-c"], "gateway: option '-c' requires an argument"),
    ],
)
def test_usage_errors_are_one_line(args: list[str], said: str) -> None:
    done = gateway(*args)
    assert done.returncode == 64
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(said)


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "gateway", "check", "--show"], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writing)
    assert done.returncode == 141
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize(("answer", "code"), [(None, 0), (3, 3), (0, 0)])
@pytest.mark.parametrize(
    "how", [sys.exit, lambda answer: answer, lambda answer: click.get_current_context().exit(answer or 0)]
)
def test_a_command_may_say_its_exit_code_in_any_way(
    how: Callable[[object], object], answer: object, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def good() -> object:
        return how(answer)

    monkeypatch.setattr(main.gateway, "get_command", lambda *_: good)
    assert main.run(["check"]) == code


def test_an_unforeseen_error_is_a_traceback_and_70(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def bad() -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(main.gateway, "get_command", lambda *_: bad)
    assert main.run(["check"]) == 70
    assert "ZeroDivisionError: a bug" in capsys.readouterr().err


@pytest.mark.parametrize(("error", "line"), [
    (Temporary("the database is locked"), "gateway: the database is locked"),
    (ConfigError(["a:1: x", "a:2: \x1by"]), "a:1: x\na:2: \\x1by"),
    (FileNotFoundError(errno.ENOENT, "No such file or directory", "a.eml"), "gateway: a.eml: No such file or directory"),
])  # fmt: skip
def test_foreseen_errors_are_lines(
    error: Exception, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def bad() -> None:
        raise error

    monkeypatch.setattr(main.gateway, "get_command", lambda *_: bad)
    main.run(["check"])
    assert capsys.readouterr().err == f"{line}\n"
