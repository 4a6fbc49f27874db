"""tomllib's errors in words that name the remedy: curly quotes, missing quotes and commas, keys set twice."""

import re
from collections.abc import Callable

from gateway.tomltext.lines import STRING

_WHERE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


def remedy(text: str, message: str) -> tuple[int, str]:
    """The line and what to do about it, from what tomllib says of a text."""
    match = _WHERE.fullmatch(message)
    what, line = message, text.count("\n") + 1
    column = 0
    if match is not None:
        what = match[1]
        if match[2]:
            line, column = int(match[2]), int(match[3])
    rows = text.split("\n")
    row = rows[line - 1] if line <= len(rows) else ""
    for look in _REMEDIES:
        told = look(what, row, column - 1)
        if told:
            return _moved(line, told, rows)
    return (line, f"is not TOML: {what[:1].lower()}{what[1:]}")


def _moved(line: int, told: str, rows: list[str]) -> tuple[int, str]:
    """Where the mistake was made: what was left open was opened on an earlier line."""
    if told is _UNCLOSED_LIST or told is _UNCLOSED_INLINE:
        bracket = "[" if told is _UNCLOSED_LIST else "{"
        for earlier in range(min(line, len(rows)), 0, -1):
            if re.match(rf"\s*[\w.\"'-]+\s*=\s*\{bracket}", rows[earlier - 1]):
                return earlier, told
    return line, told


_CURLY = re.compile("[\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}"
                    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}]")  # fmt: skip
_UNCLOSED_LIST = 'a list is not closed, or a comma is missing in it; write ["one", "two"]'
_UNCLOSED_INLINE = (
    "a table in braces is not closed, or a comma is missing in it; write { one = 1, two = 2 }, on one line"
)


def _curly_quotes(what: str, row: str, column: int) -> str:
    outside = STRING.sub("", row.partition("#")[0] if '"' not in row and "'" not in row else row)
    return 'has curly quotes; write straight ones: "' if _CURLY.search(outside) and "twice" not in what else ""


def _twice(what: str, row: str, column: int) -> str:
    again = re.search(r"\('(.*)',\)|\((.*)\)", what)
    if what.startswith("Cannot declare"):
        table = ".".join(re.findall(r"'([^']*)'", again[0])) if again else ""
        return f"the table [{table}] stands here a second time; put its keys together under one heading"
    if what.startswith(("Cannot overwrite a value", "Duplicate inline table key")):
        key = row[: max(row.find("="), 0)].strip() or row.strip(" []")
        return f"{key[:60]} is set a second time; keep one of the two"
    if what.startswith(("Cannot redefine namespace", "Cannot mutate immutable namespace")):
        return "adds to a table that was already written whole above; put its keys together in one place"
    return ""


def _strings(what: str, row: str, column: int) -> str:
    if what.startswith(("Unterminated string", 'Expected "\'"')) or (
        what.startswith("Illegal character '\\n'") and ('"' in row or "'" in row)
    ):
        return "a text is not closed; put a quote at its end, on the same line"
    if what.startswith("Unescaped '\\'"):
        return (
            r"a backslash in double quotes needs a second one; for a regex or a Windows path use single quotes: '\d+'"
        )
    if what.startswith(("Invalid hex value", "Escaped character is not")):
        return r"\u in double quotes needs hexadecimal digits; use single quotes where a backslash is meant"
    if what.startswith("Illegal character"):
        return "holds a control character that TOML does not allow; delete it, or write it as an escape such as \\t"
    return ""


def _values(what: str, row: str, column: int) -> str:
    value = row.partition("=")[2].split("#")[0].strip()
    if what.startswith("Invalid value"):
        if "=" in row and not value:
            return "has no value after the =; write a value, or a # before the key to leave it out"
        if value.lower() in ("true", "false", "yes", "no", "on", "off"):
            return "must be true or false, in lower case"
        if value and not re.search(r"[\"'\[{]", value):
            return f'a value cannot be read; texts stand in quotes: "{value[:60]}"'
        return "a value cannot be read; texts stand in quotes, with commas between them"
    if what.startswith("Invalid date"):
        return "is no date; write 2026-12-27"
    if what.startswith("Expected newline or end of document after a statement"):
        head = row[:column].rstrip() if column > 0 else row
        if head.endswith(("true", "false")) or re.search(r"=\s*[\d.]+$", head):
            return f'has something after the value; write texts in quotes, such as "{value[:40]}", comments after a #'
        return "has something after the value; a quote, a comma or a # may be missing, or two keys stand on one line"
    return ""


def _structure(what: str, row: str, column: int) -> str:
    starts: tuple[tuple[str, str], ...] = (
        ("Unclosed array", _UNCLOSED_LIST),
        ("Unclosed inline table", _UNCLOSED_INLINE),
        ("Expected ']]'", "the heading is not closed; write [[name]]"),
        ("Expected ']'", "the heading is not closed; write [name], with quotes around a name with spaces or @"),
        ("Invalid initial character for a key part", _bad_key(row)),
        ("Invalid statement", _bad_key(row)),
        ("Expected '='", _no_equals(row)),
        ("Found invalid character", "holds a line end in the middle of a value; use triple quotes for several lines"),
    )
    return next((told for start, told in starts if what.startswith(start)), "")


def _bad_key(row: str) -> str:
    if row.strip().startswith(("//", ";", "--", "/*")):
        return "comments start with #"
    if "{" in row and "=" in row:
        return _UNCLOSED_INLINE
    return "is no key; write key = value, and put names with spaces, @ or accents in quotes"


def _no_equals(row: str) -> str:
    head = row.split("=")[0].strip()
    if ":" in head:
        return "write = between key and value, not a colon"
    if "@" in head:
        return f'a key with @ stands in quotes: "{head[:60]}" = ...'
    return "has no = between key and value; names with spaces stand in quotes"


_REMEDIES: tuple[Callable[[str, str, int], str], ...] = (_twice, _curly_quotes, _strings, _values, _structure)
