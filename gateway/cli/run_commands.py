"""`gateway run`."""

import sys

import click

from gateway.cli.main import Session, config_option
from gateway.errors import ConfigError, Permanent


@click.command(epilog="Example: gateway run -c /etc/gateway/config.toml")
@config_option
@click.pass_obj
def run(session: Session) -> None:
    """Run the daemon in the foreground until SIGTERM or SIGINT; its log goes to standard error.

    Exits 0 after a clean stop, 75 when another gateway runs on the same data, 78 when the configuration, a rules
    file or the database cannot be used.
    """
    from gateway import daemon, log
    from gateway.cli.machine import open_to_all

    cfg = session.config()
    if opened := open_to_all(cfg):
        raise ConfigError(opened)
    log.setup(cfg.log.level, cfg.log.format)
    try:
        sys.exit(daemon.run(cfg))
    except Permanent as error:  # a database that is newer, foreign or damaged: starting again will not help
        raise ConfigError([f"gateway: {error}"])
