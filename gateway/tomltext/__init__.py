"""TOML text for people: on which line each key stands, tomllib's errors in words that name the remedy, values with
units, guesses at what somebody meant.

PURE: text in, values out. Serves the configuration and the rules files alike.
"""

import re
import tomllib
from typing import Any

from gateway.tomltext.lines import Lines, Path, line_of, lines
from gateway.tomltext.remedies import ANY_FORM, Form, remedy

__all__ = ["Form", "Lines", "Path", "TomlProblem", "decode", "line_of", "lines", "parse"]

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
_MOST_PARTS = 100
_TOO_DEEP = re.compile(
    rf"""(?m)(?:^|[{{,])[ \t]*+\[*+[ \t]*+(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{_MOST_PARTS}}}"""
)


class TomlProblem(Exception):
    """Text that is no TOML: `line` (from 1) and `what` is wrong, with a remedy."""

    def __init__(self, line: int, what: str) -> None:
        self.line = line
        self.what = what
        super().__init__(f"line {line}: {what}")


def parse(text: str, form: Form = ANY_FORM) -> dict[str, Any]:
    """The tables of a TOML text; TomlProblem for whatever is wrong with it, in words for files of this form."""
    text = text.removeprefix(_BOM)
    deep = _TOO_DEEP.search(text)
    if deep:  # tomllib takes time by the square of the parts
        raise TomlProblem(text.count("\n", 0, deep.start()) + 1, f"a key has more than {_MOST_PARTS} parts")
    try:
        # More line ends, or tomllib tells errors in the last line as "end of document".
        return tomllib.loads(f"{text}\n\n")
    except tomllib.TOMLDecodeError as error:
        raise TomlProblem(*remedy(text, str(error), form)) from None
    except RecursionError:
        raise TomlProblem(1, "lists or tables are nested too deeply") from None
    except ValueError as error:  # a number of thousands of digits
        raise TomlProblem(1, f"holds a value that cannot be read: {error}") from None


def decode(raw: bytes) -> str:
    """The text of a file; TomlProblem with the line of the first byte that is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TomlProblem(line, "is not UTF-8 text here; save the file as UTF-8") from None
