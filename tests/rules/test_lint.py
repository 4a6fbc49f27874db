"""Warnings about what is allowed but hardly meant."""

import pytest

from gateway.rules.lint import lint
from support.rulebook import rule_set

TEST = "\n[[rule.test]]\nexpect.rules = []\n"


def warnings(text: str) -> list[str]:
    return [str(one) for one in lint(rule_set(text))]


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
