"""`[[rule.test]]` blocks, read and checked: what comes in, and what is expected of the whole set."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from gateway.rules.actions import check_own_field, check_value
from gateway.rules.language import ADD, FIELDS, NOTIFY, RULE_KEYS, SET, SKILLS, TRIGGER_GROUPS, TRIGGERS, Action
from gateway.rules.operands import check_name, kind_of, seconds, texts
from gateway.rules.problems import KeyPath, Reading
from gateway.rules.rule import Example, Expectation
from gateway.tomltext import units
from gateway.tomltext.guess import did_you_mean

Reader = Callable[[object], Any]


def read_examples(blocks: object, events: tuple[str, ...], reading: Reading) -> tuple[Example, ...]:
    """The tests of one rule; `events` are its triggers, the first of which a test means where it names none."""
    if not isinstance(blocks, list):
        reading.wrong(("test",), "write [[rule.test]] with two brackets")
        return ()
    found = []
    for number, block in enumerate(blocks):
        path: KeyPath = ("test", number)
        if isinstance(block, Mapping):
            found.append(_example(block, events, path, reading))
        else:
            reading.wrong(path, "write [[rule.test]] with two brackets")
    return tuple(found)


def _example(block: Mapping[str, Any], events: tuple[str, ...], path: KeyPath, reading: Reading) -> Example:
    for key in block:
        if key not in _KEYS:
            _misplaced(key, (*path, key), reading)
    if "file" in block and "mail" in block:
        reading.wrong((*path, "file"), "a test has mail.* lines or a file, not both")
    sender = _section(block.get("sender", {}), _SENDER, (*path, "sender"), reading)
    known = {_SENDER_FIELDS[name]: value for name, value in sender.items()}
    known |= _section(block.get("ticket", {}), _TICKET, (*path, "ticket"), reading)
    expect = _expect(block.get("expect", {}), (*path, "expect"), reading)
    if not expect:
        reading.wrong(path, 'expects nothing; write such as expect.queue = "billing"', what="test")
    return Example(
        label=_checked(block, "name", _text, path, reading) or "",
        line=reading.line(path),
        event=_event(block, events, path, reading),
        at=_checked(block, "at", _instant, path, reading),
        file=_checked(block, "file", _sample, path, reading) or "",
        mail=_section(block.get("mail", {}), _MAIL, (*path, "mail"), reading),
        known=known,
        expect=expect,
    )


_KEYS = ("name", "why", "on", "at", "file", "mail", "ticket", "sender", "expect")


def _misplaced(key: str, path: KeyPath, reading: Reading) -> None:
    if key in RULE_KEYS:
        reading.wrong(path, f"belongs above the test: move {key} before [[rule.test]]", what=key)
    elif key in SET or key in ("tags", "assign", "rules"):
        reading.wrong(path, f"write expect.{key} (what comes out) or ticket.{key} (what was there before)", what=key)
    elif key in _MAIL:
        reading.wrong(path, f"write mail.{key}", what=key)
    else:
        reading.wrong(path, f"no such key in a test{did_you_mean(key, _KEYS)}", what=key)


def _checked(block: Mapping[str, Any], key: str, read: Reader, path: KeyPath, reading: Reading) -> Any:
    if key not in block:
        return None
    try:
        return read(block[key])
    except ValueError as error:
        reading.wrong((*path, key), str(error))
        return None


def _event(block: Mapping[str, Any], events: tuple[str, ...], path: KeyPath, reading: Reading) -> str:
    event = block.get("on", events[0] if events else "created")
    if isinstance(event, str) and event in TRIGGER_GROUPS:
        event = TRIGGER_GROUPS[event][0]
    if not isinstance(event, str) or event not in TRIGGERS:
        reading.wrong((*path, "on"), f"no such trigger: {kind_of(event)}{did_you_mean(str(event), TRIGGERS)}")
        return "created"
    return event


def _section(table: object, readers: Mapping[str, Reader], path: KeyPath, reading: Reading) -> dict[str, Any]:
    """A table of known keys, each read by its reader; `fields`, `header` and `set_by` hold names of the site."""
    name = path[-1]
    if not isinstance(table, Mapping):
        reading.wrong(path, f"takes lines such as {name}.{next(iter(readers))} = ..., not {kind_of(table)}")
        return {}
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in readers:
            other = next((one for one, known in _SECTIONS.items() if key in known), "")
            hint = f"; write {other}.{key}" if other else did_you_mean(key, readers)
            if key in ("text", "message", "content") and name == "mail":
                hint = ", did you mean body?"
            reading.wrong((*path, key), f"no such key in a test{hint}")
            continue
        try:
            found[key] = readers[key](value)
            _check_known(str(name), key, found[key], reading)
        except ValueError as error:
            reading.wrong((*path, key), str(error))
    return found


def _check_known(section: str, key: str, value: Any, reading: Reading) -> None:
    if section == "ticket" and key == "fields":
        for name in value:
            check_name(name, (), "fields", reading.names)
    elif section == "ticket" and key in FIELDS and isinstance(value, str):
        field = FIELDS[key]
        check_name(value, field.closed, field.named, reading.names)
    elif section == "mail" and key in ("kind", "auth"):
        check_name(value, FIELDS[key].closed, "", reading.names)


def _expect(table: object, path: KeyPath, reading: Reading) -> tuple[Expectation, ...]:
    if not isinstance(table, Mapping):
        reading.wrong(path, f'takes lines such as expect.queue = "billing", not {kind_of(table)}')
        return ()
    found: list[Expectation] = []
    for key, value in table.items():
        if key == "not":
            if isinstance(value, Mapping):
                for inner, unwanted in value.items():
                    found += _expectations(inner, unwanted, (*path, key, inner), reading, negated=True)
            else:
                reading.wrong((*path, key), 'needs what is not expected, such as expect.not.queue = "billing"')
        else:
            found += _expectations(key, value, (*path, key), reading, negated=False)
    return tuple(found)


def _expectations(key: str, value: object, path: KeyPath, reading: Reading, *, negated: bool) -> list[Expectation]:
    if key == "fields" and isinstance(value, Mapping):
        return [
            one
            for name, inner in value.items()
            for one in _expectations(f"fields.{name}", inner, (*path, name), reading, negated=negated)
        ]
    try:
        wanted = _wanted(key, value, reading)
    except ValueError as error:
        reading.wrong(path, str(error))
        return []
    what = ".".join(str(part) for part in path[2:])
    return [Expectation(what=what, line=reading.line(path), name=key, wanted=wanted, negated=negated)]


def _wanted(key: str, value: object, reading: Reading) -> tuple[str, ...] | bool:
    if key == "quarantine":
        return value if isinstance(value, bool) else texts(value)
    if key == "rules":
        return () if value == [] else texts(value, '["name of a rule"]')
    action = _EXPECTED.get(key)
    if key.startswith("fields."):
        name = key.partition(".")[2]
        check_name(name, (), "fields", reading.names)
        found = texts(str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value)
        for one in found:
            check_own_field(reading.names.fields[name], one)
        return found
    if action is None:
        raise ValueError(f"no such key in a test{did_you_mean(key, (*_EXPECTED, 'rules', 'quarantine', 'fields'))}")
    if value == [] and action.many:
        return ()
    found = texts(value)
    if len(found) > 1 and not action.many:
        raise ValueError("takes one value, not a list")
    for one in found:
        check_value(action, one, reading.names)
    return found


_EXPECTED: dict[str, Action] = {**SET, **ADD, "skills": SKILLS, "notify": NOTIFY}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text in quotes, not {kind_of(value)}")
    return value


def _list(value: object) -> tuple[str, ...]:
    return () if value == [] else texts(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, without quotes, not {kind_of(value)}")
    return value


def _instant(value: object) -> datetime:
    """Perhaps without a zone: then it is by the site's clock."""
    try:
        return value if isinstance(value, datetime) else datetime.fromisoformat(_text(value))
    except ValueError:
        raise ValueError(f'must be a time such as "2026-12-24T10:00", not {kind_of(value)}')


