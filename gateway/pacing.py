"""When an automatic mail may leave by the cap on all of them: what is over it waits its turn, within bounds."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.config import Rate

MOST = timedelta(hours=4)  # later it would be of no use to anybody


def wait_for(rates: Sequence[Rate], leaving: Sequence[datetime], at: datetime) -> timedelta | None:
    """How long one more waits, so that every rate holds and none overtakes another; None: longer than `MOST`.

    `leaving`: when those before it left or are to leave, the last first.
    """
    free = [leaving[rate.count - 1] + rate.per for rate in rates if len(leaving) >= rate.count]
    wait = max([at, *free]) - at
    return wait if wait <= MOST else None
