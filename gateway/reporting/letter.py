"""What the mail of a report says, in the words of its reader."""

from collections.abc import Iterator, Sequence
from datetime import timedelta, tzinfo

from gateway.compose import dates
from gateway.compose.digests import Figure, Figures
from gateway.compose.phrases import phrase
from gateway.reporting.figures import Group, Period
from gateway.reporting.report import Report
from gateway.reporting.wording import lasting, ratings, times, usual

_MOST = 20  # lines of one kind; the pages have all of them


def period_in_words(period: Period, zone: tzinfo, language: str) -> str:
    """`16 November 2026 - 22 November 2026` where it is of whole days, else to the minute."""
    start, end = (at.astimezone(zone) for at in (period.start, period.end))
    if (start.hour, start.minute) == (end.hour, end.minute) == (0, 0):
        last = dates.day(end - timedelta(days=1), zone, language)
        first = dates.day(start, zone, language)
        return first if first == last else f"{first} - {last}"
    return f"{dates.moment(start, zone, language)} - {dates.moment(end, zone, language)}"


def figures(report: Report, bys: Sequence[str], language: str) -> list[Figures]:
    """Everything worth telling of a report: all in all, by each of `bys`, what grew, what took several, who repeats."""
    found = [Figures(title=phrase("by", "all", language), figures=list(_whole(report.whole, language)))]
    for by in bys:
        found.append(_table(report, by, report.by(by), language))
    grew = [one for one in report.groups if one.grew and one.by not in ("all", "agent", "priority", "sender")]
    several = [one for one in report.by("area") if one.several and one.name is not None]
    found.append(_titled("grew", [(report.shown(one), _growth(one, language)) for one in grew], language))
    found.append(_titled("several", [(report.shown(one), _several(one, language)) for one in several], language))
    if "sender" not in bys:
        found.append(_table(report, "sender", report.by("sender"), language))
    return [one for one in found if one.figures]


def _whole(group: Group, language: str) -> Iterator[Figure]:
    for name in ("open", "late", "soon", "created", "solved", "reopened"):
        value = str(getattr(group, name))
        if name == "created" and group.usual is not None:
            value = f"{value} ({usual(group.usual, language)})"
        yield Figure(name=_word(name, language), value=value)
    spent = {_word("time_spent", language): lasting(group.time_spent, language)} if group.time_spent else {}
    more = {**_more(group, language), **spent}
    yield from (Figure(name=name, value=value) for name, value in more.items())


def _more(group: Group, language: str) -> dict[str, str]:
    """What is told of a group beside how many tickets there are, by what it is: how long they took, their ratings."""
    found = {
        "first_response": times(group.first_response, language),
        "resolution": times(group.resolution, language),
        "handling": times(group.handling, language),
        "ratings": ratings(group.ratings, language),
    }
    return {_word(name, language): value for name, value in found.items() if value}


def _lower(word: str) -> str:
    return word[:1].lower() + word[1:]


def _table(report: Report, by: str, groups: Sequence[Group], language: str) -> Figures:
    told = groups[:_MOST] if any(one.name is not None for one in groups) else ()
    widest = max((_weight(one) for one in told), default=0)
    lines: list[Figure] = []
    for one in told:
        name = report.shown(one)
        lines.append(Figure(name=name, value=_line(one, language), share=share(_weight(one), widest)))
        more = _more(one, language) if by != "sender" else {}
        lines += [Figure(name=f"{name}, {_lower(word)}", value=value) for word, value in more.items()]
    return Figures(title=phrase("by", by, language), figures=lines)


def share(value: int, widest: int) -> int:
    """How wide the bar of a value is, in percent of the widest; what is there at all is seen."""
    return max(1, round(100 * value / widest)) if value and widest else 0


def _weight(group: Group) -> int:
    return group.open + group.created


def _titled(title: str, lines: Sequence[tuple[str, str]], language: str) -> Figures:
    shown = [Figure(name=name, value=value) for name, value in lines[:_MOST]]
    return Figures(title=phrase("by", title, language), figures=shown)


def _line(group: Group, language: str) -> str:
    """`12 open, 2 late, 14 new (usually 9), 11 solved`: what there is of it."""
    parts = []
    for name in ("open", "late", "soon", "created", "solved", "reopened"):
        if value := getattr(group, name):
            before = f" ({usual(group.usual, language)})" if name == "created" and group.usual is not None else ""
            parts.append(f"{_word(name, language)} {value}{before}")
    if group.time_spent:
        parts.append(lasting(group.time_spent, language))
    return ", ".join(parts)


def _growth(group: Group, language: str) -> str:
    return f"{_word('created', language)} {group.created}, {usual(group.usual, language)}"


def _several(group: Group, language: str) -> str:
    return _word("several", language).format(n=group.several, solved=group.solved)


def _word(name: str, language: str) -> str:
    return phrase("figure", name, language)