def _sample(value: object) -> str:
    path = _text(value)
    if path.startswith(("/", "~")) or ".." in path.split("/") or "\\" in path:
        raise ValueError(f'"{path[:60]}" must be a path below the rules folder, such as "samples/x.eml"')
    return path


def _headers(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping):
        raise ValueError('needs a name behind a dot, such as mail.header.List-Id = "..."')
    return tuple((name, _text(one)) for name, listed in value.items() for one in _several(listed))


def _several(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _address(value: object) -> str:
    text = _text(value).strip()
    if text.count("@") != 1 or any(sign in text for sign in " <>,;"):
        raise ValueError(f'"{text[:60]}" is no address; write only local@domain')
    return text


def _addresses(value: object) -> tuple[str, ...]:
    return tuple(_address(one) for one in _several(value))


def _bytes(value: object) -> int:
    return units.size(_text(value))


def _seconds(value: object) -> int:
    return seconds(_text(value))


def _table(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError("needs a name behind a dot")
    return {name: str(one) if isinstance(one, int | float) else _text(one) for name, one in value.items()}


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be a whole number, not {kind_of(value)}")
    return value


_MAIL: dict[str, Reader] = {
    "from": _address, "to": _addresses, "cc": _addresses, "reply_to": _addresses, "recipient": _address,
    "subject": _text, "body": _text, "header": _headers, "attachment": _list, "size": _bytes, "language": _text,
    "kind": _text, "auth": _text, "source": _text, "date": _instant,
}  # fmt: skip
_TICKET: dict[str, Reader] = {
    **dict.fromkeys(("queue", "status", "priority", "type", "category", "area", "impact", "sla"), _text),
    "assignee": _text, "requester": _address, "tags": _list, "fields": _table, "set_by": _table, "idle": _seconds,
    "seen_recently": _count, "rating": _count,
}  # fmt: skip
_SENDER: dict[str, Reader] = {"known": _flag, "agent": _flag, "tags": _list, "organisation": _text}
_SENDER_FIELDS = {
    "known": "sender.known", "agent": "sender.agent", "tags": "sender.tags", "organisation": "organisation",
}  # fmt: skip
_SECTIONS = {"mail": _MAIL, "ticket": _TICKET, "sender": _SENDER}
