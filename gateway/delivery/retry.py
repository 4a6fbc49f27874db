"""When a mail that could not be delivered is tried again. Pure: instants and chance come in as arguments."""

from datetime import datetime, timedelta

_FIRST = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
_THEN = timedelta(hours=2)
_SPREAD = 0.2  # of _THEN, either way, so that what failed together does not come back together


def next_try(
    attempts: int, *, created_at: datetime, at: datetime, give_up_after: timedelta, chance: float
) -> datetime | None:
    """The next instant after `attempts` tries, or None: give up. `chance` is a random number from 0 to 1.

    The short waits are always gone through, so that a mail which waited out a long stop of ours gets its tries.
    """
    if attempts <= len(_FIRST):
        return at + _FIRST[max(attempts, 1) - 1]
    if at - created_at >= give_up_after:
        return None
    return at + _THEN * (1 + _SPREAD * (2 * chance - 1))
