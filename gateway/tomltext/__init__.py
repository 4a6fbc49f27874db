"""TOML text for people: on which line each key stands, and tomllib's errors in words that name the remedy.

PURE: text in, values out. Serves the configuration and the rules files alike.
"""

import tomllib
from typing import Any

from gateway.tomltext.lines import Lines, Path, line_of, lines
from gateway.tomltext.remedies import remedy

__all__ = ["Lines", "Path", "TomlProblem", "decode", "line_of", "lines", "parse"]

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


class TomlProblem(Exception):
    """Text that is no TOML: `line` (from 1) and `what` is wrong, with a remedy."""

    def __init__(self, line: int, what: str) -> None:
        self.line = line
        self.what = what
        super().__init__(f"line {line}: {what}")


def parse(text: str) -> dict[str, Any]:
    """The tables of a TOML text; TomlProblem for whatever is wrong with it."""
    text = text.removeprefix(_BOM)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TomlProblem(*remedy(text, str(error))) from None
    except RecursionError:
        raise TomlProblem(1, "is nested too deeply") from None
    except ValueError as error:  # a number of thousands of digits
        raise TomlProblem(1, f"holds a value that cannot be read: {error}") from None


def decode(raw: bytes) -> str:
    """The text of a file; TomlProblem with the line of the first byte that is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TomlProblem(line, "is not UTF-8 text here; save the file as UTF-8") from None
