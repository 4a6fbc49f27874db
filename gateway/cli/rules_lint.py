"""`gateway rules lint`: what is allowed but hardly meant."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from gateway.cli import output
from gateway.cli.main import Session, config_option

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.rules import Facts, RuleSet
    from gateway.rules.problems import Problem
    from gateway.store import Store


@click.command(
    short_help="Say what is allowed but hardly meant.", epilog="Example: gateway rules lint --days 90 --archive 1000"
)
@config_option
@click.option("--days", type=click.IntRange(1, 36_500), metavar="N", help="Name rules that matched no mail in N days.")
@click.option(
    "--archive",
    type=click.IntRange(min=1),
    metavar="N",
    help="Name patterns that take longer than 5 ms on one of the newest N mails.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def lint(session: Session, days: int | None, archive: int | None, as_json: bool) -> int:
    """Say what is allowed but hardly meant: rules without a test, rules and lines that never decide because one above
    matches whenever they do, fields that no rule sets for a queue, curly quotes, stars and regexes where they stand for
    themselves, files in rules/ that nobody reads. Always exits 0.

    With --days and --archive the mail that was stored is looked at as well.
    """
    from gateway.cli.rules_commands import load_or_refuse
    from gateway.config.rules_files import unread
    from gateway.rules.lint import lint as warnings_of

    cfg = session.config(secrets=False)
    rules = load_or_refuse(cfg)
    warnings = [*unread(cfg.rules_dir), *map(str, warnings_of(rules))]
    if days is not None or archive is not None:
        warnings += map(str, sorted(_from_store(session, rules, days, archive)))
    if as_json:
        output.print_json({"warnings": warnings})
        return 0
    for warning in warnings:
        output.say(warning)
    output.say(f"{len(warnings)} warning{'' if len(warnings) == 1 else 's'}")
    return 0


def _from_store(session: Session, rules: "RuleSet", days: int | None, archive: int | None) -> "list[Problem]":
    from gateway.cli.opening import opened

    found: list[Problem] = []
    with opened(session) as (cfg, store):
        if days is not None:
            found += _never_matched(store, rules, days)
        if archive is not None:
            found += _slow(cfg, store, rules, archive)
    return found


def _never_matched(store: "Store", rules: "RuleSet", days: int) -> "Iterator[Problem]":
    from gateway.now import now
    from gateway.rules.gaps import never_matched
    from gateway.store import rule_use

    used = rule_use.since(store, now() - timedelta(days=days))
    if not used.mails:
        output.warn(f"no mail of the last {days} days is stored: --days says nothing")
        return
    yield from never_matched(rules, used.rules, f"the last {days} days ({used.mails:,} mails)")


def _slow(cfg: "Config", store: "Store", rules: "RuleSet", limit: int) -> "tuple[Problem, ...]":
    from gateway.rules import RegexMatcher
    from gateway.rules.slow import Stopwatch

    # Every search counts: a pattern that is too slow for one mail is tried on the next all the same.
    matcher = RegexMatcher(time.perf_counter, limit=cfg.limits.regex_time.total_seconds(), strikes=limit + 1)
    watch = Stopwatch(rules, matcher)
    watch.try_on(_stored(store, limit))
    return watch.warnings


def _stored(store: "Store", limit: int) -> "Iterator[tuple[str, Facts]]":
    from gateway.replay import stored_facts
    from gateway.store import archive

    for mail in archive.mails(store, limit=limit):
        try:
            yield f"mail {mail.id}", stored_facts(mail.facts)
        except (ValueError, TypeError, KeyError, AttributeError):
            continue  # no rules were asked about it, or another release stored it
