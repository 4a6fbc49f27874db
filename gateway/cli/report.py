"""`gateway report`: what is open, late and growing."""

import csv
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli import output
from gateway.cli.instants import instant_of
from gateway.cli.main import Session, config_option
from gateway.now import now

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.reporting.figures import Group, Period
    from gateway.reporting.report import Report
    from gateway.store import Store

_LENGTH = timedelta(days=7)  # of the period, where nothing else is asked for
_DAY = timedelta(days=1)


@click.command(
    epilog='Examples: gateway report --from 2026-11-01 --to 2026-11-30 --by area,sender, gateway report --from "24 h"'
)
@config_option
@click.option(
    "--from", "start", metavar="DATE", help='From then on: 2026-11-20, an instant, or "24 h" ago; default: 7 days.'
)
@click.option("--to", "end", metavar="DATE", help="Until then, a day with all its hours; default: now.")
@click.option(
    "--by",
    "bys",
    multiple=True,
    metavar="WHAT",
    help="queue agent type category area tag organisation priority sender, several with commas; "
    "default: as [report] by.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, times in minutes.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for spreadsheets, times in minutes.")
@click.option("--html", "file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a page.")
@click.option(
    "--pages",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the static pages of [report] html there, now.",
)
@click.option("--shadow", is_flag=True, help="What shadow mode compares instead, of the last day or --from and --to.")
@click.pass_obj
def report(
    session: Session,
    start: str | None,
    end: str | None,
    bys: Sequence[str],
    as_json: bool,
    as_csv: bool,
    file: Path | None,
    folder: Path | None,
    shadow: bool,
) -> None:
    """Report on the tickets of a time, all of them and by queue, agent, area ...

    \b
    open, late, soon late   as things stand now; soon is [report] soon
    new, solved, again      opened, done with, and opened again in that time
    usually                 opened in such a time, by the four before; * marks what grew beyond chance
    first answer            in working time; median, mean, nine of ten within, and how many kept what was promised
                            when they were answered
    resolution              the same, without the time in which we waited for somebody
    opening to end          by the clock on the wall, nights included
    by several              solved tickets on which more than one agent wrote

    Tickets that were merged count with the one that took them in. Senders are told only who opened two or more.
    """
    from gateway.cli.opening import opened
    from gateway.config.calendars import zone_of
    from gateway.reporting.report import make

    if sum((as_json, as_csv, file is not None, folder is not None)) > 1:
        raise click.UsageError("--json, --csv, --html and --pages each want the whole report; give one of them")
    if shadow and (as_csv or file is not None or folder is not None or bys):
        raise click.UsageError("--shadow is text, or one object with --json")
    with opened(session, stays_root=True) as (cfg, store):
        at = now()
        if shadow:
            _print_shadow(store, cfg, _period(start, end, zone_of(cfg), at, _DAY), as_json=as_json)
            return
        if folder is not None:
            _write_pages(store, cfg, folder, at)
            return
        kinds = _bys(bys) or cfg.report.by
        made = make(store, cfg, _period(start, end, zone_of(cfg), at), kinds, at=at)
    if as_json:
        groups = [_told(made, one) for one in made.groups]
        output.print_json({"period": {"from": made.period.start, "to": made.period.end}, "groups": groups})
    elif as_csv:
        _print_csv(made)
    elif file is not None:
        _write_page(made, cfg, kinds, file, at)
    else:
        _print(made, kinds, zone_of(cfg))


def _bys(asked: Sequence[str]) -> tuple[str, ...]:
    from gateway.reporting.figures import BY
    from gateway.tomltext.guess import did_you_mean

    names = [name for text in asked for name in text.replace(",", " ").split()]
    for name in names:
        if name not in BY:
            guess = did_you_mean(name, BY) or f"; there are {', '.join(BY)}"
            raise click.BadParameter(f'there is no "{name}"{guess}', param_hint="--by")
    return tuple(dict.fromkeys(names))


# ---- the time ------------------------------------------------------------------------------------------------------


def _period(start: str | None, end: str | None, zone: tzinfo, at: datetime, length: timedelta = _LENGTH) -> "Period":
    from gateway.reporting.figures import Period

    last = instant_of(end, zone, at, "--to", ends=True) if end else at
    first = instant_of(start, zone, at, "--from") if start else last - length
    if first >= last:
        raise click.BadParameter("must be before the end of the time", param_hint="--from")
    return Period(start=first, end=last)


