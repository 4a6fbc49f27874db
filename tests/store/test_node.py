"""Who we are, and that we are alone."""

import os
import subprocess
import sys

import pytest

from gateway.errors import ConfigError, Temporary
from gateway.store.node import DataLock, make_private, node_id


def test_the_id_is_made_once(tmp_path):
    first = node_id(tmp_path)
    assert first.startswith("node-")
    assert node_id(tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == ["node"]


def test_an_admin_may_name_the_node(tmp_path):
    (tmp_path / "node").write_text("mail-1\n")
    assert node_id(tmp_path) == "mail-1"


def test_an_empty_id_is_refused(tmp_path):
    (tmp_path / "node").write_text("\n")
    with pytest.raises(ConfigError, match="is empty"):
        node_id(tmp_path)


def test_the_data_directory_is_its_owners_alone(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    make_private(folder)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_second_holder_is_told_who_and_where(tmp_path):
    lock = DataLock(tmp_path)
    with pytest.raises(Temporary, match=rf"{tmp_path} is in use by a running gateway \(pid {os.getpid()}\)"):
        DataLock(tmp_path)
    lock.release()
    DataLock(tmp_path).release()


def test_a_clean_stop_is_told_from_a_crash(tmp_path):
    lock = DataLock(tmp_path)
    assert not lock.unclean
    lock.release()
    code = "import sys, os; from pathlib import Path; from gateway.store.node import DataLock; l = DataLock(Path(sys.argv[1])); os._exit(0)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    after_crash = DataLock(tmp_path)
    assert after_crash.unclean
    after_crash.release()
    again = DataLock(tmp_path)
    assert not again.unclean
    again.release()
