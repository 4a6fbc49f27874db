"""`gateway rules replay`: what another rule set would have done to the mail that came in."""

import csv
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli import output
from gateway.cli.main import Session, config_option
from gateway.errors import RulesError
from gateway.now import now
from gateway.tomltext import units

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.replay import Difference, Report
    from gateway.rules import RuleSet

_COLUMNS = (
    "mail_id", "ticket", "at", "subject", "queue", "field", "before", "after", "rule", "file", "line", "rule_before",
    "rule_after",
)  # fmt: skip
# A spreadsheet would compute a cell that begins so, and where it splits at semicolons, what stands behind one.
_FORMULA = re.compile(r"((?:\A|[;\t])\s*)([=+@＝＋＠-])|\A(?=[\t\r])")


class _Since(click.ParamType[datetime]):
    """A day or an instant, in UTC where it names no offset, or how long ago."""

    name = "date"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        text = str(value).strip()
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            return self._ago(text, param, ctx)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)

    def _ago(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return now() - units.duration(text)
        except (ValueError, OverflowError):
            self.fail(f'"{text[:40]}" is no date, which is written such as 2026-11-27 or "90 days"', param, ctx)


@click.command(
    short_help="Say what other rules would have done to stored mail.",
    epilog="Example: gateway rules replay --rules rules.new --since 2026-01-01",
)
@config_option
@click.option(
    "--since", type=_Since(), metavar="DATE", help='Only mail that came in since then: 2026-11-27 or "90 days".'
)
@click.option(
    "--rules",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Another folder of rules; by default rules/ as it stands.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the newest N mails.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--csv",
    "table",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write every difference to FILE.",
)
@click.pass_obj
def replay(
    session: Session, since: datetime | None, folder: Path | None, limit: int | None, as_json: bool, table: Path | None
) -> int:
    """Run mail that came in through other rules, and report what they would decide otherwise than was decided.

    Nothing is touched: rules see what was stored of each mail when it came. The rules are those in the rules folder as
    it stands, live or not, or those in DIR, checked and tested as a set that is to go live; exit 78 with every mistake.

    Left out and counted are mails that were quarantined, that no rules were asked about (bounces, duplicates, loops),
    and whose stored facts cannot be read. What nobody recorded when a mail came, such as a count that only the new
    rules ask for (seen_recently), stays unknown: such a condition does not hold, and those mails are counted.
    """
    from gateway.cli.opening import opened

    with opened(session) as (cfg, store):
        rules = _checked(cfg, folder)
        with _csv_file(table) as write:
            report = _run(cfg, store, rules, since, limit, write)
    if as_json:
        output.print_json(report.to_json())
    else:
        _print(report, table)
    return 0


def _checked(cfg: "Config", folder: Path | None) -> "RuleSet":
    """The other set; RulesError with every mistake, tests that fail among them."""
    from gateway.compose.render import Templates
    from gateway.config.rules_files import load_rules
    from gateway.rule_tests import run_rule_tests

    folder = folder or cfg.rules_dir
    rules = load_rules(cfg, Templates.load(cfg.templates_dir).names, folder)
    failures = run_rule_tests(cfg, rules, folder).failures
    if failures:
        raise RulesError([failure.headline for failure in failures])
    return rules


def _run(
    cfg: "Config",
    store: Any,
    rules: "RuleSet",
    since: datetime | None,
    limit: int | None,
    write: Callable[["Difference"], None],
) -> "Report":
    from gateway.cli.progress import progress
    from gateway.config.calendars import open_calendars
    from gateway.replay import Report, Trial
    from gateway.replay import replay as replay_mail
    from gateway.rules import RegexMatcher
    from gateway.store import archive

    total = archive.count(store, since=since)
    report = Report()
    trial = Trial(
        rules=rules,
        matcher=RegexMatcher(time.monotonic),
        budget=cfg.limits.rules_time.total_seconds(),
        open_calendars=lambda at: open_calendars(cfg, rules.calendars, at),
    )
    with progress(min(total, limit or total)) as advance:
        for number, mail in enumerate(archive.mails(store, since=since, limit=limit), start=1):
            for one in replay_mail(mail, trial, report):
                write(one)
            advance(1, number)
    return report


# ---- what is printed -----------------------------------------------------------------------------------------------


def _print(report: "Report", table: Path | None) -> None:
    share = f" ({report.changed / report.mails:.1%})" if report.mails else ""
    output.say(f"{report.mails} mails, {report.changed} would differ{share}")
    for reason, count in report.left_out.items():
        if count:
            output.say(f"left out: {count} {_LEFT_OUT[reason]}")
    if report.out_of_time:
        output.say(
            f"on {report.out_of_time} mails a pattern or all rules took too long; `gateway rules lint` says more"
        )
    for fact, count in report.not_known.items():
        output.say(f"of {count} mails nobody recorded {fact}, which these rules ask for: those conditions did not hold")
    for heading, counts in (("field", report.by_field), ("rule", report.by_rule), ("queue then", report.by_queue)):
        if counts:
            output.say()
            output.table((heading, "mails"), counts.most_common(), right=("mails",))
    if report.samples:
        output.say()
        headings = ("mail", "ticket", "subject", "field", "before", "after", "rule")
        output.table(headings, [_row(one) for one in report.samples], right=("mail", "ticket"))
    if table is not None and report.changed:
        output.say()
        output.say(f"every difference is in {table}")


_LEFT_OUT = {
    "quarantined": "that were quarantined",
    "not_decided": "that no rules were asked about",
    "unreadable": "of which the stored facts cannot be read",
}


def _row(one: "Difference") -> tuple[object, ...]:
    rule = f"{one.rule} ({one.file}:{one.line})" if one.rule else ""
    if one.rule and not one.rule_after:
        rule = f"no more: {rule}"
    subject = one.subject if len(one.subject) <= _SUBJECT else f"{one.subject[: _SUBJECT - 1]}…"
    return (one.mail_id, one.ticket, subject, one.field, _shown(one.before), _shown(one.after), rule)


_SUBJECT = 60


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value is None else str(value)


@contextmanager
def _csv_file(path: Path | None) -> Iterator[Callable[["Difference"], None]]:
    """Write differences as lines of a table, if there is a file to write to; for its owner's eyes alone."""
    from gateway.cli.opening import private_files

    if path is None:
        yield lambda one: None
        return
    with private_files(), path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(_COLUMNS)
        yield lambda one: lines.writerow([_cell(getattr(one, name)) for name in _COLUMNS])


def _cell(value: object) -> str:
    text = "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return _FORMULA.sub(lambda sign: f"{sign[1] or ''}'{sign[2] or ''}", text)
