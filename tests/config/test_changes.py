"""What is different between two states of a site's files, in a line for people."""

import pytest

from gateway.config.changes import Texts, changes, summary

OLD = '[[rule]]\nname = "vip"\nset.priority = "high"\n\n[[rule]]\nname = "old"\nstop = true\n'


def rules(text: str, name: str = "rules/20-routing.toml") -> Texts:
    return Texts(rules={name: text})


def told(before: Texts, after: Texts) -> str:
    return summary(changes(before, after))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (OLD, ""),
        (OLD + "# a remark\n", "20-routing.toml: remarks"),
        (OLD.replace("high", "low"), '20-routing.toml: ~rule "vip"'),
        (
            '[[rule]]\nname = "invoices"\nstop = true\n\n[[rule]]\nname = "vip"\nset.priority = "low"\n',
            '20-routing.toml: +rule "invoices", ~rule "vip", -rule "old"',
        ),
        (
            '[[rule]]\nname = "old"\nstop = true\n\n[[rule]]\nname = "vip"\nset.priority = "high"\n',
            "20-routing.toml: other order",
        ),
    ],
)
def test_rules(after: str, expected: str) -> None:
    assert told(rules(OLD), rules(after)) == expected


def test_files_that_are_new_or_gone() -> None:
    assert told(rules(OLD), rules(OLD, "rules/30.toml")) == "20-routing.toml: gone; 30.toml: new"


def test_lists_and_templates() -> None:
    before = Texts(lists={"vip": ("ann", "bo"), "same": ("x",)}, templates={"reply.txt": "a", "support/reply.txt": "b"})
    after = Texts(lists={"vip": ["cy", "ann"], "same": ["x"]}, templates={"reply.txt": "c", "support/reply.txt": "b"})
    assert told(before, after) == "lists/vip.txt: +1 -1 values; templates/reply.txt: changed"
    found = changes(before, after)
    assert [one.file for one in found] == ["rules/lists/vip.txt", "templates/reply.txt"]


def test_settings_by_name_never_by_value() -> None:
    before = '[mail]\nlanguage = "en"\nundo = "1 min"\n[[smtp]]\nlisten = "127.0.0.1:1"\n'
    after = '[mail]\nlanguage = "cs"\n[[smtp]]\nlisten = "127.0.0.1:2"\n[queues.sales]\nagents = ["carol"]\n'
    assert told(Texts(config=before), Texts(config=after)) == (
        "config.toml: +queues.sales.agents, ~mail.language, ~[[smtp]], -mail.undo"
    )


def test_many_changes_are_counted() -> None:
    many = "".join(f'[[rule]]\nname = "{number}"\nstop = true\n' for number in range(20))
    assert told(rules(""), rules(many)).endswith('+rule "11", 8 more')
    files = Texts(templates={f"{number:02}.txt": "x" for number in range(20)})
    assert told(Texts(), files).endswith("templates/11.txt: new; 8 more files")


def test_a_text_of_another_release_is_no_obstacle() -> None:
    assert told(rules("no toml"), rules(OLD)) == '20-routing.toml: +rule "vip", +rule "old"'
