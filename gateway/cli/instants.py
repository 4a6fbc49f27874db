"""Times on the command line: a day, an instant, or how long ago or ahead."""

from datetime import datetime, time, timedelta, tzinfo

import click

from gateway.tomltext import units

_DAY = len("2026-11-27")


def instant_of(
    text: str, zone: tzinfo, at: datetime, option: str, *, ends: bool = False, ahead: bool = False
) -> datetime:
    """`2026-11-27` is the beginning of that day in the zone, its end with `ends`; an instant without an offset is of
    the zone; `"90 days"` is so long before `at`, or after it with `ahead`. BadParameter for anything else.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return _away(text, at, option, ahead=ahead)
    if len(text.strip()) == _DAY:
        return datetime.combine(found.date() + timedelta(days=ends), time(0), zone)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _away(text: str, at: datetime, option: str, *, ahead: bool) -> datetime:
    try:
        span = units.duration(text)
        return at + span if ahead else at - span
    except (ValueError, OverflowError):
        what = f'"{text[:40]}" is no date, which is written such as 2026-11-27 or "90 days"'
        raise click.BadParameter(what, param_hint=option)
