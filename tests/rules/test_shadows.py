"""Rules and lines that never decide, and fields that no rule sets for a queue."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.rules import Facts, RegexMatcher
from gateway.rules.gaps import never_matched, unset_fields
from gateway.rules.shadows import shadowed
from support.fuzz import examples
from support.rulebook import rule_set

MATCHER = RegexMatcher(time.monotonic)


def pair(above: str, below: str, between: str = "") -> str:
    middle = f'[[rule]]\nname = "m"\n{between}\n' if between else ""
    return f'[[rule]]\nname = "a"\n{above}\nset.title = "a"\n{middle}[[rule]]\nname = "b"\n{below}\nset.title = "b"\n'


# what the rule above asks, what the one below asks, whether the lower one never decides
PAIRS = [
    ("", "", True),
    ("", 'when.subject = "x"', True),
    ('when.subject = "x"', "", False),
    ('when.subject = "x"', 'when.subject = "x"', True),
    ('when.subject = ["x", "y"]', 'when.subject = "x"', True),
    ('when.subject = "x"', 'when.subject = ["x", "y"]', False),
    ('when.subject = "X"', 'when.subject = "x"', True),
    ('when.subject = "refund*"', 'when.subject = "refunds"', True),
    ('when.subject = "refund*"', 'when.subject = ["refunded order", "refunding*"]', True),
    ('when.subject = "order"', 'when.subject = "refunded order"', True),
    ('when.subject = "refunds"', 'when.subject = "refund*"', False),
    ('when.subject = "refunds"', 'when.subject = "refunds*"', False),
    ('when.text = "x"', 'when.body = "x"', True),
    ('when.subject = "x"', 'when.text = "x"', False),
    ('when.subject = "x"', 'when.subject.contains = "x"', False),
    ('when.subject.contains = ["x", "y"]', 'when.subject.contains = "x"', True),
    ("when.subject.matches = ['a', 'b']", "when.subject.matches = 'b'", True),
    ('when.subject = "x"', 'when.subject = "x"\nwhen.from = "bo@*"', True),
    ('when.subject = "x"\nwhen.from = "bo@*"', 'when.subject = "x"', False),
    ('when.from = "*@x.example"', 'when.from = "bo@x.example"', True),
    ('when.from.is = "*@x.example"', 'when.from.in = "bo@x.example"', True),
    ('when.from = "bo@x.example"', 'when.from = "*@x.example"', False),
    ('when.size.over = "1 MB"', 'when.size.over = "2 MB"', True),
    ('when.size.over = "2 MB"', 'when.size.over = "1 MB"', False),
    ('when.size.under = "2 MB"', 'when.size.under = "1 MB"', True),
    ("when.sender.known = true", "when.sender.known = true", True),
    ("when.sender.known = true", "when.sender.known = false", False),
    ('when.hours = "office"', 'when.hours.outside = "office"', False),
    ('any.subject = "x"\nany.body = "y"', 'when.body = "y"', True),
    ('any.subject = "x"\nany.body = "y"', 'any.body = "y"\nany.subject = "x"', True),
    ('any.subject = "x"\nany.body = "y"', 'any.body = "y"\nany.subject = "z"', False),
    ('when.text = "x"', 'any.body = "x"\nany.subject = "x"', True),
    ('when.body = "y"', 'any.subject = "x"\nany.body = "y"', False),
    ('unless.subject = "x"', 'unless.subject = ["x", "y"]', True),
    ('unless.subject = ["x", "y"]', 'unless.subject = "x"', False),
    ('unless.subject = "x"', 'when.subject = "y"', False),
    ('when.all = [ { subject = "x" } ]', 'when.subject = "x"', True),
    ('when.not = { subject = "x" }', 'when.subject = "y"', False),
    ('when.subject.list = "empty"', 'when.subject = "x"', False),
    ('on = "follow_up"', "", False),
    ('on = "mail"', "", True),
    ("", 'on = "mail"', False),
    ("", "force = true", False),
]


@pytest.mark.parametrize(("above", "below", "hidden"), PAIRS)
def test_a_line_below_a_wider_rule_never_decides(above: str, below: str, hidden: bool) -> None:
    told = [one.rule for one in shadowed(rule_set(pair(above, below)).rules)]
    assert told == (["b"] if hidden else [])


def test_the_warning_names_the_rule_above() -> None:
    text = pair('when.subject = ["x", "y"]', 'when.subject = "x"')
    assert [str(one) for one in shadowed(rule_set(text).rules)] == [
        'rules/a.toml:8: rule "b": set.title never decides: rule "a" (rules/a.toml:4) matches whenever this one does '
        "and sets it first"
    ]


def test_a_rule_below_a_wider_one_that_ends_all_is_never_asked() -> None:
    text = '[[rule]]\nname = "a"\nwhen.kind = ["list", "auto"]\nstop = true\n[[rule]]\nname = "b"\nwhen.kind = "list"\nadd.tags = "x"\n'
    assert [str(one) for one in shadowed(rule_set(text).rules)] == [
        'rules/a.toml:5: rule "b": is never asked: rule "a" (rules/a.toml:1) matches whenever this one would, and ends all'
    ]


def test_what_a_rule_between_changes_is_not_reckoned_with() -> None:
    queue = 'when.queue = "billing"'
    assert list(shadowed(rule_set(pair(queue, queue)).rules))
    assert not list(shadowed(rule_set(pair(queue, queue, between='set.queue = "billing"')).rules))
    assert list(shadowed(rule_set(pair(queue, queue, between='set.priority = "low"')).rules))


def test_a_capture_that_may_be_missing_sets_nothing_for_certain() -> None:
    capture = "any.body.matches = 'a(?P<t>.)'\nany.subject = \"x\""
    text = pair(capture, capture).replace('"a"\n[[rule]]', '"{t}"\n[[rule]]')
    assert not list(shadowed(rule_set(text).rules))


# ---- any rules, any mail --------------------------------------------------------------------------------------------

_WORDS = ("lamp", "lamps", "lamp*", "red lamp", "red*", "red", "desk")
_ASKED = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3, unique=True)
_LINE = st.tuples(
    st.sampled_from(["subject.words", "body.words", "text.words", "subject.contains", "subject.matches", "body.is"]),
    _ASKED,
).map(lambda line: f"{line[0]} = {[word.replace('*', '.*') if 'matches' in line[0] else word for word in line[1]]}")
_GROUP = st.tuples(
    st.sampled_from(["when", "any", "unless"]),
    st.lists(_LINE, min_size=1, max_size=2, unique_by=lambda one: one.partition(" ")[0]),
)
_RULE = st.tuples(
    st.lists(_GROUP, max_size=2, unique_by=lambda group: group[0]),
    st.sampled_from(['set.title = "t"', 'set.title = "t"\nstop = true', 'set.queue = "billing"', 'add.tags = "x"']),
)
_TEXT = st.lists(st.sampled_from(["lamp", "lamps", "red", "desk", "redder"]), max_size=3).map(" ".join)


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(_RULE, min_size=2, max_size=5), st.lists(st.tuples(_TEXT, _TEXT), min_size=1, max_size=8))
def test_what_is_told_never_to_decide_never_does(
    drawn: list[tuple[list[tuple[str, list[str]]], str]], mails: list[tuple[str, str]]
) -> None:
    text = ""
    for number, (groups, end) in enumerate(drawn):
        lines = [f"{mode}.{line}" for mode, listed in groups for line in dict.fromkeys(listed)]
        end = end.replace("\nstop = true", "") if not lines else end
        text += "\n".join(["[[rule]]", f'name = "r{number}"', *lines, end]) + "\n"
    rules = rule_set(text)
    told = list(shadowed(rules.rules))
    for subject, body in mails:
        decision = rules.evaluate(Facts(subject=subject, body=body), "created", MATCHER)
        decided = {(one.rule, one.line) for one in (*decision.fields.values(), *decision.actions.values())}
        for one in told:
            assert (one.rule, one.line) not in decided
            assert "never asked" not in one.message or one.rule not in {rule.name for rule in decision.matched}


# ---- fields that no rule sets ---------------------------------------------------------------------------------------

DEFAULT = '[[rule]]\nname = "z"\nset.assign = "rota"\nset.reply = "acknowledgement"\n'


def gaps(text: str) -> list[str]:
    return [str(one) for one in unset_fields(rule_set(text))]


def test_a_field_that_no_rule_sets_for_a_queue() -> None:
    low = '[[rule]]\nname = "a"\nwhen.queue = "billing"\nset.priority = "low"\n'
    assert gaps(low + DEFAULT) == ['rules/a.toml:4: rule "a": set.priority: no rule sets it for the queue "support"']
    assert gaps(low.replace("when.queue", "unless.queue") + DEFAULT) == [
        'rules/a.toml:4: rule "a": set.priority: no rule sets it for the queue "billing"'
    ]
    assert gaps(low.replace('when.queue = "billing"', 'when.subject = "x"') + DEFAULT) == []
    assert gaps(low.replace('= "billing"', '= ["billing", "support"]') + DEFAULT) == []
    assert gaps(low.replace("when.queue", "any.subject = 'x'\nany.queue") + DEFAULT) == []


def test_a_rule_that_ends_all_for_a_queue_leaves_the_fields_below_it_unset() -> None:
    end = '[[rule]]\nname = "a"\nwhen.queue = "billing"\nstop = true\n'
    assert gaps(end + DEFAULT) == [
        'rules/a.toml:7: rule "z": set.assign: no rule sets it for the queue "billing": its tickets stay with nobody',
        'rules/a.toml:8: rule "z": set.reply: no rule sets it for the queue "billing": its customers get no number',
    ]
    assert gaps(end.replace("stop", 'when.subject = "x"\nstop') + DEFAULT) == []


def test_what_every_ticket_needs_is_missed_even_where_no_rule_sets_it() -> None:
    assert gaps('[[rule]]\nname = "a"\nset.assign = "rota"\n') == [
        'rules/a.toml:1: rule "a": set.reply: no rule sets it for the queues "billing", "support": its customers get no number'
    ]
    assert gaps('[[rule]]\nname = "a"\non = "idle"\nset.assign = "rota"\n') == []


def test_a_rule_that_matched_no_mail() -> None:
    text = '[[rule]]\nname = "a"\nadd.tags = "x"\n[[rule]]\nname = "b"\nadd.tags = "x"\n[[rule]]\nname = "c"\non = "idle"\nadd.tags = "x"\n'
    assert [str(one) for one in never_matched(rule_set(text), {"a"}, "the last 9 days (5 mails)")] == [
        'rules/a.toml:4: rule "b": matched no mail of the last 9 days (5 mails)',
        'rules/a.toml:7: rule "c": matched nothing in the last 9 days (5 mails)',
    ]
