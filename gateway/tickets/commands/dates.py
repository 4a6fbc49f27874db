"""Dates as agents write them, on their own clock: `24 Dec`, `2026-12-24 15:00`, `tomorrow 9:30`, `friday`, `+3d`,
`in 2 weeks`, `24.12.`, `в пятницу`, `zítra`. What may mean two days is refused, and so is what has been.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from gateway.tickets.commands import calendar_words as words
from gateway.tickets.commands.folding import fold
from gateway.tickets.commands.values import Kind, Unreadable, When, shown

MAX_WORDS = 9  # "on friday the 24th of december 2026 at 15:00"
MAX_YEARS = 5
_FIRST_YEAR, _LAST_YEAR = 1970, 2200  # what lies beyond is a slip, and would not fit an instant
_JUST_PAST = timedelta(days=31)  # a day without a year that is no longer past than this was meant, not next year's
EXAMPLES = "2026-12-24, 24 Dec 15:00, tomorrow, friday, +3d or in 2 weeks"

_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))?\s?(am|pm)|(\d{1,2})[:.](\d\d)(?:h)?|(\d{1,2})\s?h(?:od)?(\d\d)?")
_HOUR = re.compile(r"\d{1,2}")
_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:t(\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?(?:(z)|([+-])(\d\d):?(\d\d))?)?"
)
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.?(?:\s?(\d{4}|\d\d))?")
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})(?:\2(\d{4}|\d\d))?")
_NTH = r"(\d{1,2})(?:st|nd|rd|th|\.|-?го|-?е)?"
_DAY_MONTH = re.compile(rf"(?:the )?{_NTH}\s?(?:of )?([^\W\d_]+)\.?(?: (\d{{4}}))?(?: (?:г|года|roku)\.?)?")
_MONTH_DAY = re.compile(rf"([^\W\d_]+)\.? (?:the )?{_NTH}(?: (\d{{4}}))?")
_WORKING = re.compile(r"\d{1,4}\s?([^\W\d_]+)(?: [^\W\d_]+)?")
_SPAN = re.compile(r"(\d{1,4})\s?([^\W\d_]+)\.?\s?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Now, on the clock of whoever writes; `morning` is the hour meant by a day alone."""

    now: datetime
    zone: tzinfo
    morning: time = time(8, 0)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def instant(self, day: date, at: time) -> datetime:
        """In UTC. An hour that a change of the clocks leaves out is read as if they had not changed yet."""
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)


def when(text: str, clock: Clock) -> When:
    """The instant of a text that holds nothing but a date; Unreadable otherwise."""
    found = _read(text.split(), clock) if len(text.split()) <= MAX_WORDS else None
    if found is None:
        raise Unreadable(Kind.ARGUMENT, f'"{shown(text)}" is no date; write such as {EXAMPLES}')
    return found


def leading(text: str, clock: Clock) -> tuple[When, str]:
    """The longest date a text begins with, and what stands behind it."""
    parts = text.split()
    for count in range(min(len(parts), MAX_WORDS), 0, -1):
        found = _read(parts[:count], clock)
        if found is not None:
            return found, " ".join(parts[count:])
    raise Unreadable(Kind.ARGUMENT, f'begins with no date: "{shown(text)}"; write such as {EXAMPLES}')


def _read(parts: Sequence[str], clock: Clock) -> When | None:
    """None where this is no date at all; Unreadable where it is one that cannot be."""
    text = fold(" ".join(parts)).replace(",", " ").strip()
    text = " ".join(text.split())
    if exact := _iso_instant(text, clock):
        return _checked(When(at=exact, day=exact.astimezone(clock.zone).date(), is_day=False), text, clock)
    for day_words, said in _splits(text.split()):
        at = said if isinstance(said, time) else None
        found = _span(day_words, at, clock) or _day_at(day_words, at, clock)
        if found is not None or (said is not None and not day_words):
            if isinstance(said, Unreadable):
                raise said
            return found and _checked(found, text, clock)
    return None


def _splits(parts: list[str]) -> list[tuple[list[str], time | Unreadable | None]]:
    """Every way to take the words apart into a day and a time of day, the day alone first.

    A time that cannot be is told only where the rest is a day.
    """
    ways: list[tuple[list[str], time | Unreadable | None]] = [(parts, None)]
    for count in (1, 2, 3):
        if count > len(parts):
            break
        if (at := _time_or_not(parts[-count:], is_alone=count == len(parts))) is not None:
            ways.append((parts[:-count], at))
        if count < len(parts) and (at := _time_or_not(parts[:count], is_alone=True)) is not None:
            ways.append((parts[count:], at))
    return ways


def _time_or_not(parts: list[str], *, is_alone: bool) -> time | Unreadable | None:
    try:
        return _time(parts, is_alone=is_alone)
    except Unreadable as error:
        return error


