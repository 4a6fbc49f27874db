"""The tests in the rules files, run for a site. The mails they name are read as any mail: by a guarded reader."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.config import Config
from gateway.config.calendars import open_calendars, zone_of
from gateway.config.rules_files import read_samples
from gateway.errors import RulesError
from gateway.reader import ReaderDied, Readers
from gateway.reckoning import counts_by, given
from gateway.rules import Decision, Facts, RegexMatcher, RuleSet
from gateway.rules.testing import ExampleRun, Failure, Sample, Surroundings, run_tests


def run_rule_tests(
    cfg: Config, rules: RuleSet, rules_dir: Path | None = None, before: tuple[RuleSet, ExampleRun] | None = None
) -> ExampleRun:
    """Every test against the whole set, with the addresses and queues of the site and the samples in the folder.

    `before`: an earlier set of the same site under the same settings, and its report, which spare most of the work.
    """
    usual = next(iter(cfg.addresses().values()), None)
    surroundings = Surroundings(
        is_ours=cfg.is_ours,
        known_of=lambda address: _known_of(address, cfg),
        zone=zone_of(cfg),
        queue_for=lambda address: (cfg.queue_for(address) if address else None) or usual,
        open_calendars=lambda at: open_calendars(cfg, rules.calendars, at),
        counted=[counts_by(cfg)],
        given=lambda decision, facts: _given(decision, facts, cfg),
        samples=_samples(rules, rules_dir or cfg.rules_dir),
    )
    return run_tests(rules, RegexMatcher(time.monotonic), surroundings, before)


def pass_rule_tests(
    cfg: Config, rules: RuleSet, rules_dir: Path | None = None, before: tuple[RuleSet, ExampleRun] | None = None
) -> ExampleRun:
    """The report of a set that passes its tests; RulesError with what each of the others expected and got."""
    report = run_rule_tests(cfg, rules, rules_dir, before)
    if report.failures:
        raise RulesError([_refusal(one, rules_dir) for one in report.failures])
    return report


def _refusal(failure: Failure, rules_dir: Path | None) -> str:
    """A failing example in one line. Of a folder that is not the site's, no command says more."""
    diffs = [f"{one.what} expected {one.expected}, got {one.got}" for one in failure.diffs]
    more = "" if rules_dir else "; `gateway rules test` shows why"
    return f"{failure.headline}: {'; '.join(diffs)}{more}"


def _known_of(address: str, cfg: Config) -> dict[str, Any]:
    organisation = cfg.organisation_for(address)
    return {
        "sender.agent": cfg.agent_for(address) is not None,
        "sender.tags": cfg.organisations[organisation].tags if organisation else (),
        "organisation": organisation,
    }


def _given(decision: Decision, facts: Facts, cfg: Config) -> Mapping[str, str]:
    """What a new ticket has in the end that no rule set."""
    return {name: value for name, (value, _) in given(decision, facts, cfg).fields.items()}


def _samples(rules: RuleSet, rules_dir: Path) -> dict[str, Sample]:
    """By file name; a mail that is the end of its reader is left out, and its test fails."""
    found: dict[str, Sample] = {}
    if not rules.sample_files:
        return found
    with Readers() as readers:
        for name, raw in read_samples(rules, rules_dir):
            try:
                found[name] = Sample(mail=readers.read(raw), size=len(raw))
            except ReaderDied:
                continue
    return found
