"""A provider, and an account that gets its tokens there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.config import load
from gateway.oauth import Account, accounts
from gateway.store import Store, migrate, open_store
from support.token_site import site
from support.token_stub import TokenStub, token_stub


@pytest.fixture
def stub() -> Iterator[TokenStub]:
    with token_stub() as running:
        yield running


@pytest.fixture
def known(tmp_path: Path, stub: TokenStub) -> Iterator[tuple[Store, Account]]:
    cfg = load(site(tmp_path, stub))
    store = open_store(cfg.database.url, cfg.gateway.data_dir)
    migrate.ensure(store)
    yield store, next(iter(accounts(cfg)))
    store.close()
