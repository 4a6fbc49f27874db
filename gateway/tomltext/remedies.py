"""tomllib's errors in the words of a person who edits a file and is no programmer: what to write instead."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from gateway.tomltext.guess import nearest
from gateway.tomltext.lines import lines

_WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_CURLY = re.compile(r"[\u2018-\u201f\u00ab\u00bb\u2039\u203a]")
_PART = r"""(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')"""
_KEY = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")
_STRING = re.compile(r"""(?<![\w"'])(?:"(?:\\.|[^"\\])*"|'[^']*')""")
_ODD = re.compile(r"[^A-Za-z0-9_.-]")
_BARE_WORD = re.compile(r"[^\W\d][\w@.*/-]*(?: [\w@.*/-]+)*")
_AMOUNT = re.compile(r"\d[\d.,]*\s*[A-Za-z%][A-Za-z %]*")
_YES_NO = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}

Told = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a remedy must know of a kind of file.

    `blocks`: the headings that stand in [[ ]], each as often as wanted. `beside`: what to write where a key has a
    plain value and is a table as well; `{key}` has the value, `{rest}` is what cannot stand under it.
    """

    blocks: tuple[str, ...] = ()
    beside: str = "keep one of the two"


ANY_FORM = Form()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where tomllib stopped: `rest` is the line from the column on, `message` tomllib's own words."""

    rows: tuple[str, ...]
    number: int
    column: int
    message: str
    form: Form

    @property
    def line(self) -> str:
        return self.rows[self.number - 1]

    @property
    def rest(self) -> str:
        return self.line[self.column - 1 :].strip()

    @property
    def head(self) -> str:
        return self.line.split("=")[0].strip()

    @property
    def heading(self) -> str:
        """The name of a line `[name]` or `[[name]]`, whether its brackets match or not."""
        return self.line.strip().strip("[").split("]")[0].split("#")[0].strip()

    def opened(self, quotes: str) -> int:
        """The line in which these quotes stand last."""
        text = "\n".join(self.rows)
        return text[: max(text.rfind(quotes), 0)].count("\n") + 1


def remedy(text: str, error: str, form: Form) -> Told:
    """The line, and what to do about it, from what tomllib says of a text."""
    where = _WHERE.search(error)
    message = error[: where.start()] if where else error
    rows = tuple(text.replace("\r\n", "\n").rstrip("\n").split("\n"))
    at_line = int(where[1]) if where and where[1] else len(rows)
    number = min(at_line, len(rows))
    column = int(where[2]) if where and where[2] and number == at_line else len(rows[number - 1]) + 1
    place = _Place(rows, number, column, message, form)
    if _has_curly_quotes(place):
        return number, """has curly quotes; write straight ones, "..." or '...'"""
    for start, tell in _TELL:
        if message.startswith(start):
            return tell(place)
    return number, f"is no TOML: {message[:1].lower()}{message[1:]}"


def _has_curly_quotes(place: _Place) -> bool:
    """Outside strings and remarks; not where tomllib stopped for what stands on other lines."""
    if place.message.startswith(("Cannot", "Unterminated", "Expected \"'''")):
        return False
    return bool(_CURLY.search(_STRING.sub("", place.line).partition("#")[0]))


# ---- texts, lists, tables in braces --------------------------------------------------------------------------------


def _backslash(place: _Place) -> Told:
    return place.number, r"a backslash in double quotes: put the text in single quotes, '...', or write it twice, \\"


def _string(place: _Place) -> Told:
    """A quote that is never closed; the parser may have noticed pages later."""
    if re.search(r"""character '(?!\\n|\\r)""", place.message):
        return place.number, "a control character stands here, which TOML does not allow; delete it"
    for quotes in ('"""', "'''"):
        unclosed = place.message == "Unterminated string" and "\n".join(place.rows).count(quotes) % 2
        if quotes in place.message or unclosed:
            return place.opened(quotes), f"the text that begins here is never closed: {quotes} is missing"
    number = place.opened("'") if place.message == 'Expected "\'"' else place.number
    sign = "'" if place.message.startswith(("Found", "Expected")) else '"'
    return number, f"a closing {sign} is missing in this line; a text is not closed, put a quote at its end"


def _list(place: _Place) -> Told:
    opened = _open_bracket(place)
    begins = f"the list that begins in line {opened} is" if opened != place.number else "the list is"
    if not place.rest or place.rest.startswith("[") or _KEY.match(place.rest):
        return opened if not place.rest else place.number, f"{begins} not closed: ] is missing before this"
    shown = place.rest.split(",")[0].split("]")[0].strip()[:40]
    return place.number, f"a comma is missing before {shown}"


