"""`gateway do N COMMAND`: the commands of agents' mail, given by a person at the command line."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from gateway import deeds
from gateway.agents import asking
from gateway.agents.names import names_of
from gateway.cli import output
from gateway.cli.by_hand import actor_name
from gateway.cli.effect import print_answer, print_effect
from gateway.cli.main import EX_NOINPUT, Session, config_option
from gateway.cli.opening import opened, text_of, ticket_number
from gateway.cli.reply import pen, text_from
from gateway.cli.score import score_of
from gateway.commands import Doer
from gateway.compose.render import Templates
from gateway.config import Config
from gateway.now import now
from gateway.question import ask
from gateway.reply import canned, reply
from gateway.similar import of_matter
from gateway.store import Store, listing
from gateway.tickets.commands import BY_WORD, COMMANDS, Call, Role, Script, Use
from gateway.tickets.commands.manual import overview
from gateway.tickets.effect import Effect
from gateway.tickets.script import read_line
from gateway.tickets.similar import ALIKE

_WITH_TEXT = (Use.NOTE, Use.REPLY, Use.DESCRIPTION, Use.QUESTION)  # what is left of the line, or a file
_VALUED = ("-c", "--config", "--file", "--at-least")  # options that take the next word


class _Do(click.Command):
    """Behind COMMAND stand words, and a word may begin with a minus (`tag -vip`); only what begins with two is an
    option there.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options, words = _parted(args)
        return super().parse_args(ctx, [*options, *(["--", *words] if words else [])])

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        formatter.write_paragraph()
        formatter.write("".join(f"  {line}".rstrip() + "\n" for line in overview(Role.LEAD, in_mail=False).split("\n")))


def _parted(args: Sequence[str]) -> tuple[list[str], list[str]]:
    options: list[str] = []
    words: list[str] = []
    left = list(args)
    while left:
        one = left.pop(0)
        if one == "--":
            return options, [*words, *left]
        is_word = len(words) > 1 and not one.startswith("--") and (one not in ("-c", "-h") or _takes_minus(words[1]))
        if is_word or one == "-" or not one.startswith("-"):
            words.append(one)
        else:
            options.append(one)
            options += [left.pop(0)] if one in _VALUED and left else []
    return options, words


def _takes_minus(word: str) -> bool:
    command = BY_WORD.get(word.lower().lstrip("#"))
    return command is not None and " -" in command.usage


@click.command(cls=_Do, epilog="Example: gateway do 1042 common similar --dry")
@config_option
@click.argument("number", metavar="N", callback=text_of)
@click.argument("words", metavar="COMMAND...", nargs=-1, required=True)
@click.option("--at-least", metavar="SCORE", help=f"For common similar: how alike, up to 1; {ALIKE} where left out.")
@click.option("--file", "file", type=click.Path(path_type=Path), help="A text for the command; - is standard input.")
@click.option("--dry", is_flag=True, help="Say what would come of it, and do nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def do(
    session: Session,
    number: str,
    words: Sequence[str],
    at_least: str | None,
    file: Path | None,
    dry: bool,
    as_json: bool,
) -> int:
    """Do something to ticket N, by the commands that agents write in their mail; undo takes the last of them back.

    note, describe, reply and forward take a text: the rest of the line, --file, or else standard input. reply goes to
    the requester of N and of each ticket N is common to, as gateway reply N does; resolve ends all of these. gateway
    do N help COMMAND tells all of one command. Who did it is recorded.

    Exits 1 where it cannot be done, saying why, 64 where the command cannot be read, and 66 where there is no such
    ticket.
    """
    with opened(session) as (cfg, store):
        one = ticket_number(store, cfg, number)
        if one is None:
            return _missing(number)
        at = now()
        script = _read(words, cfg, file, at)
        call = script.calls[0]
        is_similar = call.command == "common" and call.argument == ()
        if at_least is not None and not is_similar:
            raise click.UsageError(f"--at-least is for common similar, not for {' '.join(words)}")
        if gone := _gone(store, call):
            return _missing(str(gone[0]))
        with store.main.read() as conn:
            asked = asking.answer(store, conn, call, agent="", number=one, cfg=cfg, at=at)
        if asked is not None:
            print_answer(one, call.command, asked.said, _answer_text(asked), as_json=as_json)
            return 0
        doer = Doer(store=store, cfg=cfg, name=actor_name(), dry=dry)
        score = score_of(at_least) if at_least is not None else ALIKE
        if is_similar:
            _list_similar(doer, one, at, score, quiet=as_json)
        effect = _done(doer, one, call, script.text, score)
    print_effect(one, call.command, effect, dry=dry, as_json=as_json)
    return 0


def _done(doer: Doer, number: int, call: Call, text: str, score: float) -> Effect:
    match call.command:
        case "reply":
            return reply(doer, pen(doer.cfg), number, text)
        case "canned":
            return canned(doer, pen(doer.cfg), number, str(call.argument), text)
        case "forward":
            return ask(doer, pen(doer.cfg), number, call, text)
    return deeds.do(doer, number, call, text=text, at_least=score)


def _read(words: Sequence[str], cfg: Config, file: Path | None, at: datetime) -> Script:
    """The one command, with its text; UsageError for what cannot be read."""
    names = names_of(cfg, Templates.load(cfg.templates_dir), at)
    script = read_line(words, names)
    for wrong in script.misread:
        raise click.UsageError(wrong.say)
    command = COMMANDS[script.calls[0].command]
    takes = command.takes in _WITH_TEXT
    if file is not None and not takes and command.name != "canned":
        raise click.UsageError(f"--file is for a command that takes a text, not for {command.name}")
    if file is not None or (takes and not script.text.strip()):
        script = read_line(words, names, text=text_from(file))
    return script


def _gone(store: Store, call: Call) -> list[int]:
    """Which of the tickets that a command names there are not."""
    numbers = call.argument if isinstance(call.argument, tuple) else ()
    there = listing.opened_at(store, numbers)
    return [number for number in numbers if number not in there]


def _missing(number: str) -> int:
    output.warn(f"gateway do: there is no ticket {number}")
    return EX_NOINPUT


def _answer_text(asked: asking.Asked) -> str:
    files = "\n".join(f"{one.name} ({one.type}, {one.size} bytes)" for one in asked.files)
    return asked.text or files


def _list_similar(doer: Doer, number: int, at: datetime, at_least: float, *, quiet: bool) -> None:
    """All open tickets that look so much like it, listed before they are taken."""
    found, _ = of_matter(doer.store, doer.cfg, number, at, at_least=at_least)
    if found and not quiet:
        output.say(f"these look like #{number}:")
        output.table(
            ["ticket", "score", "subject"],
            [[f"#{one.number}", f"{one.score:.2f}", one.subject] for one in found],
            right=["ticket", "score"],
        )
