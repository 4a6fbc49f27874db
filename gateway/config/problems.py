"""What is wrong with a configuration, in words, each with the line it stands on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gateway.config.section import Section, did_you_mean

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake: `loc` is its place in the tables, `what` a predicate ("must be ...")."""

    loc: Loc
    what: str


def dotted(loc: Loc) -> str:
    """`("smtp", 0, "listen")` -> `smtp[1].listen`, counting as people do."""
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            bare = part.replace("-", "").replace("_", "").isalnum() and part.isascii()
            text += f"{'.' if text else ''}{part if bare else _quoted(part)}"
    return text


def _quoted(part: str) -> str:
    shown = "".join(char if char.isprintable() else "?" for char in part[:60])
    return f'"{shown}"'


# ---- the schema, walked --------------------------------------------------------------------------------------------


def keys(model: type[Section]) -> dict[str, FieldInfo]:
    """The keys of a section as they stand in the file, with their docs and defaults."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def inner(annotation: Any) -> tuple[type[Section] | None, str]:
    """The section a key holds and how: `table`, `tables` (by name), `array` ([[...]]), or None and `value`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation, "table") if issubclass(annotation, Section) else (None, "value")
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return inner(args[0])
    if origin in (Union, UnionType):
        return next((found for found in map(inner, args) if found[0]), (None, "value"))
    if origin is tuple and args:
        section, _ = inner(args[0])
        return (section, "array") if section else (None, "value")
    if origin is Mapping:
        section, _ = inner(args[1])
        return (section, "tables") if section else (None, "value")
    return None, "value"


def arrays(model: type[Section]) -> tuple[str, ...]:
    """The headings that stand in double brackets."""
    return tuple(key for key, field in keys(model).items() if inner(field.annotation)[1] == "array")


def section_at(model: type[Section], loc: Loc) -> tuple[type[Section] | None, FieldInfo | None]:
    """The section a place lies in or is, and the key it is (None for a section by name or index)."""
    here: type[Section] | None = model
    field: FieldInfo | None = None
    shape = "table"
    for part in loc:
        if shape in ("tables", "array"):
            shape, field = "table", None
            continue
        if here is None:
            return None, field
        field = keys(here).get(str(part))
        if field is None:
            return here, None
        deeper, shape = inner(field.annotation)
        here = deeper if deeper else None
    return here, field


def _homes(model: type[Section], name: str, above: str = "") -> Iterator[str]:
    """The sections that know a key of this name, as headings."""
    for key, field in keys(model).items():
        section, shape = inner(field.annotation)
        if section is None:
            continue
        path = f"{above}{key}"
        if name in keys(section):
            yield {"table": f"[{path}]", "tables": f"[{path}.NAME]", "array": f"[[{path}]]"}[shape]
        yield from _homes(section, name, f"{path}.NAME." if shape == "tables" else f"{path}.")


# ---- pydantic's errors ---------------------------------------------------------------------------------------------

_SECRET_WORDS = ("password", "passwd", "secret", "token", "client_secret", "refresh_token", "dkim_private_key")


def translated(model: type[Section], errors: Sequence[ErrorDetails]) -> list[Problem]:
    """Every error of pydantic as a problem; unions count once."""
    found: dict[tuple[Loc, str], Problem] = {}
    for error in errors:
        problem = _problem(model, error)
        found.setdefault((problem.loc, problem.what), problem)
    return list(found.values())