def _open_bracket(place: _Place) -> int:
    """The line of the statement in which the list began."""
    for number in range(place.number, 0, -1):
        line = place.rows[number - 1]
        if _KEY.match(line) and "[" in line and not (number == place.number and _KEY.match(place.rest)):
            return number
    return place.number


def _inline_table(place: _Place) -> Told:
    if not place.rest:
        return place.number, "a table in { } must stand in one line: close it with } here"
    return place.number, f"in a table in {{ }} a comma is missing before {place.rest.split('=')[0].strip()[:40]}"


# ---- key = value ---------------------------------------------------------------------------------------------------


def _no_statement(place: _Place) -> Told:
    if place.rest.startswith("="):
        return place.number, "the key is missing before ="
    if re.match(r"\s*(?://|--|/\*|;)", place.line):
        return place.number, "a remark begins with #"
    return place.number, _odd_key(place) or "this line is no `key = value`; a remark begins with #"


def _key_part(place: _Place) -> Told:
    if place.line.lstrip().startswith("["):
        if re.match(r"\s*\[\s+\[", place.line):
            name = place.line.partition("#")[0].strip("[] \t")
            return place.number, f"the brackets stand together, without spaces between them: [[{name}]]"
        return place.number, _odd_heading(place) or "a part of the name is missing between the brackets"
    if ".." in place.line or re.search(r"\.\s*=", place.line):
        return place.number, "a part of the key is missing beside the dot"
    if re.search(r",\s*}", place.line):
        return place.number, "delete the comma before }"
    if not place.rest and "{" in place.line:
        return place.number, "a table in { } must stand in one line: close it with } here"
    return place.number, _odd_key(place) or (
        "a key is made of Latin letters, digits, _ and -, joined with dots; other names stand in quotes"
    )


def _equals(place: _Place) -> Told:
    line, head = place.line.strip(), place.head
    if place.rest.startswith(":"):
        return place.number, f"write = instead of the colon: {line.split(':')[0].rstrip()[:60]} = ..."
    if "=" in line and re.fullmatch(r"[\w.-]+( [\w.-]+)+", head):
        return place.number, (
            f"a key has no spaces; join its parts with dots: {'.'.join(head.split())} = ..."
            f'; a name with spaces stands in quotes: "{head[:60]}" = ...'
        )
    first, _, value = line.partition(" ")
    if _KEY.match(line) and "{" in value:
        return place.number, "in a table in { } every key has a value: { key = ..., other = ... }"
    if _KEY.match(f"{first} =") and ("." in first or value.strip().startswith(('"', "'", "[", "{"))):
        return place.number, f"an = is missing after {first}"
    return place.number, _odd_key(place) or "this line is no `key = value`; a remark begins with #"


def _odd_key(place: _Place) -> str:
    """That a key has a sign which needs quotes; `""` where it has none, or the line has no `=`."""
    odd = _ODD.search(place.head) if "=" in place.line and not _KEY.match(place.line) else None
    return f"a key with {_sign(odd[0])} stands in quotes: {_quoted(place.head)} = ..." if odd else ""


def _odd_heading(place: _Place) -> str:
    odd = _ODD.search(_STRING.sub("", place.heading))
    meant = nearest(place.heading, place.form.blocks) if odd else ""
    if meant:
        return f"is no heading, did you mean [[{meant}]]?"
    return f'a name with {_sign(odd[0])} stands in quotes, each part for itself: [a."b c"]' if odd else ""


def _sign(char: str) -> str:
    if char.isspace():
        return "a space"
    return "other than Latin letters" if char.isalpha() or not char.isascii() else char


def _quoted(name: str) -> str:
    """A dotted name with the parts that need it in quotes; a mail address is one part."""
    parts = [name] if "@" in name else name.split(".")
    return ".".join(f'"{part}"' if _ODD.search(part) and part[:1] not in ("'", '"') else part for part in parts)[:80]


def _value(place: _Place) -> Told:
    rest = place.rest.split("#")[0].strip()
    word = rest.split("]")[0].split(",")[0].split("}")[0].strip()
    if not rest:
        found = _KEY.match(place.line)
        key = found[1].replace(" ", "") if found else "="
        return place.number, f"the value is missing after {key}; write one, or a # before the key to leave it out"
    if word.lower() in _YES_NO:
        return place.number, f"write {_YES_NO[word.lower()]}, in lower case and without quotes"
    if rest.startswith("="):
        return place.number, "write one = only"
    if rest.startswith(("(", "<")):
        return place.number, 'a list stands in square brackets: ["...", "..."]'
    if rest.startswith(","):
        return place.number, "two commas in a row: delete one"
    if "\\" in word:
        return place.number, f"a path or a pattern stands in single quotes: '{word[:60]}'"
    if _BARE_WORD.match(word):
        return place.number, f'texts stand in quotes: "{word[:60]}"'
    return place.number, f"is no value: {word[:60]}; texts stand in quotes"


