"""First setter wins, `add` adds up, `stop` ends, captures fill in, people stand; what cannot be done is recorded."""

import time
from dataclasses import replace
from typing import Any

import pytest

from gateway.rules import Facts, RegexMatcher, Skip, load
from gateway.rules.matcher import LIMIT, MAX_TEXT, STRIKES, TimedOut
from gateway.tickets.status import Statuses
from support.rulebook import NAMES, decide, known, rule_set


def rules(*blocks: str) -> str:
    return "".join(f'[[rule]]\nname = "r{number}"\n{block}\n' for number, block in enumerate(blocks, start=1))


def test_the_first_rule_that_sets_a_field_wins_and_says_where() -> None:
    decision = decide(rules('set.queue = "billing"', 'set.queue = "support"\nset.priority = "high"'))
    assert decision.value("queue") == "billing"
    assert decision.value("priority") == "high"
    assert decision.value("area") is None
    queue = decision.fields["queue"]
    assert (queue.rule, queue.file, queue.line) == ("r1", "rules/a.toml", 3)
    assert [rule.name for rule in decision.matched] == ["r1", "r2"]


def test_files_are_read_in_name_order() -> None:
    texts = {
        "rules/20.toml": rules('set.queue = "billing"'),
        "rules/10.toml": '[[rule]]\nname = "x"\nset.queue = "support"',
    }
    decision = load(texts, NAMES).evaluate(Facts(), "created", RegexMatcher(time.monotonic))
    assert decision.fields["queue"].file == "rules/10.toml"


def test_add_adds_up_and_each_value_once() -> None:
    decision = decide(rules(
        'add.tags = ["a", "b"]\nadd.watchers = "boss@acme.example"\nneed.skills = "network"\nnotify = ["lead"]',
        'add.tags = ["b", "c"]\nadd.watchers = "carol"\nnotify = "admin"',
    ))  # fmt: skip
    assert decision.tags == ("a", "b", "c")
    assert decision.watchers == ("boss@acme.example", "carol")
    assert decision.skills == ("network",)
    assert decision.notify == ("lead", "admin")
    assert [one.line for one in decision.added["tags"]] == [3, 3, 9]


def test_what_a_person_released_no_rule_holds_and_all_else_counts() -> None:
    texts = {
        "a.toml": rules('when.subject = "x"\nset.priority = "low"\nadd.tags = "odd"\nquarantine = "spam"'),
        "b.toml": '[[rule]]\nname = "b"\nset.reply = "acknowledgement"',
    }
    facts = Facts(subject="x", known={"released_by": "cli:root"})
    decision = load(texts, NAMES).evaluate(facts, "created", RegexMatcher(time.monotonic))
    assert (decision.quarantine, decision.value("priority"), decision.tags) == (None, "low", ("odd",))
    assert decision.reply == "acknowledgement"
    (skipped,) = decision.skipped
    assert (skipped.rule, skipped.what, skipped.reason, skipped.detail) == ("r1", "quarantine", "released", "cli:root")
    stops = load(
        {"a.toml": rules('when.subject = "x"\nquarantine = "spam"\nstop = true'), "b.toml": texts["b.toml"]}, NAMES
    )
    assert stops.evaluate(facts, "created", RegexMatcher(time.monotonic)).reply is None


@pytest.mark.parametrize("end", ["stop = true", 'quarantine = "spam"'])
def test_stop_and_quarantine_end_all_files(end: str) -> None:
    texts = {
        "a.toml": rules(f'when.subject = "x"\nset.priority = "low"\n{end}'),
        "b.toml": '[[rule]]\nname = "b"\nset.reply = "acknowledgement"',
    }
    ruleset = load(texts, NAMES)
    matcher = RegexMatcher(time.monotonic)
    assert ruleset.evaluate(Facts(subject="x"), "created", matcher).reply is None
    assert ruleset.evaluate(Facts(subject="y"), "created", matcher).reply == "acknowledgement"


