"""Every operator on every sort of field, absent facts, groups: a column of lines and a column of answers."""

import pytest

from gateway.rules import Facts
from gateway.rules.facts import seen_key
from gateway.rules.language import ASKING, FIELDS, TRIGGER_GROUPS, TRIGGERS, Shape
from support.rule_lines import LINES, MAIL
from support.rulebook import decide, holds, known, mistakes


@pytest.mark.parametrize(("line", "wanted"), LINES, ids=[line for line, _ in LINES])
def test_lines(line: str, wanted: bool) -> None:
    assert holds(line, MAIL) is wanted


def test_every_operator_of_every_shape_stands_in_the_table() -> None:
    asked = "\n".join(line for line, _ in LINES)
    for field in FIELDS.values():
        if field.shape is Shape.SEEN:
            continue
        bare = ASKING[field.shape].bare
        shapes = [one.name for one in FIELDS.values() if one.shape is field.shape]
        shapes += ["header.X-Two", "header.X-None", "header.x-spam-flag"] if field.shape is Shape.TEXT else []
        shapes += ["fields.order", "fields.shop"] if field.shape is Shape.NAME else []
        assert f".{field.name}" in asked, field.name
        for op in ASKING[field.shape].takes:
            stands = any(f".{name}.{op} = " in asked or (op == bare and f".{name} = " in asked) for name in shapes)
            assert stands, f"{field.shape}: {op}"


# What is asked of every mail is never unknown: these lines may hold for an empty one.
ALWAYS_KNOWN = ("when.has_attachment", "when.size.under", "when.not", "when.any")
UNKNOWN = [line for line, _ in LINES if line.startswith("when.") and not line.startswith(ALWAYS_KNOWN)]


@pytest.mark.parametrize("line", [line for line in UNKNOWN if ".has = false" not in line])
def test_nothing_holds_of_what_is_unknown(line: str) -> None:
    assert not holds(line, Facts())


@pytest.mark.parametrize(
    "line",
    [
        "when.assignee.has = false",
        "when.tags.has = false",
        "when.fields.order.has = false",
        "when.header.X-Foo.has = false",
        "when.cc.has = false",
        "when.organisation.has = false",
    ],
)
def test_one_can_ask_whether_something_is_missing(line: str) -> None:
    assert holds(line, Facts())
    assert not holds(line, Facts(cc=("a@b.example",), headers=(("x-foo", "x"),), known={
        "assignee": "carol", "tags": ["x"], "fields": {"order": "1182"}, "organisation": "big"}))  # fmt: skip


@pytest.mark.parametrize("trigger", [*TRIGGERS, *TRIGGER_GROUPS])
def test_triggers(trigger: str) -> None:
    text = f'[[rule]]\nname = "r"\non = "{trigger}"\nadd.tags = "x"\n'
    fires = {event for event in TRIGGERS if decide(text, event=event).tags}
    assert fires == set(TRIGGER_GROUPS.get(trigger, (trigger,)))


def test_several_triggers_may_stand() -> None:
    text = '[[rule]]\nname = "r"\non = ["mail", "bounced"]\nadd.tags = "x"\n'
    assert [event for event in TRIGGERS if decide(text, event=event).tags] == ["created", "follow_up", "bounced"]


def test_an_event_nobody_knows_matches_nothing() -> None:
    assert decide('[[rule]]\nname = "r"\nadd.tags = "x"\n', event="full_moon").matched == ()


def test_counts_by_star_stand_for_every_value() -> None:
    line = 'when.seen_recently = { by = "queue", within = "1 h", over = 5 }'
    assert holds(line, known(queue="support", seen_recently={seen_key("queue", "*", 3600): 6}))
    assert not holds(line, known(queue="support", seen_recently={seen_key("queue", "*", 60): 6}))


def test_regex_sees_the_first_64_kib_only() -> None:
    line = "when.body.matches = 'needle'"
    assert holds(line, Facts(body="x" * 65_000 + "needle"))
    assert not holds(line, Facts(body="x" * 65_536 + "needle"))


def test_fields_and_values_are_checked_when_loading_not_when_asking() -> None:
    assert mistakes('[[rule]]\nname = "r"\nwhen.queue = "suport"\nstop = true\n')
