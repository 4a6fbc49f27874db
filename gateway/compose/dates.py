"""Instants and spans as people of a language write them. In a language without words here: ISO 8601, and numbers."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo

_MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": tuple(
        "January February March April May June July August September October November December".split(),
    ),
    # In the case that a day before them asks for.
    "ru": tuple("января февраля марта апреля мая июня июля августа сентября октября ноября декабря".split()),
    "cs": tuple("ledna února března dubna května června července srpna září října listopadu prosince".split()),
}
_DAYS: Mapping[str, str] = {
    "en": "{day} {month} {year}",
    "ru": "{day} {month} {year} года",
    "cs": "{day}. {month} {year}",
}
# One, two to four, more; English has the last two alike.
_UNITS: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "en": {
        "day": ("day", "days", "days"),
        "hour": ("hour", "hours", "hours"),
        "minute": ("minute", "minutes", "minutes"),
    },
    "ru": {"day": ("день", "дня", "дней"), "hour": ("час", "часа", "часов"), "minute": ("минуту", "минуты", "минут")},
    "cs": {
        "day": ("den", "dny", "dní"),
        "hour": ("hodinu", "hodiny", "hodin"),
        "minute": ("minutu", "minuty", "minut"),
    },
}


def day(at: datetime, zone: tzinfo, language: str) -> str:
    """`27 November 2026`, `27 ноября 2026 года`, `27. listopadu 2026`, `2026-11-27`."""
    local = at.astimezone(zone)
    if language not in _MONTHS:
        return f"{local:%Y-%m-%d}"
    return _DAYS[language].format(day=local.day, month=_MONTHS[language][local.month - 1], year=local.year)


def moment(at: datetime, zone: tzinfo, language: str) -> str:
    """The day, the time and whose time that is: `27 November 2026, 13:00 CET`."""
    local = at.astimezone(zone)
    name = local.tzname() or ""
    if not name.isalpha():  # many zones have no letters: `+03`
        name = f"UTC{local:%z}"
    return f"{day(at, zone, language)}, {local:%H:%M} {name}"


def span(length: timedelta, language: str) -> str:
    """In whole days, else hours, else minutes, rounded down: `7 days`, `7 дней`."""
    units = _UNITS.get(language, _UNITS["en"])
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        if length >= size:
            return _counted(length // size, units[unit], language)
    return _counted(max(1, length // timedelta(minutes=1)), units["minute"], language)


def _counted(count: int, forms: tuple[str, str, str], language: str) -> str:
    one, few, many = forms
    if language == "ru":
        last, teen = count % 10, 10 < count % 100 < 20
        form = one if last == 1 and not teen else few if 1 < last < 5 and not teen else many
    else:
        form = one if count == 1 else few if 1 < count < 5 else many
    return f"{count} {form}"
