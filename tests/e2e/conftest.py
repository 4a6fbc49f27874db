"""A daemon on a site of its own, once on SQLite and once on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.daemon import Daemon
from support.whole_site import make_site


@pytest.fixture
def daemon(tmp_path: Path, database_url: str) -> Iterator[Daemon]:
    url = "sqlite:///data/gateway.db" if database_url.startswith("sqlite") else database_url
    with Daemon(make_site(tmp_path / "site", database=url)) as running:
        yield running
