"""Letters to the admin: how often the same matter is told."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.admin import MAX_ADVICE, advise, tell_admin, tell_admin_once
from gateway.config import load
from gateway.site import Site, load_site
from gateway.store import Store, tables
from gateway.tickets.undeclared import Advice
from support.whole_site import make_site


@pytest.fixture
def site(tmp_path: Path, store: Store) -> Site:
    return load_site(load(make_site(tmp_path / "site"), secrets=False), store)


def letters(store: Store) -> int:
    with store.main.read() as conn:
        return conn.execute(select(func.count()).select_from(tables.outbox)).scalar_one()


def test_the_same_text_is_told_once_and_for_all(store: Store, site: Site) -> None:
    for _ in range(3):
        tell_admin_once(store, site, "refused", "a.toml:1: a mistake")
    assert letters(store) == 1
    tell_admin_once(store, site, "refused", "a.toml:1: another mistake")
    assert letters(store) == 2


def test_the_same_subject_is_told_once_an_hour(
    store: Store, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = tmp_path / "clock"
    monkeypatch.setattr("gateway.now._CLOCK_FILE", str(clock))
    for instant, expected in (("09:10", 1), ("09:50", 1), ("10:01", 2)):
        clock.write_text(f"2026-11-27T{instant}:00+00:00")
        tell_admin(store, site, [("a pattern is switched off", instant)])
        assert letters(store) == expected


def test_a_source_is_advised_once_and_a_few_a_day(
    store: Store, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = tmp_path / "clock"
    monkeypatch.setattr("gateway.now._CLOCK_FILE", str(clock))
    clock.write_text("2026-11-27T09:00:00+00:00")
    for number in range(MAX_ADVICE + 3):
        for _ in range(2):
            source = f"form{number}@acme.example"
            advise(store, site, Advice(source=source, looks_like="a web form", toml=f'[[source]]\nfrom = "{source}"'))
    assert letters(store) == MAX_ADVICE
    clock.write_text("2026-11-28T09:00:01+00:00")
    advise(store, site, Advice(source="form0@acme.example", looks_like="a web form", toml=""))
    advise(store, site, Advice(source="form9@acme.example", looks_like="a web form", toml="[[source]]"))
    assert letters(store) == MAX_ADVICE + 1
