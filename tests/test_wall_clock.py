"""When the wall clock is doubted, and how much may be done then: tables of looks, and a property."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wall_clock import JUMP, MOST, STEADY, WallClock

_MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _set_ahead(by: float) -> WallClock:
    clock = WallClock()
    clock.look(_MORNING, 0.0)
    clock.look(_MORNING + timedelta(seconds=10 + by), 10.0)
    return clock


@pytest.mark.parametrize(
    ("seconds", "jump"), [(0, 0), (JUMP, 0), (-JUMP, 0), (JUMP + 1, JUMP + 1), (-JUMP - 1, -JUMP - 1), (3600, 3600)]
)
def test_a_jump_is_more_than_a_minute(seconds: float, jump: float) -> None:
    clock = WallClock()
    assert clock.look(_MORNING, 5.0) == 0
    assert clock.look(_MORNING + timedelta(seconds=20 + seconds), 25.0) == jump
    assert clock.look(_MORNING + timedelta(seconds=30 + seconds), 35.0) == 0


def test_a_steady_clock_is_never_capped() -> None:
    clock = WallClock()
    for turn in range(100):
        clock.look(_MORNING + timedelta(seconds=10 * turn), 10.0 * turn)
        assert clock.room(10.0 * turn) is None
        clock.note(10.0 * turn, 1_000)


def test_fifty_a_minute_until_it_has_run_steadily() -> None:
    clock = _set_ahead(3600)
    assert clock.room(10.0) == MOST
    clock.note(10.0, 30)
    assert clock.room(20.0) == 20
    clock.note(20.0, 20)
    assert clock.room(69.0) == 0
    assert clock.room(70.0) == 30
    assert clock.room(80.0) == 50
    assert clock.room(10.0 + STEADY) is None


def test_a_clock_set_back_is_believed() -> None:
    clock = _set_ahead(3600)
    clock.look(_MORNING + timedelta(seconds=30), 30.0)
    assert clock.room(30.0) is None


def test_a_second_jump_begins_the_wait_anew() -> None:
    clock = _set_ahead(3600)
    clock.look(_MORNING + timedelta(seconds=7_400), 210.0)
    assert clock.room(10.0 + STEADY) == MOST
    assert clock.room(210.0 + STEADY) is None


@given(st.lists(st.tuples(st.floats(0, 40), st.integers(0, 80)), max_size=60))
def test_no_minute_has_more(turns: list[tuple[float, int]]) -> None:
    clock, passed, done = _set_ahead(100_000), 10.0, list[tuple[float, int]]()
    for pause, waiting in turns:
        passed += pause
        room = clock.room(passed)
        if room is None:
            break
        count = min(room, waiting)
        clock.note(passed, count)
        done.append((passed, count))
        assert sum(some for at, some in done if passed - at < 60) <= MOST
