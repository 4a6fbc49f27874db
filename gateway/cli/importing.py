"""`gateway import`: tickets of another helpdesk, out of its export, or an archive of mail. Nobody is written to."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from gateway.cli import output
from gateway.cli.importing_into import all_there, alone, dry_option, json_option, looked_into, readers_of
from gateway.cli.importing_mail import mail
from gateway.cli.main import EX_CONFIG, EX_DATAERR, Session, config_option
from gateway.cli.progress import progress
from gateway.errors import Permanent
from gateway.shown import counted

if TYPE_CHECKING:
    from gateway.imports.old import Export
    from gateway.imports.survey import Survey

_MOST_BROKEN = 20  # named one by one

_map = click.option(
    "--map",
    "map_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="TOML that says what their names are here: [queues], [agents], [statuses].",
)
_leave = click.option("--leave-out-broken", is_flag=True, help="Go on without tickets that cannot be read.")


@click.group("import", epilog="Example: gateway import rt export/ --map names.toml --dry-run")
@config_option
def import_() -> None:
    """Take over tickets with their numbers, dates and mails from another helpdesk, or from an archive of mail.

    No daemon may run on the site meanwhile. Run again, nothing is imported twice; killed in the middle and run again,
    it is complete. docs/import.md says how exports are made.

    Exits 64 for a wrong call, 65 where an export is broken, 66 where it is not there, 75 while a daemon runs, 78 where
    settings, names or numbers are to be mended; with --dry-run too.
    """


import_.add_command(mail)


def _export(command: Callable[..., int]) -> Callable[..., int]:
    """The options of all commands that read an export."""
    for option in reversed((config_option, _map, dry_option, _leave, json_option)):
        command = option(command)
    return command


@import_.command(epilog="Example: gateway import rt export/ --map names.toml --dry-run")
@_export
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_obj
def rt(session: Session, /, folder: Path, **options: Any) -> int:
    """Request Tracker: a folder of answers of its REST 2.0 interface.

    Exits 65 where a file of it is broken, 66 where it is not there, 78 where names or numbers stand in the way.
    """
    from gateway.imports.rt import Rt

    return _import(session, lambda: Rt(folder), folder, **options)


@import_.command(epilog="Example: gateway import zammad export/ --map names.toml --dry-run")
@_export
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_obj
def zammad(session: Session, /, folder: Path, **options: Any) -> int:
    """Zammad: a folder of answers of its REST interface.

    Exits 65 where a file of it is broken, 66 where it is not there, 78 where names or numbers stand in the way.
    """
    from gateway.imports.zammad import Zammad

    return _import(session, lambda: Zammad(folder), folder, **options)


@import_.command(epilog="Example: gateway import osticket osticket.xml --timezone Europe/Prague --map names.toml")
@_export
@click.option("--timezone", default="UTC", metavar="ZONE", help="Of the dates in the database; by default UTC.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def osticket(session: Session, /, file: Path, timezone: str, **options: Any) -> int:
    """osTicket: its database, as mysqldump --xml writes it.

    FILE is what `mysqldump --xml --hex-blob` prints. Exits 65 where it is broken, 66 where it is not there, 78 where
    names or numbers stand in the way.
    """
    from gateway.imports.osticket import OsTicket

    try:
        zone = ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):  # of a name that is well-formed and no zone it is a KeyError
        why = f'there is no zone "{timezone[:60]}"; write such as Europe/Prague'
        raise click.BadParameter(why, param_hint="--timezone")
    return _import(session, lambda: OsTicket(file, zone), file, **options)


def _import(
    session: Session,
    export: "Callable[[], Export]",
    path: Path,
    *,
    map_file: Path | None,
    dry_run: bool,
    leave_out_broken: bool,
    as_json: bool,
) -> int:
    from gateway import log
    from gateway.imports import mapping
    from gateway.imports.survey import survey
    from gateway.imports.writing import write
    from gateway.store.numbers import Numbers

    reads = [path] if map_file is None else [path, map_file]
    all_there(reads)
    where = looked_into(session, reads) if dry_run else alone(session, reads)
    with where as (cfg, store):
        names = mapping.load(map_file, cfg)
        try:
            source = export()
            found = survey(source, names, store)
        except Permanent as error:  # it is no such export at all
            output.warn(f"gateway: {error}")
            return EX_DATAERR
        broken = [] if leave_out_broken else [str(one) for one in found.broken]
        problems = found.problems + broken
        code = EX_CONFIG if found.problems else EX_DATAERR if broken else 0
        if dry_run:
            _tell(found, problems, as_json=as_json, leaves_out=leave_out_broken)
            return code
        if problems:
            if as_json:
                output.print_json({**found.to_json(), "problems": problems})
            for line in (*problems[:_MOST_BROKEN], *_more(problems), "nothing was written"):
                output.warn(line)
            return code
        with readers_of(cfg) as readers, progress(found.articles) as advance:
            done = write(source, names, store, readers, highest=found.highest, each=lambda count: advance(count, count))
        with store.main.read() as conn:
            upcoming = Numbers(store, conn).peek(conn)
        log.imported(found.system, tickets=done.tickets, articles=done.articles)
    if as_json:
        output.print_json({**found.to_json(), "imported": done.tickets})
        return 0
    _tell_left_out(found, output.warn)
    for note in found.notes:
        output.warn(f"gateway import: {note}")
    left_out = f", {len(found.broken)} left out" if found.broken else ""
    output.say(
        f"imported {counted(done.tickets, 'ticket')} with {counted(done.articles, 'article')}; {done.known} "
        f"{'was' if done.known == 1 else 'were'} here already{left_out}; the next ticket gets number {upcoming}"
    )
    return 0


def _tell(found: "Survey", problems: Sequence[str], *, as_json: bool, leaves_out: bool) -> None:
    if as_json:
        output.print_json({**found.to_json(), "problems": list(problems)})
        return
    output.say(
        f"{counted(found.tickets, 'ticket')} with {counted(found.articles, 'article')} and "
        f"{counted(found.files, 'file')}; here already: {found.known}"
    )
    for title, counts in (("queue", found.queues), ("status", found.statuses)):
        for name, count in counts.most_common():
            output.say(f"  {title} {name}: {count}")
    for line in (*problems[:_MOST_BROKEN], *_more(problems)):
        output.say(f"in the way: {line}")
    if leaves_out:
        _tell_left_out(found, output.say)
    for line in found.notes:
        output.say(line)


def _tell_left_out(found: "Survey", tell: Callable[[str], None]) -> None:
    for line in found.broken:
        tell(f"left out: {line}")


def _more(problems: Sequence[str]) -> list[str]:
    rest = len(problems) - _MOST_BROKEN
    return [f"and {rest} more; --json names all"] if rest > 0 else []
