"""What commands print: tables for people, aligned text for pipes, JSON for programs.

Whatever a stranger wrote passes `visible` here, so that no mail can move the cursor or retitle a terminal.
"""

import dataclasses
import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any

# C0 but tab and line feed, DEL, C1, bidirectional and invisible formatting, line separators, lone surrogates.
_UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff"
)
_CONTROL = re.compile(f"[{_UNSAFE}]")
_CONTROL_OR_LINES = re.compile(f"[\t\n{_UNSAFE}]")
_JSON_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_NAMES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_GAP = "  "


def visible(text: str) -> str:
    """One line without anything a terminal would obey: controls become `\\x1b`, line breaks `\\n`."""
    return _CONTROL_OR_LINES.sub(_escaped, text)


def visible_block(text: str) -> str:
    """As `visible`, but tabs and line breaks stay: for the text of an article."""
    return _CONTROL.sub(_escaped, text.replace("\r\n", "\n"))


def _escaped(match: re.Match[str]) -> str:
    char = match[0]
    if char in _NAMES:
        return _NAMES[char]
    return f"\\x{ord(char):02x}" if ord(char) < 0x100 else f"\\u{ord(char):04x}"


def say(text: str = "") -> None:
    """One line on standard output."""
    _write(visible(text))


def say_block(text: str) -> None:
    """A text of several lines on standard output."""
    _write(visible_block(text))


def warn(text: str) -> None:
    """One line on standard error."""
    print(visible(text), file=sys.stderr)


def print_json(value: object) -> None:
    """One JSON value on one line; instants as ISO 8601 with offset, spans in seconds."""
    text = json.dumps(value, ensure_ascii=False, default=_jsonable, separators=(", ", ": "))
    _write(_JSON_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def _jsonable(value: object) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("an instant without an offset")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PurePath):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """Rows under headings: ruled and fitted on a terminal, aligned and untruncated when piped.

    Columns named in `right` are set flush right. None prints as nothing, instants by the minute.
    """
    texts = [[_cell(value) for value in row] for row in rows]
    if sys.stdout.isatty():
        _ruled(headings, texts, right)
    else:
        for line in aligned(headings, texts, right):
            _write(line)


@dataclasses.dataclass(frozen=True, slots=True)
class Branch:
    """A line of a tree and what hangs below it."""

    text: str
    below: "Sequence[Branch]" = ()


def tree(root: Branch) -> None:
    """A tree: with its lines drawn and folded to the width of a terminal, indented and untruncated when piped."""
    if sys.stdout.isatty():
        from rich.console import Console

        Console().print(_drawn(root))
    else:
        _indented(root, "")


def _drawn(branch: Branch) -> Any:
    from rich.text import Text
    from rich.tree import Tree

    drawn = Tree(Text(visible(branch.text)))  # Text: square brackets of a subject are no markup
    for one in branch.below:
        drawn.children.append(_drawn(one))
    return drawn


def _indented(branch: Branch, indent: str) -> None:
    _write(f"{indent}{visible(branch.text)}")
    for one in branch.below:
        _indented(one, f"{indent}{_GAP}")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, Enum):
        return visible(str(value.value))
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_cell(part) for part in value)
    return visible(str(value))


def aligned(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> list[str]:
    """The lines of a table with columns padded to the widest cell, two spaces between."""
    widths = [max(map(width, column)) for column in zip(headings, *rows, strict=True)]
    lines = []
    for row in [headings, *rows]:
        cells = []
        for heading, cell, wide in zip(headings, row, widths, strict=True):
            padding = " " * (wide - width(cell))
            cells.append(padding + cell if heading in right else cell + padding)
        lines.append(_GAP.join(cells).rstrip())
    return lines


def width(text: str) -> int:
    """How many cells of a terminal a text fills."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _ruled(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    ruled = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        ruled.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    for row in rows:
        ruled.add_row(*[Text(cell) for cell in row])  # Text: square brackets of a subject are no markup
    Console().print(ruled)


def _write(line: str) -> None:
    """Standard output in whatever encoding it has: what that lacks is escaped, never an error."""
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "backslashreplace").decode(encoding))
