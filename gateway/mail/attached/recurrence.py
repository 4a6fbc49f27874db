"""A recurrence rule (RFC 5545 section 3.3.10) in words, where it is one that people make."""

import re

_FREQUENCIES = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_DAYS = {"MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday", "SA": "Saturday"}
_DAYS["SU"] = "Sunday"
_PLACES = {"": "", "1": "first ", "2": "second ", "3": "third ", "4": "fourth ", "-1": "last "}
_DAY = re.compile(r"[+]?(|-?\d)(MO|TU|WE|TH|FR|SA|SU)\Z")
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")
_SAID = {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "UNTIL", "COUNT", "WKST"}
_SAID_BY_YEAR = _SAID | {"BYMONTH"}
_NUMBER = re.compile(r"\d{1,4}\Z")
_NUMBERS = re.compile(r"-?\d{1,2}(?:,-?\d{1,2}){0,30}\Z")

OTHER = "repeatedly, see the calendar"


def in_words(rule: str) -> str:
    """`every 2 weeks on Monday and Friday, until 2026-12-31`; OTHER where the rule says more than that."""
    parts = dict(part.upper().partition("=")[::2] for part in rule[:1000].split(";") if part.strip())
    unit, interval = _FREQUENCIES.get(parts.get("FREQ", "")), parts.get("INTERVAL", "1")
    known = _SAID_BY_YEAR if unit == "year" else _SAID
    if unit is None or not _NUMBER.match(interval) or not parts.keys() <= known:
        return OTHER
    words = f"every {unit}" if interval == "1" else f"every {interval} {unit}s"
    days = _days(parts.get("BYDAY", ""))
    if days is None:
        return OTHER
    if days and unit != "year":  # of a year, the first day says it
        words += f" on {days}"
    elif (day := parts.get("BYMONTHDAY", "")) and unit == "month":
        if not _NUMBERS.match(day):
            return OTHER
        words += f" on day {day}" if day.isdecimal() else " on its last day" if day == "-1" else f" on the days {day}"
    if until := _DATE.match(parts.get("UNTIL", "")):
        words += f", until {'-'.join(until.groups())}"
    elif _NUMBER.match(count := parts.get("COUNT", "")):
        words += f", {count} times"
    return words


def _days(value: str) -> str | None:
    """Days of the week, some with their place in the month; None where one is not to be said."""
    words = []
    for one in value.split(",") if value else ():
        day = _DAY.match(one.strip())
        if day is None or day[1] not in _PLACES:
            return None
        words.append(("the " if day[1] else "") + _PLACES[day[1]] + _DAYS[day[2]])
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
