"""`gateway import`: tickets of another helpdesk, out of its export, or an archive of mail. Nobody is written to."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from gateway.cli import output
from gateway.cli.main import Session, config_option
from gateway.cli.opening import opened, private_files
from gateway.cli.progress import progress
from gateway.errors import ConfigError
from gateway.now import now

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.imports.archive import Tally
    from gateway.imports.old import Export
    from gateway.imports.survey import Survey
    from gateway.reader import Readers
    from gateway.store import Store

_LARGEST = 64 << 20  # bytes of a mail
_MOST_BROKEN = 20  # named one by one

_map = click.option(
    "--map",
    "map_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="TOML that says what their names are here: [queues], [agents], [statuses].",
)
_dry = click.option("--dry-run", is_flag=True, help="Say what would be done, and what is in the way; write nothing.")
_leave = click.option("--leave-out-broken", is_flag=True, help="Go on without tickets that cannot be read.")
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group("import", epilog="Example: gateway import rt export/ --map names.toml --dry-run")
@config_option
def import_() -> None:
    """Take over tickets with their numbers, dates and mails from another helpdesk, or from an archive of mail.

    No daemon may run on the site meanwhile. Run again, nothing is imported twice; killed in the middle and run again,
    it is complete. docs/import.md says how exports are made.
    """


@import_.command()
@config_option
@_map
@_dry
@_leave
@_json
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_obj
def rt(session: Session, /, folder: Path, **options: Any) -> int:
    """Request Tracker: a folder of answers of its REST 2.0 interface."""
    from gateway.imports.rt import Rt

    return _import(session, lambda: Rt(folder), **options)


@import_.command()
@config_option
@_map
@_dry
@_leave
@_json
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_obj
def zammad(session: Session, /, folder: Path, **options: Any) -> int:
    """Zammad: a folder of answers of its REST interface."""
    from gateway.imports.zammad import Zammad

    return _import(session, lambda: Zammad(folder), **options)


@import_.command()
@config_option
@_map
@_dry
@_leave
@_json
@click.option("--timezone", default="UTC", metavar="ZONE", help="Of the dates in the database; by default UTC.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_obj
def osticket(session: Session, /, file: Path, timezone: str, **options: Any) -> int:
    """osTicket: its database, as mysqldump --xml writes it.

    FILE is what `mysqldump --xml --hex-blob` prints.
    """
    from gateway.imports.osticket import OsTicket

    try:
        zone = ZoneInfo(timezone)
    except (ValueError, OSError):
        why = f'there is no zone "{timezone[:60]}"; write such as Europe/Prague'
        raise click.BadParameter(why, param_hint="--timezone")
    return _import(session, lambda: OsTicket(file, zone), **options)


@import_.command()
@config_option
@click.option(
    "--number-pattern",
    metavar="REGEX",
    help=r"How the helpdesk wrote its numbers in subjects, such as '\[RT #(\d+)\]'; by default as mail.old_tags says.",
)
@click.option(
    "--open-since",
    default="30 days",
    metavar="TIME",
    help="Tickets on which nobody wrote for so long are closed, as of their last mail; by default 30 days.",
)
@_json
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.pass_obj
def mail(session: Session, paths: Sequence[Path], number_pattern: str | None, open_since: str, as_json: bool) -> int:
    """Mail itself: mboxes, Maildirs, files and folders of them.

    Each mail is read and threaded in its turn, by its own date. Exits 1 if any could not be taken.
    """
    from gateway.imports.archive import Archive
    from gateway.intake.files import mails, sources
    from gateway.rules import RegexMatcher
    from gateway.site import load_site

    since = now() - _time(open_since)
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise click.UsageError(f"there is no {missing[0]}")
    with _alone(session) as (cfg, store):
        cfg = _with_pattern(cfg, number_pattern)
        with private_files():
            site = load_site(cfg, store)
        files = sources(paths)
        matcher = RegexMatcher(time.monotonic, limit=cfg.limits.regex_time.total_seconds())
        with _readers(cfg) as readers, progress(sum(file.size for file in files)) as advance:
            archive = Archive(store=store, site=site, readers=readers, matcher=matcher)
            tally = archive.take(
                (one for source in files for one in mails(source, _LARGEST)),
                open_since=since,
                each=lambda one, so_far: advance(len(one.raw), so_far.read),
            )
    _told(tally, as_json=as_json)
    return 1 if tally.failures else 0


def _time(text: str) -> Any:
    from gateway.tomltext.units import duration

    try:
        return duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--open-since")


def _with_pattern(cfg: "Config", pattern: str | None) -> "Config":
    """The settings with another pattern for this run."""
    if pattern is None:
        return cfg
    from gateway.rules.patterns import compile_pattern

    try:
        groups = compile_pattern(pattern).groups
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--number-pattern")
    if groups != 1:
        raise click.BadParameter("must have one group, around the number", param_hint="--number-pattern")
    changed = cfg.model_copy(update={"mail": cfg.mail.model_copy(update={"old_tags": (pattern,)})})
    changed.__dict__.pop("old_tags", None)  # what was compiled from the file
    return changed


def _told(tally: "Tally", *, as_json: bool) -> None:
    counts = {
        "read": tally.read,
        "known": tally.known,
        "opened": tally.opened,
        "joined": tally.joined,
        "set_aside": tally.set_aside,
        "closed": tally.closed,
        "failed": len(tally.failures),
    }
    if as_json:
        failures = [{"file": one.where, "error": one.problem} for one in tally.failures]
        output.print_json({**counts, "failures": failures})
        return
    for one in tally.failures:
        output.warn(f"gateway: {one.where}: {one.problem}")
    output.say(
        f"read {tally.read} mails, {tally.known} of them known: {tally.opened} opened a ticket, {tally.joined} joined "
        f"one, {tally.set_aside} were set aside, {len(tally.failures)} failed; {tally.closed} tickets are closed"
    )


# ---- exports -------------------------------------------------------------------------------------------------------


def _import(
    session: Session,
    export: "Callable[[], Export]",
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

    where = opened(session) if dry_run else _alone(session)
    with where as (cfg, store):
        names = mapping.load(map_file, cfg)
        source = export()
        found = survey(source, names, store)
        problems = found.problems + ([] if leave_out_broken else [f"{one.where}: {one.what}" for one in found.broken])
        if dry_run or problems:
            _tell(found, problems, as_json=as_json)
            if problems and not dry_run:
                raise ConfigError([*problems[:_MOST_BROKEN], *_more(problems), "nothing was written"])
            return 1 if problems else 0
        with _readers(cfg) as readers, progress(found.articles) as advance:
            done = write(source, names, store, readers, highest=found.highest, each=lambda count: advance(count, count))
        log.imported(found.system, tickets=done.tickets, articles=done.articles)
    if as_json:
        output.print_json({**found.to_json(), "imported": done.tickets})
    else:
        for note in found.notes:
            output.warn(f"gateway import: {note}")
        output.say(
            f"imported {done.tickets} tickets with {done.articles} articles; {done.known} were here already; "
            f"new tickets get numbers above {found.highest}"
        )
    return 0


def _tell(found: "Survey", problems: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        output.print_json({**found.to_json(), "problems": list(problems)})
        return
    output.say(
        f"{found.tickets} tickets with {found.articles} articles and {found.files} files; "
        f"{found.known} of them are here already"
    )
    for title, counts in (("queue", found.queues), ("status", found.statuses)):
        for name, count in counts.most_common():
            output.say(f"  {title} {name}: {count}")
    for line in (*problems[:_MOST_BROKEN], *_more(problems)):
        output.say(f"in the way: {line}")
    for line in found.notes:
        output.say(line)


def _more(problems: Sequence[str]) -> list[str]:
    rest = len(problems) - _MOST_BROKEN
    return [f"and {rest} more; --json names all"] if rest > 0 else []


@contextmanager
def _alone(session: Session) -> "Iterator[tuple[Config, Store]]":
    """The store while no daemon runs on the site. Temporary where one does."""
    from gateway.store.node import DataLock

    with opened(session) as (cfg, store):
        with private_files():
            lock = DataLock(cfg.gateway.data_dir)
        try:
            yield cfg, store
        finally:
            lock.release()


@contextmanager
def _readers(cfg: "Config") -> "Iterator[Readers]":
    from gateway.reader import Readers

    limits = cfg.limits
    with Readers(
        count=limits.readers,
        timeout=limits.reader_time.total_seconds(),
        memory=limits.reader_memory,
        recycle=limits.reader_mails,
    ) as readers:
        yield readers
