"""tomllib's errors in the words of a person who edits a file and is no programmer: what to write instead."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.tomltext import lines as scan

_WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_CURLY = re.compile(r"[\u2018-\u201f\u00ab\u00bb\u2039\u203a]")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_BARE_WORD = re.compile(r"[^\W\d][\w@.*/-]*(?: [\w@.*/-]+)*")
_AMOUNT = re.compile(r"\d[\d.,]*\s*[A-Za-z%][A-Za-z %]*")
_YES_NO = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where tomllib stopped: `rest` is the line from the column on, `message` tomllib's own words."""

    text: str
    number: int
    line: str
    column: int
    message: str

    @property
    def rest(self) -> str:
        return self.line[self.column - 1 :].strip()

    @property
    def key(self) -> str:
        found = _KEY.match(self.line)
        return found[1].replace(" ", "") if found else ""


def parse(text: str) -> tuple[dict[str, Any], None] | tuple[None, tuple[int, str]]:
    """The tables of a file, or the line and the sentence for what is wrong with it."""
    try:
        # One more line end, or tomllib tells errors in the last line as "end of document".
        return tomllib.loads(text.removeprefix("\ufeff") + "\n\n"), None
    except tomllib.TOMLDecodeError as error:
        return None, translate(str(error), text.removeprefix("\ufeff"))
    except RecursionError:
        return None, (1, "lists or tables are nested too deeply")


def translate(error: str, text: str) -> tuple[int, str]:
    """The line and the sentence for one of tomllib's messages."""
    where = _WHERE.search(error)
    message = error[: where.start()] if where else error
    lines = text.splitlines() or [""]
    at_line = int(where[1]) if where and where[1] else len(lines)
    number = min(at_line, len(lines))
    column = int(where[2]) if where and where[2] and number == at_line else len(lines[number - 1]) + 1
    place = _Place(text, number, lines[number - 1], column, message)
    if _CURLY.search(_outside_strings(place.line)):
        return number, """curly quotes are no quotes here: write straight ones, "..." or '...'"""
    for start, tell in _TELL:
        if message.startswith(start):
            return tell(place)
    return number, f"is no TOML: {message[:1].lower()}{message[1:]}"


def _outside_strings(line: str) -> str:
    return re.sub(r"""(?<![\w"'])(?:"(?:\\.|[^"\\])*"|'[^']*')""", "", line)


def _backslash(place: _Place) -> tuple[int, str]:
    return place.number, "a backslash in double quotes: put the text in single quotes, '...'"


def _string(place: _Place) -> tuple[int, str]:
    """A quote that is never closed; the parser may have noticed pages later."""
    if re.match(r"""Illegal character '(?!\\n|\\r)""", place.message):
        return place.number, "a control character stands in the text; delete it"
    for quotes in ('"""', "'''"):
        if quotes in place.message or (place.message == "Unterminated string" and place.text.count(quotes) % 2):
            opened = place.text[: place.text.rfind(quotes)].count("\n") + 1
            return opened, f"the text that begins here is never closed: {quotes} is missing"
    if place.message == 'Expected "\'"':
        opened = place.text[: place.text.rfind("'")].count("\n") + 1
        return opened, "a closing ' is missing in this line"
    sign = "'" if place.message.startswith(("Found", "Expected")) else '"'
    return place.number, f"a closing {sign} is missing in this line"


def _list(place: _Place) -> tuple[int, str]:
    opened = _open_bracket(place)
    begins = f"the list that begins in line {opened} is" if opened != place.number else "the list is"
    if not place.rest or place.rest.startswith("[") or _KEY.match(place.rest):
        return opened if not place.rest else place.number, f"{begins} not closed: ] is missing before this"
    shown = place.rest.split(",")[0].split("]")[0].strip()[:40]
    return place.number, f"a comma is missing before {shown}"


def _open_bracket(place: _Place) -> int:
    """The line of the statement in which the list began."""
    for number in range(place.number, 0, -1):
        line = place.text.splitlines()[number - 1]
        if _KEY.match(line) and "[" in line and not (number == place.number and _KEY.match(place.rest)):
            return number
    return place.number


