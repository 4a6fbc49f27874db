"""`gateway rules replay`: what another rule set would have done to the mail that came in."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli import output
from gateway.cli.main import Session, config_option
from gateway.cli.sheet import cell
from gateway.now import now
from gateway.tomltext import units

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.replay import Comparison, Difference, Side
    from gateway.rules import RuleSet
    from gateway.store import Store

_COLUMNS = (
    "mail_id", "ticket", "at", "subject", "queue", "field", "before", "after", "rule", "file", "line", "rule_before",
    "rule_after", "by_before", "by_after",
)  # fmt: skip


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
    """Run mail that came in through other rules, and report what they would decide otherwise than the rules of then.

    Compared is what two sets say of each mail: the one that was in force when the mail came, with the settings of then,
    and the one in the rules folder as it stands, live or not, or in DIR, with config.toml as it stands. Both are asked
    now, about the same: what was stored of the mail when it came. The other set is checked and tested as one that is to
    go live; exit 78 with every mistake. Nothing is touched.

    \b
    Compared:      every field, tag, watcher, reply, assignment and quarantine that rules set or ask for; of new tickets
                   also the priority by the table [priority], the SLA and the agents of an organisation.
    Not compared:  whom a ticket goes to, whether a cap holds a mail back, which ticket a mail joins. Who a sender is
                   (known, agent, organisation, tags) stays as it was stored. Each mail is taken by itself: what
                   another rule would have made of the mails before it is not followed up.

    Left out and counted are mails that were quarantined, that no rules were asked about (bounces, duplicates, loops),
    and whose stored facts cannot be read. What nobody recorded when a mail came, such as a count that only the new
    rules ask for (seen_recently), stays unknown: such a condition does not hold, and those mails are counted. Where the
    rules of then cannot be had any more, what was recorded is compared, and those mails are counted too.
    """
    from gateway.cli.opening import opened

    with opened(session, stays_root=True) as (cfg, store):
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
    from gateway.rule_tests import pass_rule_tests

    rules = load_rules(cfg, Templates.load(cfg.templates_dir).letters, folder or cfg.rules_dir)
    pass_rule_tests(cfg, rules, folder)
    return rules


def _run(
    cfg: "Config",
    store: "Store",
    rules: "RuleSet",
    since: datetime | None,
    limit: int | None,
    write: Callable[["Difference"], None],
) -> "Comparison":
    from gateway.cli.progress import progress
    from gateway.replay import Comparison, Trial, side
    from gateway.replay import replay as replay_mail
    from gateway.store import archive

    total = archive.count(store, since=since)
    report = Comparison()
    trial = Trial(other=side(rules, cfg, anew=True), of_then=_sides_of_then(cfg, store))
    with progress(min(total, limit or total)) as advance:
        for number, mail in enumerate(archive.mails(store, since=since, limit=limit), start=1):
            for one in replay_mail(mail, trial, report):
                write(one)
            advance(1, number)
    return report


def _sides_of_then(cfg: "Config", store: "Store") -> "Callable[[int], Side | None]":
    """The rules and settings that mails were decided by; of each set only the last few are kept in memory."""
    from gateway.recorded import RulesOfThen
    from gateway.replay import side

    sets = RulesOfThen(store, cfg)

    @lru_cache(maxsize=8)
    def of_then(rule_set_id: int) -> "Side | None":
        then = sets.at(rule_set_id)
        return side(then.rules, then.cfg, anew=False) if then.rules and then.cfg else None

    return of_then


# ---- what is printed -----------------------------------------------------------------------------------------------


def _print(report: "Comparison", table: Path | None) -> None:
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
        output.say(
            f"of {_mails(count)} nobody recorded {fact}, which these rules ask for: those conditions did not hold"
        )
    if report.not_as_recorded:
        what = "the rules of then say something else now than was recorded"
        output.say(f"of {_mails(report.not_as_recorded)} {what}; `gateway explain --mail ID` says what")
    if report.by_record:
        output.say(f"of {_mails(report.by_record)} the rules of then cannot be had: what was recorded is compared")
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


def _mails(count: int) -> str:
    return f"{count} mail{'' if count == 1 else 's'}"


_LEFT_OUT = {
    "quarantined": "that were quarantined",
    "not_decided": "that no rules were asked about",
    "unreadable": "of which the stored facts cannot be read",
}


def _row(one: "Difference") -> tuple[object, ...]:
    rule = f"{one.rule} ({one.file}:{one.line})" if one.rule else ""
    if one.rule and not one.rule_after:
        rule = f"no more: {rule}"
    if not one.rule:
        rule = _NO_RULE.get(one.by_after or one.by_before) or (one.by_after or one.by_before).replace(":", " ")
    subject = one.subject if len(one.subject) <= _SUBJECT else f"{one.subject[: _SUBJECT - 1]}…"
    return (one.mail_id, one.ticket, subject, one.field, _shown(one.before), _shown(one.after), rule)


_SUBJECT = 60
_NO_RULE = {"table": "the table of priorities"}


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
        yield lambda one: lines.writerow([cell(getattr(one, name)) for name in _COLUMNS])
