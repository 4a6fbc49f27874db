"""`gateway reply N`: a text for the customer of a ticket, and of each ticket it is common to."""

import sys
from pathlib import Path

import click

from gateway import reply as replying
from gateway.cli import output
from gateway.cli.by_hand import actor_name
from gateway.cli.effect import print_effect
from gateway.cli.main import EX_NOINPUT, Session, config_option
from gateway.cli.opening import opened, private_files, text_of, ticket_number
from gateway.commands import Doer
from gateway.compose.render import Templates
from gateway.config import Config
from gateway.keys import load_keys

_MAX_TEXT = 1024 * 1024  # bytes
_CAP = f"{_MAX_TEXT // 1024 // 1024} MB"


@click.command(epilog="Example: gateway reply 1042 --file reply.txt")
@config_option
@click.argument("number", metavar="N", callback=text_of)
@click.option("--file", "file", type=click.Path(path_type=Path), help="The text; left out or -: standard input.")
@click.option("--dry", is_flag=True, help="Say who would get it, and send nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def reply(session: Session, number: str, file: Path | None, dry: bool, as_json: bool) -> int:
    """Mail a text to the requester of ticket N, and of each ticket N is common to, each on their own ticket.

    The text is read from standard input unless --file names it: on a terminal it is typed, and ends with Ctrl-D on a
    line of its own. Greeting and signature are those of the template "reply". The same text reaches nobody twice, so
    it may be sent again for those who came since. A resolved or closed ticket waits for its customer afterwards.

    Exits 1 where it cannot be done, saying why, and 66 where there is no such ticket.
    """
    text = text_from(file)
    with opened(session) as (cfg, store):
        one = ticket_number(store, cfg, number)
        if one is None:
            output.warn(f"gateway reply: there is no ticket {number}")
            return EX_NOINPUT
        doer = Doer(store=store, cfg=cfg, name=actor_name(), dry=dry)
        effect = replying.reply(doer, pen(cfg), one, text)
    print_effect(one, "reply", effect, dry=dry, as_json=as_json)
    return 0


def pen(cfg: Config) -> replying.Pen:
    """What the site's replies are written with."""
    with private_files():
        keys = load_keys(cfg.gateway.secret_file)
    return replying.Pen(templates=Templates.load(cfg.templates_dir), keys=keys)


def text_from(file: Path | None) -> str:
    """A text, from the file or from standard input; BadParameter for what is none."""
    if file is None and sys.stdin.isatty():
        output.warn("type the text, then Ctrl-D on a line of its own")
    if file is None or str(file) == "-":
        data = sys.stdin.buffer.read(_MAX_TEXT + 1)
    else:
        with file.open("rb") as opened_file:
            data = opened_file.read(_MAX_TEXT + 1)
    if len(data) > _MAX_TEXT:
        raise click.BadParameter(f"is longer than {_CAP}", param_hint="--file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise click.BadParameter("is no UTF-8 text", param_hint="--file")
    if not text.strip():
        raise click.BadParameter("is empty", param_hint="--file")
    return text