def test_quarantine_tells_its_reason() -> None:
    decision = decide(rules('quarantine = "spam"'))
    assert decision.quarantine == "spam"
    assert decision.actions["quarantine"].rule == "r1"


def test_later_rules_see_what_earlier_ones_set() -> None:
    decision = decide(
        rules(
            'set.queue = "billing"\nset.priority = "urgent"\nadd.tags = "money"\nset.fields.order = "1234"\nset.requester = "New@x.example"',
            'when.queue = "billing"\nwhen.priority.over = "high"\nwhen.tags = "money"\nwhen.fields.order = "1234"\n'
            'when.requester = "new@x.example"\nset.sla = "standard"',
        ),
        known(queue="support"),
    )
    assert decision.value("sla") == "standard"


def test_assign_and_reply() -> None:
    decision = decide(rules('set.assign = "carol"\nset.reply = "acknowledgement"'))
    assert decision.assign == ("carol",)
    assert decision.reply == "acknowledgement"
    assert not decision.fields
    nothing = decide(
        rules('set.assign = "none"\nset.reply = "none"', 'set.assign = ["rota"]\nset.reply = "acknowledgement"')
    )
    assert nothing.assign == ()
    assert nothing.reply is None
    assert decide(rules("stop = true")).assign is None


# ---- what a person set ----------------------------------------------------------------------------------------------


def test_what_a_person_set_stands_unless_forced() -> None:
    facts = known(queue="support", set_by={"queue": "person:carol", "priority": "rule:old", "assignee": "person:dave"})
    text = 'set.queue = "billing"\nset.priority = "high"\nset.assign = "rota"'
    decision = decide(rules(text), facts)
    assert set(decision.fields) == {"priority"}
    assert decision.assign is None
    assert [(one.what, one.reason, one.detail) for one in decision.skipped] == [
        ("set.queue", Skip.PERSON_SET, "carol set it"),
        ("set.assign", Skip.PERSON_SET, "dave set it"),
    ]
    forced = decide(rules(f"{text}\nforce = true"), facts)
    assert forced.value("queue") == "billing"
    assert forced.assign == ("rota",)


def test_a_later_rule_may_force_what_an_earlier_one_could_not_set() -> None:
    facts = known(set_by={"queue": "person:carol"})
    decision = decide(rules('set.queue = "support"', 'set.queue = "billing"\nforce = true'), facts)
    assert decision.fields["queue"].rule == "r2"


def test_an_existing_ticket_keeps_its_requester() -> None:
    text = '[[rule]]\nname = "r"\non = "mail"\nset.requester = "bo@x.example"\nset.title = "t"\n'
    assert decide(text).value("requester") == "bo@x.example"
    decision = decide(text, event="follow_up")
    assert decision.value("requester") is None
    assert decision.value("title") == "t"
    assert [(one.what, one.reason, one.line) for one in decision.skipped] == [("set.requester", Skip.BY_AGENTS_ONLY, 4)]


def test_a_status_goes_only_where_the_site_lets_it() -> None:
    names = replace(
        NAMES, statuses=("new", "open", "at_lawyer"), status_table=Statuses(moves={"at_lawyer": frozenset({"open"})})
    )
    text = rules('set.status = "new"', 'set.status = "open"')
    matcher = RegexMatcher(time.monotonic)
    decision = rule_set(text, names).evaluate(known(status="at_lawyer"), "created", matcher)
    assert decision.fields["status"].rule == "r2"
    assert [(one.what, one.reason, one.detail) for one in decision.skipped] == [
        ("set.status", Skip.NO_SUCH_MOVE, "[statuses.at_lawyer] moves lets no ticket go from at_lawyer to new")
    ]


# ---- captures -------------------------------------------------------------------------------------------------------


def test_captures_fill_the_lines_of_their_rule() -> None:
    decision = decide(
        rules("when.body.matches = 'ORD-(?P<order>\\d+) for (?P<who>.+)'\nset.fields.order = \"{order}\"\nset.title = 'Order {order} ({who})'\nadd.tags = 'order-{order}'"),
        Facts(body="ORD-1182 for  Bo\tSmith\nx"),
    )  # fmt: skip
    assert decision.value("fields.order") == "1182"
    assert decision.value("title") == "Order 1182 (Bo Smith)"
    assert decision.tags == ("order-1182",)


