"""A calendar object on a mail (RFC 5545, 5546): what, when, where, who.

An own reader of lines: icalendar computes what zones a sender defines, and a zone may change every second since 1601.
Times are shown as the sender's calendar shows them, so nothing is to be computed; of icalendar serves its table of
Microsoft's names of zones.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from gateway.mail import clean
from gateway.mail.attached import attachments, recurrence
from gateway.mail.text import charset
from gateway.mail.tree import Part, Tree
from gateway.mail.value import Invitation

MAX_CALENDAR = 1_000_000  # bytes
MAX_LINES = 20_000
MAX_COMPONENTS = 500
MAX_ATTENDEES = 100
MAX_TEXT = 500  # characters of a summary, a place, a name

_TYPES = frozenset({"text/calendar", "application/ics", "text/x-vcalendar", "application/calendar"})
_COMPONENTS = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"})
_FOLD = re.compile(r"\r?\n[ \t]")
_HEAD = re.compile(r'((?:[^":]++|"[^"]*+")*+):')
_PARAMETER = re.compile(r';([A-Za-z0-9-]{1,40})=("[^"]*"|[^;]*)')
_ESCAPE = re.compile(r"\\(.)")
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z?))?\Z")
_DURATION = re.compile(r"\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?\Z")
_ANSWERS = frozenset({"ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED"})
_TITLES = {
    "REQUEST": "Invitation",
    "ADD": "Invitation",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to an invitation",
    "COUNTER": "Another time is proposed",
    "DECLINECOUNTER": "The proposed time is declined",
}


class _Line(NamedTuple):
    name: str
    parameters: dict[str, str]
    value: str


def read(mail: Tree) -> tuple[Invitation | None, list[str]]:
    """The first calendar object of a mail, and as a defect that it is too large or damaged."""
    for part in mail.leaves():
        if not _is_calendar(part):
            continue
        data, _ = mail.body(part)
        if len(data) > MAX_CALENDAR:
            return None, ["calendar_too_large"]
        text = clean.text(charset.decode(data, part.params.get("charset", "utf-8")).text)
        found = of_calendar(text, part.params.get("method", ""))
        return found, [] if found else ["calendar_damaged"]
    return None, []


def of_calendar(text: str, method: str = "") -> Invitation | None:
    """What a calendar says of its first event, or of its first task; `method` is that of the part it comes in."""
    event: list[_Line] | None = None
    top: dict[str, str] = {}
    for name, lines in _components(text):
        if name == "VCALENDAR":
            top |= {line.name: line.value for line in lines}
        elif event is None or (_has(event, "RECURRENCE-ID") and not _has(lines, "RECURRENCE-ID")):
            event = lines
    if event is None:
        return None
    first = {line.name: line for line in reversed(event)}
    status = first["STATUS"].value.upper() if "STATUS" in first else ""
    start, end = _times(first)
    return Invitation(
        method="CANCEL" if status == "CANCELLED" else clean.line(top.get("METHOD", method)).upper()[:40],
        summary=_said(first.get("SUMMARY")),
        start=start,
        end=end,
        place=_said(first.get("LOCATION")),
        organizer=_person(first["ORGANIZER"]) if "ORGANIZER" in first else "",
        attendees=tuple(_person(line) for line in event if line.name == "ATTENDEE")[:MAX_ATTENDEES],
        repeats=recurrence.in_words(first["RRULE"].value) if "RRULE" in first else "",
    )


def in_words(invitation: Invitation) -> str:
    """The invitation as a text of a few lines, for a mail that says nothing else."""
    title = _TITLES.get(invitation.method, "Event")
    lines = [
        f"{title}: {invitation.summary or '(no title)'}",
        f"When: {_when(invitation)}" if invitation.start or invitation.end else "",
        f"Where: {invitation.place}" if invitation.place else "",
        f"Organizer: {invitation.organizer}" if invitation.organizer else "",
        f"Attendees: {', '.join(invitation.attendees)}" if invitation.attendees else "",
    ]
    return "\n".join(filter(None, lines))


def _when(invitation: Invitation) -> str:
    start, _, zone = invitation.start.partition(" ")
    end, _, zone_of_end = invitation.end.partition(" ")
    start, end = start.replace("T", " "), end.replace("T", " ")
    if zone and end and zone != zone_of_end:
        start = f"{start} ({zone})"
    elif end[:10] == start[:10]:
        end = end[11:]
    words = " to ".join(filter(None, (start, end))) if start else f"until {end}"
    zones = f" ({zone_of_end or zone})" if zone_of_end or zone else ""
    return words + zones + (f", {invitation.repeats}" if invitation.repeats else "")


def _is_calendar(part: Part) -> bool:
    if part.type != "application/octet-stream":
        return part.type in _TYPES
    name = attachments.disposition_of(part)[1] or part.params.get("name", "")
    return name.lower().endswith(".ics")


def _components(text: str) -> Iterator[tuple[str, list[_Line]]]:
    """The calendar's own lines, then those of its events; what lies deeper (zones, alarms) is passed over."""
    path: list[str] = []
    top: list[_Line] = []
    inner: list[_Line] = []
    count = 0
    for raw in _FOLD.sub("", text).split("\n", MAX_LINES)[:MAX_LINES]:
        line = _line(raw.rstrip("\r"))
        if line is None:
            continue
        if line.name == "BEGIN":
            path.append(line.value.strip().upper())
            count += 1
            if count > MAX_COMPONENTS:
                break
        elif line.name == "END":
            if len(path) == 2 and path[1] in _COMPONENTS:
                yield path[1], inner
            inner = [] if len(path) == 2 else inner
            del path[-1:]
        elif len(path) == 1:
            top.append(line)
        elif len(path) == 2:
            inner.append(line)
    yield "VCALENDAR", top


