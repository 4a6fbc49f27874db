"""Tests in rules files: what they can say, and how a failure is told."""

import time
from datetime import datetime

import pytest

from gateway.mail import Address, Mail
from gateway.rules import RegexMatcher
from gateway.rules.testing import ExampleRun, Sample, Surroundings, run_tests
from support.rulebook import rule_set

RULES = """
[[rule]]
name = "money"
on = "mail"
when.text = "refund*"
set.queue = "billing"
set.assign = ["sticky", "balance"]
set.reply = "acknowledgement"
add.tags = ["money"]
add.watchers = "carol"
notify = "lead"
need.skills = "network"

[[rule]]
name = "order"
when.body.matches = 'ORD-(?P<order>\\d+)'
set.fields.order = "{order}"

[[rule]]
name = "spam"
when.header.X-Spam = "yes"
quarantine = "spam"

[[rule]]
name = "silence"
on = "idle"
when.status = "waiting"
when.idle.over = "7 days"
set.status = "resolved"
set.reply = "closed_for_silence"

[[rule]]
name = "night"
when.hours.outside = "office"
add.tags = "night"

[[rule]]
name = "outage"
when.seen_recently = { by = "queue", within = "1 h", over = 5 }
set.priority = "urgent"
"""
AROUND = Surroundings(
    queue_for=lambda address: {"billing@acme.example": "billing"}.get(address, "support"),
    open_calendars=lambda at: ["office"] if 9 <= at.hour < 17 else [],
    samples={"samples/a.eml": Sample(mail=Mail(from_=Address(addr="bo@x.example"), subject="Refund"), size=2_000_000)},
)


def report(test: str) -> ExampleRun:
    return run_tests(rule_set(f"{RULES}\n[[rule.test]]\n{test}\n"), RegexMatcher(time.monotonic), AROUND)


GOOD = [
    'mail.subject = "My refund"\nexpect.queue = "billing"',
    'mail.subject = "My lamp"\nexpect.queue = "support"\nexpect.rules = []',
    'mail.to = "billing@acme.example"\nexpect.queue = "billing"',
    'mail.recipient = "billing@acme.example"\nexpect.queue = "billing"',
    'ticket.queue = "billing"\nexpect.queue = "billing"',
    'mail.subject = "My refund"\nexpect.not.queue = "support"\nexpect.rules = ["money"]\nexpect.not.rules = "order"',
    'mail.body = "refund ORD-1182"\nexpect.rules = ["money", "order"]\nexpect.fields.order = "1182"',
    "mail.body = 'ORD-1182'\nexpect.fields.order = 1182",
    'mail.body = "ORD-11"\nticket.fields.order = "4711"\nexpect.fields.order = "4711"',
    'mail.subject = "refund"\nexpect.tags = "money"\nexpect.watchers = "carol"\nexpect.notify = "lead"\nexpect.skills = "network"',
    'mail.subject = "refund"\nticket.tags = ["old"]\nexpect.tags = ["money", "old"]\nexpect.not.tags = "new"',
    "mail.subject = 'lamp'\nexpect.tags = []\nexpect.assign = []\nexpect.reply = 'none'",
    'mail.subject = "refund"\nexpect.assign = ["sticky", "balance"]\nexpect.reply = "acknowledgement"',
    'mail.subject = "refund"\nexpect.not.assign = "rota"\nexpect.not.reply = "none"',
    'mail.header.X-Spam = "Yes"\nexpect.quarantine = true',
    'mail.header.X-Spam = "Yes"\nexpect.quarantine = "spam"\nexpect.not.quarantine = "virus"',
    'mail.header.X-Spam = ["No", "Yes"]\nexpect.quarantine = true',
    "mail.subject = 'x'\nexpect.quarantine = false",
    'on = "idle"\nticket.status = "waiting"\nticket.idle = "8 days"\nexpect.status = "resolved"',
    'on = "idle"\nticket.status = "waiting"\nticket.idle = "6 days"\nexpect.status = "waiting"\nexpect.reply = "none"',
    'on = "follow_up"\nmail.subject = "refund"\nexpect.queue = "billing"',
    'mail.subject = "refund"\nticket.queue = "support"\nticket.set_by.queue = "person:carol"\nexpect.queue = "support"',
    'at = "2026-12-24T20:00"\nexpect.tags = "night"',
    "at = 2026-12-24T10:00:00Z\nexpect.not.tags = 'night'",
    'ticket.seen_recently = 6\nexpect.priority = "urgent"',
    "ticket.seen_recently = 5\nexpect.not.priority = 'urgent'",
    'file = "samples/a.eml"\nexpect.queue = "billing"',
    'mail.from = "bo@x.example"\nmail.attachment = ["a.pdf"]\nmail.size = "2 MB"\nmail.kind = "list"\nmail.cc = ["a@b.example"]\n'
    'mail.reply_to = "c@d.example"\nmail.language = "cs"\nmail.auth = "fail"\nmail.source = "imap:main"\nsender.known = true\n'
    'sender.agent = false\nsender.tags = ["vip"]\nsender.organisation = "big"\nexpect.language = "cs"',
    'mail.subject = "Lamp"\nexpect.title = "Lamp"',
    'ticket.queue = "billing"\nticket.status = "open"\nticket.priority = "high"\nticket.type = "problem"\nticket.sla = "standard"\n'
    'ticket.category = "hardware/lamp"\nticket.area = "login"\nticket.impact = "minor"\nticket.assignee = "carol"\n'
    'ticket.requester = "bo@x.example"\nticket.tags = ["a"]\nticket.fields.order = 4711\nticket.idle = "1 h"\n'
    'expect.status = "open"\nexpect.priority = "high"\nexpect.type = "problem"\nexpect.sla = "standard"\nexpect.area = "login"\n'
    'expect.category = "hardware/lamp"\nexpect.impact = "minor"\nexpect.requester = "bo@x.example"\nexpect.fields.order = "4711"',
]  # fmt: skip


