"""What a rule does: `set`, `add`, `need`, `notify`, read into lines with every name and value checked."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import regex

from gateway.mail.header.addresses import mailboxes
from gateway.rules.language import ADD, NOTIFY, RULE_KEYS, SET, SET_OWN_FIELD, SKILLS, Action
from gateway.rules.names import FieldShape, Names
from gateway.rules.operands import check_name, flat, kind_of
from gateway.rules.problems import KeyPath, Reading
from gateway.rules.rule import SetLine
from gateway.tickets.tag import is_tag
from gateway.tomltext.guess import did_you_mean

CAPTURE = re.compile(r"\{([A-Za-z_]\w*)\}")
MAX_VALUE = 1_000  # characters
_ADDRESS = re.compile(r"[^\s@<>(),;:\"]{1,64}@[^\s@<>(),;:\"]{1,253}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?", re.ASCII)


def read_sets(table: object, captures: Collection[str], reading: Reading) -> tuple[SetLine, ...]:
    """The lines under `set`; what is wrong goes to `reading.problems` and is left out."""
    if not isinstance(table, Mapping):
        reading.wrong(("set",), f'takes lines such as set.queue = "billing", not {kind_of(table)}')
        return ()
    found: list[SetLine] = []
    for key, value in table.items():
        path: KeyPath = ("set", key)
        if key.removesuffix("_table") in SET and key.endswith("_table"):
            _check_table_has_line(key, table, path, reading)
        elif key in SET:
            found += _line(SET[key], key, value, table.get(f"{key}_table"), path, captures, reading)
        elif key == "fields":
            found += _own_fields(value, captures, reading)
        else:
            _unknown("set", key, (*SET, "fields"), path, reading)
    return tuple(found)


def read_adds(rule: Mapping[str, Any], captures: Collection[str], reading: Reading) -> tuple[SetLine, ...]:
    """The lines under `add`, `need.skills` and `notify`: what adds up instead of being set once."""
    found: list[SetLine] = []
    for section, known in (("add", ADD), ("need", {"skills": SKILLS})):
        table = rule.get(section, {})
        if not isinstance(table, Mapping):
            example = 'add.tags = ["money"]' if section == "add" else 'need.skills = ["network"]'
            reading.wrong((section,), f"takes lines such as {example}, not {kind_of(table)}")
            continue
        for key, value in table.items():
            if key in known:
                found += _line(known[key], key, value, None, (section, key), captures, reading)
            else:
                _unknown(section, key, tuple(known), (section, key), reading)
    if "notify" in rule:
        found += _line(NOTIFY, "notify", rule["notify"], None, ("notify",), captures, reading)
    return tuple(found)


def check_value(action: Action, value: str, names: Names) -> None:
    """ValueError where a value, written or captured, cannot be set; the patterns of own fields are checked apart."""
    if not value.strip():
        raise ValueError("is an empty text; leave the line out")
    if len(value) > MAX_VALUE:
        raise ValueError(f"has more than {MAX_VALUE:,} characters")
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in value):
        raise ValueError("holds a line break or a control character")
    if action.form == "address":
        _check_address(value)
        if whose := names.whose(value):
            raise ValueError(f'"{value[:60]}" is {whose}; a ticket is for a customer')
    if action.form == "watcher":
        if "@" in value:
            _check_address(value)
        else:
            check_name(value, (), "agents", names)
    if action.form == "language" and not _LANGUAGE.fullmatch(value):
        raise ValueError(f'"{value[:60]}" is no language code; write such as "en" or "pt-BR"')
    if action.form == "tag" and not is_tag(value):
        raise ValueError(f'"{value[:60]}" is no tag; write one word without spaces, commas and "#", several as a list')
    if action.named != "fields":
        check_name(value, action.closed, action.named, names)


def _check_address(value: str) -> None:
    """ValueError where it is not one address as everybody reads it."""
    found = mailboxes(value) if _ADDRESS.fullmatch(value) else ()
    if len(found) != 1 or found[0].key != value.lower():
        raise ValueError(f'"{value[:60]}" is no address; write only local@domain')


def check_own_field(shape: FieldShape, value: str) -> None:
    """ValueError where a value written in a rule is none that the field allows."""
    if shape.values and value not in shape.values:
        raise ValueError(f"no such value: {value[:60]}{did_you_mean(value, shape.values)}")
    if shape.pattern and not _has_form(shape.pattern, value):
        raise ValueError(f"\"{value[:60]}\" does not look like the field's pattern '{shape.pattern[:60]}'")


def _has_form(pattern: str, value: str) -> bool:
    try:
        return regex.fullmatch(pattern, value, timeout=0.05) is not None
    except TimeoutError:
        return False


def _own_fields(table: object, captures: Collection[str], reading: Reading) -> list[SetLine]:
    path: KeyPath = ("set", "fields")
    if not isinstance(table, Mapping):
        reading.wrong(path, 'needs a name behind a dot, such as set.fields.order = "{order}"')
        return []
    found: list[SetLine] = []
    for key, value in table.items():
        name = key.removesuffix("_table")
        if name != key and name in table and key not in reading.names.fields:
            continue
        try:
            check_name(key, (), "fields", reading.names)
        except ValueError as error:
            reading.wrong((*path, key), str(error))
            continue
        # A number in a file is what a person means by its text.
        text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
        found += _line(SET_OWN_FIELD, f"fields.{key}", text, table.get(f"{key}_table"), (*path, key), captures, reading)
    return found


def _line(
    action: Action,
    name: str,
    value: object,
    table: object,
    path: KeyPath,
    captures: Collection[str],
    reading: Reading,
) -> list[SetLine]:
    listed = value if isinstance(value, list) else [value]
    if isinstance(value, list) and not action.many:
        reading.wrong(path, "takes one value, not a list")
        return []
    values: list[str] = []
    for one in listed:
        try:
            values.append(_value(action, name, one, captures, has_table=table is not None, reading=reading))
        except ValueError as error:
            reading.wrong(path, str(error))
            return []
    if not values:
        remedy = 'write set.assign = "none" for nobody' if name == "assign" else "leave the line out"
        reading.wrong(path, f"is an empty list; {remedy}")
        return []
    mapped = None
    if table is not None:
        mapped = _table(action, name, table, (*path[:-1], f"{path[-1]}_table"), reading)
        if mapped is None:
            return []
    return [SetLine(name=name, line=reading.line(path), action=action, values=tuple(values), table=mapped)]


def _value(
    action: Action, name: str, value: object, captures: Collection[str], *, has_table: bool, reading: Reading
) -> str:
    if not isinstance(value, str):
        shown = f', write "{value}"' if isinstance(value, int | float) and not isinstance(value, bool) else ""
        if isinstance(value, Mapping):
            shown = f"; a table for what is captured is called set.{name}_table"
        raise ValueError(f"must be text in quotes, not {kind_of(value)}{shown}")
    asked = CAPTURE.findall(value)
    for capture in asked:
        if capture not in captures:
            brought = did_you_mean(capture, captures) if captures else ""
            raise ValueError(f"{{{capture}}} is captured by no pattern of this rule{brought or _HOW_TO_CAPTURE}")
    if has_table and not asked:
        raise ValueError(f'has a {name.rpartition(".")[2]}_table but no capture such as "{{topic}}" to look up in it')
    if not asked:
        check_value(action, value, reading.names)
        if action.named == "fields":
            check_own_field(reading.names.fields[name.partition(".")[2]], value)
    return value


_HOW_TO_CAPTURE = "; write (?P<name>...) in a .matches of when or any"


def _table(action: Action, name: str, table: object, path: KeyPath, reading: Reading) -> dict[str, str] | None:
    if not isinstance(table, Mapping) or not table:
        reading.wrong(path, f'must be a table such as {{ "my order" = "..." }}, not {kind_of(table)}')
        return None
    mapped: dict[str, str] = {}
    for key, value in table.items():
        try:
            mapped[flat(key)] = _value(action, name, value, (), has_table=False, reading=reading)
        except ValueError as error:
            reading.wrong((*path, key), str(error), what=f'set.{name}_table, "{key[:40]}"')
            return None
    return mapped


def _check_table_has_line(key: str, table: Mapping[str, Any], path: KeyPath, reading: Reading) -> None:
    name = key.removesuffix("_table")
    if name not in table:
        reading.wrong(path, f'has no line to work on; write set.{name} = "{{topic}}" above it')


def _unknown(section: str, key: str, known: Collection[str], path: KeyPath, reading: Reading) -> None:
    if key in ADD and section != "add":
        reading.wrong(path, f"{key} are added, not set: write add.{key} = [...]")
    elif key in SET and section != "set":
        reading.wrong(path, f"write set.{key} = ...")
    elif key in ("assignee", "agent", "owner"):
        reading.wrong(path, 'no such action, did you mean set.assign (a name, "rota", "balance", "sticky")?')
    elif key in ("skills", "skill"):
        reading.wrong(path, 'write need.skills = ["..."]')
    elif key in RULE_KEYS:
        reading.wrong(path, f"belongs to the rule, not to {section}; write {key} = ... above [rule.{section}]")
    else:
        reading.wrong(path, f"no such action{did_you_mean(key, known)}")
