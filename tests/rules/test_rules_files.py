"""The rules folder: lists, samples, and every way in which it can be bad."""

from pathlib import Path

import pytest

from gateway import mail
from gateway.config import load as load_config
from gateway.config.rules_files import load_rules, names, read_folder, read_samples
from gateway.errors import RulesError
from support.site import GOOD, write

RULE = '[[rule]]\nname = "r"\nset.queue = "billing"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "rules"
    path.mkdir()
    (path / "10-a.toml").write_text(RULE)
    return path


def test_files_and_lists(folder: Path) -> None:
    (folder / "lists").mkdir()
    (folder / "lists" / "vip.txt").write_text("# the big ones\nbo@x.example\n\n  *@big.example  \nbo@x.example\n")
    (folder / ".10-a.toml.swp").write_text("no rule")
    (folder / "10-a.toml~").write_text("no rule")
    (folder / ".#20-b.toml").write_text("no rule")
    found = read_folder(folder)
    assert found.files == {"rules/10-a.toml": RULE}
    assert found.lists == {"vip": ("bo@x.example", "*@big.example")}


def test_links_within_the_folder_are_followed(folder: Path) -> None:
    (folder / "..data").mkdir()
    (folder / "..data" / "real.toml").write_text(RULE)
    (folder / "20-b.toml").symlink_to("..data/real.toml")
    assert "rules/20-b.toml" in read_folder(folder).files


def _told(folder: Path) -> str:
    with pytest.raises(RulesError) as error:
        read_folder(folder)
    return str(error.value)


def test_a_missing_folder(tmp_path: Path) -> None:
    assert "there is no such folder" in _told(tmp_path / "rules")


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    assert "holds no rules" in _told(tmp_path / "rules")


def test_a_link_to_the_outside(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (folder / "20-b.toml").symlink_to(tmp_path / "secret")
    assert "rules/20-b.toml: is a link to a file outside" in _told(folder)


def test_a_dangling_link_and_a_folder_named_like_a_file(folder: Path) -> None:
    (folder / "20-b.toml").symlink_to("nothing")
    (folder / "30-c.toml").mkdir()
    told = _told(folder)
    assert "rules/20-b.toml: is no file" in told
    assert "rules/30-c.toml: is no file" in told


def test_a_file_that_is_too_large(folder: Path) -> None:
    with (folder / "20-b.toml").open("wb") as file:
        file.truncate(50 << 20)
    assert "rules/20-b.toml: is larger than 2 MB" in _told(folder)


def test_bytes_that_are_not_utf_8(folder: Path) -> None:
    (folder / "20-b.toml").write_bytes(b"# fine\n# \xe9t\xe9\n")
    (folder / "lists").mkdir()
    (folder / "lists" / "a.txt").write_bytes(b"\xff")
    told = _told(folder)
    assert "rules/20-b.toml:2: is not UTF-8" in told
    assert "rules/lists/a.txt:1: is not UTF-8" in told


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    import os

    os.mkfifo(folder / "20-b.toml")
    assert "rules/20-b.toml: is no file" in _told(folder)


def test_a_half_written_file(folder: Path, tmp_path: Path) -> None:
    (folder / "20-b.toml").write_text('[[rule]]\nname = "half\n')
    config = load_config(write(tmp_path, GOOD), secrets=False)
    with pytest.raises(RulesError, match=r"rules/20-b.toml:2: a closing"):
        load_rules(config, ["acknowledgement"])


def test_names_of_a_site(tmp_path: Path) -> None:
    text = (
        GOOD
        + '\n[fields.order]\npattern = \'\\d{4,}\'\n[areas]\nvalues = ["login"]\n[statuses.at_supplier]\nlike = "on_hold"\n'
        '[agents.eve]\naddresses = ["eve@acme.example"]\nskills = ["network"]\n'
    )
    config = load_config(write(tmp_path, text), secrets=False)
    found = names(config, ["reply"], {"vip": ("x",)})
    assert set(found.queues) == {"support", "billing"}
    assert set(found.agents) == {"carol", "dave", "eve"}
    assert found.fields["order"].pattern == r"\d{4,}"
    assert found.areas == ("login",)
    assert {"open", "at_supplier"} <= set(found.statuses)
    assert found.skills == {"network"}
    assert found.calendars == ("office",)


def test_samples_are_read_and_those_outside_are_not(folder: Path, tmp_path: Path) -> None:
    (folder / "samples").mkdir()
    (folder / "samples" / "a.eml").write_bytes(b"From: bo@x.example\nSubject: Lamp\n\nHi\n")
    (tmp_path / "outside.eml").write_bytes(b"From: bo@x.example\n\nHi\n")
    (folder / "samples" / "b.eml").symlink_to(tmp_path / "outside.eml")
    tests = "".join(f'[[rule.test]]\nfile = "samples/{name}.eml"\nexpect.rules = []\n' for name in "abc")
    (folder / "10-a.toml").write_text(RULE + tests)
    rules = load_rules(load_config(write(tmp_path, GOOD), secrets=False), [])
    found = read_samples(rules, folder, mail.read)
    assert {name: one.subject for name, one in found.items()} == {"samples/a.eml": "Lamp"}
