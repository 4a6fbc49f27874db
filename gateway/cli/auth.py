"""`gateway auth`: who may submit mail, and a probe that tells why an agent's mail is believed or not."""

import sys
from datetime import timedelta
from pathlib import Path

import click

from gateway.cli import output
from gateway.cli.main import EX_NOINPUT, Session, config_option
from gateway.cli.opening import text_of
from gateway.config import Config
from gateway.config.section import did_you_mean
from gateway.errors import ConfigError
from gateway.tomltext.units import duration
from gateway.verify import users


@click.group(epilog="Example: gateway auth probe carol")
@config_option
def auth() -> None:
    """Whom we believe: passwords for submission, and why an agent's mail is believed or not."""


def _file(cfg: Config, given: Path | None) -> Path:
    """The users_file to work on: the one named, or the one of the submission listener."""
    if given is not None:
        return given
    named = list(dict.fromkeys(one.users_file for one in cfg.smtp if one.users_file is not None))
    if not named:
        raise ConfigError(
            [f'{cfg.path.name}: no [[smtp]] has role = "submission" and a users_file; write them, or give --file FILE']
        )
    if len(named) > 1:
        raise ConfigError([f"{cfg.path.name}: there are {len(named)} users_files; say which with --file FILE"])
    return named[0]


_file_option = click.option(
    "--file", "file", type=click.Path(path_type=Path, dir_okay=False), help="Another file than the users_file."
)


@auth.command(epilog="Example: pwgen -s 24 1 | gateway auth add carol")
@config_option
@click.argument("user", callback=text_of)
@_file_option
@click.pass_obj
def add(session: Session, user: str, file: Path | None) -> int:
    """Let an agent submit mail, or give them a new password.

    USER is a name of [agents], or an address of theirs. The password is asked for, or read from standard input. It
    counts at once.
    """
    cfg = session.config(secrets=False)
    agent = users.login_of(user, cfg)
    if agent is None:
        guess = did_you_mean(user, cfg.agents) or f"; known are {', '.join(cfg.agents) or 'none'}"
        output.warn(f'gateway auth add: there is no agent "{user}"{guess}')
        return EX_NOINPUT
    path = _file(cfg, file)
    is_new = users.put(path, agent, _password(agent))
    output.say(f"{agent} {'may submit mail from now on' if is_new else 'has a new password'} ({path})")
    return 0


def _password(agent: str) -> str:
    if sys.stdin.isatty():
        password = str(click.prompt(f"Password for {agent}", hide_input=True, confirmation_prompt=True, err=True))
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if flaw := users.flaw_of(password):
        raise click.UsageError(f"the password {flaw}")
    return password


@auth.command("list", epilog="Example: gateway auth list --json")
@config_option
@_file_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def list_(session: Session, file: Path | None, as_json: bool) -> int:
    """List who may submit mail, and from which addresses."""
    cfg = session.config(secrets=False)
    path = _file(cfg, file)
    found = [{"user": user, "addresses": _addresses(user, cfg)} for user in users.names(path)]
    for number in users.bad_lines(path):
        output.warn(f"{path}:{number}: is no user:argon2-hash; nobody can log in by it")
    if as_json:
        output.print_json(found)
    elif found:
        output.table(["user", "addresses"], [[one["user"], one["addresses"] or "no agent"] for one in found])
    else:
        output.say(f"nobody may submit mail ({path})")
    return 0


def _addresses(user: str, cfg: Config) -> list[str]:
    agent = cfg.agents.get(user)
    return list(agent.addresses) if agent else []


@auth.command(epilog="Example: gateway auth remove carol")
@config_option
@click.argument("user", callback=text_of)
@_file_option
@click.pass_obj
def remove(session: Session, user: str, file: Path | None) -> int:
    """Let somebody submit no more mail. Exits 66 where they could not anyway."""
    cfg = session.config(secrets=False)
    path = _file(cfg, file)
    name = users.login_of(user, cfg) or user
    if not users.remove(path, name):
        output.warn(f"gateway auth remove: {name} does not stand in {path}")
        return EX_NOINPUT
    output.say(f"{name} may submit no more mail ({path})")
    return 0


@auth.command(epilog="Example: gateway auth login imap:main")
@config_option
@click.argument("account", callback=text_of)
@click.option(
    "--within",
    default="15 min",
    metavar="TIME",
    callback=lambda *given: _span(*given),
    help="How long to wait; by default 15 min.",
)
@click.pass_obj
def login(session: Session, account: str, within: timedelta) -> int:
    """Give a mailbox or the delivery a person's consent.

    ACCOUNT is imap:NAME or delivery. A code is shown, to be typed into a browser anywhere. What the provider gives is
    kept in the database and renewed from then on. Exits 66 where no such account uses [oauth], 75 where nobody
    consented in time.
    """
    from gateway.cli import auth_login  # the database, which passwords do without

    return auth_login.login(session, account, within)


@auth.command(epilog="Example: gateway auth logout imap:main")
@config_option
@click.argument("account", callback=text_of)
@click.pass_obj
def logout(session: Session, account: str) -> int:
    """Forget the consent that was given for a mailbox or the delivery.

    ACCOUNT is imap:NAME or delivery. What is kept of its tokens is deleted, and client_secret_file or
    refresh_token_file of its [oauth] table count again. The provider still knows the consent: withdraw it there too.
    Exits 66 where nothing is kept.
    """
    from gateway.cli import auth_login  # the database, which passwords do without

    return auth_login.logout(session, account)


def _span(_: click.Context, __: click.Parameter, value: str) -> timedelta:
    try:
        return duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error))


@auth.command(epilog="Example: gateway auth probe carol --mail reply.eml --source imap:main")
@config_option
@click.argument("agent", callback=text_of)
@click.option("--mail", "file", metavar="FILE", help="Judge this mail instead of waiting; - is standard input.")
@click.option("--source", default="", help="How the file came: smtp (default), pipe or imap:NAME.")
@click.option("--peer", default="", metavar="IP", help="The host that brought the file by SMTP.")
@click.option("--from", "sender", default=None, metavar="ADDRESS", help="The envelope sender of the file.")
@click.option("--within", default="10 min", metavar="TIME", callback=_span, help="How long to wait; by default 10 min.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def probe(
    session: Session,
    agent: str,
    file: str | None,
    source: str,
    peer: str,
    sender: str | None,
    within: timedelta,
    as_json: bool,
) -> int:
    """Wait for one mail of AGENT and tell what it proves.

    \b
    A  it has one From, which is an address of the agent
    B  a source that [auth] trust names proves that From
    C  it answers a notice of ours to this agent, by a signed token

    With all three a mail acts on its ticket; A and B may open tickets and forward. Where B is missing, the trust line
    that would bring it is printed, if there is one. The mail itself is treated as any other. Exits 0 with A and B,
    1 without, 66 where there is no such agent or file, 75 where no mail came.
    """
    from gateway.cli import auth_probe  # readers and database, which passwords do without

    if file is None and (source or peer or sender is not None):
        raise click.UsageError("--source, --peer and --from go with --mail: a mail that comes has its own")
    given = auth_probe.Given(file=file, source=source, peer=peer, sender=sender) if file is not None else None
    return auth_probe.probe(session, agent, given, within, as_json=as_json)
