"""The effective settings as text that is TOML again: what the file says, and every default, marked as such."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import PydanticUndefined

from gateway.config.derived import with_derived
from gateway.config.kinds import PASSWORD_IN_URL
from gateway.config.problems import inner, keys
from gateway.config.schema import Config
from gateway.config.section import Section
from gateway.tomltext import writing
from gateway.tomltext.writing import quoted, toml_key

# As far as the quotes of a TOML string, so that what is left is the same TOML.
_PASSWORD_IN_FILE = re.compile(r"""(://[^/@:"'\n]*):[^"'\n]*@|([?&](?:ssl)?password=)[^&"'\n]*""")
Tables = Mapping[str, Any]


def effective(data: Tables) -> str:
    """The settings of a file's tables, which `load` accepts; secrets are never looked up, passwords in URLs hidden."""
    lines = list(_section(Config, with_derived(dict(data)), data, ""))
    return "\n".join(lines).strip("\n") + "\n"


def effective_tables(data: Tables) -> dict[str, Any]:
    """The same as one JSON-able value."""
    import tomllib

    tables: dict[str, Any] = tomllib.loads(effective(data))
    return tables


def masked(text: str) -> str:
    """The text, passwords in URLs hidden."""
    return PASSWORD_IN_URL.sub(_hidden, text)


def masked_file(text: str) -> str:
    """The text of a file as it may be kept elsewhere: passwords in its URLs hidden, all else as it was."""
    return _PASSWORD_IN_FILE.sub(_hidden, text)


def _hidden(hit: re.Match[str]) -> str:
    return f"{hit[2]}(secret)" if hit[2] else f"{hit[1]}:(secret)@"


def _section(model: type[Section], table: Tables, written: Tables, heading: str) -> Iterator[str]:
    """The plain values of a table, then the tables below it."""
    below: list[Iterator[str]] = []
    known = dict(keys(model))
    known.pop("days", None)  # days of a calendar are keys themselves
    for name in (*known, *(name for name in table if name not in known)):
        field = known.get(name)
        section, shape = inner(field.annotation) if field else (None, "value")
        path = f"{heading}.{toml_key(name)}" if heading else toml_key(name)
        value = table.get(name, None if field is None or field.default is PydanticUndefined else field.default)
        own = written.get(name)
        if section is not None:
            below.append(_tables(section, shape, value, own, path))
        elif isinstance(value, Mapping):
            below.append(_mapping(value, path, is_default=own is None))
        elif value is None:
            yield f"# {name} is not set"
        else:
            marks = [*(["default"] if own is None else []), *(["(secret)"] if _names_a_secret(name) else [])]
            yield f"{toml_key(name)} = {toml_value(value)}{'  # ' + ', '.join(marks) if marks else ''}"
    for lines in below:
        yield from lines


def _tables(section: type[Section], shape: str, value: Any, written: Any, path: str) -> Iterator[str]:
    if shape == "table":
        if isinstance(value, str):  # a queue's delivery in short
            value = written = {"to": value}
        if isinstance(value, Mapping):
            yield from ("", f"[{path}]")
            yield from _section(section, value, written if isinstance(written, Mapping) else {}, path)
    elif shape == "tables":
        for name, table in (value or {}).items():
            yield from ("", f"[{path}.{toml_key(name)}]")
            yield from _section(section, table, (written or {}).get(name) or {}, f"{path}.{toml_key(name)}")
    else:
        for index, table in enumerate(value or ()):
            yield from ("", f"[[{path}]]")
            yield from _section(section, table, written[index], path)


def _mapping(value: Tables, path: str, *, is_default: bool) -> Iterator[str]:
    yield from ("", f"[{path}]{'  # default' if is_default else ''}")
    for name, part in value.items():
        yield f"{toml_key(name)} = {toml_value(part)}"


def _names_a_secret(name: str) -> bool:
    return name == "dkim_key" or name.endswith(("secret_file", "password_file", "token_file"))


def toml_value(given: Any) -> str:
    """A value as TOML spells it, passwords in URLs hidden."""
    return writing.toml_value(given, lambda text: quoted(masked(text)))