def test_any_line_that_matched_may_bring_the_capture() -> None:
    text = rules("any.subject.matches = '#(?P<a>\\d+)'\nany.body.matches = 'no (?P<b>\\d+)'\nset.title = '{a} {b}'")
    assert decide(text, Facts(subject="#1", body="no 2")).value("title") == "1 2"
    decision = decide(text, Facts(subject="#1", body=""))
    assert "title" not in decision.fields
    assert decision.matched
    assert [(one.reason, one.line) for one in decision.skipped] == [(Skip.NO_CAPTURE, 5)]


@pytest.mark.parametrize("body", ["Topic: my  Order", "Topic: MY ORDER"])
def test_a_table_maps_what_was_captured(body: str) -> None:
    text = rules(
        'when.body.matches = \'(?m)^Topic: (?P<topic>.+)$\'\nset.queue = "{topic}"\nset.queue_table = { "my order" = "support", "Účet" = "billing" }'
    )
    assert decide(text, Facts(body=body)).value("queue") == "support"
    assert decide(text, Facts(body="Topic: ucet")).value("queue") == "billing"
    decision = decide(text, Facts(body="Topic: love"))
    assert "queue" not in decision.fields
    assert decision.skipped[0].reason is Skip.NOT_IN_TABLE


@pytest.mark.parametrize(
    ("line", "captured", "fits"),
    [
        ("set.queue", "billing", True),
        ("set.queue", "nirvana", False),
        ("set.priority", "high", True),
        ("set.priority", "highest", False),
        ("set.requester", "bo@x.example", True),
        ("set.requester", "Bo <bo@x.example>", False),
        ("set.requester", "a@b.example, c@d.example", False),
        ("set.requester", "bo@x..example", False),
        ("set.requester", "=?utf-8?q?bo?=@x.example", False),
        ("set.requester", "support@acme.example", False),
        ("set.requester", "Carol@acme.example", False),
        ("set.language", "cs", True),
        ("set.language", "Czech", False),
        ("set.fields.order", "1182", True),
        ("set.fields.order", "11", False),
        ("set.fields.order", "1182 x", False),
        ("set.fields.shop", "brno", True),
        ("set.fields.shop", "praha", False),
        ("add.tags", "late", True),
        ("add.tags", "two words", False),
        ("add.watchers", "x@y.example", True),
        ("add.watchers", "eve", False),
        ("set.title", "x" * 1_000, True),
        ("set.title", "x" * 1_001, False),
        ("set.title", "a\x00b", False),
    ],
)  # fmt: skip
def test_what_was_captured_must_fit_the_field(line: str, captured: str, fits: bool) -> None:
    decision = decide(
        rules(f"when.body.matches = '(?s)<<(?P<it>.*)>>'\n{line} = \"{{it}}\""), Facts(body=f"<<{captured}>>")
    )
    name = line.partition(".")[2]
    assert (name in decision.fields or name in decision.added) is fits
    assert [one.reason for one in decision.skipped] == ([] if fits else [Skip.NOT_ALLOWED])


def test_a_skipped_line_leaves_the_field_to_the_next_rule() -> None:
    text = rules("when.body.matches = '(?P<q>\\w+)'\nset.queue = '{q}'", 'set.queue = "support"')
    assert decide(text, Facts(body="nirvana")).fields["queue"].rule == "r2"


# ---- patterns and time ----------------------------------------------------------------------------------------------

BOMB = "(\\w+\\s?)+$"
AMMUNITION = Facts(body="word " * 5_000 + "!")


