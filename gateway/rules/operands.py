"""What stands right of the `=`, read by type. Every reader returns a tuple or raises ValueError with the remedy."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from gateway.mail.fold import fold
from gateway.rules.language import ASKING, PRIORITIES, SEEN_BY, Field, Operand
from gateway.rules.names import Names
from gateway.rules.patterns import compile_pattern
from gateway.rules.words import read_patterns
from gateway.tomltext import units
from gateway.tomltext.guess import did_you_mean


def read(operand: Operand, value: object, field: Field, names: Names) -> tuple[Any, ...]:
    """The operand of one condition, checked against the names of the site."""
    return _READERS[operand](value, field, names)


def kind_of(value: object) -> str:
    """What somebody wrote, for messages."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}" if abs(value) < 1e12 else "a number"
    if isinstance(value, str):
        return f'"{value[:60]}"'
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    return "a date or time"


def texts(value: object, example: str = "") -> tuple[str, ...]:
    """One text or a list of texts, none of them empty."""
    listed = value if isinstance(value, list) else [value]
    if not listed:
        raise ValueError("is an empty list, which nothing ever matches; leave the line out")
    for one in listed:
        if isinstance(one, dict):
            raise ValueError(f"must be text in quotes{_such_as(example)}, not a table")
        if not isinstance(one, str):
            raise ValueError(f'must be text in quotes{_such_as(example)}, not {kind_of(one)}; write "{one}"')
        if not one.strip():
            raise ValueError("is an empty text; to ask for a missing value write .has = false")
        if any(ord(sign) < 32 and sign not in "\t\n" for sign in one):
            raise ValueError(
                'holds a control character, perhaps from a "\\b" or "\\f" in double quotes; use single quotes'
            )
    return tuple(listed)


def flat(text: str) -> str:
    """Folded on one line, as `words.Folded.flats` has the texts of a mail."""
    return " ".join(fold(text).split())


def day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    raise ValueError(f'must be a day such as "2026-12-24", not {kind_of(value)}')


def seconds(text: str) -> int:
    """The whole seconds of a duration; ValueError where there is none."""
    span = units.duration(text)
    if span < timedelta(seconds=1):
        raise ValueError(f'must be more than nothing, "1 s" at least, not "{text[:60]}"')
    return int(span.total_seconds())


def check_name(value: str, closed: Sequence[str], named: str, names: Names) -> None:
    """ValueError with a guess where a value is none of those that exist."""
    known = closed or names.of(named)
    if known is not None and (closed or named) and value not in known:
        what = _KINDS.get(named, "value")
        where = f" in {_SECTIONS[named]}" if named in _SECTIONS and not closed else ""
        raise ValueError(f"no such {what}{where}: {value[:60]}{did_you_mean(value, known)}")


_KINDS = {
    "queues": "queue", "agents": "agent", "assign": "agent or strategy", "notify": "agent", "slas": "SLA",
    "replies": "template", "statuses": "status", "areas": "area", "area_branches": "area", "fields": "field",
    "categories": "category", "category_branches": "category", "organisations": "organisation", "skills": "skill",
    "calendars": "calendar",
}  # fmt: skip
_SECTIONS = {
    "queues": "[queues]", "agents": "[agents]", "slas": "[sla]", "areas": "[areas]", "area_branches": "[areas]",
    "categories": "[categories]", "category_branches": "[categories]", "fields": "[fields]",
    "organisations": "[organisations]", "calendars": "[calendars]",
}  # fmt: skip


def _such_as(example: str) -> str:
    return f" such as {example}" if example else ""


def _example(field: Field) -> str:
    return ASKING[field.shape].example


def _words(value: object, field: Field, names: Names) -> tuple[Any, ...]:
    patterns = texts(value, _example(field))
    return (read_patterns(patterns), *patterns)


def _parts(value: object, field: Field, names: Names) -> tuple[str, ...]:
    return tuple(flat(one) for one in texts(value, _example(field)))


def _patterns(value: object, field: Field, names: Names) -> tuple[Any, ...]:
    listed = value if isinstance(value, list) else [value]
    patterns = [one for one in listed if isinstance(one, str) and one]
    if not listed or len(patterns) < len(listed):
        raise ValueError("must be a regular expression in single quotes such as '\\bORD-\\d{4,}\\b'")
    return tuple(compile_pattern(one) for one in patterns)


def _globs(value: object, field: Field, names: Names) -> tuple[str, ...]:
    globs = texts(value, _example(field))
    for one in globs:
        if "@" not in one and "*" not in one:
            remedy = f'write "*@{one}"' if "." in one else "write the whole address, or * for a part of it"
            raise ValueError(f'"{one}" is no address; {remedy}')
        if any(sign in one for sign in " <>,;"):
            raise ValueError(f'"{one}" is no address; write only local@domain, without a name, and several as a list')
    return tuple(one.lower() for one in globs)