def _after(place: _Place) -> Told:
    """Something stands after a value that is complete, or after a heading."""
    value = place.line.partition("=")[2].strip()
    if place.line.lstrip().startswith("["):
        return _brackets(place) if place.rest.startswith("]") else _heading_alone(place)
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


# ---- headings, and what stands twice -------------------------------------------------------------------------------


def _brackets(place: _Place) -> Told:
    name = place.heading or (place.form.blocks or ("name",))[0]
    name = nearest(name, place.form.blocks) or name
    doubled = place.message.startswith("Expected ']]'") or name in place.form.blocks
    wanted = f"[[{name}]]" if doubled else f"[{name}]"
    is_open = place.line.count("[") > place.line.count("]")
    what = "the heading is not closed" if is_open else "the brackets do not match"
    return place.number, _odd_heading(place) or f"{what}: write {wanted}"


def _heading_alone(place: _Place) -> Told:
    return place.number, f"a heading stands in a line of its own: put {place.rest[:40]} below it"


def _twice(place: _Place) -> Told:
    name = place.heading
    if name in place.form.blocks:
        return place.number, f"write [[{name}]] with two brackets, each time"
    block = next((block for block in place.form.blocks if name.startswith(f"{block}.")), "")
    other = f", or begin a new [[{block}]]" if block else ""
    return place.number, f"[{name}] stands twice; put its lines together under one heading{other}"


def _overwritten(place: _Place) -> Told:
    """The key stands above already, or a part of it has a value of its own."""
    number, key = _statement(place)
    if key in place.form.blocks:
        return number, f"write [[{key}]] with two brackets, each time"
    earlier, line = _earlier(place, number, key)
    if not earlier:
        return number, f"{key or 'this'} has a value above already; put both together"
    if place.line.lstrip().startswith("["):
        return number, f"{earlier} has a value already, see line {line}; delete that line, or put both together"
    if earlier == key:
        return number, f"{key} is given twice, see line {line}; join the values in one list, or delete one line"
    short, long = sorted((earlier, key), key=len)
    beside = place.form.beside.format(key=short, rest=long[len(short) :])
    return number, (
        f"{short} has a plain value, so {long} cannot stand beside it (lines {line} and {number}): {beside}"
    )


def _statement(place: _Place) -> Told:
    """The line and the key of the statement that ends in this line."""
    if place.line.lstrip().startswith("["):
        return place.number, place.heading
    for number in range(place.number, 0, -1):
        found = _KEY.match(place.rows[number - 1])
        if found:
            return number, found[1].replace(" ", "")
    return place.number, ""


def _earlier(place: _Place, number: int, key: str) -> tuple[str, int]:
    """What stands above and is the same key, one of its beginnings or one of its endings, in the newest table."""
    parts = tuple(part.strip("\"'") for part in key.split("."))
    found = ("", 0)
    for path, line in lines("\n".join(place.rows[: number - 1])).items():
        for start in range(len(path)):
            tail = tuple(part for part in path[start:] if isinstance(part, str))
            if tail and (tail == parts[: len(tail)] or parts == tail[: len(parts)]) and len(tail) == len(path) - start:
                found = (".".join(tail), line) if line >= found[1] else found
    return found


def _redefined(place: _Place) -> Told:
    number, key = _statement(place)
    return number, f"{key} adds to a table with a heading of its own above; put its lines together under that heading"


def _immutable(place: _Place) -> Told:
    number, key = _statement(place)
    if place.line.lstrip().startswith("[[") or key in place.form.blocks:
        return number, f"{key} has a value above already; delete that line and keep the [[{key}]] blocks"
    earlier, line = _earlier(place, number, key)
    if earlier and not re.search(r"=\s*\{", place.rows[line - 1]):  # a list above, which tomllib guards alike
        return _overwritten(place)
    return number, f"a table in {{ }} above is complete in itself; write {key} = ... inside its braces"


_TELL: tuple[tuple[str, Callable[[_Place], Told]], ...] = (
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
    ("Cannot redefine", _redefined),
    ("Cannot mutate", _immutable),
    ("Invalid statement", _no_statement),
    ("Invalid initial character", _key_part),
)