def _problem(model: type[Section], error: ErrorDetails) -> Problem:
    loc, kind = tuple(error["loc"]), error["type"]
    context: dict[str, Any] = error.get("ctx", {})
    is_key = kind != "extra_forbidden" and bool(loc) and loc[-1] == "[key]"
    if is_key:
        loc = loc[:-1]
    if len(loc) > 2 and loc[0] == "calendars" and loc[2] == "days":  # gathered there by the schema
        loc = loc[:2] + loc[3:]
    if is_key and str(loc[-1]) in keys(section_at(model, loc[:-2])[0] or Section):
        above = f"[{dotted(loc[:-2])}] and must stand above [{dotted(loc[:-1])}]"
        return Problem(loc=loc, what=f"is no name here; it is a key of {above}")
    if kind == "value_error":
        return Problem(loc=loc, what=str(context["error"]))
    if kind == "missing":
        return Problem(loc=loc, what=_missing(model, loc))
    if kind == "extra_forbidden":
        return Problem(loc=loc, what=unknown(model, loc))
    if kind == "literal_error":
        return Problem(loc=loc, what=_choice(str(context["expected"]), error["input"]))
    return Problem(loc=loc, what=_shape(model, kind, loc, context, error["input"]))


def _missing(model: type[Section], loc: Loc) -> str:
    _, field = section_at(model, loc)
    section, shape = inner(field.annotation) if field else (None, "value")
    doc = (field.description or "") if field else ""
    if section is not None:
        heading = f"[{loc[-1]}.NAME]" if shape == "tables" else f"[{loc[-1]}]"
        return f"the section {heading} is missing: {doc[:1].lower()}{doc[1:]}"
    return f"is missing: {doc[:1].lower()}{doc[1:]}"


def unknown(model: type[Section], loc: Loc) -> str:
    """Why a key is not known here, with a guess; its value is never told, it may be a secret."""
    name = str(loc[-1])
    here, _ = section_at(model, loc[:-1])
    known = keys(here) if here else {}
    if name.lower() in _SECRET_WORDS:
        files = [key for key in known if key.endswith("_file")]
        use = next((key for key in files if key.startswith(name.lower())), files[0] if files else "a file")
        return f'secrets never stand in the file; write the secret into a file and name it: {use} = "{name}.secret"'
    what = "is no such section" if len(loc) == 1 else "is no such key"
    guess = did_you_mean(name, known)
    if guess:
        return what + guess
    homes = list(dict.fromkeys(_homes(model, name)))
    if homes and name not in ("name", "title"):
        return f"{what} here; it belongs in {' or '.join(homes[:2])}"
    some = list(known)[:12]
    return f"{what}; known are {', '.join(some)}{' and others' if len(known) > 12 else ''}"


def _choice(expected: str, given: object) -> str:
    choices = [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(",")]
    *most, last = (f'"{choice}"' for choice in choices)
    listed = f"{', '.join(most)} or {last}" if most else last
    if isinstance(given, str):
        return f'must be {listed}, not "{given[:40]}"{did_you_mean(given, choices)}'
    return f"must be {listed}"


def _shape(model: type[Section], kind: str, loc: Loc, context: dict[str, Any], given: object) -> str:
    _, field = section_at(model, loc)
    section, shape = inner(field.annotation) if field else (None, "value")
    name = loc[-1] if loc else ""
    if kind == "tuple_type":
        if section is not None:
            return f"may stand several times; write [[{dotted(loc)}]] in double brackets"
        return f'must be a list: {name} = ["..."]'
    if kind in ("model_type", "model_attributes_type", "dict_type", "mapping_type", "is_instance_of"):
        if isinstance(given, list):
            return f"stands once; write [{dotted(loc)}] in single brackets"
        if name in ("delivery", "alarm_delivery") and len(loc) > 1:  # a way out, of which the URL may stand alone
            return f'must be a table [{dotted(loc)}] or a URL in quotes: {name} = "smtp://host:25"'
        return f"must be a table: [{dotted(loc)}]" if section is None or shape != "tables" else (
            f"must hold tables: [{dotted(loc)}.NAME]")  # fmt: skip
    words = {
        "string_type": "must be text in quotes",
        "int_type": "must be a whole number without quotes",
        "bool_type": "must be true or false, without quotes",
        "greater_than_equal": f"must be at least {context.get('ge')}",
        "less_than_equal": f"must be at most {context.get('le')}",
        "int_parsing_size": "is too large a number",
    }
    return words.get(kind, f"cannot be used: {kind.replace('_', ' ')}")
