"""Values as TOML: whatever a text holds, `parse` gives back the same, and nothing in it is taken for more than text.

PURE.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_SURROGATES = re.compile("[\ud800-\udfff]")  # halves of a sign, which no file can hold
# What a terminal would obey or nobody would see: TOML knows it as \uXXXX only.
_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_TO_ESCAPE = re.compile(r'[\x00-\x08\x0b-\x1f\\]|"(?="")|"\Z')
# Whoever cuts a file into its tables by their headings, or loses a quote, must not take a text's line for one.
_HEADING = re.compile(r"(?m)^([ \t]*)\[")
_MANY_PARTS = re.compile(r"(?:[^\s.]+[ \t]*\.[ \t]*){20,}")  # looks like the name of a key that is nested too deeply


def toml_key(name: str) -> str:
    """A key, in quotes where it must be."""
    return name if _BARE.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    """A text on one line, with nothing in it that cannot be seen. JSON's escapes are TOML's."""
    return _plain(json.dumps(_SURROGATES.sub("\ufffd", text), ensure_ascii=False))


def block(text: str) -> str:
    """A text of several lines, each on a line of its own; of one line, that."""
    if "\n" not in text:
        return quoted(text)
    clean = _TO_ESCAPE.sub(_escaped, _SURROGATES.sub("\ufffd", text))
    return _HEADING.sub(r"\1\\u005b", f'"""\n{_plain(clean)}"""')


def toml_value(given: Any, text: Callable[[str], str] = quoted) -> str:
    """Any value that TOML knows; `text` spells the texts in it."""
    match given:
        case bool():
            return "true" if given else "false"
        case str():
            return text(given)
        case float() if math.isnan(given) or math.isinf(given):
            return repr(given)
        case int() | float():
            return repr(given)
        case datetime() | date() | time():
            return given.isoformat()
        case Mapping():
            return f"{{ {', '.join(f'{toml_key(name)} = {toml_value(one, text)}' for name, one in given.items())} }}"
        case Sequence():
            return f"[{', '.join(toml_value(one, text) for one in given)}]"
        case _:
            return str(given)


def _plain(text: str) -> str:
    text = _MANY_PARTS.sub(lambda match: match[0].replace(".", "\\u002e"), text)
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _escaped(match: re.Match[str]) -> str:
    sign = match[0]
    return f"\\{sign}" if sign in '\\"' else f"\\u{ord(sign):04x}"