def _print_shadow(store: "Store", cfg: "Config", period: "Period", *, as_json: bool) -> None:
    from gateway.config.calendars import zone_of
    from gateway.reporting import shadow
    from gateway.reporting.letter import period_in_words

    made = shadow.compare(store, cfg, period)
    groups = shadow.figures(made, cfg)
    if as_json:
        told = [{"title": one.title, "figures": {line.name: line.value for line in one.figures}} for one in groups]
        torn, mixed = ({key: sorted(found) for key, found in one.items()} for one in (made.torn, made.mixed))
        span = {"from": period.start, "to": period.end}
        output.print_json({"period": span, "since": made.since, "groups": told, "torn": torn, "mixed": mixed})
        return
    output.say(f"Shadow mode, {period_in_words(period, zone_of(cfg), 'en')}")
    if made.since is None and cfg.gateway.shadow:
        output.say("shadow mode counts from the next start of the daemon")
    elif made.since is None:
        output.say("this site is not in shadow mode now")
    for group in groups:
        output.say()
        output.say(group.title)
        for line in group.figures:
            output.say(f"  {line.name}: {line.value}")


# ---- forms ---------------------------------------------------------------------------------------------------------


def _told(made: "Report", group: "Group") -> dict[str, Any]:
    """A group for programs; `title` is what people read for its name."""
    return {"by": group.by, "name": group.name, "title": made.shown(group), **_plain(group)}


def _plain(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _print(made: "Report", bys: Sequence[str], zone: tzinfo) -> None:
    from gateway.reporting.letter import period_in_words

    output.say(f"Report for {period_in_words(made.period, zone, 'en')}")
    for by in ("all", *bys):
        groups = made.by(by)
        output.say()
        if groups:
            output.table((by, *_COLUMNS), [_row(made, one) for one in groups], right=_NUMBERS)
        else:
            output.say(f"nothing by {by}")


_NUMBERS = ("open", "late", "soon", "new", "usually", "solved", "again", "several")
_COLUMNS = (
    "open", "late", "soon", "new", "usually", "solved", "again", "first answer", "resolution", "opening to end",
    "several", "time spent", "rating",
)  # fmt: skip


def _row(made: "Report", group: "Group") -> list[object]:
    from gateway.reporting.wording import lasting, ratings

    usually = None if group.usual is None else f"{group.usual:g}{'*' if group.grew else ''}"
    return [
        "" if group.by == "all" else made.shown(group),
        group.open,
        group.late,
        group.soon,
        group.created,
        usually,
        group.solved,
        group.reopened,
        _times(group.first_response),
        _times(group.resolution),
        _times(group.handling),
        group.several,
        lasting(group.time_spent or None),
        ratings(group.ratings),
    ]


def _times(took: Any) -> str:
    """`1 h, mean 2 h, 90% in 4 h, kept 93% of 4 h`."""
    from gateway.reporting.wording import lasting

    if not took.count:
        return ""
    kept = "" if took.kept is None else f", kept {took.kept * 100:.0f}% of {lasting(took.sla)}"
    return f"{lasting(took.median)}, mean {lasting(took.mean)}, 90% in {lasting(took.p90)}{kept}"


def _print_csv(made: "Report") -> None:
    from gateway.cli.sheet import cell

    lines = csv.writer(sys.stdout)
    flat = [dict(_flat(_told(made, one))) for one in made.groups]
    lines.writerow(["from", "to", *flat[0]])
    period = [made.period.start.isoformat(), made.period.end.isoformat()]
    lines.writerows([*period, *map(cell, row.values())] for row in flat)


def _flat(row: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in row.items():
        if hasattr(value, "__dataclass_fields__"):
            yield from _flat(_plain(value), f"{prefix}{name}_")
        else:
            yield f"{prefix}{name}", value


def _write_page(made: "Report", cfg: "Config", bys: Sequence[str], file: Path, at: datetime) -> None:
    from gateway.cli.opening import private_files
    from gateway.reporting.pages import report_page

    with private_files():
        file.write_text(report_page(made, cfg, bys, at=at), encoding="utf-8")
    output.say(f"written to {file}")


def _write_pages(store: "Store", cfg: "Config", folder: Path, at: datetime) -> None:
    from gateway.reporting.pages import write

    count = write(store, cfg, folder, at=at)
    output.say(f"written to {folder / 'index.html'}, with {count} ticket{'' if count == 1 else 's'}")
