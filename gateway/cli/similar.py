"""`gateway similar`: open tickets that look like the same matter."""

from collections.abc import Sequence

import click

from gateway.cli import output
from gateway.cli.main import EX_NOINPUT, Session, config_option
from gateway.cli.opening import opened, text_of, ticket_number
from gateway.cli.score import score_of
from gateway.now import now
from gateway.similar import catch_up, scope, whole
from gateway.store import matters as rows
from gateway.store.matters import Matter
from gateway.store.similar import Similar
from gateway.tickets.similar import ALIKE

_SHOWN = 10  # numbers of a matter in a table


@click.command(epilog="Examples: gateway similar 1042 --at-least 0.6, gateway similar --matters --at-least 5")
@config_option
@click.argument(
    "number",
    metavar="[N]",
    required=False,
    callback=lambda context, param, value: value and text_of(context, param, value),
)
@click.option("--matters", is_flag=True, help="List matters of several open tickets, the largest first.")
@click.option(
    "--at-least",
    metavar="HOW",
    help=f"With N the least score, up to 1 ({ALIKE}); with --matters the fewest tickets (2).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def similar(session: Session, number: str | None, matters: bool, at_least: str | None, as_json: bool) -> int:
    """List the open tickets that look like ticket N, with the reasons, or with --matters whole matters.

    Compared are subject, text, order numbers and error codes, and as weak signs area and organisation, of tickets
    opened within similar.within. It is a suggestion: nothing is joined by it. `gateway do` links, merges, and makes
    a common ticket of many, which `gateway reply` answers as one.
    """
    if bool(number) == matters:
        raise click.UsageError("name a ticket, or give --matters")
    at = now()
    if not number:
        fewest = _count_of(at_least) if at_least is not None else 2
        with opened(session) as (cfg, store):
            catch_up(store, cfg, at)
            _print_matters(rows.matters(store, scope(cfg, at), at_least=fewest), as_json=as_json)
        return 0
    score = score_of(at_least) if at_least is not None else ALIKE
    with opened(session) as (cfg, store):
        one = ticket_number(store, cfg, number)
        found = whole(store, cfg, one, at, at_least=score) if one is not None else []
    if one is None:
        output.warn(f"gateway similar: there is no ticket {number}")
        return EX_NOINPUT
    _print_similar(found, as_json=as_json)
    return 0


def _count_of(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) >= 2):
        problem = f'"{text}" is no number of tickets, which is a whole number from 2 on'
        raise click.BadParameter(problem, param_hint="--at-least")
    return int(text)


def _print_similar(found: Sequence[Similar], *, as_json: bool) -> None:
    if as_json:
        output.print_json(found)
    elif not found:
        output.say("no open ticket looks like it")
    else:
        table = [[f"#{one.number}", f"{one.score:.2f}", one.subject, "; ".join(one.why)] for one in found]
        output.table(["ticket", "score", "subject", "why"], table, right=["ticket", "score"])


def _print_matters(found: Sequence[Matter], *, as_json: bool) -> None:
    if as_json:
        output.print_json(
            [
                {
                    "number": one.number,
                    "subject": one.subject,
                    "queue": one.queue,
                    "size": len(one.tickets),
                    "requesters": one.requesters,
                    "since": min(one.opened.values()),
                    "latest": max(one.opened.values()),
                    "tickets": one.tickets,
                }
                for one in found
            ]
        )
    elif not found:
        output.say("no open tickets look alike")
    else:
        table = [
            [f"#{one.number}", len(one.tickets), one.requesters, max(one.opened.values()), one.subject, _numbers(one)]
            for one in found
        ]
        headings = ["first", "tickets", "customers", "latest", "subject", "numbers"]
        output.table(headings, table, right=["first", "tickets", "customers"])


def _numbers(one: Matter) -> str:
    shown = " ".join(f"#{number}" for number in one.tickets[:_SHOWN])
    rest = len(one.tickets) - _SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown
