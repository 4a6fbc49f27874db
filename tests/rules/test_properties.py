"""What holds for any rules and any mail."""

import json
import time
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.rules import Decision, Facts, RegexMatcher, RuleSet
from gateway.rules.language import TRIGGERS
from gateway.rules.printing import printed
from support.any_facts import FACTS
from support.fuzz import examples
from support.rule_lines import LINES, MAIL
from support.rulebook import rule_set

MATCHER = RegexMatcher(time.monotonic)
EVERYTHING = rule_set(
    "".join(
        f'[[rule]]\nname = "{number}"\non = ["mail", "idle"]\nadd.tags = "t{number}"\n{line}\n'
        for number, (line, _) in enumerate(LINES)
    )
)


@settings(max_examples=examples(60), deadline=None)
@given(FACTS, st.sampled_from([*TRIGGERS, "", "no such event"]))
def test_no_facts_make_the_evaluation_fail(facts: Facts, event: str) -> None:
    decision = EVERYTHING.evaluate(facts, event, MATCHER, explain=True)
    json.dumps(decision.to_json())


@settings(max_examples=examples(30), deadline=None)
@given(FACTS)
def test_stored_facts_are_decided_as_fresh_ones(facts: Facts) -> None:
    again = Facts.from_json(json.loads(json.dumps(facts.to_json())))
    assert EVERYTHING.evaluate(again, "created", MATCHER) == EVERYTHING.evaluate(facts, "created", MATCHER)


# ---- random sets ----------------------------------------------------------------------------------------------------

_ANY_LINES = [line for line, _ in LINES]
_SUBJECT_LINES = [line for line in _ANY_LINES if line.startswith("when.subject")]  # no rule changes what they ask
_SET = st.sampled_from(
    ['set.queue = "billing"', 'set.queue = "support"', 'set.priority = "high"', 'set.priority = "low"',
     'set.title = "a\\"b\\\\c"', 'set.reply = "none"', 'set.fields.order = 1182', 'set.assign = ["rota", "carol"]']
)  # fmt: skip
_OTHER = st.sampled_from(
    ['add.tags = ["a", "b"]', 'add.tags = "c"', "need.skills = 'network'", "why = '''two\nlines'''", "on = [\"mail\"]", "force = false",
     "unless.date.between = [2026-01-01, 2026-02-01]", "any.spam.over = 1.5"]
)  # fmt: skip
_TEST = st.sampled_from(
    [
        '[[rule.test]]\nat = 2026-12-24T10:00:00Z\nmail.header.X-Spam = "ü"\nexpect.not.rules = ["x"]',
        "[[rule.test]]\nexpect.rules = []",
    ]
)


@st.composite
def rule_texts(draw: st.DrawFn, lines_of: list[str] = _ANY_LINES) -> str:
    """A rules file of up to eight rules without mistakes."""
    conditions = st.sampled_from([[], *map(str.splitlines, lines_of)])
    blocks = []
    for number in range(draw(st.integers(1, 8))):
        lines = [*draw(conditions), draw(_SET), *draw(st.lists(_OTHER, max_size=2))]
        keys: dict[str, str] = {}
        for line in lines:
            keys.setdefault(line.partition(" = ")[0], line)
        tests = draw(st.lists(_TEST, max_size=2))
        blocks.append("\n".join(["[[rule]]", f'name = "r{number}"', *keys.values(), *tests]))
    return "\n".join(blocks)


@settings(deadline=None)
@given(rule_texts())
def test_the_printed_form_of_a_set_loads_to_an_equal_set(text: str) -> None:
    rules = rule_set(text)
    again = rule_set(printed(rules.rules))
    assert [_without_lines(rule) for rule in again.rules] == [_without_lines(rule) for rule in rules.rules]
    assert _plain(again.evaluate(MAIL, "created", MATCHER)) == _plain(rules.evaluate(MAIL, "created", MATCHER))


@settings(deadline=None)
@given(rule_texts())
def test_the_first_matching_rule_that_sets_a_field_wins(text: str) -> None:
    rules = rule_set(text)
    decision = rules.evaluate(MAIL, "created", MATCHER)
    matched = {one.name for one in decision.matched}
    wanted: dict[str, str] = {}
    for rule in rules.rules:
        if rule.name in matched:
            for line in rule.sets:
                wanted.setdefault(line.name, rule.name)
    assert {name: one.rule for name, one in {**decision.fields, **decision.actions}.items()} == wanted


@settings(deadline=None)
@given(rule_texts(_SUBJECT_LINES), st.integers(0, 7))
def test_a_rule_decides_alike_alone_and_among_others_unless_it_asks_what_they_set(text: str, number: int) -> None:
    rules = rule_set(text)
    rule = rules.rules[number % len(rules.rules)]
    alone = RuleSet([rule], names=rules.names, files={})
    among = {one.name for one in rules.evaluate(MAIL, "created", MATCHER).matched}
    assert bool(alone.evaluate(MAIL, "created", MATCHER).matched) is (rule.name in among)


def _without_lines(rule: object) -> dict[str, object]:
    return dict(rule.source)  # type: ignore[attr-defined]


def _plain(decision: Decision) -> dict[str, object]:
    """What was decided, without the lines that decided it."""
    moved = {name: replace(one, line=0) for name, one in {**decision.fields, **decision.actions}.items()}
    return {"values": moved, "tags": decision.tags, "matched": [one.name for one in decision.matched]}
