"""What every section of the schema has in common: frozen, no unknown keys, every key with a doc and a default."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gateway.tomltext.guess import nearest


class Section(BaseModel):
    """One table of the file. Defaults are written as in the file and go through the same checks."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True)


def key(
    doc: str, default: Any = ..., *, alias: str | None = None, low: int | None = None, high: int | None = None
) -> Any:
    """A key: one sentence for people, and its default as the file would spell it (`...`: required)."""
    strict = True if low is not None else None
    return Field(default, description=doc, alias=alias, ge=low, le=high, strict=strict)


def by_name(doc: str) -> Any:
    """Tables under names of the site's choosing; none by default."""
    return Field(default_factory=dict, description=doc)


def one_of(value: str, known: Iterable[str], what: str) -> str:
    """The value, if it is known; ValueError with a guess otherwise."""
    choices = tuple(known)
    if value not in choices:
        raise ValueError(f'names {what} that does not exist: "{value[:60]}"{did_you_mean(value, choices)}')
    return value


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`, did you mean "x"?`, or `""` where nothing is near."""
    near = nearest(word, choices)
    return f', did you mean "{near}"?' if near else ""
