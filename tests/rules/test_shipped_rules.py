"""The rules of the shipped site: they load, their own tests pass, they name no more than every site has."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.config.rules_files import read_folder
from gateway.mail import Address, Envelope, Mail
from gateway.rules import Decision, Names, RegexMatcher, RuleSet, facts_of, load
from gateway.rules.testing import Surroundings, run_tests

RULES = Path(__file__).parents[2] / "rules"
NAMES = Names(
    queues=("support", "billing"),
    agents=("carol", "dave"),
    slas=("standard",),
    templates=("acknowledgement", "progress", "closed_for_silence"),
    skills=(),
)


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load(read_folder(RULES).files, NAMES)


def decide(rules: RuleSet, mail: Mail, event: str = "created") -> Decision:
    facts = facts_of(mail, envelope=Envelope(), source="smtp", recipient="support@acme.example", queue="support")
    return rules.evaluate(facts, event, RegexMatcher(time.monotonic))


def test_their_own_tests_pass(rules: RuleSet) -> None:
    report = run_tests(rules, RegexMatcher(time.monotonic), Surroundings(queue_for=lambda address: "support"))
    assert [failure.text for failure in report.failures] == []
    assert report.tests >= 20


def test_every_rule_has_a_test(rules: RuleSet) -> None:
    assert [rule.name for rule in rules.rules if not rule.examples] == []


def test_an_ordinary_mail(rules: RuleSet) -> None:
    decision = decide(
        rules, Mail(from_=Address(addr="bo@x.example"), subject="My lamp has not arrived", text="Where is it?")
    )
    assert decision.value("priority") == "normal"
    assert decision.assign == ("sticky", "balance")
    assert decision.reply == "acknowledgement"
    assert decision.quarantine is None
    assert "queue" not in decision.fields


SPAM = [
    ("X-Spam-Flag", "YES", True),
    ("X-Spam-Flag", "yes ", True),
    ("X-Spam-Flag", "NO", False),
    ("X-Spam-Status", "Yes, score=9.1 required=5.0 tests=X", True),
    ("X-Spam-Status", "No, score=0.1 required=5.0 tests=YES", False),
    ("X-Spam", "Yes", True),
    ("X-Spam", "Not detected", False),
    ("X-Rspamd-Action", "reject", True),
    ("X-Rspamd-Action", "no action", False),
    ("X-Rspamd-Action", "soft reject", False),
    ("X-Spamd-Result", "default: True [21.00 / 15.00];\n\tBAYES_SPAM(5.10)[100.00%]", True),
    ("X-Spamd-Result", "default: False [3.00 / 15.00]; TRUE(1.0)", False),
    *[("X-MS-Exchange-Organization-SCL", str(level), level >= 5) for level in range(-1, 10)],
    ("X-MS-Exchange-Organization-SCL", "50", False),
    ("X-Forefront-Antispam-Report", "CIP:1.2.3.4;SCL:5;SRV:BULK;", True),
    ("X-Forefront-Antispam-Report", "CIP:1.2.3.4;\n SCL:9", True),
    ("X-Forefront-Antispam-Report", "CIP:1.2.3.4;SCL:-1;SFV:SKN;", False),
    ("X-Forefront-Antispam-Report", "CIP:1.2.3.4;XSCL:9;", False),
    ("X-Forefront-Antispam-Report-Untrusted", "SCL:9;", False),
]


@pytest.mark.parametrize(("name", "value", "is_spam"), SPAM)
def test_what_a_filter_in_front_has_marked_is_quarantined(rules: RuleSet, name: str, value: str, is_spam: bool) -> None:
    mail = Mail(subject="Hello", headers=(("Subject", "Hello"), (name, value)))
    decision = decide(rules, mail)
    assert (decision.quarantine is not None) is is_spam
    assert (decision.reply is None) is is_spam
    assert decide(rules, replace(mail, headers=((name.lower(), value),))).quarantine == decision.quarantine


@pytest.mark.parametrize(
    ("subject", "priority"),
    [
        ("URGENT: parcel", "high"), ("срочно!", "high"), ("Dringende Frage", "normal"), ("dringend", "high"), ("紧急：退款", "high"),
        ("Production down", "urgent"), ("insurgent", "normal"), ("Site is down again", "urgent"), ("Hello", "normal"),
    ],
)  # fmt: skip
def test_priority_by_the_subject(rules: RuleSet, subject: str, priority: str) -> None:
    assert decide(rules, Mail(subject=subject)).value("priority") == priority


def test_a_follow_up_gets_no_acknowledgement_and_no_new_agent(rules: RuleSet) -> None:
    decision = decide(rules, Mail(subject="Re: [Acme #1] lamp"), "follow_up")
    assert decision.reply is None
    assert decision.assign is None
    assert not decision.fields
