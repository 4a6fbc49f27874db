"""`gateway simulate`: what the clock would do, and what other promises would have meant."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli import output
from gateway.cli.instants import instant_of
from gateway.cli.main import Session, config_option
from gateway.cli.page import instant
from gateway.now import now

if TYPE_CHECKING:
    from gateway.reporting.breaches import Comparison
    from gateway.simulation import Foretold

_LENGTH = timedelta(days=7)  # where nothing else is asked for


@click.command(
    epilog='Examples: gateway simulate --until "3 days", gateway simulate --sla config.new.toml --since "90 days"'
)
@config_option
@click.option(
    "--until", metavar="TIME", help='Until then: 2026-12-04, an instant, or "3 days" from now; default: 7 days.'
)
@click.option("--at", "start", metavar="TIME", help="As if it were then; default: now.")
@click.option(
    "--sla",
    "other",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Another config.toml: how often past tickets would have kept its promises, beside those in force.",
)
@click.option("--since", metavar="TIME", help='With --sla: tickets opened since then; default: "90 days" ago.')
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array; with --sla one object.")
@click.pass_obj
def simulate(
    session: Session, until: str | None, start: str | None, other: Path | None, since: str | None, as_json: bool
) -> None:
    """Say which steps of SLAs and which rules on due, overdue and idle would fire, which reminders come, and which
    tickets are on hold no longer: when, for which tickets, and whom that would mail.

    Every ticket is looked at as the clock will look at it, and nothing of that stays: it is as if nobody wrote and
    nobody did anything meanwhile. What is due and not done yet comes at once. Where quiet hours or a cap let somebody
    read of it later, it says from when on; whom they keep from it altogether is left out.
    """
    from gateway.cli.opening import opened

    if since is not None and other is None:
        raise click.UsageError("--since is for --sla")
    if other is not None and (until or start):
        raise click.UsageError("--sla looks at past tickets; leave --until and --at out")
    if other is not None:
        _compare(session, other, since, as_json=as_json)
        return
    with opened(session) as (cfg, store):
        from gateway.config.calendars import zone_of
        from gateway.simulation import foretell
        from gateway.site import load_site

        at = instant_of(start, zone_of(cfg), now(), "--at", ahead=True) if start else now()
        last = instant_of(until, zone_of(cfg), at, "--until", ahead=True) if until else at + _LENGTH
        if last < at:
            raise click.BadParameter("is before the time it begins at", param_hint="--until")
        found = foretell(store, load_site(cfg), at=at, until=last)
    if as_json:
        output.print_json(found)
    else:
        _print(found, last)


def _print(found: Sequence["Foretold"], until: datetime) -> None:
    if not found:
        output.say(f"nothing until {instant(until)}")
        return
    rows = [[one.at, f"#{one.ticket}", one.clock, one.step, ", ".join(one.do), ", ".join(_who(one))] for one in found]
    output.table(["at", "ticket", "clock", "step", "do", "who"], rows, right=["ticket"])


def _who(one: "Foretold") -> Iterator[str]:
    for address in one.who:
        held = one.held_until.get(address)
        yield f"{address} (from {_from(held.astimezone(one.at.tzinfo), one.at)})" if held else address


def _from(then: datetime, at: datetime) -> str:
    """By the clock of the first column, whose day is left out."""
    return f"{then:%H:%M}" if then.date() == at.date() else f"{then:%Y-%m-%d %H:%M}"


# ---- other promises ------------------------------------------------------------------------------------------------


def _compare(session: Session, other: Path, since: str | None, *, as_json: bool) -> None:
    from gateway.cli.opening import opened
    from gateway.config import load
    from gateway.config.calendars import zone_of
    from gateway.reporting.breaches import compare

    with opened(session, reads=[other]) as (cfg, store):
        at = now()
        first = instant_of(since or "90 days", zone_of(cfg), at, "--since")
        found = compare(store, cfg, load(other, secrets=False), since=first, at=at)
    if as_json:
        samples = [
            {"ticket": ticket, "clock": clock, "before": before, "after": after}
            for ticket, clock, before, after in found.samples
        ]
        output.print_json(
            {
                "since": first,
                "tickets": found.tickets,
                "before": found.before,
                "after": found.after,
                "changed": found.changed,
                "samples": samples,
            }
        )
    else:
        _print_comparison(found, first, other)


def _print_comparison(found: "Comparison", since: datetime, other: Path) -> None:
    output.say(f"{found.tickets} tickets opened since {instant(since)}, as things are and by {other}")
    output.say()
    rows = []
    for clock, before in found.before.items():
        after = found.after[clock]
        rows.append([clock, before.kept, before.broken, before.none, after.kept, after.broken, after.none])
    headings = ["clock", "kept", "broken", "no promise", "then kept", "then broken", "then no promise"]
    output.table(headings, rows, right=headings[1:])
    if found.samples:
        output.say()
        samples = [[f"#{ticket}", clock, before, after] for ticket, clock, before, after in found.samples]
        output.table(["ticket", "clock", "now", "then"], samples, right=["ticket"])
