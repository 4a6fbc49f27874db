"""`gateway rules reload`, `history` and `show --at`: what is in force, what was, and how to put changes in force."""

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli import output
from gateway.cli.main import EX_CONFIG, Session, config_option
from gateway.errors import Permanent, Temporary

if TYPE_CHECKING:
    from gateway.store.reloads import LastLook

_PATIENCE = 30.0  # seconds for the daemon to check, test and answer
_LOOK_EVERY = 0.02


@click.command(short_help="Put what was saved in force now.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def reload(session: Session, as_json: bool) -> int:
    """Have the running daemon read rules, templates and config.toml again, and print what came of it.

    It does so by itself within a second of each save; this waits for the outcome. Exits 0 with the set that is in
    force now, 78 with every mistake while the old set stays in force, 75 where no daemon runs or answers.
    """
    last = _asked(session.config(secrets=False).gateway.data_dir)
    if as_json:
        output.print_json(
            {
                "ok": not last.problems,
                "rule_set": last.rule_set,
                "sha256": last.sha256,
                "summary": last.summary,
                "needs_restart": last.needs_restart,
                "problems": last.problems,
            }
        )
        return EX_CONFIG if last.problems else 0
    for problem in last.problems:
        output.warn(problem)
    for setting in last.needs_restart:
        output.warn(f"needs a restart: {setting}")
    if last.problems:
        output.warn(f"refused; set {last.rule_set} stays in force")
        return EX_CONFIG
    output.say(f"set {last.rule_set} is in force: {last.summary}")
    return 0


def _asked(data_dir: Path) -> "LastLook":
    """The daemon's answer to a SIGHUP; Temporary where there is none."""
    from gateway.health.state import running
    from gateway.store import reloads

    pid = running(data_dir)
    if pid is None:
        raise Temporary(f"no gateway runs on {data_dir}; what was saved counts when it starts")
    asked_at = time.monotonic()
    try:
        os.kill(pid, signal.SIGHUP)
    except PermissionError:
        raise Permanent(f"the gateway (pid {pid}) runs as another user; run this as that one, or as root")
    while time.monotonic() < asked_at + _PATIENCE:
        last = reloads.read(data_dir)
        if last is not None and last.began >= asked_at:
            return last
        if running(data_dir) != pid:
            raise Temporary(f"the gateway on {data_dir} has stopped")
        time.sleep(_LOOK_EVERY)
    raise Temporary(f"the gateway (pid {pid}) did not answer within {_PATIENCE:.0f} s; see its log")


@click.command(short_help="List what was put in force when.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_obj
def history(session: Session, as_json: bool) -> int:
    """List every change of rules, templates and config.toml that was put in force, the oldest first.

    `by` is the owner of the files that changed, `rules` the beginning of what `gateway rules show --json` calls
    sha256. Every mail names the set it was decided by; `gateway explain` prints it.
    """
    from gateway.cli.opening import opened
    from gateway.store import rule_sets

    with opened(session) as (_, store):
        found = rule_sets.history(store)
    if as_json:
        output.print_json(
            [
                {
                    "id": one.id,
                    "at": one.activated_at,
                    "node": one.node,
                    "by": one.activated_by,
                    "sha256": one.sha256,
                    "summary": one.summary,
                }
                for one in found
            ]
        )
        return 0
    rows = [(one.id, one.activated_at, one.node, one.activated_by, one.sha256[:12], one.summary) for one in found]
    output.table(("id", "at", "node", "by", "rules", "change"), rows, right=("id",))
    return 0


def show_recorded(session: Session, activation_id: int, as_json: bool) -> int:
    """The files of a set that was in force, as they were."""
    from gateway.cli.opening import opened
    from gateway.store import rule_sets

    with opened(session) as (_, store):
        found = rule_sets.at(store, activation_id)
    if found is None:
        raise click.UsageError(f"there was no set {activation_id}; `gateway rules history` lists them")
    activation, texts = found
    if as_json:
        output.print_json(
            {
                "id": activation.id,
                "at": activation.activated_at,
                "node": activation.node,
                "by": activation.activated_by,
                "sha256": activation.sha256,
                "summary": activation.summary,
                "rules": texts.rules,
                "lists": texts.lists,
                "templates": texts.templates,
                "config": texts.config,
            }
        )
        return 0
    told = f"# set {activation.id}, in force since {activation.activated_at:%Y-%m-%d %H:%M:%S}: {activation.summary}"
    output.say(told)
    for name, text in texts.rules.items():
        output.say()
        output.say(f"# ---- {name} ----")
        output.say_block(text.rstrip("\n"))
    for name, values in texts.lists.items():
        output.say()
        output.say(f"# ---- rules/lists/{name}.txt ----")
        output.say_block("\n".join(f"# {value}" for value in values))
    return 0
