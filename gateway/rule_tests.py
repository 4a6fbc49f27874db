"""The tests in the rules files, run for a site. The mails they name are read as any mail: by a guarded reader."""

import time
from pathlib import Path
from typing import Any

from gateway.config import Config
from gateway.config.calendars import open_calendars, zone_of
from gateway.config.rules_files import read_samples
from gateway.reader import ReaderDied, Readers
from gateway.rules import Decision, Facts, RegexMatcher, RuleSet
from gateway.rules.facts import seen_key
from gateway.rules.testing import Report, Sample, Surroundings, run_tests
from gateway.tickets.priority import reckon


def run_rule_tests(cfg: Config, rules: RuleSet, rules_dir: Path | None = None) -> Report:
    """Every test against the whole set, with the addresses and queues of the site and the samples in the folder."""
    usual = next(iter(cfg.addresses().values()), None)
    surroundings = Surroundings(
        is_ours=cfg.is_ours,
        known_of=lambda address: _known_of(address, cfg),
        zone=zone_of(cfg),
        queue_for=lambda address: (cfg.queue_for(address) if address else None) or usual,
        open_calendars=lambda at: open_calendars(cfg, rules.calendars, at),
        counted=[_counted(cfg)],
        priority_of=lambda decision, facts: _priority(decision, facts, cfg),
        samples=_samples(rules, rules_dir or cfg.rules_dir),
    )
    return run_tests(rules, RegexMatcher(time.monotonic), surroundings)


def _known_of(address: str, cfg: Config) -> dict[str, Any]:
    organisation = cfg.organisation_for(address)
    return {
        "sender.agent": cfg.agent_for(address) is not None,
        "sender.tags": cfg.organisations[organisation].tags if organisation else (),
        "organisation": organisation,
    }


def _counted(cfg: Config) -> tuple[str, int]:
    """What the table of priorities counts."""
    return cfg.priority.by, int(cfg.priority.within.total_seconds())


def _priority(decision: Decision, facts: Facts, cfg: Config) -> str:
    """A new ticket's priority by the table."""
    counts = facts.known.get("seen_recently", {})
    return reckon(
        cfg.priority_rows,
        kind=decision.value("type"),
        impact=decision.value("impact"),
        seen=counts.get(seen_key(_counted(cfg)[0], "*", _counted(cfg)[1])),
    ).priority


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
