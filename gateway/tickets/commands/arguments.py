"""What stands behind a command, read: one function a kind of argument, text and names in, a value out.

Each raises Unreadable with a sentence that names the remedy.
"""

import re
from collections.abc import Callable, Collection
from datetime import time, timedelta

from gateway.tickets.commands import calendar_words, dates
from gateway.tickets.commands.filters import STRATEGIES
from gateway.tickets.commands.folding import bare, fold
from gateway.tickets.commands.names import Names, pick, pick_branch
from gateway.tickets.commands.numbers import all_numbers
from gateway.tickets.commands.people import address
from gateway.tickets.commands.values import (
    Argument,
    Assign,
    FieldValue,
    How,
    Kind,
    Reminder,
    Spent,
    Tags,
    Unreadable,
    When,
    shown,
)
from gateway.tickets.subject import MAX_SUBJECT
from gateway.tickets.tag import is_tag
from gateway.tomltext.units import duration

Parser = Callable[[str, Names], Argument]

PLUS, MINUS = "+＋﹢", "-−–—‐‑﹣－"  # phones make dashes of a minus
MAX_TAGS = 50
LONGEST_SPENT = timedelta(days=7)
_END_OF_DAY = time(23, 59)
_PART = r"[^\s/,#\[\]](?:[^/,#\[\]]{0,38}[^\s/,#\[\]])?"
_BRANCH = re.compile(rf"{_PART}(?:/{_PART})?")
_HOURS_MINUTES = re.compile(r"(\d{1,2}):([0-5]\d)", re.ASCII)
_UNIT = re.compile(r"(\d{1,9})\s?([^\W\d_]+)\.?")
_MAX_DURATION_WORDS = 6


def nothing(text: str, names: Names) -> None:
    """For commands that take nothing."""
    if text:
        raise Unreadable(
            Kind.ARGUMENT,
            f'takes nothing behind it, and there stands "{shown(text)}"; text belongs below an empty line',
        )


def words(text: str, names: Names) -> str:
    """Any text on the line, or none."""
    return text


def some_words(text: str, names: Names) -> str:
    if not text:
        raise Unreadable(Kind.MISSING, "needs words behind it")
    return text


def title(text: str, names: Names) -> str:
    if not text:
        raise Unreadable(Kind.MISSING, "needs the new title behind it")
    if len(text) > MAX_SUBJECT:
        raise Unreadable(Kind.ARGUMENT, f"has {len(text)} characters; a title has at most {MAX_SUBJECT}")
    return text


# ---- names ---------------------------------------------------------------------------------------------------------


def assignee(text: str, names: Names) -> Assign:
    """`carol`, `Carol Reyes`, `car`, her address, `me`, `nobody`, or a strategy."""
    word = fold(bare(text)).removeprefix("@")
    if word == "me":
        if not names.me:
            raise Unreadable(Kind.ARGUMENT, "does not know who that is here; write the agent's name")
        return Assign(how=How.AGENT, agent=names.me)
    if word in ("nobody", "none", "noone", "-"):
        return Assign(how=How.NOBODY)
    if word in STRATEGIES:
        return Assign(how=How(word))
    return Assign(how=How.AGENT, agent=agent(text, names))


def agent(text: str, names: Names) -> str:
    if "@" in text.strip().removeprefix("@"):
        key = names.addresses.get(address(text).key)
        if key is None:
            raise Unreadable(Kind.ARGUMENT, f"\"{shown(text)}\" is no agent's address; write the agent's name")
        return key
    return pick(text.strip().removeprefix("@"), names.agents, "agent")


def queue(text: str, names: Names) -> str:
    return pick(text, names.queues, "queue")


def queue_or_none(text: str, names: Names) -> str:
    return queue(text, names) if text else ""


def status(text: str, names: Names) -> str:
    titles = {key: label or key.replace("_", " ") for key, label in names.statuses.items()}
    return pick(text, titles, "status")


def priority(text: str, names: Names) -> str:
    return _one_of(text, names.priorities, "priority")


def kind(text: str, names: Names) -> str:
    return _one_of(text, names.types, "type")


def impact(text: str, names: Names) -> str:
    return _one_of(text, names.impacts, "impact")


def area(text: str, names: Names) -> str:
    return pick_branch(text, names.areas, "area")


def category(text: str, names: Names) -> str:
    if names.categories is not None:
        return pick_branch(text, names.categories, "category")
    name = "/".join(part.strip() for part in bare(text).split("/"))
    if not _BRANCH.fullmatch(name):
        raise Unreadable(
            Kind.ARGUMENT, f'"{shown(text)}" is no category; write name or name/part, such as billing/refund'
        )
    return name


def canned(text: str, names: Names) -> str:
    return pick(text, dict.fromkeys(names.canned, ""), "canned reply")


