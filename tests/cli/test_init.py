"""`gateway init` writes a site that works at once, and never over anything."""

from pathlib import Path

import pytest

from gateway.config import load
from support.cli import CHECKOUT, gateway


def test_a_fresh_site_works(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "site"
    done = gateway("init", folder, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3
    assert f"gateway run -c {folder}/config.toml" in done.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["config.toml", "rules", "templates"]
    for part in ("config.toml", "rules", "templates"):
        ours, theirs = CHECKOUT / part, folder / part
        if ours.is_dir():
            wanted = {path.relative_to(ours) for path in ours.rglob("*") if not path.name.startswith((".", "__"))}
            assert {path.relative_to(theirs) for path in theirs.rglob("*")} == wanted
        else:
            assert theirs.read_bytes() == ours.read_bytes()
    checked = gateway("check", cwd=folder)
    assert checked.returncode == 0, checked.stderr
    assert gateway("-c", folder / "config.toml", "check", cwd=tmp_path).returncode == 0
    assert load(folder / "config.toml").gateway.data_dir == folder / "data"


def test_an_empty_folder_will_do(tmp_path: Path) -> None:
    assert gateway("init", tmp_path).returncode == 0
    assert (tmp_path / "config.toml").exists()


@pytest.mark.parametrize("name", ["config.toml", ".hidden"])
def test_nothing_is_written_over(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    done = gateway("init", tmp_path)
    assert done.returncode == 73
    assert "is not an empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert gateway("init", tmp_path / "file").returncode == 73
    done = gateway("init", tmp_path / "file" / "below")
    assert done.returncode == 73
    assert len(done.stderr.splitlines()) == 1


def test_without_a_folder_it_says_so() -> None:
    done = gateway("init")
    assert done.returncode == 64
    assert len(done.stderr.splitlines()) == 1
