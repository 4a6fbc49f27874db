"""The record of what was in force: one row an activation, by node, with its texts."""

import json
from collections.abc import Callable

from gateway.config.changes import Texts
from gateway.store import Store, rule_sets

TEXTS = Texts(config="[mail]\n", rules={"rules/a.toml": "x"}, lists={"vip": ["ann"]}, templates={"a.txt": "b"})


def activated(store: Store, summary: str) -> int:
    text = json.dumps({"files": TEXTS.rules, "lists": TEXTS.lists})
    return rule_sets.record(store, sha256="0" * 64, text=text, texts=TEXTS, activated_by="root", summary=summary)


def test_what_is_recorded_comes_back_whole(store: Store) -> None:
    assert rule_sets.newest(store) is None
    assert rule_sets.newest_id(store) is None
    activation_id = activated(store, "first")
    found = rule_sets.at(store, activation_id)
    assert found is not None
    activation, texts = found
    assert texts == TEXTS
    assert (activation.id, activation.summary, activation.activated_by) == (activation_id, "first", "root")
    assert activation.node == store.node
    assert rule_sets.at(store, activation_id + 1) is None


def test_each_node_has_its_own_newest_and_history_has_all(another_store: Callable[[str], Store]) -> None:
    one, two = another_store("node1"), another_store("node2")
    assert one.node != two.node
    first, second, third = activated(one, "a"), activated(two, "b"), activated(one, "c")
    assert rule_sets.newest_id(one) == third
    assert rule_sets.newest_id(two) == second
    assert [(row.id, row.node) for row in rule_sets.history(two)] == [
        (first, one.node), (second, two.node), (third, one.node),
    ]  # fmt: skip
