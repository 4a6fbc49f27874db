"""`when`, `any` and `unless` of a rule, read into groups of conditions with every name and value checked."""

from collections.abc import Mapping
from typing import Any

from gateway.rules.language import (
    ALWAYS_WITH_OPERATOR,
    ASKING,
    FAMILIES,
    FIELDS,
    GROUPED,
    HEADERS_NOT_KEPT,
    RULE_KEYS,
    Field,
    Operand,
    Shape,
)
from gateway.rules.operands import check_name, kind_of, read
from gateway.rules.problems import KeyPath, Reading, dotted
from gateway.rules.rule import Condition, Group, Mode
from gateway.tomltext.guess import did_you_mean, nearest

_MODES = {"when": Mode.ALL, "any": Mode.ANY, "unless": Mode.NONE}
_NESTED = {"all": Mode.ALL, "any": Mode.ANY, "not": Mode.NONE}
_OPERATORS = frozenset(op for asking in ASKING.values() for op in asking.takes)
_DEEPEST = 20


def read_groups(table: Mapping[str, Any], reading: Reading) -> tuple[Group, ...]:
    """The groups of one rule; what is wrong goes to `reading.problems` and is left out."""
    groups = []
    for key, mode in _MODES.items():
        if key in table:
            group = _group(table[key], (key,), mode, reading)
            groups += [group] if group else []
    return tuple(groups)


def _group(table: object, path: KeyPath, mode: Mode, reading: Reading) -> Group | None:
    if not isinstance(table, Mapping):
        reading.wrong(path, f'takes lines such as {path[0]}.subject = "refund*", not {kind_of(table)}')
        return None
    if len(path) > _DEEPEST:
        reading.wrong(path[:1], "is nested too deeply; write several rules")
        return None
    if not table:
        reading.wrong(path, "is empty; leave it out")
    parts: list[Condition | Group] = []
    for key, value in table.items():
        if key in _NESTED:
            parts += _nested(value, (*path, key), reading)
        else:
            parts += _field(key, value, path, reading)
    line = reading.line(path)
    return Group(what=dotted(path), line=line, mode=mode, parts=tuple(parts)) if parts else None


def _nested(value: object, path: KeyPath, reading: Reading) -> list[Group]:
    """`all = [...]` and `any = [...]`: each element is a group of lines that all hold; `not = {...}` one such group."""
    mode = _NESTED[str(path[-1])]
    listed = value if isinstance(value, list) else [value]
    if mode is Mode.NONE and len(listed) > 1:
        reading.wrong(path, "takes one table { ... } and negates it whole; write not = { any = [ ... ] }")
        return []
    members = [
        _group(one, (*path, number) if isinstance(value, list) else path, Mode.ALL, reading)
        for number, one in enumerate(listed)
    ]
    found = tuple(member for member in members if member)
    return [Group(what=dotted(path), line=reading.line(path), mode=mode, parts=found)] if found else []


def _field(key: str, value: object, path: KeyPath, reading: Reading) -> list[Condition]:
    """The conditions on one field, or on the several of a family (`sender`, `header`, `fields`)."""
    path = (*path, key)
    if key in FIELDS:
        return _asked(FIELDS[key], key, value, path, reading)
    if key in GROUPED or key in FAMILIES:
        example = {"header": 'header.List-Id = "..."', "fields": 'fields.order = "..."'}.get(key, "sender.known = true")
        if not isinstance(value, Mapping):
            reading.wrong(path, f"needs a name behind a dot, such as {path[0]}.{example}")
            return []
        found: list[Condition] = []
        for name, inner in value.items():
            found += _member(key, name, inner, (*path, name), reading)
        return found
    _unknown_field(key, path, reading)
    return []


def _member(family: str, name: str, value: object, path: KeyPath, reading: Reading) -> list[Condition]:
    full = f"{family}.{name}"
    if family == "header":
        if name.lower() in HEADERS_NOT_KEPT or name.lower().startswith("arc-"):
            reading.wrong(path, "is not kept for rules; ask for auth, from or another header")
            return []
        return _asked(FAMILIES[family], full.lower(), value, path, reading)
    if family == "fields":
        try:
            check_name(name, (), "fields", reading.names)
        except ValueError as error:
            reading.wrong(path, str(error))
            return []
        return _asked(FAMILIES[family], full, value, path, reading)
    if full in FIELDS:
        return _asked(FIELDS[full], full, value, path, reading)
    known = [one.partition(".")[2] for one in FIELDS if one.startswith(f"{family}.")]
    reading.wrong(path, f"no such field{did_you_mean(name, known)}")
    return []


def _unknown_field(key: str, path: KeyPath, reading: Reading) -> None:
    if key in _OPERATORS:
        reading.wrong(path, f"the field is missing, such as {dotted(path[:-1])}.subject.{key}")
    elif key in RULE_KEYS:
        reading.wrong(
            path, f"belongs to the rule, not to {path[0]}; write {key} in a line of its own above [rule.{path[0]}]"
        )
    elif key in ("message", "mail", "content"):
        reading.wrong(path, "no such field, did you mean body (or text: subject and body)?")
    elif key in ("sender", "address"):
        reading.wrong(path, "no such field, did you mean from?")
    else:
        reading.wrong(path, f"no such field{did_you_mean(key, (*FIELDS, *FAMILIES, *GROUPED))}")


def _asked(field: Field, name: str, value: object, path: KeyPath, reading: Reading) -> list[Condition]:
    """A bare value is one condition; a table holds one for each of its operators."""
    asking = ASKING[field.shape]
    if field.shape is Shape.SEEN:
        by_operator: Mapping[str, object] = {asking.bare: value}
    elif isinstance(value, Mapping):
        by_operator = value
        if not value:
            reading.wrong(path, f"is empty; write {dotted(path)} = {asking.example}")
    elif field.shape in ALWAYS_WITH_OPERATOR:
        reading.wrong(path, f"write {dotted(path)}.over = {asking.example}, or .under")
        return []
    else:
        return _condition(field, name, asking.bare, value, path, reading)
    found: list[Condition] = []
    for op, inner in by_operator.items():
        found += _condition(field, name, op, inner, path if field.shape is Shape.SEEN else (*path, op), reading)
    return found


def _condition(field: Field, name: str, op: str, value: object, path: KeyPath, reading: Reading) -> list[Condition]:
    asking = ASKING[field.shape]
    operand = asking.takes.get(op)
    if operand is None:
        reading.wrong(path, _no_such_operator(op, field))
        return []
    try:
        wanted = read(operand, value, field, reading.names)
    except ValueError as error:
        reading.wrong(path, str(error))
        return []
    if operand is Operand.LISTS and not wanted:
        op, wanted = "none", ()  # an empty list file: the line is right, and nothing is in the list
    elif operand is Operand.LISTS:
        op = asking.bare
    return [
        Condition(what=dotted(path), line=reading.line(path), field=field, name=name, op=op, wanted=wanted, shown=value)
    ]


def _no_such_operator(op: str, field: Field) -> str:
    takes = [known for known in ASKING[field.shape].takes if known not in ("words", "inside", "seen")]
    if field.shape is Shape.TEXT:
        takes.insert(0, "words")
    near = nearest(op, takes)
    if near:
        return f"no such operator, did you mean {near}?"
    known_elsewhere = f"{op} is not for a {field.shape}" if op in _OPERATORS else "no such operator"
    return f"{known_elsewhere}; {field.name} takes: {', '.join(takes)}"
