"""Who was told of what within the hour."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway import act
from gateway.store import Store, told
from gateway.tickets.actions import Actor, Note

AT = datetime(2026, 11, 27, 9, 59, tzinfo=UTC)


def tell(store: Store, sort: str, whom: str, at: datetime) -> None:
    note = Note(ticket=None, kind="lead_told", step_key=told.hourly_key(sort, whom, at))
    with store.main.write() as conn:
        act.apply(conn, [note], Actor(name="clock", at=at))


def was_told(store: Store, sort: str, whom: str, at: datetime) -> bool:
    with store.main.write() as conn:
        told.lock(conn)
        return told.was_told(conn, sort, whom, at)


@pytest.mark.parametrize(("minutes", "expected"), [(0, True), (1, True), (59, True), (60, False), (61, False)])
def test_an_hour_is_sixty_minutes_wherever_it_begins(store: Store, minutes: int, expected: bool) -> None:
    tell(store, "similar", "carol", AT)
    later = AT + timedelta(minutes=minutes)
    assert was_told(store, "similar", "carol", later) is expected
    assert was_told(store, "similar", "dave", later) is False
    assert was_told(store, "unassigned", "carol", later) is False


def test_what_is_told_once_is_known_for_ever(store: Store) -> None:
    key = told.hourly_key("admin", "a pattern", AT)
    assert key == "notice:admin:a pattern:2026-11-27T09"
    with store.main.read() as conn:
        assert not told.was_ever_told(conn, key)
    tell(store, "admin", "a pattern", AT)
    with store.main.read() as conn:
        assert told.was_ever_told(conn, key)
