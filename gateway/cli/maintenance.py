"""`gateway fsck` and `gateway db`."""

import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway import __version__
from gateway.cli import output
from gateway.cli.main import EX_CANTCREAT, Session, config_option
from gateway.cli.opening import become_the_owner, opened, private_files
from gateway.cli.page import instant
from gateway.config import Config
from gateway.errors import ConfigError, Permanent, Temporary
from gateway.now import now
from gateway.ownership import daemon_user, hand_over
from gateway.store import backlog, migrate, shadowing
from gateway.store.backup import backup as make_backup
from gateway.store.fsck import check as find_breaches
from gateway.store.maintenance import quick_check
from gateway.store.node import DataLock
from gateway.store.restore import NUMBERS_SKIPPED
from gateway.store.restore import restore as put_back
from gateway.store.restore import restored as make_fit

_ARCHIVES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz"}


@click.command(epilog="Example: gateway fsck && echo all mail is accounted for")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def fsck(session: Session, as_json: bool) -> int:
    """Prove that no mail is lost or doubled: every mail has one end, every article one mail, every file one owner.

    It may run beside the daemon. Prints each breach on a line and exits 1, or "ok" with what was counted.
    """
    with opened(session) as (_, store):
        findings = find_breaches(store)
        counted = backlog.totals(store)
    if as_json:
        output.print_json({"ok": not findings, "findings": findings, "counted": counted})
    elif findings:
        for one in findings:
            output.say(one)
    else:
        output.say(f"ok: {', '.join(f'{count} {name}' for name, count in counted.items())}")
    return 1 if findings else 0


@click.group(epilog="Example: gateway db backup /var/backups/gateway")
@config_option
def db() -> None:
    """The database: back up, restore, bring up to date, say which version it is."""


@db.command(
    short_help="Copy the whole site's data while the daemon runs.",
    epilog="Examples: gateway db backup /var/backups/gateway; gateway db backup monday.tar.gz",
)
@config_option
@click.argument("target", metavar="FILE|DIR", type=click.Path(path_type=Path))
@click.pass_obj
def backup(session: Session, target: Path) -> int:
    """Copy the whole site's data while the daemon runs: both databases as of one instant, large mails, the secret.

    DIR that is there already gets a folder named by the time; any other name becomes the folder of the copy, or with
    .tar, .tar.gz or .tgz at its end a file. The copy holds everybody's mail: it is made for its owner's eyes only.
    """
    kind = _archive_kind(target)
    if target.is_dir():
        target = target / f"gateway-{now():%Y%m%dT%H%M%S}"
    elif target.exists():
        output.warn(f"gateway db backup: {target} is there already; nothing was written")
        return EX_CANTCREAT
    with opened(session, stays_root=True) as (cfg, store):  # which may write where the daemon may not
        secret = cfg.gateway.secret_file.path
        secret = secret if secret is not None and secret.exists() else None
        if kind:
            with _unpacked_beside(target) as folder:
                at = make_backup(store, folder / "gateway", secret=secret)
                _pack(folder / "gateway", target, kind)
        else:
            at = make_backup(store, target, secret=secret)
    output.say(f"{target}: as of {instant(at)}")
    return 0


def _archive_kind(target: Path) -> str:
    return next((mode for end, mode in _ARCHIVES.items() if target.name.endswith(end)), "")


