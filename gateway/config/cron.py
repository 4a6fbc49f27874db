"""Cron expressions: `"0 7 * * mon"` is each Monday at seven."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from apscheduler.triggers.cron import CronTrigger

# How far to look back for the last time, in steps, so that one that comes every minute is found at once.
_REACHES = tuple(timedelta(hours=hours) for hours in (1, 24, 8 * 24, 32 * 24, 367 * 24, 4 * 367 * 24))


def trigger(text: str, zone: tzinfo) -> CronTrigger:
    """The times of an expression by the clocks of a zone; ValueError with a remedy."""
    fields = text.split()
    if len(fields) != 5:
        raise ValueError(
            f'must have five fields, minute, hour, day, month, weekday, such as "0 7 * * mon", not "{text[:40]}"'
        )
    if re.search(r"(?<!/)\d", fields[4]):  # 0 is Sunday to some and Monday to others
        raise ValueError(f'must name weekdays by letters, such as mon or mon-fri, not "{fields[4][:40]}"')
    try:
        return CronTrigger.from_crontab(text, timezone=zone)
    except (ValueError, KeyError) as error:
        raise ValueError(f'is no cron expression: "{text[:40]}": {error}')


def last_before(text: str, zone: tzinfo, at: datetime) -> datetime | None:
    """The last time of an expression that is not after `at`, in UTC; None where there was none in years.

    A time of day that comes twice, when the clocks go back, counts the first time only.
    """
    times = trigger(text, zone)
    for reach in _REACHES:
        found: datetime | None = None
        following = times.get_next_fire_time(None, at - reach)
        while following is not None and following <= at:
            found = found if following.fold else following
            following = times.get_next_fire_time(following, following)
        if found is not None:
            return found.astimezone(UTC)
    return None
