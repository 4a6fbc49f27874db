"""A rule as TOML again, in one canonical form: what it prints loads to an equal rule."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.rules.rule import Rule
from gateway.tomltext.writing import quoted, toml_key, toml_value


def printed(rules: Iterable[Rule]) -> str:
    """The rules as the text of a rules file, without the remarks of the originals."""
    return "\n".join(print_rule(rule) for rule in rules)


def print_rule(rule: Rule) -> str:
    """One `[[rule]]` with its tests."""
    lines = ["[[rule]]"]
    tests = rule.source.get("test", [])
    lines += _pairs({name: given for name, given in rule.source.items() if name != "test"})
    for test in tests:
        lines += ["", "  [[rule.test]]", *(f"  {line}" for line in _pairs(test))]
    return "\n".join(lines) + "\n"


def _pairs(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, given in table.items():
        path = f"{prefix}{toml_key(name)}"
        if isinstance(given, Mapping) and given and not name.endswith("_table"):
            yield from _pairs(given, f"{path}.")
        else:
            yield f"{path} = {toml_value(given, _text)}"


def _text(given: str) -> str:
    """Single quotes for patterns, double quotes for everything else."""
    if "\\" in given and "'" not in given and all(sign >= " " and sign != "\x7f" for sign in given):
        return f"'{given}'"
    return quoted(given)
