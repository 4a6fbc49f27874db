"""A desk on each kind of database, with agents who can prove who they are."""

from pathlib import Path

import pytest

from gateway.store import Store
from gateway.telling import to_agents
from support.busy_office import NO_CAPS, BusyOffice
from support.desk import Desk


@pytest.fixture
def desk(tmp_path: Path, store: Store, database_url: str, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A small site and its commands, once on SQLite and once on PostgreSQL."""
    return Desk(tmp_path, store, database_url, capsys.readouterr)


@pytest.fixture
def busy(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> BusyOffice:
    """An office for many mails: nothing is silenced for being too much, and no new ticket waits for a digest."""
    desk.configure(more=NO_CAPS)
    monkeypatch.setattr(to_agents, "MOST_NEW", 1_000_000)
    return BusyOffice(desk)


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that says what time it is."""
    file = tmp_path / "clock"
    monkeypatch.setattr("gateway.now._CLOCK_FILE", str(file))
    return file