def _time(parts: list[str], *, is_alone: bool) -> time | None:
    """`15:00`, `at 3 pm`, `в 15`, `noon`; a bare hour only behind a word that says it is one. `15.30` not alone."""
    said = parts[0] in words.AT
    text = " ".join(parts[1:] if said else parts)
    if text in words.NOONS:
        return time(12, 0)
    if said and _HOUR.fullmatch(text):
        return _clock_time(int(text), 0, text)
    found = _CLOCK.fullmatch(text)
    if found is None or ("." in text and is_alone):
        return None
    hour12, minute12, half, hour, minute, short, short_minute = found.groups()
    if half:
        if not 1 <= int(hour12) <= 12:
            raise Unreadable(Kind.ARGUMENT, f'"{text}" is no time of day; write such as 3 pm or 15:00')
        return _clock_time(int(hour12) % 12 + (12 if half == "pm" else 0), int(minute12 or 0), text)
    return _clock_time(int(hour or short), int(minute or short_minute or 0), text)


def _clock_time(hour: int, minute: int, text: str) -> time:
    if hour > 23 or minute > 59:
        raise Unreadable(Kind.ARGUMENT, f'"{text}" is no time of day; write such as 15:00')
    return time(hour, minute)


def _iso_instant(text: str, clock: Clock) -> datetime | None:
    found = _ISO.fullmatch(text)
    if found is None or found[4] is None:
        return None
    day = _made(int(found[1]), int(found[2]), int(found[3]), text)
    at = _clock_time(int(found[4]), int(found[5]), text)
    if found[6]:
        return datetime.combine(day, at, tzinfo=UTC)
    if found[7]:
        ahead = timedelta(hours=int(found[8]), minutes=int(found[9]))
        return datetime.combine(day, at, tzinfo=UTC) - (ahead if found[7] == "+" else -ahead)
    return clock.instant(day, at)


# ---- spans ---------------------------------------------------------------------------------------------------------


def _span(parts: list[str], at: time | None, clock: Clock) -> When | None:
    """`+3d`, `in 2 weeks`, `3 days`, `через неделю`: days and more by the calendar, hours and less by the clock."""
    text = " ".join(parts)
    is_said = text.startswith("+") or bool(parts and parts[0] in words.IN)
    if is_said:
        text = text.lstrip("+ ") if text.startswith("+") else " ".join(parts[1:])
    if is_said and text.partition(" ")[0] in words.ONE:
        text = f"1 {text.partition(' ')[2]}"
    elif is_said and text in words.UNITS:
        text = f"1 {text}"
    if (work := _WORKING.fullmatch(text)) and work[1] in words.BUSINESS:
        raise Unreadable(Kind.ARGUMENT, f'"{text}" counts working days, which dates here do not; write the day itself')
    counts = _counts(text)
    if not counts:
        return None
    months = counts.get("month", 0) + 12 * counts.get("year", 0)
    days = counts.get("day", 0) + 7 * counts.get("week", 0)
    exact = timedelta(hours=counts.get("h", 0), minutes=counts.get("min", 0))
    local = clock.now.astimezone(clock.zone)
    if months > 12 * MAX_YEARS or days > 366 * MAX_YEARS:
        raise _too_far(text)
    day = _months_on(local.date(), months) + timedelta(days=days)
    if not exact:
        return _when(day, at, clock)
    if at is not None:
        raise Unreadable(Kind.ARGUMENT, f'"{text}" counts hours, so no time of day can stand with it')
    instant = clock.instant(day, local.time()) + exact
    return When(at=instant, day=instant.astimezone(clock.zone).date(), is_day=False)


def _counts(text: str) -> dict[str, int]:
    """`2 weeks 3 d` by unit; nothing where anything else stands there too."""
    counts: dict[str, int] = {}
    at = 0
    while found := _SPAN.match(text, at):
        unit = words.UNITS.get(found[2])
        if unit is None:
            if found.end() == len(text) and found[2] in ("m", "м"):
                raise Unreadable(
                    Kind.AMBIGUOUS, f'"{text}" may be minutes or months; write {found[1]} min or {found[1]} months'
                )
            return {}
        counts[unit] = counts.get(unit, 0) + int(found[1])
        at = found.end()
    return counts if at == len(text) and any(counts.values()) else {}


