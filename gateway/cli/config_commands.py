"""`gateway check` and `gateway init`."""

import pwd
import shutil
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import click

from gateway.cli import output
from gateway.cli.main import EX_CANTCREAT, EX_CONFIG, EX_NOINPUT, Session, config_option
from gateway.errors import ConfigError
from gateway.systemd import unit
from gateway.tomltext.units import duration

_VIA = (
    "With --probe: the server that takes them: HOST:PORT, smtps://HOST, lmtp://HOST:PORT or unix:PATH (LMTP). By "
    "default the smarthost of delivery.to; where mail leaves into a folder, our own listener (mx, or else lmtp)."
)
_SITE = ("config.toml", "rules", "templates")
_HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # from a service with ProtectHome and PrivateTmp


@click.command(epilog="Examples: gateway check -c /etc/gateway/config.toml, gateway check --live")
@config_option
@click.option("--show", is_flag=True, help="Print the effective settings, defaults marked, secrets left out.")
@click.option("--live", is_flag=True, help="Connect to every listener, mailbox and smarthost, and say what is there.")
@click.option("--dns", is_flag=True, help="Look up MX, SPF, DKIM, DMARC and PTR, and print the records to publish.")
@click.option("--probe", is_flag=True, help="Send a mail to each of our addresses and follow it there and back.")
@click.option("--via", metavar="SERVER", help=_VIA)
@click.option("--from", "sender", metavar="ADDRESS", help="With --probe: whom they are from; by default the admin.")
@click.option(
    "--timeout",
    default="2 min",
    metavar="TIME",
    show_default=True,
    help="With --probe: how long to wait for all of it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; with --live and --dns an array.")
@click.pass_obj
def check(
    session: Session,
    show: bool,
    live: bool,
    dns: bool,
    probe: bool,
    via: str | None,
    sender: str | None,
    timeout: str,
    as_json: bool,
) -> int:
    """Check config.toml, rules and templates; change nothing.

    Exits 0, or prints every mistake with its file and line and exits 78. While config.toml has mistakes, of the rules
    only the TOML is checked. With --live, --dns or --probe: exits 1 where something is not as it should be.

    --probe opens one closed ticket for each address, of which no agent hears and which counts in no report.
    """
    if show + live + dns + probe > 1:
        raise click.UsageError("--show, --live, --dns and --probe are four questions; ask one at a time")
    if not probe and (via is not None or sender is not None):
        raise click.UsageError("--via and --from go with --probe")
    if live:
        from gateway.cli.check_live import check_live

        return check_live(session, as_json=as_json)
    if dns:
        from gateway.cli.check_dns import check_dns

        return check_dns(session, as_json=as_json)
    if probe:
        from gateway.cli.check_probe import check_probe

        return check_probe(session, via=via, sender=sender, timeout=_timeout(timeout), as_json=as_json)
    return _check_files(session, show=show, as_json=as_json)


def _check_files(session: Session, *, show: bool, as_json: bool) -> int:
    from gateway.cli import checks
    from gateway.config.load import checked, read
    from gateway.config.show import effective, effective_tables

    path = session.path
    problems: list[str] = []
    notes: list[str] = []
    settings, shown = {}, ""
    document = None
    try:
        document = read(path)
        config = checked(document, thorough=True)
    except ConfigError as error:
        found = checks.without_config(path, document)
        problems += [*error.problems, *found.problems]
        notes += found.notes
    else:
        notes += checks.notes(document, config)
        for one in checks.CHECKS:
            found = one(config)
            problems += found.problems
            notes += found.notes
        shown = effective(document.data).rstrip("\n") if show else f"{path}: {checks.summary(config)}"
        settings = effective_tables(document.data) if show and as_json else {}
    if as_json:
        answer = {"file": str(path), "ok": not problems, "problems": problems, "notes": notes}
        output.print_json({**answer, "settings": settings} if show else answer)
        return EX_CONFIG if problems else 0
    for line in [*problems, *notes]:
        output.warn(line)
    if problems:
        return EX_CONFIG
    output.say_block(shown)
    return 0


def _timeout(text: str) -> timedelta:
    try:
        return duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--timeout")


@click.command(epilog="Examples: gateway init mysite, gateway init --systemd /etc/gateway")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--systemd", is_flag=True, help="Print the systemd unit for the site in DIR instead; write nothing.")
@click.option("--user", default="gateway", metavar="NAME", help="Who runs it, for the unit; by default gateway.")
@config_option
def init(folder: Path, systemd: bool, user: str) -> int:
    """Write a fresh site into DIR: config.toml, rules/ and templates/, all working.

    DIR must be empty or not there yet; nothing is ever overwritten (exit 73). With --systemd it must hold a site.
    """
    if systemd:
        return _unit(folder, user)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        output.warn(f"gateway init: {folder} is not an empty folder; nothing was written")
        return EX_CANTCREAT
    source = site()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _SITE:
            _copy(source / name, folder / name)
    except OSError as error:
        output.warn(f"gateway init: cannot write {error.filename or folder}: {error.strerror}")
        return EX_CANTCREAT
    config = folder / "config.toml"
    output.say(f"1. Put your own names and addresses into {config}; every key is explained there.")
    output.say(f"2. gateway check -c {config}")
    output.say(f"3. gateway run -c {config}")
    return 0


def _unit(folder: Path, user: str) -> int:
    """Print the unit for a site, and on standard error what would keep it from running."""
    if not folder.is_dir():
        output.warn(f"gateway init: there is no folder {folder}; write the site first: gateway init {folder}")
        return EX_NOINPUT
    where = folder.resolve()
    hidden = next((top for top in _HIDDEN if where.is_relative_to(top)), None)
    if hidden:
        output.warn(
            f"gateway init: the service will not see {folder}, for the unit hides {hidden} (ProtectHome, PrivateTmp); "
            f"put the site elsewhere, such as /etc/gateway, or take these lines out"
        )
    try:
        pwd.getpwnam(user)
    except KeyError:
        make = f"useradd --system --user-group --home-dir {where} --shell /usr/sbin/nologin {user}"
        output.warn(f'gateway init: there is no user "{user}" on this machine: {make}')
    output.say_block(unit(folder, user).rstrip("\n"))
    return 0


def site() -> Path:
    """The folder with the shipped site: in the wheel, or the root of a checkout."""
    packaged = Path(str(files("gateway"))) / "site"
    return packaged if packaged.is_dir() else Path(str(files("gateway"))).parent


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        hidden = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(source, target, copy_function=shutil.copyfile, ignore=hidden)
    else:
        shutil.copyfile(source, target)
