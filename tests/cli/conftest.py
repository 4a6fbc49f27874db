"""A desk on each kind of database."""

from pathlib import Path

import pytest

from gateway.store import Store
from support.desk import Desk


@pytest.fixture
def desk(tmp_path: Path, store: Store, database_url: str, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A small site and its commands, once on SQLite and once on PostgreSQL."""
    return Desk(tmp_path, store, database_url, capsys.readouterr)
