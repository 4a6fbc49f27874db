"""A rule as TOML again, in one canonical form: what it prints loads to an equal rule."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from gateway.rules.rule import Rule

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def printed(rules: Iterable[Rule]) -> str:
    """The rules as the text of a rules file, without the remarks of the originals."""
    return "\n".join(print_rule(rule) for rule in rules)


def print_rule(rule: Rule) -> str:
    """One `[[rule]]` with its tests."""
    lines = ["[[rule]]"]
    tests = rule.source.get("test", [])
    lines += _pairs({key: value for key, value in rule.source.items() if key != "test"})
    for test in tests:
        lines += ["", "  [[rule.test]]", *(f"  {line}" for line in _pairs(test))]
    return "\n".join(lines) + "\n"


def _pairs(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in table.items():
        path = f"{prefix}{_key(key)}"
        if isinstance(value, Mapping) and value and not key.endswith("_table"):
            yield from _pairs(value, f"{path}.")
        else:
            yield f"{path} = {_value(value)}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _quoted(key)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case float() if math.isnan(value) or math.isinf(value):
            return repr(value)
        case int() | float():
            return repr(value)
        case datetime() | date() | time():
            return value.isoformat()
        case Mapping():
            return f"{{ {', '.join(f'{_key(key)} = {_value(inner)}' for key, inner in value.items())} }}"
        case _:
            return f"[{', '.join(_value(one) for one in value)}]"


def _text(value: str) -> str:
    """Single quotes for patterns, double quotes for everything else."""
    if "\\" in value and "'" not in value and all(sign >= " " and sign != "\x7f" for sign in value):
        return f"'{value}'"
    return _quoted(value)


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