def _names(value: object, field: Field, names: Names) -> tuple[str, ...]:
    found = texts(value, _example(field))
    for one in found:
        if "*" in one:
            stem = one.partition("*")[0]
            raise ValueError(f'* has no meaning here; write {field.name}.starts = "{stem}" or .contains')
        if field.named != "fields":  # the name was checked, the values are the customers'
            check_name(one, field.closed, field.named, names)
    return tuple(flat(one) for one in found)


def _ranks(value: object, field: Field, names: Names) -> tuple[int, ...]:
    found = texts(value, _example(field))
    for one in found:
        check_name(one, field.closed, "", names)
    return tuple(PRIORITIES.index(one) for one in found)


def _rank(value: object, field: Field, names: Names) -> tuple[int, ...]:
    if isinstance(value, list):
        raise ValueError("takes one value, not a list")
    return _ranks(value, field, names)


def _tags(value: object, field: Field, names: Names) -> tuple[str, ...]:
    return tuple(flat(one) for one in texts(value, _example(field)))


def _members(value: object, field: Field, names: Names) -> tuple[Any, ...]:
    return (value,) if isinstance(value, bool) else _tags(value, field, names)


def _flag(value: object, field: Field, names: Names) -> tuple[bool, ...]:
    if isinstance(value, bool):
        return (value,)
    raise ValueError(f"must be true or false, without quotes, not {kind_of(value)}")


def _size(value: object, field: Field, names: Names) -> tuple[int, ...]:
    if not isinstance(value, str):
        raise ValueError(f'must be a size in quotes such as "1 MB", not {kind_of(value)}')
    return (units.size(value),)


def _number(value: object, field: Field, names: Names) -> tuple[float, ...]:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ValueError(f"must be a number without quotes such as 5, not {kind_of(value)}")
    return (value,)


def _span(value: object, field: Field, names: Names) -> tuple[int, ...]:
    if not isinstance(value, str):
        raise ValueError(f'must be a duration in quotes such as "7 days", not {kind_of(value)}')
    return (seconds(value),)


def _days(value: object, field: Field, names: Names) -> tuple[date, ...]:
    listed = value if isinstance(value, list) else [value]
    if not listed:
        raise ValueError("is an empty list, which nothing ever matches; leave the line out")
    return tuple(day(one) for one in listed)


def _period(value: object, field: Field, names: Names) -> tuple[date, ...]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError('takes the first and the last day, such as ["2026-12-24", "2026-12-31"]')
    first, last = day(value[0]), day(value[1])
    if last < first:
        raise ValueError(f"ends ({last}) before it begins ({first})")
    return (first, last)


def _calendars(value: object, field: Field, names: Names) -> tuple[str, ...]:
    found = texts(value, '"office"')
    for one in found:
        check_name(one, (), "calendars", names)
    return found


def _seen(value: object, field: Field, names: Names) -> tuple[str, int, int]:
    wanted = '{ by = "area", within = "1 h", over = 5 }'
    if not isinstance(value, dict) or set(value) != {"by", "within", "over"}:
        raise ValueError(f"must be a table with by, within and over, such as {wanted}")
    by, within, over = value["by"], value["within"], value["over"]
    if by not in SEEN_BY:
        raise ValueError(f"cannot count by {kind_of(by)}{did_you_mean(str(by), SEEN_BY)}")
    if isinstance(over, bool) or not isinstance(over, int) or over < 0:
        raise ValueError(f"over must be a whole number, not {kind_of(over)}")
    return (by, _span(within, field, names)[0], over)


def _lists(value: object, field: Field, names: Names) -> tuple[Any, ...]:
    """The values of `rules/lists/NAME.txt`, read as the bare value of the field would be."""
    values: list[str] = []
    for one in texts(value, '"vip"'):
        if one not in names.lists:
            name = one.removesuffix(".txt").rpartition("/")[2]
            if name != one and name in names.lists:
                raise ValueError(f'write only the name of the list: "{name}"')
            raise ValueError(f"no such list: rules/lists/{one[:60]}.txt{did_you_mean(one, names.lists)}")
        values += names.lists[one]
    if not values:
        return ()
    asking = ASKING[field.shape]
    try:
        return read(asking.takes[asking.bare], values, field, names)
    except ValueError as error:
        raise ValueError(f"in the list: {error}")


_READERS: dict[Operand, Callable[[object, Field, Names], tuple[Any, ...]]] = {
    Operand.WORDS: _words,
    Operand.TEXTS: _parts,
    Operand.PARTS: _parts,
    Operand.PATTERNS: _patterns,
    Operand.GLOBS: _globs,
    Operand.NAMES: _names,
    Operand.RANKS: _ranks,
    Operand.RANK: _rank,
    Operand.TAGS: _tags,
    Operand.MEMBERS: _members,
    Operand.FLAG: _flag,
    Operand.SIZE: _size,
    Operand.NUMBER: _number,
    Operand.SPAN: _span,
    Operand.DAYS: _days,
    Operand.PERIOD: _period,
    Operand.CALENDARS: _calendars,
    Operand.LISTS: _lists,
    Operand.SEEN: _seen,
}
