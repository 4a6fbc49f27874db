"""Words to lines as a browser lays them out: margins collapse, blanks join, cells of a row stand side by side."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gateway.mail import clean
from gateway.mail.html import containers, links

MAX_TEXT = 2_000_000  # characters of all lines
MAX_INDENT = 10  # levels of quotes and lists that are shown
MAX_LINES_OF_CELL = 20
MAX_CELL = 100  # characters; of several cells as long as this none stands beside another
RULE = "-" * 20

_UNSEEN = "\u00ad\u200b\u2060\ufeff\u034f"  # no glyph of their own in the middle of words
_WORDS = re.compile(r"[^ \t\n\r\f\u00a0]+")  # an ideographic space belongs to its words: it moves them to the right
_JOINERS = " \u200c\u200d\u200e\u200f\u061c"


@dataclass(slots=True, eq=False)
class Container:
    """An element that holds quoted words. `is_open`: what comes now in it is quoted, in a blockquote or not."""

    is_open: bool = True
    is_thread: bool = False  # only up to the end of its blockquote
    is_blockquote: bool = False
    is_forward: bool = False


@dataclass(frozen=True, slots=True)
class Style:
    """What holds for the text inside an element."""

    is_hidden: bool = False  # neither its words nor its lines are there
    is_silent: bool = False  # its words are not
    keeps_blanks: bool = False
    depth: int = 0  # blockquotes around it
    container: Container | None = None  # the outermost
    is_signature: bool = False


class _Line(NamedTuple):
    """Where a line stands."""

    depth: int = 0
    container: Container | None = None
    is_quoted: bool = False
    is_signature: bool = False


_PLAIN = _Line()
_NORMAL = Style()


class Lines:
    """The text so far. Whoever writes sets `style` first; a line has the style it ends in."""

    def __init__(self) -> None:
        self.style = _NORMAL
        self.length = 0  # characters of the finished lines
        self._rest = False  # all that comes is quoted
        self._rules: list[int] = []  # numbers of lines above which one is drawn that may open a quote
        self._texts: list[str] = []
        self._lines: list[_Line] = []
        self._open: list[str] = []  # pieces of the line being written
        self._space = False  # a blank is due before the next word
        self._solid = False  # the line has a no-break space, so that it counts though nothing is seen
        self._margin = False  # an empty line is due before the next line
        self._at_top = True  # nothing was written in this cell or list item: a margin would not be seen
        self._marker = ""  # bullet of a list item that has not begun
        self._link: tuple[str, int, int] | None = None  # address, lines and pieces before its text

    def text(self, text: str) -> None:
        """Words between two tags."""
        if not text.isascii():
            text = _seen(text)
        if self.style.keeps_blanks:
            self._kept(text)
            return
        words = text.split() if "\u3000" not in text else _WORDS.findall(text)
        if not words:
            self._space = self._space or bool(self._open)
            self._solid = self._solid or "\u00a0" in text
            return
        if self._open:
            if self._space or text[0].isspace():
                self._open.append(" ")
        elif self._marker:
            self._begin_item()
        self._open.append(" ".join(words))
        self._space = text[-1].isspace()

    def _kept(self, text: str) -> None:
        first, *below = clean.text(text).replace("\u00a0", " ").split("\n")
        self._piece(first)
        for line in below:
            self.newline()
            self._piece(line)

    def _piece(self, text: str) -> None:
        if not text:
            return
        if self._open:
            if self._space:
                self._open.append(" ")
        elif self._marker:
            self._begin_item()
        self._space = False
        self._open.append(text)

    def _begin_item(self) -> None:
        self._open.append(self._marker)
        self._marker, self._space = "", False

    def newline(self) -> None:
        """`<br>`: the line ends; where nothing stands in it, it is an empty one."""
        if self._open:
            self.end()
        else:
            self._solid = False
            self._push("")

    def end(self) -> None:
        """The line ends if there is one."""
        if self._open:
            text = "".join(self._open).rstrip()
            self._open.clear()
            self._push(text)
        elif self._solid:
            self._push("")
        else:
            return
        self._space = self._solid = False

    def margin(self) -> None:
        """An empty line before whatever comes next, but for the top of a page, cell or item."""
        if not self._at_top:
            self._margin = True

    def rule(self) -> None:
        """`<hr>`."""
        self.margin()
        self._push(RULE)
        self.margin()

    def item(self, marker: str, level: int) -> None:
        """A list item begins; `level` lists are around it."""
        self.end()
        self._marker = "  " * min(max(0, level - 1), MAX_INDENT) + marker
        self._at_top = True

    def cell(self) -> int:
        """A table cell begins; the number of its first line."""
        self.end()
        self._at_top = True
        return len(self._texts)

    def end_cell(self) -> None:
        """What a cell leaves open ends; a blank alone, which only keeps its border visible, is nothing."""
        self.end_link()
        self._solid = self._solid and bool(self._open)
        self.end()
        if not self._at_top:
            self._margin = False
        self._at_top = False

    def end_row(self, starts: Sequence[int], *, is_data: bool) -> None:
        """Put cells of one line each side by side. A cell without words keeps its place in a table of data only."""
        if len(starts) < 2:
            return
        cells: list[int | None] = []
        longs = 0
        for start, stop in zip(starts, [*starts[1:], len(self._texts)], strict=True):
            if stop - start > MAX_LINES_OF_CELL:
                return  # every row around it would count its empty lines again
            while start < stop and not self._texts[start]:
                start += 1
            while start < stop and not self._texts[stop - 1]:
                stop -= 1
            if stop - start > 1:
                return
            if start < stop:
                longs += len(self._texts[start]) > MAX_CELL
            cells.append(start if start < stop else None)
        full = [cell for cell in cells if cell is not None]
        if len(full) < 2 or longs > 1 or len({self._lines[cell] for cell in full}) > 1:
            return
        first, line = full[0], self._lines[full[0]]
        shown = cells if is_data else full
        joined = "\t".join(self._texts[cell] if cell is not None else "" for cell in shown).rstrip("\t")
        del self._texts[first:], self._lines[first:]
        self._texts.append(joined)
        self._lines.append(line)

    def begin_link(self, address: str) -> None:
        self.end_link()
        self._link = (address, len(self._texts), len(self._open)) if address else None

    def end_link(self) -> None:
        """Put the address of a link behind its text, where that does not show it."""
        if self._link is None:
            return
        (address, lines, pieces), self._link = self._link, None
        if len(self._texts) == lines:
            shown = "".join(self._open[pieces:]).strip()
        else:
            shown = "".join(self._open) or self._texts[-1]
        if not shown or not (suffix := links.behind(shown, address)):
            return
        if self._open:
            self._open.append(suffix)
        else:
            self._texts[-1] += suffix

    def _push(self, text: str) -> None:
        if text and not text.isascii() and not text.strip(_JOINERS):
            text = ""
        style, texts = self.style, self._texts
        line = _PLAIN if style is _NORMAL and not self._rest else self._line(style)
        if self._margin or (not text and not style.keeps_blanks):
            self._margin = False
            if texts and texts[-1]:
                above = self._lines[-1]
                texts.append("")
                self._lines.append(line if line.depth <= above.depth else above)
                self.length += 1
            if not text:
                return
        if text or texts:
            texts.append(text)
            self._lines.append(line)
            self.length += len(text) + 1
            self._at_top = False

    def _line(self, style: Style) -> _Line:
        """Where a line stands that is written now."""
        depth, container = style.depth, style.container
        self.length += 2 * min(depth, MAX_INDENT)
        is_quoted = depth > 0 or self._rest or (container is not None and container.is_open)
        return _Line(depth, container, is_quoted, style.is_signature and not is_quoted)

    def begin_rest(self) -> None:
        """From here on all is quoted; a rule right above belongs to it."""
        self.end()
        self._rest = True
        if self._texts and self._texts[-1] == RULE:
            self._lines[-1] = self._lines[-1]._replace(is_quoted=True)

    def draw_rule(self) -> None:
        """From here on all is quoted if a header block stands here: others draw such rules too."""
        self.end()
        self._rules.append(len(self._texts))

    def finish(self) -> tuple[str, frozenset[int], frozenset[int]]:
        """The text; the numbers of its lines, 0-based, that are quoted; those of a signature."""
        self.end_link()
        self.end()
        while self._texts and not self._texts[-1]:
            self._texts.pop()
            self._lines.pop()
        texts, lines = self._texts, self._lines
        first = next((at for at in self._rules if containers.heads_quote(texts, at)), len(texts))
        for at in range(first, len(texts)):
            lines[at] = lines[at]._replace(is_quoted=True, is_signature=False)
        if all(line is _PLAIN for line in lines):
            return "\n".join(texts), frozenset(), frozenset()
        _tell_forwards(texts, lines)
        shown: list[str] = []
        quoted: list[int] = []
        signature: list[int] = []
        for number, (text, line) in enumerate(zip(texts, lines, strict=True)):
            depth, container = line.depth, line.container
            if container is not None and container.is_forward:
                depth -= container.is_blockquote  # the forwarded words themselves are no quote
            elif line.is_quoted:
                quoted.append(number)
            if line.is_signature:
                signature.append(number)
            shown.append(("> " * min(depth, MAX_INDENT) + text).rstrip() if depth else text)
        return "\n".join(shown), frozenset(quoted), frozenset(signature)


def _tell_forwards(texts: list[str], lines: list[_Line]) -> None:
    """Find the containers that hold a forwarded mail: no client marks those apart from quotes."""
    known: set[Container] = set()
    for number, line in enumerate(lines):
        container = line.container
        if container is None or container in known:
            continue
        known.add(container)
        if containers.is_forward(texts, number) or (
            not container.is_thread and containers.follows_header(texts, number)
        ):
            container.is_forward = True


def _seen(text: str) -> str:
    for mark in _UNSEEN:
        if mark in text:
            text = text.replace(mark, "")
    return text
