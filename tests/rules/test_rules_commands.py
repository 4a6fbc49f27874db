"""`gateway rules check | test | show`."""

import json
from pathlib import Path

import pytest

from gateway.cli.main import run
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
    assert "5 files, 13 rules" in out
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


# What somebody writes who has never written a rule, one mistake a file; and what the message tells to write instead.
BEGINNERS = [
    ("set.queue = billing", 'texts stand in quotes: "billing"'),
    ("when.subject = “refund”", "write straight ones"),
    ('when.subject = "refund", "invoice"', 'several values stand in brackets: ["refund", "invoice"]'),
    ('when.subject = ["refund" "invoice"]', 'a comma is missing before "invoice"'),
    ('when.subject = "refund', 'a closing " is missing'),
    ('when.body.matches = "\\bORD-1"', "put the pattern in single quotes"),
    (
        "when.subject = 'a'\nwhen.subject.matches = 'b'",
        "write `when.subject.contains = ...` (or .words, .is) beside `.matches`",
    ),
    ('when.from = "acme.example"', 'write "*@acme.example"'),
    ('when.subject.contians = "a"', "did you mean contains?"),
    ('set.assignee = "carol"', "did you mean set.assign"),
    ('set.tags = ["a"]', "write add.tags"),
    ('[[rule.test]]\nmail.subject = "a"\nexpect.rules = []\nstop = true', "move stop before [[rule.test]]"),
    ("stop = yes", "write true"),
    ("when.size = 1 MB", 'put the value in quotes: "1 MB"'),
]


def test_each_mistake_of_a_beginner_tells_by_itself_what_to_write(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, (line, _) in enumerate(BEGINNERS):
        text = f'[[rule]]\nname = "r{number}"\nadd.tags = "x"\n{line}\n'
        (site.parent / "rules" / f"{number + 30}-own.toml").write_text(text)
    code, _, err = _call(capsys, "rules", "check", "-c", site)
    assert code == 78
    told = err.splitlines()
    assert len(told) == len(BEGINNERS)
    for number, (_, wanted) in enumerate(BEGINNERS):
        (message,) = [one for one in told if one.startswith(f"rules/{number + 30}-own.toml:")]
        assert f'rule "r{number}": ' in message
        assert wanted in message, message


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
    code, _, err = _call(capsys, "check", "-c", site)
    assert code == 78
    assert (
        'rules/05-own.toml:5: rule "x": test failed: expect.queue expected support, got billing; '
        "`gateway rules test` shows why\n" in err
    )


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


def test_a_sample_that_kills_its_reader_fails_its_test_only(
    site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_TEST", "1")
    (site.parent / "rules" / "samples").mkdir()
    (site.parent / "rules" / "samples" / "a.eml").write_bytes(b"From: bo@x.example\nX-Gateway-Poison: segfault\n\nHi\n")
    (site.parent / "rules" / "05-own.toml").write_text(
        '[[rule]]\nname = "x"\nadd.tags = "b"\n[[rule.test]]\nfile = "samples/a.eml"\nexpect.tags = "b"\n'
    )
    code, out, _ = _call(capsys, "rules", "test", "-c", site)
    assert code == 1
    assert "no such file below the rules folder, or none that can be read" in out


def test_tests_know_the_site_its_agents_organisations_and_clock(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.write_text(
        f"{site.read_text()}\n[organisations.big]\ndomains = ['big.example']\ntags = ['vip']\n"
        "[calendars.office]\ntimezone = 'Europe/Prague'\nmon-fri = '09:00-17:00'\n"
    )
    (site.parent / "rules" / "05-own.toml").write_text(
        '[[rule]]\nname = "x"\nwhen.organisation = "big"\nwhen.sender.tags = "vip"\nadd.tags = "big"\n'
        '[[rule.test]]\nmail.from = "bo@big.example"\nexpect.tags = "big"\n'
        '[[rule]]\nname = "y"\nwhen.sender.agent = true\nadd.tags = "ours"\n'
        '[[rule.test]]\nmail.from = "carol@acme.example"\nexpect.tags = "ours"\n'
        '[[rule]]\nname = "z"\nwhen.hours.outside = "office"\nadd.tags = "late"\n'
        '[[rule.test]]\nat = "2026-11-27T08:59"\nexpect.tags = "late"\n'
        '[[rule.test]]\nat = "2026-11-27T09:00"\nexpect.tags = []\n'
        '[[rule.test]]\nat = "2026-11-27T15:59:59Z"\nexpect.tags = []\n'
        '[[rule.test]]\nat = "2026-11-27T16:00Z"\nexpect.tags = "late"\n'
        '[[rule]]\nname = "d"\nwhen.date = "2026-12-25"\nset.title = "Christmas"\n'
        '[[rule.test]]\nat = "2026-12-24T23:30Z"\nexpect.title = "Christmas"\n'
        '[[rule]]\nname = "o"\nwhen.date.older = "2 days"\nadd.tags = "old"\n'
        '[[rule.test]]\nat = "2026-12-24T12:00"\nmail.date = "2026-12-22T10:59Z"\nexpect.tags = "old"\n'
        '[[rule.test]]\nat = "2026-12-24T12:00"\nmail.date = "2026-12-22T11:01Z"\nexpect.not.tags = "old"\n'
    )
    code, out, err = _call(capsys, "rules", "test", "-c", site)
    assert (code, err) == (0, ""), out


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