@contextmanager
def _unpacked_beside(archive: Path) -> Iterator[Path]:
    """A private folder on the same disk, gone at the end of the block."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=".gateway-", dir=archive.absolute().parent))
    except OSError as error:
        raise Temporary(f"{archive.parent}: {error.strerror}")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pack(folder: Path, archive: Path, mode: str) -> None:
    half = folder.parent / "packed"
    half.touch(mode=0o600)
    with tarfile.open(half, mode) as file:  # type: ignore[call-overload]
        file.add(folder, arcname="gateway")
    half.rename(archive)


@db.command(
    short_help="Put a backup in the place of the site's data.",
    epilog="Example: gateway db restore /var/backups/gateway/gateway-20261127T093000",
)
@config_option
@click.argument("source", metavar="FILE|DIR", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--skip",
    type=click.IntRange(min=0),
    default=NUMBERS_SKIPPED,
    show_default=True,
    help="Ticket numbers left out after the last one known, because newer tickets may have had them.",
)
@click.pass_obj
def restore(session: Session, source: Path, skip: int) -> int:
    """Put a backup in the place of the site's data; the daemon must not be running (exit 75).

    What was there, large mails included, is kept in a folder of data_dir. Where a restore is cut short, the next
    command leaves the old data or finishes the exchange. Mailboxes are read again from a day before the backup on,
    processed folders too, so that mail which came since becomes tickets again.
    """
    cfg = session.config(secrets=False)
    is_handed_over = daemon_user(cfg) is not None
    if source.is_dir() and not is_handed_over:
        return _restore(cfg, source, skip)
    # Root may keep backups where the daemon's user reads nothing: that one gets a copy, where its data is.
    with _unpacked_beside(cfg.gateway.data_dir / "restore" if is_handed_over else source) as folder:
        try:
            if source.is_dir():
                shutil.copytree(source, folder / "gateway")
            else:
                _unpack(source, folder)
        except (tarfile.TarError, EOFError, OSError, shutil.Error) as error:
            raise Permanent(f"{source} is no backup: {error}")
        hand_over(cfg, folder)
        become_the_owner(cfg)
        return _restore(cfg, folder / "gateway", skip)


def _unpack(archive: Path, folder: Path) -> None:
    """What `_pack` packed (extractall has its filter from Python 3.11.4 on). OSError where something else is in it."""
    with tarfile.open(archive) as file:
        for one in file:
            path = folder / one.name
            if not (one.isfile() or one.isdir()) or ".." in path.parts or not path.is_relative_to(folder):
                raise OSError(f"{one.name[:100]} in it is none of ours")
            if (data := file.extractfile(one)) is None:
                path.mkdir(parents=True, exist_ok=True, mode=0o700)
                continue
            with data, path.open("wb") as copy:
                path.chmod(0o600)
                shutil.copyfileobj(data, copy)


def _restore(cfg: Config, source: Path, skip: int) -> int:
    secret = cfg.gateway.secret_file.path
    with private_files():
        at = put_back(cfg.database.url, cfg.gateway.data_dir, source, skip=skip, secret=secret)
    kept = source / "secret"
    # Without the secret of the backup, mail that answers what we wrote before is taken for forged.
    if secret is not None and kept.exists() and secret.read_bytes() != kept.read_bytes():
        output.warn(f"gateway db restore: {secret} is not the secret in the backup; the site's own was kept")
    output.say(f"{cfg.gateway.data_dir}: put back as of {instant(at)}; start the daemon")
    return 0


@db.command(
    short_help="Make a PostgreSQL database that was put back fit to go on.",
    epilog='Example: gateway db restored "2026-11-27T03:00:00+01:00"',
)
@config_option
@click.argument("at", metavar="INSTANT")
@click.option("--skip", type=click.IntRange(min=0), default=NUMBERS_SKIPPED, show_default=True, help="As of restore.")
@click.pass_obj
def restored(session: Session, at: str, skip: int) -> int:
    """Make a PostgreSQL database fit to go on after its own tools put it back as of INSTANT (ISO 8601).

    Once, before the daemon starts: skips ticket numbers ahead and has mailboxes read again.
    """
    try:
        instant_of = datetime.fromisoformat(at)
    except ValueError:
        raise click.BadParameter(f"{at} is no instant such as 2026-11-27T03:00:00+01:00")
    instant_of = instant_of.replace(tzinfo=instant_of.tzinfo or UTC)
    with opened(session) as (cfg, store):
        lock = DataLock(cfg.gateway.data_dir)
        try:
            make_fit(store, instant_of, skip=skip)
        finally:
            lock.release()
    output.say(f"the database counts as put back as of {instant(instant_of)}; start the daemon")
    return 0


@db.command(
    "end-shadow",
    short_help="End shadow mode for good: mail goes out from the next start on.",
    epilog="Example: gateway db end-shadow",
)
@config_option
@click.pass_obj
def end_shadow(session: Session) -> None:
    """End shadow mode for good; neither this daemon nor another node may be running (exit 75).

    Take `shadow = true` out of the settings first. What was written until now is never sent, and the clocks of all
    tickets rest until their next mail.
    """
    with opened(session) as (cfg, store):
        if cfg.gateway.shadow:
            raise ConfigError([f"{cfg.path.name}: gateway.shadow: still says true; take it out first"])
        lock = DataLock(cfg.gateway.data_dir)
        try:
            kept = shadowing.end(store, cfg.gateway.admin)
        finally:
            lock.release()
    if kept is None:
        output.say("this database is not in shadow mode; nothing was changed")
    else:
        output.say(
            f"shadow mode is over; what still waited ({kept} letter{'' if kept == 1 else 's'}) stays unsent, "
            "as all of that time; start the daemon"
        )


@db.command("migrate", short_help="Create the tables or bring them up to date.", epilog="Example: gateway db migrate")
@config_option
@click.option("--copied", is_flag=True, help="Make no copy first: you have one of your own.")
@click.pass_obj
def migrate_(session: Session, copied: bool) -> None:
    """Create the tables, or bring an older database up to date; the daemon must not be running (exit 75).

    `gateway run` does the same by itself. The database is copied into data_dir first, one of PostgreSQL by pg_dump.
    """
    with opened(session, ready=False) as (cfg, store):
        lock = DataLock(cfg.gateway.data_dir)
        try:
            if lock.unclean:  # we leave no trace of it for the daemon to see
                quick_check(store)
            before = migrate.revisions(store)
            migrate.ensure(store, copied=copied)
            after = migrate.revisions(store)
        finally:
            lock.release()
    for name, at in after.items():
        was = before[name]
        output.say(f"{name}: {at}" + (f", was {was or 'empty'}" if was != at else ", as it was"))


@db.command(short_help="Say the versions of program and schemas.", epilog="Example: gateway db version --json")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def version(session: Session, as_json: bool) -> None:
    """Say which version the program and the schema of each database are."""
    with opened(session, ready=False) as (_, store):
        at = migrate.revisions(store)
        dialect = store.dialect
    schemas = [{"database": name, "schema": at[name], "needs": needs} for name, needs in migrate.HEADS.items()]
    if as_json:
        output.print_json({"program": __version__, "dialect": dialect, "schemas": schemas})
        return
    output.say(f"program   {__version__}")
    for one in schemas:
        state = "no tables yet" if one["schema"] is None else f"schema {one['schema']}"
        note = "" if one["schema"] in (None, one["needs"]) else f", this program needs {one['needs']}"
        output.say(f"{one['database']:<8}  {state}{note} ({dialect})")
