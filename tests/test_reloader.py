"""The thread that sees what is saved, on a site whose files are moved about under it."""

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.config import load
from gateway.reload import Reloader, _look
from gateway.site import load_site
from gateway.store import Store, rule_sets
from support.wait import wait_for
from support.whole_site import make_site

RULE = '[[rule]]\nname = "lamps first"\nwhen.subject = "lamp"\nset.priority = "urgent"\n'
GAP = 0.5  # seconds that a slow editor leaves between two steps


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = make_site(tmp_path / "site").parent / "rules"
    (folder / "05-test.toml").write_text(RULE)
    return folder


@pytest.fixture
def reloader(store: Store, rules: Path) -> Iterator[Reloader]:
    """One that gives editors more time than they need here."""
    cfg = load(rules.parent / "config.toml", secrets=False)
    cfg.gateway.data_dir.mkdir()
    found = Reloader(store, load_site(cfg, store), settle=6 * GAP)
    found.start()
    yield found
    found.stop()


def summaries(store: Store, reloader: Reloader, save: Callable[[], object]) -> list[str]:
    """What is put in force from this save on, until the rule gives low priority."""
    known = len(rule_sets.history(store))
    save()
    wait_for(lambda: '"low"' in reloader.site.rules.files.get("rules/05-test.toml", ""), 30, "the new rule is in force")
    return [one.summary for one in rule_sets.history(store)[known:]]


def later(step: Callable[[], object]) -> None:
    threading.Timer(GAP, step).start()


def test_a_file_that_is_gone_for_a_moment_does_not_take_its_rules_along(
    store: Store, reloader: Reloader, rules: Path
) -> None:
    """As some editors do: the old one aside, and only later the new one."""
    file = rules / "05-test.toml"

    def save() -> None:
        file.rename(f"{file}~")
        later(lambda: file.write_text(RULE.replace("urgent", "low")))

    assert summaries(store, reloader, save) == ['05-test.toml: ~rule "lamps first"']


def test_a_mistake_that_lasts_a_moment_is_not_spoken_of(
    store: Store, reloader: Reloader, rules: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Half of a file, and later the whole: nobody is told of a mistake that nobody made."""
    file = rules / "05-test.toml"

    def save() -> None:
        file.write_text(RULE[:47])
        later(lambda: file.write_text(RULE.replace("urgent", "low")))

    assert summaries(store, reloader, save) == ['05-test.toml: ~rule "lamps first"']
    assert "site_refused" not in [record.message for record in caplog.records]


def test_what_has_gone_for_good_is_gone(store: Store, reloader: Reloader, rules: Path) -> None:
    (rules / "05-test.toml").unlink()
    wait_for(lambda: "rules/05-test.toml" not in reloader.site.rules.files, 30, "its rules are out of force")
    assert rule_sets.history(store)[-1].summary == "05-test.toml: gone"
    assert reloader.site.rule_set_id == rule_sets.newest_id(store)


def test_a_folder_behind_a_link_that_is_turned_elsewhere(store: Store, reloader: Reloader, rules: Path) -> None:
    """As deployments do that put up a new folder and turn a link to it."""
    fresh = rules.rename(rules.parent / "rules-1")
    rules.symlink_to(fresh)
    second = rules.parent / "rules-2"
    second.mkdir()
    for file in fresh.iterdir():
        (second / file.name).write_text(
            file.read_text().replace('"urgent"\n', '"low"\n') if "05" in file.name else file.read_text()
        )
    turned = rules.parent / "turned"
    turned.symlink_to(second)
    assert summaries(store, reloader, lambda: turned.replace(rules)) == ['05-test.toml: ~rule "lamps first"']


BESIDE = (".05-test.toml.swp", "05-test.toml~", "#05-test.toml#", "4913", "05-test.toml.new", "05-test.toml.swx")
READ = ("05-test.toml", "lists/vip.txt", "samples/a.eml", "samples/mail")


@pytest.mark.parametrize("name", BESIDE)
def test_what_editors_put_beside_a_file_is_not_looked_at(rules: Path, name: str) -> None:
    cfg = load(rules.parent / "config.toml", secrets=False)
    before = _look(cfg)
    (rules / name).write_text("x")
    assert _look(cfg) == before


@pytest.mark.parametrize("name", READ)
def test_whatever_may_be_read_is_looked_at(rules: Path, name: str) -> None:
    cfg = load(rules.parent / "config.toml", secrets=False)
    file = rules / name
    file.parent.mkdir(exist_ok=True)
    looks = [_look(cfg)]
    for step in (lambda: file.write_text("x"), lambda: file.write_text("yy"), file.unlink):
        step()
        looks.append(_look(cfg))
    assert all(one != two for one, two in pairwise(looks))