def test_a_pattern_that_never_ends_is_stopped_and_its_rule_does_not_match() -> None:
    text = rules(f"when.body.matches = '{BOMB}'\nset.queue = \"billing\"", 'set.queue = "support"')
    decision = decide(text, AMMUNITION)  # without the limit: years
    assert decision.fields["queue"].rule == "r2"
    assert [(one.rule, one.reason) for one in decision.skipped] == [("r1", Skip.TIMED_OUT)]
    assert BOMB in decision.skipped[0].detail


def test_a_timed_out_exception_does_not_let_the_rule_pass() -> None:
    decision = decide(rules(f"unless.body.matches = '{BOMB}'\nset.queue = \"billing\""), AMMUNITION)
    assert "queue" not in decision.fields


def test_a_pattern_that_always_times_out_is_switched_off_and_told_once() -> None:
    ruleset = rule_set(rules(f"when.body.matches = '{BOMB}'\nset.queue = \"billing\""))
    matcher = RegexMatcher(time.monotonic, limit=0.001)
    for number in range(STRIKES):
        assert matcher.take_news() == ()
        decision = ruleset.evaluate(replace(AMMUNITION, body=f"{AMMUNITION.body}{number}!"), "created", matcher)
        assert decision.skipped[0].reason is Skip.TIMED_OUT
    assert matcher.take_news() == (BOMB,)
    assert matcher.take_news() == ()
    assert matcher.switched_off == (BOMB,)
    assert ruleset.evaluate(AMMUNITION, "created", matcher).skipped[0].reason is Skip.SWITCHED_OFF


def test_a_pattern_that_answers_again_starts_anew() -> None:
    ruleset = rule_set(rules(f"when.body.matches = '{BOMB}'\nset.queue = \"billing\""))
    matcher = RegexMatcher(time.monotonic, limit=0.001)
    for number in range(3 * STRIKES):
        facts = (
            Facts(body="fine")
            if number % STRIKES == STRIKES - 1
            else replace(AMMUNITION, body=f"{AMMUNITION.body}{number}!")
        )
        ruleset.evaluate(facts, "created", matcher)
    assert matcher.switched_off == ()


class Slow:
    """A matcher whose clock moves on 40 ms with every search."""

    def __init__(self) -> None:
        self.now = 0.0
        self.searches = 0

    def clock(self) -> float:
        return self.now

    def search(self, pattern: object, text: str) -> TimedOut | None:
        self.now += 0.04
        self.searches += 1
        return TimedOut()


def test_all_rules_of_a_mail_have_a_quarter_of_a_second() -> None:
    slow = Slow()
    ruleset = rule_set(rules(*(f"when.body.matches = 'x{number}'\nadd.tags = 't'" for number in range(100))))
    decision = ruleset.evaluate(Facts(body="y"), "created", slow)  # type: ignore[arg-type]
    assert slow.searches == 7
    assert [one.reason for one in decision.skipped] == [Skip.TIMED_OUT] * 7 + [Skip.OUT_OF_TIME]
    assert decision.skipped[-1].rule == "r8"


def test_time_runs_out_for_rules_without_patterns_too() -> None:
    slow = Slow()
    slow_clock = iter([0.0, 0.0, 0.3])
    slow.clock = lambda: next(slow_clock)  # type: ignore[method-assign]
    decision = rule_set(rules(*(f'add.tags = "t{number}"' for number in range(200)))).evaluate(Facts(), "created", slow)  # type: ignore[arg-type]
    assert len(decision.tags) == 64
    assert decision.skipped[-1].reason is Skip.OUT_OF_TIME


def test_one_search_serves_all_rules_with_the_same_pattern() -> None:
    class Counting(RegexMatcher):
        count = 0

        def search(self, pattern, text):  # type: ignore[no-untyped-def]
            self.count += 1
            return super().search(pattern, text)

    matcher = Counting(time.monotonic)
    ruleset = rule_set(rules(*["when.body.matches = '(?P<a>lamp)'\nset.title = '{a}'"] * 5))
    ruleset.evaluate(Facts(body="my lamp"), "created", matcher, explain=True)
    assert matcher.count == 1


def test_the_matcher_cuts_long_texts() -> None:
    import regex

    assert RegexMatcher(time.monotonic).search(regex.compile("b"), "a" * MAX_TEXT + "b") is None


