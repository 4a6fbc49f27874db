"""`gateway rules check | test | show`."""

import json
from pathlib import Path

import pytest

from gateway.cli.main import run
from gateway.cli.rules_commands import problems_of
from gateway.config import load
from support.cli import gateway
from support.whole_site import make_site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return make_site(tmp_path / "site")


def _call(capsys: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, str, str]:
    code = run([str(arg) for arg in args])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_good_rules(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _call(capsys, "rules", "check", "-c", site)
    assert (code, err) == (0, "")
    assert "4 files, 11 rules" in out
    code, out, err = _call(capsys, "rules", "test", "-c", site)
    assert (code, err) == (0, "")
    assert "all passed" in out
    assert not (site.parent / "data").exists()


def test_bad_rules_exit_78_with_every_mistake(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site.parent / "rules" / "30-own.toml").write_text(
        '[[rule]]\nname = "x"\nset.queue = "biling"\nset.priority = "hihg"\n'
    )
    for command in ("check", "test", "show"):
        code, out, err = _call(capsys, "rules", command, "-c", site)
        assert (code, out) == (78, "")
        assert err.splitlines() == [
            'rules/30-own.toml:3: rule "x": set.queue: no such queue in [queues]: biling, did you mean billing?',
            'rules/30-own.toml:4: rule "x": set.priority: no such value: hihg, did you mean high?',
        ]
    code, out, _ = _call(capsys, "rules", "check", "--json", "-c", site)
    assert code == 78
    assert json.loads(out)["problems"][0].startswith("rules/30-own.toml:3")


def test_failing_tests_exit_1_with_a_diff(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site.parent / "rules" / "05-own.toml").write_text(
        '[[rule]]\nname = "x"\nwhen.subject = "candle"\nset.queue = "billing"\n'
        '[[rule.test]]\nmail.subject = "My candle"\nexpect.queue = "support"\n'
    )
    code, out, err = _call(capsys, "rules", "test", "-c", site)
    assert (code, err) == (1, "")
    assert 'rules/05-own.toml:5: rule "x": test failed' in out
    assert "- expected: support" in out
    assert '+ got:      billing   <- rule "x" (rules/05-own.toml:4)' in out
    assert "1 failed" in out
    code, out, _ = _call(capsys, "rules", "test", "--json", "-c", site)
    assert code == 1
    (failure,) = json.loads(out)["failures"]
    assert failure["diffs"][0]["expected"] == "support"
    assert problems_of(load(site, secrets=False)) == [
        'rules/05-own.toml:5: rule "x": test failed; `gateway rules test` shows why'
    ]


def test_tests_may_name_a_file(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site.parent / "rules" / "samples").mkdir()
    (site.parent / "rules" / "samples" / "a.eml").write_bytes(
        b"From: bo@x.example\nTo: billing@acme.example\nSubject: Hi\n\nHi\n"
    )
    (site.parent / "rules" / "05-own.toml").write_text(
        '[[rule]]\nname = "x"\nwhen.recipient = "billing@acme.example"\nadd.tags = "b"\n'
        '[[rule.test]]\nfile = "samples/a.eml"\nexpect.queue = "billing"\nexpect.tags = "b"\n'
    )
    code, _, err = _call(capsys, "rules", "test", "-c", site)
    assert (code, err) == (0, "")


def test_lint_warns_and_exits_0(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _call(capsys, "rules", "lint", "-c", site) == (0, "0 warnings\n", "")
    (site.parent / "rules" / "95-own.toml").write_text('[[rule]]\nname = "x"\nset.reply = "none"\n')
    code, out, _ = _call(capsys, "rules", "lint", "-c", site)
    assert code == 0
    assert 'rules/95-own.toml:1: rule "x": has no test' in out
    assert 'rules/95-own.toml:3: rule "x": set.reply never decides' in out
    code, out, _ = _call(capsys, "rules", "lint", "--json", "-c", site)
    assert len(json.loads(out)["warnings"]) == 2


def test_show_lists_the_rules_in_order_or_prints_one(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _call(capsys, "rules", "show", "-c", site)
    assert code == 0
    assert out.index("marked by SpamAssassin") < out.index("usual priority")
    code, out, _ = _call(capsys, "rules", "show", "usual priority", "-c", site)
    assert code == 0
    assert out.startswith("# rules/90-default.toml:3\n[[rule]]\n")
    code, out, _ = _call(capsys, "rules", "show", "--json", "-c", site)
    assert [rule["name"] for rule in json.loads(out)["rules"]][-1] == "the customer gets a number"
    code, _, err = _call(capsys, "rules", "show", "usual priorty", "-c", site)
    assert code == 64
    assert "did you mean usual priority?" in err


def test_a_missing_folder_and_a_bad_configuration(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site.parent / "rules").rename(tmp_path / "elsewhere")
    code, _, err = _call(capsys, "rules", "check", "-c", site)
    assert code == 78
    assert "there is no such folder" in err
    site.write_text("nonsense")
    code, _, err = _call(capsys, "rules", "check", "-c", site)
    assert code == 78
    assert "config.toml:1" in err


def test_the_real_program(site: Path) -> None:
    done = gateway("rules", "test", "-c", site)
    assert (done.returncode, done.stderr) == (0, "")
