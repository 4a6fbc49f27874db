"""The Date field: an aware instant, None where unusable. For display only; the time of arrival rules (T68)."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from gateway.mail.header import headers

MAX_LENGTH = 120

# RFC 5322 3.3, nearly every field there is.
_PLAIN = re.compile(
    r"(?:[A-Za-z]{3}, ?)?(\d{1,2}) ([A-Z][a-z]{2}) ([12]\d{3}) ([01]\d|2[0-3]):(\d\d)(?::(\d\d))?"
    r" ([+-])(\d\d)(\d\d)(?: \(\w+\))?\Z"
)
_COMMENT = re.compile(r"\([^()]*\)")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2}) ?: ?(\d{1,2})(?: ?: ?(\d{1,2}))?(?:[.,]\d{1,9})? ?([AaPp])?(?(4)\.?[Mm]\b)")
_DOTTED_CLOCK = re.compile(r"(?<![\d.])(\d{1,2})\.(\d\d)(?:\.(\d\d))?(?![\d.])()")
_PACKED = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)T?(\d\d)(\d\d)(\d\d)(?!\d)")
_DAY_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?[ ./-]{1,3}(?:de )?([^\W\d_]{3,12})[ .,/-]{1,3}(?:de )?(\d{2,4})(?!\d)"
)
_MONTH_DAY = re.compile(r"([^\W\d_]{3,12})[ .-]{1,3}(\d{1,2})(?:st|nd|rd|th)?\b(?!:)")
_YEAR = re.compile(r"(?<![\d+-])(\d{4})(?!\d)")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})")
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})[./-](\d{4})(?!\d)")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d\d)?(?!\d)")
_ZONE = re.compile(r"\b[A-Z]{1,5}\b")

# By their first letters, in the languages whose clients write the field in their own.
_MONTHS = {
    name: number
    for number, names in enumerate(
        "jan ene gen janv|feb fév fev févr|mar mär mrz mrt mars|apr abr avr|may mai mag maj mei|jun giu juin"
        "|jul lug juil|aug ago août|sep set|oct okt ott out|nov|dec dez dic déc".split("|"),
        1,
    )
    for name in names.split()
}
_HOURS = {"EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8, "AST": -4, "ADT": -3}
_HOURS |= {"CET": 1, "MEZ": 1, "BST": 1, "WEST": 1, "CEST": 2, "MESZ": 2, "SAST": 2, "EET": 2, "EEST": 3, "MSK": 3}
_HOURS |= {"HKT": 8, "SGT": 8, "AWST": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13}


def instant(raw: str) -> datetime | None:
    """The instant a Date field names, with its own offset; UTC where it names none, midnight where it has no time."""
    if not raw:
        return None
    try:
        at = _plain(raw) or _any(_COMMENT.sub(" ", headers.decode(raw[:MAX_LENGTH])))
        if at is not None:
            at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at


def _plain(raw: str) -> datetime | None:
    found = _PLAIN.match(raw)
    if not found or found.group(2).lower() not in _MONTHS:
        return None
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    return datetime(
        int(year),
        _MONTHS[month.lower()],
        int(day),
        int(hour),
        int(minute),
        min(int(second or 0), 59),
        tzinfo=_offset(sign, hours, minutes),
    )


def _any(text: str) -> datetime | None:
    if packed := _PACKED.search(text):
        year, month, day, hour, minute, second = map(int, packed.groups())
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    text = " ".join(text.split())
    clock = _CLOCK.search(text) or _DOTTED_CLOCK.search(text)
    if (date := _date(text)) is None:
        return None
    year, month, day = date
    if clock is None:
        return datetime(year, month, day, tzinfo=UTC)
    hour, minute, second = (int(part or 0) for part in clock.group(1, 2, 3))
    if clock.group(4) and hour <= 12:
        hour = hour % 12 + (12 if clock.group(4) in "Pp" else 0)
    at = datetime(year, month, day, hour % 24, minute, min(second, 59), tzinfo=_zone(text[clock.end() :]))
    return at + timedelta(days=1) if hour == 24 else at


def _date(text: str) -> tuple[int, int, int] | None:
    """Year, month and day: with the month as a word, the year in front, or as numbers that can be only one day."""
    if (found := _DAY_MONTH.search(text)) and (month := _month(found.group(2))):
        return _full(found.group(3)), month, int(found.group(1))
    if (found := _YEAR_FIRST.search(text)) is not None:
        return int(found.group(1)), int(found.group(2)), int(found.group(3))
    if (year := _YEAR.search(text)) is None:
        return None
    for found in _MONTH_DAY.finditer(text):
        if month := _month(found.group(1)):
            return int(year.group(1)), month, int(found.group(2))
    if found := _NUMBERS.search(text):
        first, second = int(found.group(1)), int(found.group(3))
        if found.group(2) == "." or first > 12 or first == second:
            return int(found.group(4)), second, first
        if second > 12:
            return int(found.group(4)), first, second
    return None


def _month(word: str) -> int:
    word = word.lower()
    return _MONTHS.get(word[:4]) or _MONTHS.get(word[:3], 0)


def _full(year: str) -> int:
    """A year of two or three digits as RFC 5322 4.3 reads it."""
    number = int(year)
    if len(year) == 2 and number < 50:
        return number + 2000
    return number + 1900 if len(year) < 4 else number


def _zone(behind: str) -> tzinfo:
    if found := _OFFSET.search(behind):
        return _offset(*found.groups(default="0"))
    name = _ZONE.search(behind)
    hours = _HOURS.get(name.group(), 0) if name else 0
    return timezone(timedelta(hours=hours)) if hours else UTC


def _offset(sign: str, hours: str, minutes: str) -> tzinfo:
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    if not ahead:
        return UTC
    return timezone(ahead if sign == "+" else -ahead)  # ValueError for a day and more