# ---- explaining -----------------------------------------------------------------------------------------------------


def test_explain_shows_every_rule_with_the_value_of_each_condition() -> None:
    text = rules(
        'when.subject = ["invoice*", "refund*"]\nwhen.priority.over = "low"\nunless.from = "*@acme.example"\nset.queue = "billing"',
        "when.body.matches = 'x(?P<n>\\d)'\nany.sender.known = true\nany.size.over = \"1 KB\"\nset.title = '{n}'",
        'on = "follow_up"\nstop = true',
    )
    facts = Facts(subject="My refunds", from_="bo@x.example", body="a x7 b", size=5, known={"priority": "high"})
    decision = decide(text, facts, explain=True)
    first, second = decision.rules
    assert (first.matched, second.matched) == (True, False)
    assert [(one.what, one.value, one.held, one.found) for one in first.conditions] == [
        ("when.subject", "My refunds", True, "refund*"),
        ("when.priority.over", "high", True, ""),
        ("unless.from", ["bo@x.example"], False, ""),
    ]
    assert [(one.what, one.value, one.held, one.found) for one in second.conditions] == [
        ("when.body.matches", "a x7 b", True, "x7"),
        ("any.sender.known", None, False, ""),
        ("any.size.over", 5, False, ""),
    ]


def test_without_explain_only_rules_that_matched_are_traced() -> None:
    decision = decide(rules('when.subject = "x"\nstop = true', 'add.tags = "t"'), Facts(subject="y"))
    assert [rule.name for rule in decision.rules] == ["r2"]


def test_a_set_is_named_by_its_files_and_lists() -> None:
    one, same, other = (
        rule_set(rules("stop = true")),
        rule_set(rules("stop = true")),
        rule_set(rules("stop = true") + "#"),
    )
    assert one.sha256 == same.sha256 != other.sha256
    longer = replace(NAMES, lists={**NAMES.lists, "vip": ("x@y.example",)})
    assert rule_set(rules("stop = true"), longer).sha256 != one.sha256


def test_a_set_tells_what_it_needs_to_know() -> None:
    ruleset = rule_set(rules(
        'when.hours = "office"\nstop = true',
        'on = "follow_up"\nwhen.seen_recently = { by = "area", within = "1 h", over = 5 }\nstop = true\n'
        '[[rule.test]]\nfile = "samples/a.eml"\nexpect.rules = []',
    ))  # fmt: skip
    assert ruleset.calendars == {"office"}
    assert ruleset.seen_recently == {("area", 3600)}
    assert ruleset.sample_files == ("samples/a.eml",)


class Counting:
    """The real matcher, and for each mail how many of its searches ran until they were stopped."""

    def __init__(self) -> None:
        self._real = RegexMatcher(time.monotonic, limit=0.002)
        self.stopped: list[int] = []

    def clock(self) -> float:
        return self._real.clock()

    def search(self, pattern: Any, text: str) -> Any:
        found = self._real.search(pattern, text)
        self.stopped[-1] += isinstance(found, TimedOut) and not found.switched_off
        return found


def test_a_bomb_in_a_rule_holds_up_the_next_mail_for_one_search_and_soon_not_at_all() -> None:
    ruleset = rule_set(
        rules(
            f"any.text.matches = ['{BOMB}', 'x+x+;']\nany.header.X-Two.matches = '{BOMB}'\nset.queue = \"billing\"",
            'set.priority = "low"',
        )
    )
    matcher = Counting()
    for number in range(STRIKES + 3):
        matcher.stopped.append(0)
        body = f"{AMMUNITION.body}{number}!"
        facts = Facts(subject=body, body=f"{body}?", headers=(("x-two", f"{body}1"), ("x-two", f"{body}2")))
        assert ruleset.evaluate(facts, "created", matcher, explain=True).value("priority") == "low"
    assert matcher.stopped == [1] * STRIKES + [0] * 3
    assert LIMIT <= 0.1