def _line(raw: str) -> _Line | None:
    """`NAME;PARAMETER=value:value`, with a colon in quotes no end of the name."""
    head = _HEAD.match(raw)
    before, value = (head[1], raw[head.end() :]) if head else raw.partition(":")[::2]
    name, semicolon, _ = before.partition(";")
    if not name or not value:
        return None
    found = _PARAMETER.findall(before[:2000]) if semicolon else ()
    return _Line(name.strip().upper(), {key.upper(): val.strip('"') for key, val in found}, value)


def _has(lines: list[_Line], name: str) -> bool:
    return any(line.name == name for line in lines)


def _said(line: _Line | None) -> str:
    """A text value without its escapes, on one line."""
    if line is None:
        return ""
    value = _ESCAPE.sub(lambda found: " " if found[1] in "nN" else found[1], line.value[: MAX_TEXT * 2])
    return " ".join(clean.line(value).split())[:MAX_TEXT]


def _person(line: _Line) -> str:
    """`Ann Lee <ann@example.org> (accepted)`."""
    addr = clean.line(line.value)[:MAX_TEXT]
    addr = addr[7:] if addr[:7].lower() == "mailto:" else addr
    name = clean.line(line.parameters.get("CN", ""))[:MAX_TEXT]
    answer = line.parameters.get("PARTSTAT", "").upper()
    words = f"{name} <{addr}>" if name and name != addr and addr else name or addr
    return f"{words} ({answer.lower()})" if answer in _ANSWERS else words


def _times(first: dict[str, _Line]) -> tuple[str, str]:
    """Start and end, of whole days the last one; `""` where they are not known."""
    first_line, last_line = first.get("DTSTART"), first.get("DTEND") or first.get("DUE")
    start, end = _moment(first_line), _moment(last_line)
    if start is not None and last_line is None and "DURATION" in first:
        end, last_line = _later(start, first["DURATION"].value), first_line
    if start is not None and end is not None and type(end) is type(start) is date and end > start:
        end -= timedelta(days=1)  # given is the day behind the last one (RFC 5545 section 3.6.1)
    return _written(start, _zone(first_line)), _written(end, _zone(last_line))


def _moment(line: _Line | None) -> date | datetime | None:
    """The date, or the date and time, without regard to its zone."""
    found = _DATE.match(line.value.strip()) if line else None
    if not found:
        return None
    year, month, day, hour, minute, second, _ = found.groups()
    try:
        on = date(int(year), int(month), int(day))
        return on if hour is None else datetime.combine(on, time(int(hour), int(minute), int(second or 0)))
    except ValueError:
        return None


def _later(start: date | datetime, duration: str) -> date | datetime | None:
    found = _DURATION.match(duration.strip())
    if not found:
        return None
    weeks, days, hours, minutes, seconds = (int(number or 0) for number in found.groups())
    try:
        return start + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None


def _zone(line: _Line | None) -> str:
    """The name of a zone as people know it: `Europe/Berlin` also for `W. Europe Standard Time`."""
    if line is None:
        return ""
    if line.value.strip().endswith("Z"):
        return "UTC"
    name = clean.line(line.parameters.get("TZID", ""))[:100]
    if name.endswith("Standard Time"):
        from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

        return str(WINDOWS_TO_OLSON.get(name, name))
    return "/".join(name.split("/")[-2:]) if name.startswith("/") else name


def _written(moment: date | datetime | None, zone: str) -> str:
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        return f"{moment.isoformat(timespec='minutes')} {zone}".strip()
    return moment.isoformat()