def field(text: str, names: Names) -> FieldValue:
    """`order 1182`: the name of a field, and its value."""
    name, _, value = text.replace("=", " ", 1).partition(" ")
    key = pick(name, {key: one.title for key, one in names.fields.items()}, "field")
    value = value.strip()
    if not value:
        raise Unreadable(Kind.MISSING, f"needs a value behind {key}")
    allowed = names.fields[key].values
    return FieldValue(name=key, value=_one_of(value, allowed, "value") if allowed else value)


def _one_of(text: str, known: Collection[str], what: str) -> str:
    return pick(text, dict.fromkeys(known, ""), what)


def tags(text: str, names: Names) -> Tags:
    """`+a -b c`: what has no sign is added."""
    add: dict[str, None] = {}
    drop: dict[str, None] = {}
    for item in re.split(r"[\s,;]+", text.strip()):
        sign, word = (item[0], item[1:]) if item[:1] and item[0] in PLUS + MINUS else ("+", item)
        word = word.lstrip("#").strip("\"'“”„«»")
        if not word:
            continue
        if not is_tag(word):
            raise Unreadable(Kind.ARGUMENT, f'"{shown(word)}" is no tag; write one word without quotes and brackets')
        (drop if sign in MINUS else add)[word] = None
    if not add and not drop:
        raise Unreadable(Kind.MISSING, "needs a tag, such as +vip or -vip")
    if both := add.keys() & drop.keys():
        raise Unreadable(Kind.CONFLICT, f"both adds and takes away {', '.join(sorted(both))}")
    if len(add) + len(drop) > MAX_TAGS:
        raise Unreadable(Kind.ARGUMENT, f"names {len(add) + len(drop)} tags; at most {MAX_TAGS} at once")
    return Tags(add=tuple(add), drop=tuple(drop))


# ---- times ---------------------------------------------------------------------------------------------------------


def _clock(names: Names, morning: time = time(8, 0)) -> dates.Clock:
    return dates.Clock(now=names.now, zone=names.zone, morning=morning)


def due(text: str, names: Names) -> When:
    """A day alone means its end."""
    return dates.when(_date(text), _clock(names, _END_OF_DAY))


def until_or_none(text: str, names: Names) -> When | None:
    """A day alone means its morning."""
    return dates.when(_date(text), _clock(names)) if text else None


def away(text: str, names: Names) -> When:
    """The day somebody is back, from its first minute."""
    return dates.when(_date(text), _clock(names, time(0)))


def reminder(text: str, names: Names) -> Reminder:
    when, rest = dates.leading(_date(text), _clock(names))
    return Reminder(when=when, text=rest)


def _date(text: str) -> str:
    words_of = text.split()
    if not words_of or (len(words_of) == 1 and fold(words_of[0]) in calendar_words.LEADS):
        raise Unreadable(Kind.MISSING, f"needs a date, such as {dates.EXAMPLES}")
    return text


def spent(text: str, names: Names) -> Spent:
    """`25m`, `1 h 30 min call with Bo`, `1:30`: the longest duration it begins with, and on what."""
    parts = text.split()
    if not parts:
        raise Unreadable(Kind.MISSING, "needs a time, such as 25m or 1 h 30 min")
    for count in range(min(len(parts), _MAX_DURATION_WORDS), 0, -1):
        span = _duration(" ".join(parts[:count]))
        if span is not None:
            return Spent(time=_sensible(span, " ".join(parts[:count])), text=" ".join(parts[count:]))
    try:
        duration(parts[0])
    except ValueError as error:
        raise Unreadable(Kind.ARGUMENT, f"{error}") from None
    raise AssertionError("a duration that is read only the second time")


def _duration(text: str) -> timedelta | None:
    if found := _HOURS_MINUTES.fullmatch(text):
        return timedelta(hours=int(found[1]), minutes=int(found[2]))
    try:
        return duration(_UNIT.sub(_in_english, fold(text)))
    except ValueError:
        return None


def _in_english(found: re.Match[str]) -> str:
    unit = calendar_words.UNITS.get(found[2], found[2])
    return f"{found[1]} {unit}" if unit in ("min", "h", "day", "week") else found[0]


def _sensible(span: timedelta, text: str) -> timedelta:
    if not span:
        raise Unreadable(Kind.ARGUMENT, f'"{text}" is no time at all')
    if span > LONGEST_SPENT:
        raise Unreadable(Kind.ARGUMENT, f'"{text}" is more than {LONGEST_SPENT.days} days; write it in several parts')
    return span


# ---- tickets -------------------------------------------------------------------------------------------------------


def tickets(text: str, names: Names) -> tuple[int, ...]:
    return all_numbers(text, names.numbers)


def ticket(text: str, names: Names) -> tuple[int, ...]:
    """One number alone."""
    found = all_numbers(text, names.numbers)
    if len(found) > 1:
        raise Unreadable(Kind.ARGUMENT, f"takes one ticket, and there stand {len(found)}")
    return found


def tickets_or_similar(text: str, names: Names) -> tuple[int, ...]:
    """Numbers, or `()` for `similar`: those that look like the ticket."""
    return () if fold(bare(text)) == "similar" else tickets(text, names)
