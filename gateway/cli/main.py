"""The `gateway` command: finds the subcommand, finds the configuration, turns errors into one line and an exit code.

Command modules are imported when their command is called, so that `gateway --help` starts at once.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from gateway.errors import ConfigError, GatewayError, Temporary

if TYPE_CHECKING:
    from gateway.config import Config

F = TypeVar("F", bound=Callable[..., Any])

# sysexits.h
EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_SOFTWARE = 64, 65, 66, 70
EX_CANTCREAT, EX_IOERR, EX_TEMPFAIL, EX_CONFIG = 73, 74, 75, 78
_EX_INTERRUPTED, _EX_BROKEN_PIPE = 130, 141

# name -> where the click command is, and what it does in one sentence. A command whose module is not there yet is
# not listed.
COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("gateway.cli.run_commands:run", "Run the daemon until it is told to stop."),
    "check": ("gateway.cli.config_commands:check", "Check config.toml, rules and templates; change nothing."),
    "demo": ("gateway.cli.demo:demo", "Play a day of a small shop through a daemon of its own."),
    "init": ("gateway.cli.config_commands:init", "Write a fresh site into an empty folder."),
    "ingest": ("gateway.cli.ingest:ingest", "Take in mail from standard input, files, mboxes and Maildirs."),
    "import": ("gateway.cli.importing:import_", "Take over tickets of another helpdesk, or an archive of mail."),
    "parse": ("gateway.cli.parse:parse", "Show what is read out of mails; no database."),
    "new": ("gateway.cli.new:new", "Open a ticket for somebody who did not write."),
    "tickets": ("gateway.cli.tickets:tickets", "List tickets."),
    "show": ("gateway.cli.tickets:show", "Show one ticket with everything that happened."),
    "do": ("gateway.cli.do:do", "Do to a ticket what agents do by mail, and take it back."),
    "reply": ("gateway.cli.reply:reply", "Mail a text to the customer of a ticket, or to all of a common one."),
    "similar": ("gateway.cli.similar:similar", "List open tickets that look like the same matter."),
    "people": ("gateway.cli.people:people", "Those who write: addresses, tags, whether mail gets through."),
    "outbox": ("gateway.cli.mail_out:outbox", "Mail that leaves: list, try again, give up."),
    "quarantine": ("gateway.cli.quarantine:quarantine", "Mail that could not be processed: list, show, retry."),
    "spool": ("gateway.cli.spool:spool", "Mail that is accepted and not yet processed."),
    "report": ("gateway.cli.report:report", "Figures: what is open, late and growing, and how long things took."),
    "simulate": ("gateway.cli.simulate:simulate", "Say what the clock would do until a time; nothing is done."),
    "trace": ("gateway.cli.trace:trace", "Find a mail by address, Message-ID, queue id or ticket number."),
    "explain": ("gateway.cli.explain:explain", "Say why a mail or a ticket went the way it went."),
    "status": ("gateway.cli.status:status", "Say whether the daemon runs and what waits."),
    "fsck": ("gateway.cli.maintenance:fsck", "Prove that no mail is lost or doubled."),
    "db": ("gateway.cli.maintenance:db", "The database: migrate, back up, restore."),
    "auth": ("gateway.cli.auth:auth", "Whom we believe: passwords for submission, why an agent's mail counts."),
    "rules": ("gateway.cli.rules_commands:rules", "Rules: check, test, replay, reload, show."),
    "templates": ("gateway.cli.templates:templates", "Templates of our letters: list, preview, check."),
}


@dataclass(slots=True)
class Session:
    """What one call of the program knows: the file named by -c, if any."""

    config_file: Path | None = None

    @property
    def path(self) -> Path:
        """The configuration: -c, else ./config.toml, else $GATEWAY_CONFIG."""
        if self.config_file is not None:
            return self.config_file
        named = os.environ.get("GATEWAY_CONFIG")
        return Path(named) if named and not Path("config.toml").exists() else Path("config.toml")

    def config(self, *, secrets: bool = True) -> "Config":
        """The configuration, loaded; ConfigError with every mistake."""
        from gateway.config import load

        return load(self.path, secrets=secrets)


def _remember(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    session = context.find_root().ensure_object(Session)
    if value is not None:
        session.config_file = value


def config_option(function: F) -> F:
    """`-c FILE` on any command; with `@click.pass_obj` the command receives the `Session`."""
    return click.option(
        "-c",
        "--config",
        type=click.Path(path_type=Path, readable=False),  # whether it may be read, whoever loads it finds
        metavar="FILE",
        expose_value=False,
        callback=_remember,
        help="The configuration; by default ./config.toml, then $GATEWAY_CONFIG.",
    )(function)


class _Commands(click.Group):
    """Subcommands by the table above, imported when called."""

    def list_commands(self, _: click.Context) -> list[str]:
        return [name for name, (target, _) in COMMANDS.items() if _is_there(target)]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS or not _is_there(COMMANDS[name][0]):
            return None
        module, _, function = COMMANDS[name][0].partition(":")
        command = getattr(importlib.import_module(module), function)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, COMMANDS[name][1]) for name in self.list_commands(context)]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(context, name) is None and not name.startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(name, self.list_commands(context), n=1)
            guess = f', did you mean "{near[0]}"?' if near else "; see gateway --help"
            context.fail(f'no such command "{_visible(name)}"{guess}')
        return super().resolve_command(context, args)


def _is_there(target: str) -> bool:
    """Whether the module of a command exists, without importing it."""
    module = target.partition(":")[0].removeprefix("gateway.cli.")
    return (Path(__file__).parent / f"{module}.py").exists()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="email-ticket-gateway", message="%(version)s")
@config_option
def gateway() -> None:
    """Mail in, numbered tickets out, answers that find their ticket, and nothing lost on the way."""


def exit_code(error: BaseException) -> int:
    """The exit code (sysexits.h) that tells a script what to do about an error."""
    match error:
        case ConfigError():
            return EX_CONFIG
        case Temporary():
            return EX_TEMPFAIL
        case GatewayError():
            return 1
        case click.UsageError():
            return EX_USAGE
        case click.FileError() | FileNotFoundError() | IsADirectoryError() | NotADirectoryError():
            return EX_NOINPUT
        case click.ClickException():
            return error.exit_code
        case BrokenPipeError():
            return _EX_BROKEN_PIPE
        case OSError():
            return EX_IOERR
        case KeyboardInterrupt() | click.Abort():
            return _EX_INTERRUPTED
    return EX_SOFTWARE


def _is_pipe(words: Sequence[str]) -> bool:
    """Is this an MTA that hands `gateway ingest` a mail, which it bounces to the customer unless we say 75?"""
    return "ingest" in words and sys.stdin is not None and not sys.stdin.isatty()


def run(args: list[str] | None = None) -> int:
    """Run one command line; the exit code. Every error is told on standard error, one line each."""
    words = list(sys.argv[1:] if args is None else args)
    try:
        # Not click's own main(): it makes exit code 1 of a closed pipe, which is an answer of fsck.
        with gateway.make_context("gateway", words.copy(), obj=Session()) as context:
            answer = gateway.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else EX_SOFTWARE if stop.code else 0
    except BrokenPipeError as error:
        # What is still buffered has nowhere to go; without this the interpreter complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_code(error)
    except BaseException as error:  # noqa: BLE001 - the top of the program: told with its traceback
        _tell(error)
        code = exit_code(error)
        return EX_TEMPFAIL if code in (EX_USAGE, EX_SOFTWARE) and _is_pipe(words) else code
    return answer if isinstance(answer, int) else 0


def _tell(error: BaseException) -> None:
    match error:
        case ConfigError():
            lines = list(error.problems)
        case click.exceptions.NoArgsIsHelpError():
            print(error.format_message(), file=sys.stderr)
            return
        case click.UsageError():
            where = error.ctx.command_path if error.ctx else "gateway"
            lines = [f"{where}: {_decapitalised(error.format_message())}"]
        case click.ClickException():
            lines = [f"gateway: {_decapitalised(error.format_message())}"]
        case GatewayError():
            lines = [f"gateway: {error}"]
        case OSError():
            name = f"{error.filename}: " if error.filename else ""
            lines = [f"gateway: {name}{error.strerror or error}"]
        case KeyboardInterrupt() | click.Abort():
            return
        case _:
            lines = ["".join(traceback.format_exception(error)).rstrip(), "gateway: this is a bug; please report it"]
            print("\n".join(lines), file=sys.stderr)
            return
    for line in lines:
        print(_visible(line), file=sys.stderr)


def _decapitalised(sentence: str) -> str:
    text = sentence.rstrip(".")
    return text[:1].lower() + text[1:]


def _visible(text: str) -> str:
    from gateway.cli.output import visible

    return visible(text)


def main() -> NoReturn:
    """The entry point of the console script."""
    sys.exit(run())
