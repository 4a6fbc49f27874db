"""What is known of a set is used for the next one, and makes no difference but to the time it takes."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import RulesError
from gateway.rules import Facts, FieldShape, Matcher, RegexMatcher, RuleSet, load
from gateway.rules.testing import ExampleRun, run_tests
from support import rulebook
from support.fuzz import examples

NAMES = replace(rulebook.NAMES, fields={"size": FieldShape()})
FILES = ("rules/10.toml", "rules/20.toml")
CONDITIONS = (
    'when.subject = "a"', 'when.subject = "b"', 'when.queue = "billing"', 'when.tags.has = "t"', 'when.priority = "high"',
    'unless.tags.has = "t"', 'when.seen_recently = { by = "queue", within = "1 h", over = 1 }', "",
    'when.any = [{ subject = "a" }, { all = [{ tags.has = "t" }, { subject = "b" }] }]',
)  # fmt: skip
DEEDS = (
    'set.queue = "billing"', 'set.queue = "support"', 'set.priority = "high"', 'set.priority = "low"', 'add.tags = "t"',
    "set.fields.size = 1", "set.fields.size = 1.0", 'set.queue = "billing"\nset.priority = "low"',
)  # fmt: skip
EXPECTED = (
    'expect.queue = "billing"', 'expect.queue = "support"', 'expect.priority = "high"', 'expect.not.priority = "low"',
    'expect.tags = "t"', 'expect.fields.size = "1"', 'expect.rules = ["r1"]', "expect.rules = []", 'expect.not.tags = "t"',
)  # fmt: skip
MAILS = ('mail.subject = "a"', 'mail.subject = "b"', 'ticket.tags = "t"', "ticket.seen_recently = 2")


def rule(number: int) -> st.SearchStrategy[str]:
    """One with a test that may fail; it ends all others now and then."""
    stops = st.sampled_from(["", "", "", 'when.body = "x"\nstop = true', f'why = """\n[[rule]]\n{MAILS[0]}\n"""', "# "])
    parts = st.tuples(*map(st.sampled_from, (CONDITIONS, DEEDS, MAILS, EXPECTED)))
    return st.builds(
        lambda part, stop: (
            f'[[rule]]\nname = "r{number}"\n{part[0]}\n{part[1]}\n{stop}\n[[rule.test]]\nmail.body = "x"\n{part[2]}\n{part[3]}\n'
        ),
        parts,
        stops,
    )


@st.composite
def edits(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, str]]:
    """Two states of a folder of two files: most rules the same, some changed, new, gone, or elsewhere."""
    before = {number: draw(rule(number)) for number in range(draw(st.integers(1, 8)))}
    after = dict(before)
    for number in draw(st.lists(st.integers(0, 9), max_size=3)):
        after[number] = draw(rule(number))
    for number in draw(st.lists(st.integers(0, 9), max_size=2)):
        after.pop(number, None)
    order = draw(st.permutations(list(after))) if draw(st.booleans()) else list(after)
    remark = draw(st.sampled_from(["", "# a remark\n\n"]))
    cut = draw(st.integers(0, 8))
    return files(list(before.values()), cut), files([after[number] for number in order], cut, remark)


def files(rules: list[str], cut: int, remark: str = "") -> dict[str, str]:
    return {FILES[0]: remark + "\n".join(rules[:cut]), FILES[1]: "\n".join(rules[cut:])}


def report_of(
    rules: RuleSet, before: tuple[RuleSet, ExampleRun] | None = None, matcher: Matcher | None = None
) -> ExampleRun:
    return run_tests(rules, matcher or RegexMatcher(time.monotonic), None, before)


@settings(max_examples=examples(100), deadline=None)
@given(edits())
def test_a_set_is_the_same_however_much_of_it_was_known(states: tuple[dict[str, str], dict[str, str]]) -> None:
    first, second = states
    before = load(first, NAMES)
    fresh, reused = load(second, NAMES), load(second, NAMES, before)
    assert reused.rules == fresh.rules
    report = report_of(fresh)
    assert report_of(reused, (before, report_of(before))) == report
    assert report_of(fresh, (before, report_of(before))) == report


TEXT = '[[rule]]\nname = "{}"\nset.queue = "billing"\n'


def test_what_is_the_same_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = (TEXT.format(name) for name in ("one", "two", "three"))
    before = load({"rules/10.toml": one, "rules/20.toml": two + three}, NAMES)
    after = load({"rules/10.toml": one, "rules/20.toml": two.replace("billing", "support") + three}, NAMES, before)
    assert [new is old for new, old in zip(after.rules, before.rules, strict=True)] == [True, False, True]
    with monkeypatch.context() as changed:
        changed.setattr("tomllib.loads", None)  # nobody may ask for it
        moved = load({"rules/10.toml": one, "rules/20.toml": f"# a remark\n\n{three}{two}"}, NAMES, before)
    assert [(rule.name, rule.line) for rule in moved.rules] == [("one", 1), ("three", 3), ("two", 6)]
    other = load({"rules/10.toml": one}, replace(NAMES, queues=("billing",)), before)
    assert other.rules[0] is not before.rules[0]


def test_a_heading_within_a_text_is_none() -> None:
    """Neither where the text that holds it is new, nor where it was there."""
    inside = (
        '[[rule]]\nname = "why"\nwhy = """\n[[rule]]\nname = "x"\nset.queue = "billing"\n"""\nset.queue = "support"\n'
    )
    plain = {"rules/10.toml": TEXT.format("one") + TEXT.format("two")}
    quoting = {"rules/10.toml": TEXT.format("one") + inside + TEXT.format("two")}
    for first, second in (
        (plain, quoting),
        (quoting, plain),
        (quoting, {"rules/10.toml": quoting["rules/10.toml"] + "#"}),
    ):
        assert load(second, NAMES, load(first, NAMES)).rules == load(second, NAMES).rules


@pytest.mark.parametrize(
    "wrong", ["set.queue = billing\n", "name = 5\n", '[[rule]]\nname = "one"\nset.queue = "support"\n', "x = 1\n"]
)
def test_mistakes_are_told_as_if_nothing_were_known(wrong: str) -> None:
    good = TEXT.format("one") + TEXT.format("two")
    before = load({"rules/10.toml": good}, NAMES)
    for text in (good + wrong, wrong + good, good + TEXT.format("three") + wrong):
        told = []
        for known in (None, before):
            with pytest.raises(RulesError) as refused:
                load({"rules/10.toml": text}, NAMES, known)
            told.append(refused.value.problems)
        assert told[0] == told[1]


class Counting(RuleSet):
    """Counts how often it was asked for all it has."""

    asked = 0

    def evaluate(self, *args, among=None, **options):  # type: ignore[no-untyped-def]
        self.asked += among is None
        return super().evaluate(*args, among=among, **options)


def test_tests_that_cannot_come_out_otherwise_do_not_ask_every_rule() -> None:
    rules = [
        f'[[rule]]\nname = "r{n}"\nwhen.subject = "w{n}"\nset.queue = "billing"\n[[rule.test]]\nmail.subject = "w{n}"\n'
        f'expect.queue = "billing"\n'
        for n in range(20)
    ]
    before = load({"rules/10.toml": "\n".join(rules)}, NAMES)
    report = report_of(before)
    rules[7] = rules[7].replace('subject = "w7"', 'subject = "v7"')
    new = load({"rules/10.toml": "\n".join(rules)}, NAMES)
    after = Counting(new.rules, names=new.names, files=new.files)
    assert report_of(after, (before, report)) == report_of(new)
    assert after.asked == 1  # the test of the rule that changed


def test_a_rule_that_now_matches_another_rules_mail_is_seen() -> None:
    one = '[[rule]]\nname = "one"\nwhen.subject = "lamp"\nset.queue = "billing"\n[[rule.test]]\nmail.subject = "lamp"\nexpect.queue = "billing"\n'
    before = load({"rules/20.toml": one}, NAMES)
    after = load(
        {"rules/20.toml": one, "rules/10.toml": '[[rule]]\nname = "all"\nset.queue = "support"\n'}, NAMES, before
    )
    (failure,) = report_of(after, (before, report_of(before))).failures
    assert failure.diffs[0].by == 'rule "all" (rules/10.toml:3)'


def test_what_was_skipped_is_asked_again() -> None:
    """A pattern that timed out once may answer now."""
    slow = (
        '[[rule]]\nname = "slow"\nwhen.body.matches = \'(x+x+)+y\'\nset.queue = "billing"\n'
        f'[[rule.test]]\nmail.body = "{"x" * 2_000}"\nexpect.rules = []\n'
    )
    before = load({"rules/20.toml": slow}, NAMES)
    report = report_of(before, matcher=RegexMatcher(time.monotonic, limit=0.001))
    assert (report.failures, report.matched) == ((), {})
    assert before.evaluate(Facts(), "created", RegexMatcher(time.monotonic), among=()).rules == ()


def test_a_rule_that_still_matches_and_does_something_else_is_seen_by_those_below() -> None:
    above = '[[rule]]\nname = "above"\nwhen.subject = "lamp"\nset.queue = "{}"\n'
    below = '[[rule]]\nname = "below"\nwhen.queue = "billing"\nset.priority = "low"\n'
    own = '[[rule]]\nname = "own"\nwhen.subject = "lamp"\nadd.tags = "t"\n[[rule.test]]\nmail.subject = "lamp"\nexpect.not.priority = "low"\n'
    before, after = (
        load({"rules/10.toml": above.format(queue), "rules/20.toml": below + own}, NAMES)
        for queue in ("support", "billing")
    )
    report = report_of(before)
    assert report.matched == {("own", 0): ("above", "own")}
    assert len(report_of(after, (before, report)).failures) == 1


def test_values_that_are_equal_and_not_the_same_are_told_apart() -> None:
    above = '[[rule]]\nname = "above"\nset.fields.size = {}\n'
    below = '[[rule]]\nname = "below"\nwhen.fields.size = "1.0"\nset.priority = "low"\n'
    own = '[[rule]]\nname = "own"\nadd.tags = "t"\n[[rule.test]]\nexpect.not.priority = "low"\n'
    before, after = (
        load({"rules/10.toml": above.format(value), "rules/20.toml": below + own}, NAMES) for value in ("1", "1.0")
    )
    assert len(report_of(after, (before, report_of(before))).failures) == 1
