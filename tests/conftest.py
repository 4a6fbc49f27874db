"""What every test may ask for: a store on each kind of database."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

# Nothing of the caller's surroundings may reach the program under test.
for _name in ("GATEWAY_CONFIG", "GATEWAY_CLOCK", "GATEWAY_FAULT", "GATEWAY_SABOTAGE", "GATEWAY_TEST"):
    os.environ.pop(_name, None)

import pytest  # noqa: E402

from gateway.store import Store, migrate, open_store  # noqa: E402
from support import postgres  # noqa: E402
from support.require import is_wanted, require  # noqa: E402

OpenStore = Callable[..., Store]


@pytest.fixture(scope="session")
def pg_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL database with all tables, the same for the whole session."""
    require("pg")
    with postgres.database_with_tables(tmp_path_factory.mktemp("postgres")) as url:
        yield url


# Where there is no PostgreSQL, its half is left out rather than skipped test by test; one skip says so elsewhere.
_DATABASES = ["sqlite", "postgresql"] if is_wanted("pg") else ["sqlite"]


@pytest.fixture(params=_DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with all tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/data/gateway.db"
        return
    url = request.getfixturevalue("pg_url")
    postgres.empty(url)
    yield url


@pytest.fixture
def another_store(database_url: str, tmp_path: Path) -> Iterator[OpenStore]:
    """`another_store("node2")` opens the test's database as a further node (or process) would; closed at the end."""
    with ExitStack() as stack:

        def opened(folder: str = "data", **options: object) -> Store:
            store = open_store(database_url, tmp_path / folder, **options)  # type: ignore[arg-type]
            stack.callback(store.close)
            migrate.ensure(store)
            return store

        yield opened


@pytest.fixture
def store(another_store: OpenStore) -> Store:
    """A store with all tables and nothing in them, on SQLite and on PostgreSQL."""
    return another_store()
