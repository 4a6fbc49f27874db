"""`gateway rules`: check, test, lint and show what is in the rules folder; changes nothing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from gateway.cli import output
from gateway.cli.main import EX_CONFIG, Session, config_option
from gateway.cli.opening import ROW_ID
from gateway.cli.rules_explain import explain
from gateway.cli.rules_from_ticket import from_ticket
from gateway.cli.rules_lint import lint
from gateway.cli.rules_live import history, reload, show_recorded
from gateway.cli.rules_replay import replay
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.rules import RuleSet
    from gateway.rules.rule import Rule


@click.group()
@config_option
def rules() -> None:
    """Rules: what is in rules/*.toml, and what was.

    `check`, `test` and `lint` say what is wrong with them, before and after; `show` prints them; `from-ticket` writes
    one from a real mail. `replay` says what they would have done to the mail of last year. `reload` puts them in force
    now, `history` lists what was in force when. `explain` tells what they say of one mail; the rest of its way,
    `gateway explain` does.
    """


rules.add_command(lint)
rules.add_command(replay)
rules.add_command(reload)
rules.add_command(history)
rules.add_command(from_ticket)
rules.add_command(explain)


@rules.command(short_help="Check every rules file.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def check(session: Session, as_json: bool) -> int:
    """Check every rules file; exit 0, or print all mistakes with file and line and exit 78."""
    problems: Sequence[str] = ()
    summary = ""
    try:
        found = load_or_refuse(session.config(secrets=False))
        summary = _summary(found)
    except ConfigError as error:
        problems = error.problems
    if as_json:
        output.print_json({"ok": not problems, "problems": problems})
    else:
        for problem in problems:
            output.warn(problem)
        if summary:
            output.say(summary)
    return EX_CONFIG if problems else 0


@rules.command(short_help="Run the tests in the rules files.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def test(session: Session, as_json: bool) -> int:
    """Run the tests in the rules files against the whole set; exit 0, or show what differs and exit 1."""
    from gateway.rule_tests import run_rule_tests

    config = session.config(secrets=False)
    report = run_rule_tests(config, load_or_refuse(config))
    if as_json:
        output.print_json({"tests": report.tests, "failures": report.failures})
        return 1 if report.failures else 0
    for failure in report.failures:
        output.say_block(failure.text)
    failed = len(report.failures)
    output.say(f"{report.tests} tests, {f'{failed} failed' if failed else 'all passed'}")
    return 1 if failed else 0


@rules.command(short_help="List the rules, or print one.")
@config_option
@click.argument("name", required=False)
@click.option("--at", "recorded_id", type=ROW_ID, metavar="ID", help="The files as they were, see `rules history`.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(session: Session, name: str | None, recorded_id: int | None, as_json: bool) -> int:
    """List the rules in the order they are asked, or print the one called NAME.

    With --at, print the rules files as they were when that set was put in force; --json has templates and
    config.toml too.
    """
    if recorded_id is not None:
        if name is not None:
            raise click.UsageError("--at prints whole files; leave out NAME")
        return show_recorded(session, recorded_id, as_json)
    from gateway.rules.printing import print_rule
    from gateway.tomltext.guess import did_you_mean

    found = load_or_refuse(session.config(secrets=False))
    wanted = [rule for rule in found.rules if name in (None, rule.name)]
    if name is not None and not wanted:
        raise click.UsageError(f'no such rule: "{name}"{did_you_mean(name, [rule.name for rule in found.rules])}')
    if as_json:
        output.print_json({"sha256": found.sha256, "rules": [_json(rule) for rule in wanted]})
    elif name is None:
        headings = ("file", "rule", "on", "does")
        output.table(headings, [(rule.place, rule.name, rule.on, _deeds(rule)) for rule in wanted])
    else:
        output.say_block(f"# {wanted[0].place}\n{print_rule(wanted[0])}".rstrip())
    return 0


def load_or_refuse(config: "Config") -> "RuleSet":
    """The rules as they stand in the folder; RulesError where there are none or they have mistakes."""
    from gateway.compose.render import Templates
    from gateway.config.rules_files import load_rules

    return load_rules(config, Templates.load(config.templates_dir).letters, config.rules_dir)


def _summary(found: "RuleSet") -> str:
    tests = sum(len(rule.examples) for rule in found.rules)
    return (
        f"{len(found.files)} files, {len(found.rules)} rules, {tests} tests: all fine; `gateway rules test` runs them"
    )


def _deeds(rule: "Rule") -> list[str]:
    """What a rule does, each in a few words."""
    deeds = [f"{line.name} = {', '.join(line.values)}" for line in rule.sets]
    deeds += [f"{line.name} + {', '.join(line.values)}" for line in rule.adds]
    deeds += [f"quarantine: {rule.quarantine}"] if rule.quarantine else []
    return [*deeds, *(["stop"] if rule.stop else [])]


def _json(rule: "Rule") -> dict[str, Any]:
    return {
        "name": rule.name,
        "why": rule.why,
        "file": rule.file,
        "line": rule.line,
        "on": rule.on,
        "does": _deeds(rule),
        "stop": rule.stop,
        "force": rule.force,
        "tests": len(rule.examples),
    }
