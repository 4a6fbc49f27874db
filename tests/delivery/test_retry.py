"""When a mail is tried again, and how much may leave at once: tables of inputs and answers."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.config import Rate
from gateway.delivery.pace import Breaker, Pace
from gateway.delivery.retry import next_try

START = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
THREE_DAYS = timedelta(days=3)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("attempts", "chance", "minutes"),
    [
        (1, 0.9, 1),
        (2, 0, 5),
        (3, 1, 15),
        (4, 0, 30),
        (5, 0, 60),
        (6, 0.5, 120),
        (6, 0, 96),
        (6, 1, 144),
        (30, 0.5, 120),
    ],
)
def test_the_waits(attempts, chance, minutes):
    again = next_try(attempts, created_at=START, at=START, give_up_after=THREE_DAYS, chance=chance)
    assert again == START + minutes * MINUTE


@pytest.mark.parametrize(
    ("attempts", "age", "gives_up"),
    [
        (6, THREE_DAYS - MINUTE, False),
        (6, THREE_DAYS, True),
        (40, THREE_DAYS + MINUTE, True),
        (1, timedelta(days=9), False),  # waited out a long stop of ours: it gets its tries
        (5, timedelta(days=9), False),
    ],
)
def test_giving_up(attempts, age, gives_up):
    again = next_try(attempts, created_at=START - age, at=START, give_up_after=THREE_DAYS, chance=0.5)
    assert (again is None) == gives_up


def test_a_whole_life_of_tries_spans_three_days():
    at, attempts = START, 0
    while True:
        attempts += 1
        again = next_try(attempts, created_at=START, at=at, give_up_after=THREE_DAYS, chance=0.5)
        if again is None:
            break
        at = again
    assert timedelta(days=3) <= at - START < timedelta(days=3, hours=3)
    assert 38 <= attempts <= 42


def test_every_rate_holds():
    pace = Pace([Rate(count=3, per=timedelta(seconds=10)), Rate(count=5, per=timedelta(seconds=100))])
    assert pace.room(0, 32) == 3
    for _ in range(3):
        pace.note(0)
    assert pace.room(5, 32) == 0
    assert pace.room(10, 32) == 2
    pace.note(10)
    pace.note(10)
    assert pace.room(50, 32) == 0
    assert pace.room(100, 32) == 3


def test_without_a_rate_there_is_no_limit():
    pace = Pace([])
    for _ in range(1000):
        pace.note(0)
    assert pace.room(0, 32) == 32


def test_the_breaker_opens_probes_and_closes():
    breaker = Breaker(limit=3, probe_every=60)
    assert [breaker.note(False, clock) for clock in (1, 2, 3)] == [False, False, True]
    assert breaker.is_open
    assert breaker.room(4, 32) == 0
    assert breaker.room(63, 32) == 1
    assert breaker.note(False, 63) is False
    assert breaker.room(64, 32) == 0
    assert breaker.room(123, 32) == 1
    assert breaker.note(True, 123) is True
    assert breaker.room(124, 32) == 32


def test_only_failures_in_a_row_open_the_breaker():
    breaker = Breaker(limit=3, probe_every=60)
    for reached in (False, False, True, False, False, True):
        breaker.note(reached, 0)
    assert not breaker.is_open
