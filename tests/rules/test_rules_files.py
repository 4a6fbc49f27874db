"""The rules folder: lists, samples, and every way in which it can be bad."""

import os
import tempfile
from pathlib import Path

import pytest

from gateway.config import load as load_config
from gateway.config.rules_files import load_rules, names, read_folder, read_samples, unread
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
    os.mkfifo(folder / "20-b.toml")
    assert "rules/20-b.toml: is no file" in _told(folder)


def test_a_name_that_cannot_be_printed(folder: Path) -> None:
    (folder / "20-\x1b[31m.toml").write_text(RULE)
    (folder / os.fsdecode(b"30-\xff.toml")).write_text(RULE)
    assert _told(folder).splitlines() == [
        r"rules/20-\x1b[31m.toml: has a name that cannot be printed; rename the file",
        r"rules/30-\udcff.toml: has a name that cannot be printed; rename the file",
    ]


@pytest.mark.skipif(os.getuid() != 0, reason="becomes another user, which only root can")
@pytest.mark.parametrize(
    ("locked", "wanted"),
    [
        ("rules/10-a.toml", "rules/10-a.toml: cannot be read: Permission denied"),
        ("rules/lists", "rules/lists: cannot be read: Permission denied"),
        ("rules", "rules: cannot be read: Permission denied"),
    ],
)
def test_what_may_not_be_read_is_told(locked: str, wanted: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home, "rules")
        (folder / "lists").mkdir(parents=True)
        (folder / "10-a.toml").write_text(RULE)
        os.chmod(home, 0o755)
        Path(home, locked).chmod(0)
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setuid(65534)
                os.write(tell, _told(folder).encode())
            finally:
                os._exit(0)
        os.close(tell)
        with open(told, encoding="utf-8") as said:
            assert wanted in said.read()
        os.waitpid(child, 0)


def test_ten_thousand_rules_load(folder: Path, tmp_path: Path) -> None:
    block = '[[rule]]\nname = "r{n}"\nwhen.text = ["topic{n}*", "theme {n}"]\nunless.from = "*@x{n}.example"\nset.queue = "billing"\n'
    for part in range(10):
        text = "".join(block.format(n=1_000 * part + number) for number in range(1_000))
        (folder / f"{part}0-many.toml").write_text(text)
    rules = load_rules(load_config(write(tmp_path, GOOD), secrets=False), [])
    assert len(rules.rules) == 10_001


def test_files_that_nobody_reads_are_named(folder: Path) -> None:
    for name in (
        "20-b.toml.txt",
        "lists/vip.csv",
        "lists/good.txt",
        "old/30.toml",
        "samples/a.eml",
        "README.md",
        "40.toml~",
        ".x",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    assert [one.partition(":")[0] for one in unread(folder)] == [
        "rules/20-b.toml.txt",
        "rules/lists/vip.csv",
        "rules/old/30.toml",
    ]


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
    assert dict(read_samples(rules, folder)) == {"samples/a.eml": b"From: bo@x.example\nSubject: Lamp\n\nHi\n"}
