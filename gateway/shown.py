"""Times, sizes and counts as people read them, in a few letters."""

from datetime import timedelta


def span(time: timedelta) -> str:
    """`40 s`, `12 min`, `5 h`, `3 days`."""
    seconds = int(time.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 2 * 3600:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 2 * 86400 else f"{seconds // 86400} days"


def size(count: int) -> str:
    """`312 B`, `4.7 KB`, `12 MB`: as sizes in config.toml are counted, 1 KB is 1,024 bytes."""
    if count < 1024:
        return f"{count} B"
    amount, units = count / 1024, ["KB", "MB", "GB", "TB"]
    while amount >= 1023.5 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{amount:.1f} {units[0]}" if amount < 9.95 else f"{amount:.0f} {units[0]}"


def counted(count: int, what: str) -> str:
    """`1 ticket`, `1,204 tickets`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
