"""`gateway similar`: open tickets that look like the same matter."""

from collections.abc import Sequence

import click

from gateway.cli import output
from gateway.cli.main import EX_NOINPUT, Session, config_option
from gateway.cli.opening import opened, text_of, ticket_number
from gateway.now import now
from gateway.store import similar as rows
from gateway.store.similar import Matter, Similar

_SHOWN = 10  # numbers of a matter in a table


@click.command(epilog="Example: gateway similar --clusters --at-least 5")
@config_option
@click.argument(
    "number",
    metavar="[N]",
    required=False,
    callback=lambda context, param, value: value and text_of(context, param, value),
)
@click.option("--clusters", is_flag=True, help="List matters of several open tickets, the largest first.")
@click.option("--at-least", type=click.IntRange(min=2), default=2, help="Only matters of so many tickets.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def similar(session: Session, number: str | None, clusters: bool, at_least: int, as_json: bool) -> int:
    """List the open tickets that look like ticket N, with the reasons, or with --clusters whole matters.

    Compared are subject, text, order numbers and error codes, and as weak signs area and organisation, of tickets
    opened within similar.within. It is a suggestion: nothing is joined by it. `gateway do` links, merges, and answers
    many as one.
    """
    if bool(number) == clusters:
        raise click.UsageError("name a ticket, or give --clusters")
    with opened(session) as (cfg, store):
        since, ended = now() - cfg.similar.within, cfg.status_table.ended
        while rows.take_in(store, since=since, ended=ended):
            pass
        if not number:
            _print_matters(rows.matters(store, since=since, ended=ended, at_least=at_least), as_json=as_json)
            return 0
        one = ticket_number(store, cfg, number)
        found = rows.of(store, one, since=since, ended=ended) if one is not None else []
    if one is None:
        output.warn(f"gateway similar: there is no ticket {number}")
        return EX_NOINPUT
    _print_similar(found, as_json=as_json)
    return 0


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
