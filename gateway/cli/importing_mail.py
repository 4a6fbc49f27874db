"""`gateway import mail`: an archive of mail becomes tickets. Nobody is written to."""

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli import output
from gateway.cli.importing_into import all_there, alone, dry_option, json_option, looked_into, readers_of
from gateway.cli.main import Session, config_option
from gateway.cli.opening import private_files
from gateway.cli.progress import progress
from gateway.now import now
from gateway.shown import counted

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.imports.archive import Named, Tally

_LARGEST = 64 << 20  # bytes of a mail


@click.command(epilog="Example: gateway import mail old.mbox Maildir/ --number-pattern '\\[RT #(\\d+)\\]'")
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
@dry_option
@json_option
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
    all_there(paths)
    where = looked_into(session, paths) if dry_run else alone(session, paths)
    with where as (cfg, store):
        cfg = _with_pattern(cfg, number_pattern)
        with private_files():
            site = load_site(cfg, store)
        files = sources(paths)
        matcher = RegexMatcher(time.monotonic, limit=cfg.limits.regex_time.total_seconds())
        size = sum(file.size for file in files)
        with readers_of(cfg) as readers, progress(size if dry_run else 2 * size) as advance:
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


def _time(text: str) -> timedelta:
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
