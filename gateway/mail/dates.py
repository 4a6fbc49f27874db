"""The Date field: an aware instant, None where unusable. For display only; the time of arrival rules (T68)."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from gateway.mail import clean


def instant(raw: str) -> datetime | None:
    """The instant a Date field names, with its own offset; UTC where it names none."""
    if not raw:
        return None
    try:
        parts = parsedate_tz(clean.line(raw)[:200])
        if parts is None:
            return None
        offset = parts[9] or 0
        zone = timezone(timedelta(seconds=offset)) if offset else UTC
        year, month, day, hour, minute, second = parts[:6]
        at = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)
        at.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return at
