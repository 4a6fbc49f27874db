"""Where each key of a TOML text stands: one walk over text that is known to be valid."""

import re
import tomllib

Path = tuple[str | int, ...]
Lines = dict[Path, int]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"[ \t]*")
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\n]+")
STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)


def lines(text: str) -> Lines:
    """Every path of a text that `parse` accepts -> its line: tables by header, keys, elements of lists by index."""
    scanner = _Scanner(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))
    try:
        scanner.run()
    except (RecursionError, IndexError):  # what was found until there is still right
        pass
    return scanner.found


def line_of(found: Lines, path: Path) -> int:
    """The line of a path, else of the nearest table around it, else 1."""
    for length in range(len(path), 0, -1):
        if path[:length] in found:
            return found[path[:length]]
    return 1


class _Scanner:
    """One walk over valid TOML. Positions are offsets; the line is counted from the last one asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: Lines = {}
        self._arrays: dict[Path, int] = {}
        self._counted = (0, 1)

    def run(self) -> None:
        table: Path = ()
        while True:
            self._skip(_SPACE)
            if self.at >= len(self.text):
                return
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        line = self._line()
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        path: Path = ()
        for part in self._key():
            path = (*path, part)
            if path in self._arrays and not (is_array and len(path) == 0):
                last = (*path, self._arrays[path])
                self.found.setdefault(path, line)
                path = last
            else:
                self.found.setdefault(path, line)
        if is_array:
            base = path[:-1] if path and isinstance(path[-1], int) and path[:-1] in self._arrays else path
            self._arrays[base] = self._arrays.get(base, -1) + 1
            path = (*base, self._arrays[base])
        self.found[path] = line
        self.at += 2 if is_array else 1
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for part in self._key():
            path = (*path, part)
            self.found.setdefault(path, line)
        self.at += 1  # the equals sign
        self._value(path)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip(_BLANK)
            quoted = STRING.match(self.text, self.at)
            word = quoted or _BARE.match(self.text, self.at)
            if word is None:
                raise IndexError(self.at)
            self.at = word.end()
            parts.append(_unquoted(word[0]) if quoted else word[0])
            self._skip(_BLANK)
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def _value(self, path: Path) -> None:
        self._skip(_BLANK)
        first = self.text[self.at]
        if first == "[":
            self._list(path)
        elif first == "{":
            self._inline(path)
        elif first in "\"'":
            self._skip(STRING)
        else:
            self._skip(_SCALAR)

    def _list(self, path: Path) -> None:
        self.at += 1
        index = 0
        while True:
            self._skip(_SPACE)
            if self.text[self.at] == "]":
                self.at += 1
                return
            self.found[(*path, index)] = self._line()
            self._value((*path, index))
            self._skip(_SPACE)
            if self.text[self.at] == ",":
                self.at += 1
            index += 1

    def _inline(self, path: Path) -> None:
        self.at += 1
        while True:
            self._skip(_SPACE)
            if self.text[self.at] == "}":
                self.at += 1
                return
            self._pair(path)
            self._skip(_SPACE)
            if self.text[self.at] == ",":
                self.at += 1

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise IndexError(self.at)
        self.at = match.end()

    def _line(self) -> int:
        offset, line = self._counted
        line += self.text.count("\n", offset, self.at)
        self._counted = (self.at, line)
        return line


def _unquoted(word: str) -> str:
    return str(next(iter(tomllib.loads(f"{word} = 0"))))
