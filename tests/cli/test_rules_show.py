"""`gateway rules show` and `history`: what is asked for by name, and files called by the names they have."""

import pytest

from gateway.config import load
from gateway.site import activate, load_edited, load_site
from support.desk import RULES, Desk


@pytest.fixture
def rules(desk: Desk) -> Desk:
    (desk.folder / "rules").mkdir()
    (desk.folder / "rules" / "10-all.toml").write_text(RULES)
    return desk


def test_one_rule_by_its_name(rules: Desk) -> None:
    assert [one["name"] for one in rules.ask("rules", "show", "refunds")["rules"]] == ["refunds"]
    assert len(rules.ask("rules", "show")["rules"]) == 3


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_rule_that_is_not_there(rules: Desk, more: tuple[str, ...]) -> None:
    answer = rules.run("rules", "show", "refund", *more)
    assert (answer.code, answer.out) == (64, "")
    assert answer.err == 'gateway rules show: no such rule: "refund", did you mean refunds?\n'


def test_the_configuration_is_called_by_its_name(rules: Desk) -> None:
    rules.config = rules.config.rename(rules.folder / "other.toml")
    site = load_site(load(rules.config), rules.store)
    rules.config.write_text(rules.config.read_text() + '\n[queues.sales]\nagents = ["dave"]\n')
    (rules.folder / "rules" / "10-all.toml").write_text(RULES.replace("refunds", "money"))
    edited = load_edited(site)
    assert edited.saved_by
    activate(rules.store, edited)
    assert [one["summary"] for one in rules.ask("rules", "history")] == [
        "first start: 1 files, 3 rules",
        '10-all.toml: +rule "money", -rule "refunds"; other.toml: +queues.sales.agents',
    ]


def test_the_help_names_every_command(rules: Desk) -> None:
    out = rules.run("rules", "--help").out
    told = out.split("Options:")[0]
    for command in ("check", "test", "lint", "show", "from-ticket", "replay", "reload", "history"):
        assert f"\n  {command} " in out
        assert command in told
