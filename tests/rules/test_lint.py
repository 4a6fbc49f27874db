"""Warnings about what is allowed but hardly meant."""

import pytest
import regex

from gateway.rules import Facts, TimedOut
from gateway.rules.lint import lint
from gateway.rules.slow import Stopwatch
from support.rulebook import rule_set

TEST = "\n[[rule.test]]\nexpect.rules = []\n"


def warnings(text: str) -> list[str]:
    """Without those about fields that no rule sets, which small sets always have."""
    return [str(one) for one in lint(rule_set(text)) if "no rule sets it" not in one.message]


def test_a_rule_without_a_test() -> None:
    assert warnings('[[rule]]\nname = "r"\nstop = true\n') == [
        'rules/a.toml:1: rule "r": has no test; write a [[rule.test]] with a mail it is meant for'
    ]
    assert warnings(f'[[rule]]\nname = "r"\nstop = true\n{TEST}') == []


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('when.subject.contains = "refund*"', "the * in refund* stands for itself"),
        ('when.subject.is = "*refund"', "stands for itself"),
        ('when.subject.contains = "“refund”"', "curly quotes"),
        ("when.subject.contains = 'ORD-\\d+'", "looks like a regex"),
        ('when.subject.contains = "refund|invoice"', "looks like a regex"),
        ('when.subject.contains = "*** SPAM ***"', ""),
        ('when.subject = "refund*"', ""),
        ("when.subject.matches = 'ORD-\\d+'", ""),
        ('when.from = "*@acme.example"', ""),
        ('when.from.is = "*@acme.example"', ""),
        ('when.subject.contains = "***"', ""),
    ],
)
def test_lines_that_hardly_mean_what_they_say(line: str, wanted: str) -> None:
    found = warnings(f'[[rule]]\nname = "r"\n{line}\nstop = true\n{TEST}')
    assert [wanted in one for one in found] == ([True] if wanted else [])
    assert all(one.startswith("rules/a.toml:3: ") for one in found)


def test_a_line_that_never_decides() -> None:
    above = f'[[rule]]\nname = "a"\nset.queue = "billing"\nset.priority = "low"\n{TEST}'
    below = f'[[rule]]\nname = "b"\nwhen.subject = "x"\nset.queue = "support"\nset.title = "t"\n{TEST}'
    assert warnings(above + below) == [
        'rules/a.toml:11: rule "b": set.queue never decides: rule "a" (rules/a.toml:3) always sets it first'
    ]
    assert warnings(below + above) == []
    assert warnings(above + below.replace('"b"', '"b"\nforce = true')) == []
    assert warnings(above + below.replace('"b"', '"b"\non = "mail"')) == []


class Clock:
    """A matcher on whose clock a search takes a millisecond for every hundred characters."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def search(self, pattern: regex.Pattern[str], text: str) -> regex.Match[str] | TimedOut | None:
        self.now += len(text) / 100_000
        return TimedOut() if len(text) > 5_000 else pattern.search(text)


def test_patterns_that_are_slow_on_a_mail_are_named_with_the_slowest() -> None:
    text = "[[rule]]\nname = 'r'\nwhen.body.matches = ['a', 'b']\nunless.subject.matches = 'c'\nstop = true\n"
    watch = Stopwatch(rule_set(text), Clock())
    watch.try_on(
        [("mail 1", Facts(body="x" * 400)), ("mail 2", Facts(body="x" * 900)), ("mail 3", Facts(body="x" * 600))]
    )
    remedy = "write .words or .contains where they will do, else begin the pattern with fixed letters"
    assert [str(one) for one in watch.warnings] == [
        f"rules/a.toml:3: rule \"r\": when.body.matches: '{pattern}' takes 9 ms on mail 2; {remedy}" for pattern in "ab"
    ]
    watch.try_on([("mail 4", Facts(subject="x" * 6_000))])
    assert "unless.subject.matches: 'c' was stopped at the time limit on mail 4" in str(watch.warnings[-1])
