"""`gateway import`: tickets of another helpdesk, out of its export, or an archive of mail. Nobody is written to."""

import errno
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from gateway.cli import output
from gateway.cli.main import EX_CONFIG, EX_DATAERR, Session, config_option
from gateway.cli.opening import opened, private_files
from gateway.cli.progress import progress
from gateway.errors import Permanent, Temporary
from gateway.imports.survey import counted
from gateway.now import now

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.imports.archive import Named, Tally
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

    Exits 64 for a wrong call, 65 where an export is broken, 66 where it is not there, 75 while a daemon runs, 78 where
    settings, names or numbers are to be mended; with --dry-run too.
    """


@import_.command(epilog="Example: gateway import rt export/ --map names.toml --dry-run")
@config_option
@_map
@_dry
@_leave
@_json
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_obj
def rt(session: Session, /, folder: Path, **options: Any) -> int:
    """Request Tracker: a folder of answers of its REST 2.0 interface.

    Exits 65 where a file of it is broken, 66 where it is not there, 78 where names or numbers stand in the way.
    """
    from gateway.imports.rt import Rt

    return _import(session, lambda: Rt(folder), folder, **options)


@import_.command(epilog="Example: gateway import zammad export/ --map names.toml --dry-run")
@config_option
@_map
@_dry
@_leave
@_json
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_obj
def zammad(session: Session, /, folder: Path, **options: Any) -> int:
    """Zammad: a folder of answers of its REST interface.

    Exits 65 where a file of it is broken, 66 where it is not there, 78 where names or numbers stand in the way.
    """
    from gateway.imports.zammad import Zammad

    return _import(session, lambda: Zammad(folder), folder, **options)


@import_.command(epilog="Example: gateway import osticket osticket.xml --timezone Europe/Prague --map names.toml")
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


@import_.command(epilog="Example: gateway import mail old.mbox Maildir/ --number-pattern '\\[RT #(\\d+)\\]'")
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
@_dry
@_json
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.pass_obj
def mail(
    session: Session,
    paths: Sequence[Path],
    *,
    number_pattern: str | None,
    open_since: str,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Mail itself: mboxes, Maildirs, files and folders of them.

    Each mail is read and threaded in its turn, by its own date. Numbers are kept that mails of ours in the archive
    name. Exits 1 if any could not be taken, 66 where a path is not there. With --dry-run the mails are counted and the
    numbers named; no mail is decided on.
    """
    from gateway.imports.archive import Archive
    from gateway.intake.files import mails, sources
    from gateway.rules import RegexMatcher
    from gateway.site import load_site

    since = now() - _time(open_since)
    _all_there(paths)
    where = _looked_into(session, paths) if dry_run else _alone(session, paths)
    with where as (cfg, store):
        cfg = _with_pattern(cfg, number_pattern)
        with private_files():
            site = load_site(cfg, store)
        files = sources(paths)
        matcher = RegexMatcher(time.monotonic, limit=cfg.limits.regex_time.total_seconds())
        size = sum(file.size for file in files)
        with _readers(cfg) as readers, progress(size if dry_run else 2 * size) as advance:
            archive = Archive(store=store, site=site, readers=readers, matcher=matcher)
            named = archive.look(
                (one for source in files for one in mails(source, _LARGEST)),
                each=lambda one, so_far: advance(len(one.raw), so_far),
            )
            if dry_run:
                _tell_numbers(named, as_json=as_json)
                return 0
            tally = archive.take(
                (one for source in files for one in mails(source, _LARGEST)),
                named,
                open_since=since,
                each=lambda one, so_far: advance(len(one.raw), so_far.read),
            )
    _told(tally, named, as_json=as_json)
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


def _tell_numbers(named: "Named", *, as_json: bool) -> None:
    """What a look at an archive found."""
    if as_json:
        output.print_json({"mails": named.mails, "numbers": sorted(named.ours), "not_kept": named.strange})
        return
    above = f"; new tickets get numbers above {named.highest}" if named.ours else ""
    ours = counted(len(named.ours), "number")
    output.say(f"{counted(named.mails, 'mail')}; mails of ours name {ours}, which tickets keep{above}")
    _tell_strange(named)


def _tell_strange(named: "Named") -> None:
    if named.strange:
        some = ", ".join(map(str, named.strange[:8]))
        more = f" and {len(named.strange) - 8} more" if len(named.strange) > 8 else ""
        output.warn(f"gateway import: no mail of ours names these numbers, so no ticket keeps them: {some}{more}")


def _told(tally: "Tally", named: "Named", *, as_json: bool) -> None:
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
        output.print_json({**counts, "not_kept": named.strange, "failures": failures})
        return
    _tell_strange(named)
    for one in tally.failures:
        output.warn(f"gateway: {one.where}: {one.problem}")
    output.say(
        f"read {counted(tally.read, 'mail')}, {tally.known} of them known: {tally.opened} opened a ticket, "
        f"{tally.joined} joined one, {tally.set_aside} set aside, {len(tally.failures)} failed; "
        f"closed {counted(tally.closed, 'ticket')}"
    )


# ---- exports -------------------------------------------------------------------------------------------------------


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
    _all_there(reads)
    where = _looked_into(session, reads) if dry_run else _alone(session, reads)
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
        with _readers(cfg) as readers, progress(found.articles) as advance:
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


def _all_there(paths: Sequence[Path]) -> None:
    """FileNotFoundError for the first of them that is not."""
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


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


@contextmanager
def _alone(session: Session, reads: Sequence[Path]) -> "Iterator[tuple[Config, Store]]":
    """The store while no daemon runs on the site. Temporary where one does."""
    from gateway.store.node import DataLock

    with opened(session, reads=reads) as (cfg, store):
        try:
            with private_files():
                lock = DataLock(cfg.gateway.data_dir)
        except Temporary as error:
            raise Temporary(f"{error}; stop it first")
        try:
            yield cfg, store
        finally:
            lock.release()


@contextmanager
def _looked_into(session: Session, reads: Sequence[Path]) -> "Iterator[tuple[Config, Store]]":
    """The store, to look only: of an SQLite site that never ran an empty one, so that nothing of it is made."""
    from gateway.config.secret import Secret
    from gateway.store import migrate, open_store
    from gateway.store.engine import sqlite_files

    cfg = session.config(secrets=False)
    if not cfg.database.url.startswith("sqlite:") or sqlite_files(cfg.database.url)[1].exists():
        with opened(session, reads=reads) as (cfg, store):
            yield cfg, store
        return
    with tempfile.TemporaryDirectory(prefix="gateway-import-") as folder:
        store = open_store(f"sqlite:///{folder}/gateway.db", Path(folder))
        try:
            migrate.ensure(store)
            own = {"data_dir": Path(folder), "secret_file": Secret(path=Path(folder) / "secret")}
            yield cfg.model_copy(update={"gateway": cfg.gateway.model_copy(update=own)}), store
        finally:
            store.close()


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
