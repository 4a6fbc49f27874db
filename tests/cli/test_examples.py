"""The worked sites under docs/examples are what they say: checked, tested, and of use."""

from pathlib import Path

import pytest

from support.cli import CHECKOUT, gateway

SITES = sorted(path.parent for path in (CHECKOUT / "docs" / "examples").glob("*/config.toml"))


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_it_is_checked_and_its_rules_pass_their_tests(site: Path) -> None:
    checked = gateway("check", cwd=site)
    assert (checked.returncode, checked.stderr) == (0, "")
    tested = gateway("rules", "test", cwd=site)
    assert tested.returncode == 0, tested.stdout
    assert not (site / "data").exists()  # neither of them writes anything


def test_the_shop_is_there_in_three_files_with_a_test_for_every_rule() -> None:
    rules = {path.name: path.read_text() for path in (CHECKOUT / "docs/examples/shop/rules").glob("*.toml")}
    assert len(rules) == 3
    for name, text in rules.items():
        for block in text.split("[[rule]]")[1:]:
            assert "[[rule.test]]" in block, (name, block.splitlines()[1])