def _inline_table(place: _Place) -> tuple[int, str]:
    if not place.rest:
        return place.number, "a table in { } must stand in one line: close it with } here"
    return place.number, f"in a table in {{ }} a comma is missing before {place.rest.split('=')[0].strip()[:40]}"


def _equals(place: _Place) -> tuple[int, str]:
    line, head = place.line.strip(), place.line.split("=")[0].strip()
    if place.rest.startswith(":"):
        return place.number, f"write = instead of the colon: {line.replace(':', ' =', 1)[:80]}"
    if "=" in place.line and re.fullmatch(r"[\w.-]+( [\w.-]+)+", head):
        return place.number, f"a key has no spaces; join its parts with dots: {'.'.join(head.split())} = ..."
    first, _, value = line.partition(" ")
    if _KEY.match(f"{first} =") and ("." in first or value.strip().startswith(('"', "'", "[", "{"))):
        return place.number, f"an = is missing after {first}"
    if "@" in head and "=" in place.line:
        return place.number, f'a key with @ stands in quotes: "{head[:60]}" = ...'
    return place.number, "this line is no `key = value`; a remark begins with #"


def _value(place: _Place) -> tuple[int, str]:
    rest = place.rest.split("#")[0].strip()
    word = rest.split("]")[0].split(",")[0].split("}")[0].strip()
    if not rest:
        return place.number, f"the value is missing after {place.key or '='}"
    if word.lower() in _YES_NO:
        return place.number, f"write {_YES_NO[word.lower()]}, in lower case and without quotes"
    if rest.startswith("="):
        return place.number, "write one = only"
    if rest.startswith(("(", "<")):
        return place.number, 'a list stands in square brackets: ["...", "..."]'
    if rest.startswith(","):
        return place.number, "two commas in a row: delete one"
    if "\\" in word:
        return place.number, f"a pattern stands in single quotes: '{word[:60]}'"
    if _BARE_WORD.match(word):
        return place.number, f'text stands in quotes: "{word[:60]}"'
    return place.number, f"is no value: {word[:60]}; text stands in quotes"


def _after(place: _Place) -> tuple[int, str]:
    """Something stands after a value that is complete."""
    value = place.line.partition("=")[2].strip()
    if place.rest.startswith(","):
        return place.number, f"several values stand in brackets: [{value.split('#')[0].strip()[:60]}]"
    if place.rest.startswith(";"):
        return place.number, "every key stands in a line of its own, without ;"
    if _KEY.match(place.rest):
        return place.number, "every key stands in a line of its own"
    if _AMOUNT.match(value) or (value[:1].isdigit() and not value.startswith(("0x", "0b"))):
        return place.number, f'put the value in quotes: "{value.split("#")[0].strip()[:60]}"'
    if value.count('"') > 2 and value.startswith('"'):
        return place.number, "a double quote stands inside the quotes; put the text in single quotes, '...'"
    if value.count("'") > 2 and value.startswith("'"):
        return place.number, 'a single quote stands inside the quotes; put the text in double quotes, "..."'
    return place.number, f"something stands after the value: {place.rest[:40]}; a remark begins with #"


def _brackets(place: _Place) -> tuple[int, str]:
    name = place.line.strip().strip("[]").split("]")[0].split("#")[0].strip() or "rule"
    wanted = (
        f"[[{name}]]" if place.message.startswith("Expected ']]'") or name in ("rule", "rule.test") else f"[{name}]"
    )
    return place.number, f"the brackets do not match: write {wanted}"


def _twice(place: _Place) -> tuple[int, str]:
    name = place.line.split("#")[0].strip().strip("[]").strip()
    if name in ("rule", "rule.test"):
        return place.number, f"write [[{name}]] with two brackets, each time"
    return place.number, f"[{name}] stands twice; put its lines together, or begin a new [[rule]]"