@pytest.mark.parametrize("test", GOOD)
def test_what_tests_can_say(test: str) -> None:
    found = report(test)
    assert found.tests == 1
    assert found.failures == ()


BAD = [
    ('mail.subject = "My refund"\nexpect.queue = "support"', "expected: support", "got:      billing   <- rule \"money\" (rules/a.toml:6)"),
    ('mail.subject = "lamp"\nexpect.queue = "billing"', "expected: billing", "got:      support"),
    ('mail.subject = "lamp"\nexpect.rules = ["money"]', "expected: money", "got:      nothing"),
    ('mail.body = "refund ORD-1182"\nexpect.rules = ["order", "money"]', "expected: order, money", "got:      money, order"),
    ('mail.subject = "refund"\nexpect.rules = []', "expected: nothing", "got:      money"),
    ('mail.subject = "refund"\nexpect.tags = ["money", "late"]', "expected: money, late", "got:      money"),
    ('mail.subject = "refund"\nexpect.tags = []', "expected: nothing", "got:      money"),
    ('mail.subject = "refund"\nexpect.not.tags = "money"', "expected: not money", "got:      money"),
    ('mail.subject = "refund"\nexpect.not.queue = "billing"', "expected: not billing", "got:      billing"),
    ('mail.subject = "refund"\nexpect.assign = ["balance", "sticky"]', "expected: balance, sticky", "got:      sticky, balance"),
    ('mail.subject = "refund"\nexpect.reply = "none"', "expected: nothing", "got:      acknowledgement"),
    ('mail.subject = "lamp"\nexpect.quarantine = true', "expected: quarantined", "got:      not quarantined"),
    ('mail.header.X-Spam = "yes"\nexpect.quarantine = false', "expected: not quarantined", "got:      spam"),
    ('mail.header.X-Spam = "yes"\nexpect.quarantine = "virus"', "expected: virus", "got:      spam"),
    ('file = "samples/b.eml"\nexpect.queue = "billing"', "expected: samples/b.eml", "no such file"),
    ("mail.body = 'ORD-1182'\nexpect.fields.order = '9999'", "expect.fields.order (line", "expected: 9999"),
]  # fmt: skip


@pytest.mark.parametrize(("test", "expected", "got"), BAD)
def test_a_failure_shows_what_was_expected_and_what_came(test: str, expected: str, got: str) -> None:
    (failure,) = report(test).failures
    assert expected in failure.text
    assert got in failure.text
    assert failure.file == "rules/a.toml"
    assert failure.line == RULES.count("\n") + 2


def test_the_whole_text_of_a_failure() -> None:
    text = '[[rule]]\nname = "a"\nset.queue = "billing"\n\n  [[rule.test]]\n  name = "stays"\n  mail.subject = "x"\n  expect.queue = "support"\n'
    (failure,) = run_tests(rule_set(text), RegexMatcher(time.monotonic)).failures
    assert failure.text.splitlines() == [
        'rules/a.toml:5: rule "a": test "stays" failed',
        "    expect.queue (line 8)",
        "      - expected: support",
        '      + got:      billing   <- rule "a" (rules/a.toml:3)',
        '    rules that matched: "a"',
    ]


def test_what_was_skipped_is_told_with_the_failure() -> None:
    (failure,) = report("mail.body = 'ORD-11'\nexpect.fields.order = '1182'").failures
    assert 'skipped: set.fields.order of "order": "11" does not look like the field\'s pattern' in failure.text


def test_every_failing_expectation_of_a_test_is_shown() -> None:
    (failure,) = report('mail.subject = "refund"\nexpect.queue = "support"\nexpect.reply = "none"').failures
    assert [diff.what for diff in failure.diffs] == ["expect.queue", "expect.reply"]


def test_a_test_without_surroundings_runs_too() -> None:
    rules = rule_set(f"{RULES}\n[[rule.test]]\nat = '2026-12-24T20:00'\nexpect.not.tags = 'night'\n")
    assert run_tests(rules, RegexMatcher(time.monotonic)).failures == ()


def test_a_time_without_a_zone_is_utc() -> None:
    seen: list[datetime] = []
    around = Surroundings(open_calendars=lambda at: seen.append(at) or [])  # type: ignore[func-returns-value]
    rules = rule_set(f"{RULES}\n[[rule.test]]\nat = '2026-12-24T20:00'\nexpect.tags = 'night'\n")
    run_tests(rules, RegexMatcher(time.monotonic), around)
    assert seen[0].isoformat() == "2026-12-24T20:00:00+00:00"
