"""Admins' regular expressions, compiled once at load with every remedy that can be named."""

import regex

MAX_PATTERN = 2_000  # characters
_MAX_REPEATS = 10_000
# `regex` unrolls the least count of every repeat when it compiles: nested ones multiply, up to all memory.
_LEAST_COUNT = regex.compile(r"\{(\d+)(?:,\d*)?\}")
_POSITION = regex.compile(r"at position (\d+)")
_ESCAPES = {"\b": r"\b", "\f": r"\f", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\x1b": r"\e"}


def compile_pattern(text: str) -> regex.Pattern[str]:
    """The pattern compiled, case as written; ValueError with the place and the remedy."""
    for sign, written in _ESCAPES.items():
        if sign in text and sign not in "\t\n":
            raise ValueError(f'"{written}" in double quotes is a control character; put the pattern in single quotes')
    if len(text) > MAX_PATTERN:
        raise ValueError(f"the pattern has {len(text):,} characters, at most {MAX_PATTERN:,}; use .list for many words")
    repeats = 1
    for found in _LEAST_COUNT.finditer(text):
        repeats *= max(1, int(found[1]))
        if repeats > _MAX_REPEATS:
            raise ValueError(f"the pattern repeats too much: its {{N}} multiply to more than {_MAX_REPEATS:,}")
    try:
        return regex.compile(text)
    except regex.error as error:
        raise ValueError(f"is no regular expression: {error} of '{_around(text, str(error))}'")
    except (RecursionError, OverflowError, MemoryError, ValueError):
        raise ValueError("is too deeply nested or too large for a regular expression")


def _around(text: str, error: str) -> str:
    """The pattern, or the sixty characters around the place that the error names where it is long."""
    place = _POSITION.search(error)
    start = max(0, int(place[1]) - 30) if place and len(text) > 60 else 0
    return text[start : start + 60]
