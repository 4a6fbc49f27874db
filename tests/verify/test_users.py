"""Passwords for submission: the file, its mode and its owner, checks that tell nothing, and changes that count at once."""

import os
import stat
from pathlib import Path

import pytest

from gateway.config import load
from gateway.errors import Permanent, Temporary
from gateway.verify import users
from gateway.verify.users import Users
from support.site import GOOD, write

GOOD_ONE, ANOTHER = "correct horse battery", "staple of another"


def test_a_password_and_others(tmp_path: Path) -> None:
    path = tmp_path / "users"
    assert users.put(path, "carol", GOOD_ONE)
    known = Users(path)
    assert known.check("carol", GOOD_ONE)
    for user, password in [
        ("carol", ANOTHER),
        ("carol", ""),
        ("carol", GOOD_ONE.upper()),
        ("dave", GOOD_ONE),
        ("", ""),
    ]:
        assert not known.check(user, password)
    assert GOOD_ONE not in path.read_text()


def test_a_change_counts_at_once(tmp_path: Path) -> None:
    path = tmp_path / "users"
    users.put(path, "carol", GOOD_ONE)
    known = Users(path)
    assert known.check("carol", GOOD_ONE)
    assert not users.put(path, "carol", ANOTHER)
    assert not known.check("carol", GOOD_ONE)
    assert known.check("carol", ANOTHER)
    assert users.remove(path, "carol")
    assert not known.check("carol", ANOTHER)
    path.unlink()
    with pytest.raises(Temporary):
        known.check("carol", ANOTHER)


def test_the_file_is_its_owners_alone_and_keeps_what_stands_in_it(tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text("# who may submit\n\ncarol:$argon2id$old\nbad line\ndave:$argon2id$his\n")
    path.chmod(0o644)
    users.put(path, "carol", GOOD_ONE)
    lines = path.read_text().splitlines()
    assert lines[:2] == ["# who may submit", ""]
    assert lines[2].startswith("carol:$argon2id$v=19$")
    assert lines[3:] == ["bad line", "dave:$argon2id$his"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert users.names(path) == ["carol", "dave"]
    assert users.bad_lines(path) == [4]
    assert [one.name for one in tmp_path.iterdir()] == ["users"]
    assert not users.remove(path, "eve")


def test_a_first_file(tmp_path: Path) -> None:
    path = tmp_path / "users"
    assert users.names(path) == []
    users.put(path, "carol", GOOD_ONE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_uid == tmp_path.stat().st_uid


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere"
    real.write_text("")
    (tmp_path / "users").symlink_to(real)
    users.put(tmp_path / "users", "carol", GOOD_ONE)
    assert (tmp_path / "users").is_symlink()
    assert users.names(real) == ["carol"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_writes_stays_readable_by_the_gateway(tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text("")
    os.chown(path, 12345, 12345)
    users.put(path, "carol", GOOD_ONE)
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12345)


def test_a_crash_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "users"
    users.put(path, "carol", GOOD_ONE)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Permanent, match="No space left"):
        users.put(path, "carol", ANOTHER)
    assert Users(path).check("carol", GOOD_ONE)
    assert [one.name for one in tmp_path.iterdir()] == ["users"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="cannot open the folder"):
        users.put(tmp_path / "no" / "users", "carol", GOOD_ONE)


def test_a_hash_that_is_none_lets_nobody_in(tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text("carol:$argon2id$nonsense\ndave:plain\neve\n:$argon2id$x\n")
    known = Users(path)
    for user in ("carol", "dave", "eve", ""):
        assert not known.check(user, "plain")


def test_an_unknown_user_is_compared_with_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work for who is there and who is not: a clock tells nothing (T27)."""
    path = tmp_path / "users"
    users.put(path, "carol", GOOD_ONE)
    compared: list[str] = []
    real = users._hasher()

    class Counting:
        def verify(self, hashed: str, password: str) -> bool:
            compared.append(hashed)
            return real.verify(hashed, password)

    users._nobodys_hash()
    monkeypatch.setattr(users, "_hasher", Counting)
    known = Users(path)
    for user in ("carol", "nobody"):
        assert not known.check(user, ANOTHER)
    assert len(compared) == 2
    assert len({hashed.rpartition("$")[0].rpartition("$")[0] for hashed in compared}) == 1  # of the same cost


@pytest.mark.parametrize(
    ("password", "flaw"),
    [
        (GOOD_ONE, ""),
        ("пароль с пробелами", ""),
        ("short", "fewer than 8"),
        ("x" * 2000, "longer than 1024"),
        ("with\x00nul in it", "cannot be typed"),
        ("with\ttab in it", "cannot be typed"),
    ],
)
def test_what_is_no_password(password: str, flaw: str) -> None:
    found = users.flaw_of(password)
    assert flaw in found
    assert bool(found) is bool(flaw)


@pytest.mark.parametrize(
    ("name", "agent"),
    [("carol", "carol"), ("carol@acme.example", "carol"), ("CAROL@acme.example", "carol"), ("eve", None), ("", None)],
)
def test_names_to_log_in_by(name: str, agent: str | None, tmp_path: Path) -> None:
    assert users.login_of(name, load(write(tmp_path, GOOD))) == agent
