"""`gateway do N COMMAND`: what a person does to a ticket from the command line."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from gateway import matter
from gateway.cli import output
from gateway.cli.by_hand import actor_name
from gateway.cli.main import EX_NOINPUT, Session, config_option
from gateway.cli.opening import opened, private_files, text_of, ticket_number
from gateway.compose.render import Templates
from gateway.config import Config
from gateway.errors import Permanent
from gateway.matter import Doer
from gateway.now import now
from gateway.site import load_keys
from gateway.store import Store, similar
from gateway.tickets.standing import Deed
from gateway.tickets.subject import NumberFormat

_MAX_ANSWER = 1024 * 1024  # bytes
_ANSWER_CAP = f"{_MAX_ANSWER // 1024 // 1024} MB"

_ON_OTHERS: Mapping[str, Callable[[Doer, int, Sequence[int]], Deed]] = {
    "link": matter.link,
    "unlink": matter.unlink,
    "merge": matter.merge,
    "common": matter.common,
}
_ALONE: Mapping[str, Callable[[Doer, int], Deed]] = {"resolve": matter.resolve, "undo": matter.undo}
COMMANDS = (*_ON_OTHERS, "answer", *_ALONE)


@click.command(epilog="Example: gateway do 1042 common similar")
@config_option
@click.argument("number", metavar="N", callback=text_of)
@click.argument("command", metavar="COMMAND", type=click.Choice(COMMANDS))
@click.argument("others", metavar="[M]...", nargs=-1)
@click.option("--file", "file", type=click.Path(path_type=Path), help="The text of an answer; - is standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def do(session: Session, number: str, command: str, others: Sequence[str], file: Path | None, as_json: bool) -> int:
    """Do something to ticket N; who did it is recorded, and undo takes back all but an answer.

    \b
    link M...       N and each M look like the same matter; nothing else changes
    unlink M...     take away that link, a mention, or M out of what is common
    merge M...      M becomes part of N: its mail goes to N. Same requester only
    common M...     N is what the tickets M have in common: answered and resolved together
    common similar  ... all open tickets that look like N: see gateway similar N
    answer          mail a text to the requester of N and of each ticket N is common to,
                    each on their own ticket; the same text reaches nobody twice
    resolve         N is resolved, and with it the tickets it is common to
    undo            take back the last of these but answers, unless what came since stands against it

    Exits 1 where it cannot be done, saying why, and 66 where there is no such ticket.
    """
    if command in _ON_OTHERS and not others:
        raise click.UsageError(f"{command} needs the number of another ticket")
    if command not in _ON_OTHERS and others:
        raise click.UsageError(f"{command} takes no other tickets")
    if file is not None and command != "answer":
        raise click.UsageError(f"--file is for answer, not for {command}")
    text = _read(file) if command == "answer" else ""
    with opened(session) as (cfg, store):
        doer = Doer(store=store, cfg=cfg, name=actor_name())
        one = _number(store, cfg, number)
        if one is None:
            return EX_NOINPUT
        if command == "answer":
            deed = matter.answer(doer, _pen(cfg), one, text)
        elif command in _ALONE:
            deed = _ALONE[command](doer, one)
        elif command == "common" and list(others) == ["similar"]:
            deed = matter.common(doer, one, _alike(store, cfg, one), picky=False)
        else:
            numbers = [_number(store, cfg, other) for other in others]
            if None in numbers:
                return EX_NOINPUT
            deed = _ON_OTHERS[command](doer, one, [other for other in numbers if other is not None])
    _tell(one, command, deed, as_json=as_json)
    return 0


def _number(store: Store, cfg: Config, text: str) -> int | None:
    found = ticket_number(store, cfg, text)
    if found is None:
        output.warn(f"gateway do: there is no ticket {text}")
    return found


def _alike(store: Store, cfg: Config, number: int) -> list[int]:
    """What looks like the ticket, and what looks like that."""
    since, ended = now() - cfg.similar.within, cfg.status_table.ended
    while similar.take_in(store, since=since, ended=ended):
        pass
    alike = {one.number for one in similar.of(store, number, since=since, ended=ended)}
    found = (alike | set(similar.matter_of(store, number, ended=ended))) - {number}
    if not found:
        raise Permanent(f"no open ticket of the last days looks like #{number}")
    return sorted(found)


def _pen(cfg: Config) -> matter.Pen:
    with private_files():
        keys = load_keys(cfg.gateway.secret_file)
    return matter.Pen(
        templates=Templates.load(cfg.templates_dir),
        keys=keys,
        numbers=NumberFormat(tag=cfg.mail.subject_tag, pattern=cfg.mail.number_format),
    )


def _read(file: Path | None) -> str:
    if file is None and sys.stdin.isatty():
        output.warn("type the answer, then Ctrl-D on a line of its own")
    if file is None or str(file) == "-":
        data = sys.stdin.buffer.read(_MAX_ANSWER + 1)
    else:
        with file.open("rb") as opened_file:
            data = opened_file.read(_MAX_ANSWER + 1)
    if len(data) > _MAX_ANSWER:
        raise click.BadParameter(f"is longer than {_ANSWER_CAP}", param_hint="--file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise click.BadParameter("is no UTF-8 text", param_hint="--file")
    if not text.strip():
        raise click.BadParameter("is empty", param_hint="--file")
    return text


def _tell(number: int, command: str, deed: Deed, *, as_json: bool) -> None:
    if as_json:
        output.print_json(
            {
                "ticket": number,
                "command": command,
                "done": bool(deed.actions),
                "said": deed.said,
                "tickets": deed.tickets,
                "skipped": [{"ticket": other, "why": why} for other, why in deed.skipped],
            }
        )
        return
    output.say(f"#{number} {deed.said}")
    for other, why in deed.skipped:
        output.say(f"#{other} was left out: it {why}")