def _months_on(day: date, months: int) -> date:
    """The same day of a later month, its last where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


# ---- days ----------------------------------------------------------------------------------------------------------


def _day_at(parts: list[str], at: time | None, clock: Clock) -> When | None:
    while parts and parts[0] in words.LEADS:
        parts = parts[1:]
    if not parts:
        return _when(clock.today, at, clock) if at is not None else None
    day = _named_day(parts, clock) or _numbered_day(" ".join(parts), clock)
    return None if day is None else _when(day, at, clock)


def _when(day: date, at: time | None, clock: Clock) -> When:
    return When(at=clock.instant(day, at or clock.morning), day=day, is_day=at is None)


def _named_day(parts: list[str], clock: Clock) -> date | None:
    """`tomorrow`, `friday`, `this friday`, `next week`; a weekday is the next to come, never today."""
    text, today = " ".join(parts), clock.today
    if text in words.DAYS_AHEAD:
        return today + timedelta(days=words.DAYS_AHEAD[text])
    weekday = words.WEEKDAYS.get(parts[-1].rstrip("."))
    coming = None if weekday is None else today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    if coming is not None and len(parts) == 1:
        return coming
    if len(parts) == 2 and parts[0] in words.THIS:
        return coming
    if len(parts) != 2 or parts[0] not in words.NEXT:
        return None
    if coming is not None:
        next_week = today + timedelta(days=7 - today.weekday())
        if coming < next_week:
            later = coming + timedelta(days=7)
            raise Unreadable(
                Kind.AMBIGUOUS, f'"{text}" may be {_told(coming)} or {_told(later)}; write {coming} or {later}'
            )
        return coming
    unit = words.UNITS.get(parts[1])
    if unit == "week":
        return today + timedelta(days=7 - today.weekday())
    return _months_on(today.replace(day=1), 1) if unit == "month" else None


def _numbered_day(text: str, clock: Clock) -> date | None:
    if found := _ISO.fullmatch(text):
        return _made(int(found[1]), int(found[2]), int(found[3]), text)
    if found := _DOTTED.fullmatch(text):
        return _of(found[3], int(found[2]), int(found[1]), text, clock)
    if found := _SLASHED.fullmatch(text):
        first, second = int(found[1]), int(found[3])
        if 0 < first <= 12 and 0 < second <= 12 and first != second:
            one, other = date(2000, second, first), date(2000, first, second)
            raise Unreadable(
                Kind.AMBIGUOUS,
                f'"{text}" may be {one:%-d %B} or {other:%-d %B}; write such as {one:%-d %b} or '
                f"{clock.today.year}-{one:%m-%d}",
            )
        return _of(found[4], *((first, second) if second > 12 else (second, first)), text, clock)
    if (found := _DAY_MONTH.fullmatch(text)) and (month := words.MONTHS.get(found[2])):
        return _of(found[3], month, int(found[1]), text, clock)
    if (found := _MONTH_DAY.fullmatch(text)) and (month := words.MONTHS.get(found[1])):
        return _of(found[3], month, int(found[2]), text, clock)
    first_word, _, rest = text.partition(" ")
    if first_word.rstrip(".") in words.WEEKDAYS and rest:  # "friday 24 dec": the weekday must be right
        day = _numbered_day(rest, clock)
        if day is not None and day.weekday() != words.WEEKDAYS[first_word.rstrip(".")]:
            raise Unreadable(Kind.ARGUMENT, f'"{text}" is a {day:%A}; write the day or the weekday alone')
        return day
    return None


def _of(year: str | None, month: int, day: int, text: str, clock: Clock) -> date:
    """The day; without a year the next one, unless that very day was a few weeks ago."""
    if year:
        return _made(int(year) + (2000 if len(year) == 2 else 0), month, day, text)
    around = [_day_or_none(clock.today.year + step, month, day) for step in range(-8, 9)]
    known = [one for one in around if one is not None]
    past = [one for one in known if one < clock.today]
    if not known:
        raise _no_day(text)
    if past and clock.today - past[-1] <= _JUST_PAST:
        return past[-1]  # refused as past
    return known[len(past)]


def _made(year: int, month: int, day: int, text: str) -> date:
    found = _day_or_none(year, month, day)
    if found is None:
        raise _no_day(text)
    return found


def _day_or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if _FIRST_YEAR <= year <= _LAST_YEAR else None
    except ValueError:
        return None


def _no_day(text: str) -> Unreadable:
    return Unreadable(Kind.ARGUMENT, f'"{shown(text)}" is no day of the calendar; write such as {EXAMPLES}')


# ---- what cannot be ------------------------------------------------------------------------------------------------


def _checked(found: When, text: str, clock: Clock) -> When:
    now = clock.now.astimezone(UTC)
    if found.day.year > clock.today.year + MAX_YEARS:
        raise _too_far(text)
    if found.at > now:
        return found
    if found.is_day and found.day == clock.today:
        raise Unreadable(Kind.PAST, f'"{text}" has begun; write a time as well, such as {text} 23:00, or tomorrow')
    local = clock.now.astimezone(clock.zone)
    if found.day == clock.today:
        raise Unreadable(Kind.PAST, f'"{text}" is past: it is {local:%H:%M}; write a time to come')
    past = f'"{text}" is past: {_told(found.day)}, and today is {_told(clock.today)}'
    raise Unreadable(Kind.PAST, f"{past}; write a date to come, with its year if need be")


def _too_far(text: str) -> Unreadable:
    return Unreadable(Kind.ARGUMENT, f'"{shown(text)}" is more than {MAX_YEARS} years away')


def _told(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"