def _overwritten(place: _Place) -> tuple[int, str]:
    """The key stands above already, or a part of it has a value of its own."""
    number, key = _statement(place)
    if not key:
        return place.number, "gives something that has a value already; put both together"
    earlier, line = _earlier(place, number, key)
    if earlier == key:
        return number, f"{key} is given twice, see line {line}; join the values in one list, or delete one line"
    short, long = sorted((earlier or key, key), key=len)
    operator = long[len(short) :]
    return number, (
        f"{short} has a plain value, so {long} cannot stand beside it (lines {line} and {number}): "
        f"write `{short}.contains = ...` (or .words, .is) beside `{operator}`"
    )


def _statement(place: _Place) -> tuple[int, str]:
    """The line and key of the statement that ends in this line."""
    for number in range(place.number, 0, -1):
        found = _KEY.match(place.text.splitlines()[number - 1])
        if found:
            return number, found[1].replace(" ", "")
    return place.number, ""


def _earlier(place: _Place, number: int, key: str) -> tuple[str, int]:
    """What stands above and is the same key, one of its beginnings or one of its endings, in the newest table."""
    above = "\n".join(place.text.splitlines()[: number - 1])
    parts = tuple(part.strip("\"'") for part in key.split("."))
    found = ("", 0)
    for path, line in scan(above).items():
        for start in range(len(path)):
            tail = tuple(part for part in path[start:] if isinstance(part, str))
            if tail and (tail == parts[: len(tail)] or parts == tail[: len(parts)]) and len(tail) == len(path) - start:
                found = (".".join(tail), line) if line >= found[1] else found
    return found


def _immutable(place: _Place) -> tuple[int, str]:
    number, key = _statement(place)
    name = place.line.strip().strip("[]").strip()
    if place.line.lstrip().startswith("["):
        return place.number, f"{name} has a value above already; delete that line and keep the [[{name}]] blocks"
    return number, f"a table in {{ }} above is complete in itself; write {key} = ... inside its braces"


def _statement_start(place: _Place) -> tuple[int, str]:
    if place.rest.startswith("="):
        return place.number, "the key is missing before ="
    if _KEY.match(place.line.encode("ascii", "replace").decode().replace("?", "x")):
        return (
            place.number,
            f'a key with other than Latin letters stands in quotes: "{place.rest.split("=")[0].strip()}"',
        )
    return place.number, "this line is no `key = value`; a remark begins with #"


def _key_part(place: _Place) -> tuple[int, str]:
    if place.line.lstrip().startswith("["):
        return place.number, "the brackets stand together, without spaces between them: [[rule]]"
    if ".." in place.line or re.search(r"\.\s*=", place.line):
        return place.number, "a part of the key is missing beside the dot"
    if re.search(r",\s*}", place.line):
        return place.number, "delete the comma before }"
    if not place.rest and "{" in place.line:
        return place.number, "a table in { } must stand in one line: close it with } here"
    return place.number, "a key is made of Latin letters, digits, _ and -, joined with dots"


_Tell = Callable[[_Place], tuple[int, str]]
_TELL: tuple[tuple[str, _Tell], ...] = (
    ("Unescaped '\\'", _backslash),
    ("Invalid hex value", _backslash),
    ("Escaped character", _backslash),
    ("Illegal character", _string),
    ("Unterminated string", _string),
    ("Found invalid character", _string),
    ("Expected \"'", _string),
    ("Expected '\"", _string),
    ("Unclosed array", _list),
    ("Unclosed inline table", _inline_table),
    ("Duplicate inline table key", lambda place: (place.number, "the same key stands twice in a table in { }")),
    ("Expected '='", _equals),
    ("Invalid value", _value),
    ("Invalid date", lambda place: (place.number, f'is no date: {place.rest[:40]}; write such as "2026-12-24"')),
    ("Expected newline", _after),
    ("Expected ']", _brackets),
    ("Cannot declare", _twice),
    ("Cannot overwrite", _overwritten),
    ("Cannot redefine", _overwritten),
    ("Cannot mutate", _immutable),
    ("Invalid statement", _statement_start),
    ("Invalid initial character", _key_part),
)
