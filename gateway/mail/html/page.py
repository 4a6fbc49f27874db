"""HTML to readable text: lists, tables, links, quotes; nothing hidden from the reader's eyes. No recursion (T72).

Tags in, calls on `Lines` out. Which element an end tag ends follows the HTML standard as far as text depends on it:
a paragraph ends where a block begins, an item ends an item, and nothing in a table ends what is outside.
"""

from dataclasses import dataclass, field, replace

from gateway.mail import clean
from gateway.mail.html import containers, links, lists, markup, styles
from gateway.mail.html.containers import Mark
from gateway.mail.html.layout import MAX_TEXT, Container, Lines, Style
from gateway.mail.html.lists import Counter
from gateway.mail.html.styles import PLAIN, Look, Sheet

MAX_PAGE = 2_000_000  # characters read
MAX_MISNESTED = 32  # inline elements looked through for the one that an end tag ends
MAX_SIGN = 12  # characters of the alternative text of an image that is a sign: an emoji

# What an element does to the lines. Inline elements do nothing; those from _BLOCK on are counted while open.
_INLINE, _LINK, _VOID, _BLOCK, _PARAGRAPH, _ROW, _CELL, _ITEM, _LIST, _TABLE, _UNSEEN = range(11)
_KINDS = {
    name: kind
    for kind, names in {
        _LINK: "a",
        _VOID: "br img hr html head body meta link base col colgroup tbody thead tfoot param source track embed wbr"
        " input frame frameset noframes keygen basefont bgsound area",
        _BLOCK: "address article aside caption center dd details dialog div dt fieldset figcaption footer form header"
        " hgroup legend main nav section summary",
        _PARAGRAPH: "p h1 h2 h3 h4 h5 h6 blockquote pre xmp listing plaintext dl figure",
        _ROW: "tr",
        _CELL: "td th",
        _ITEM: "li",
        _LIST: "ul ol menu dir",
        _TABLE: "table",
        _UNSEEN: "template audio video canvas select datalist desc defs o:officedocumentsettings w:worddocument"
        " w:latentstyles x:excelworkbook o:shapedefaults o:shapelayout o:documentproperties v:shapetype",
    }.items()
    for name in names.split()
}
_TELLING = frozenset("p blockquote pre xmp listing plaintext".split())  # by their names alone
_NOTHING = (PLAIN, None)
_NO_SHEET = Sheet()


@dataclass(frozen=True, slots=True)
class Boxed:
    """Numbers of the lines of a text, 0-based, that stand in a quote container or in a signature container."""

    quoted: frozenset[int] = frozenset()
    signed: frozenset[int] = frozenset()

    def below(self, other: "Boxed", lines: int) -> "Boxed":
        """These, and those of a text that begins at the line numbered `lines`."""
        if not (other.quoted or other.signed):
            return self
        return Boxed(
            self.quoted | {number + lines for number in other.quoted},
            self.signed | {number + lines for number in other.signed},
        )


NOT_BOXED = Boxed()


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says, and which lines of that lie in containers of the mail clients."""

    text: str
    boxed: Boxed = NOT_BOXED
    defects: tuple[str, ...] = ()


def to_text(page: str) -> Page:
    """The text a reader would see; of a page that is nothing but images, what they are said to show.

    Defects: `html_cut` (too long), `html_plain` (it ends inside a tag, or hides all of its words: the tags of that were
    just taken out).
    """
    tokens, is_broken = markup.tokens(page[:MAX_PAGE])
    sheet = styles.sheet(markup.style_sheets(page)) if "<style" in page or "<STYLE" in page else _NO_SHEET
    lines = _Reader(sheet).read(tokens)
    text, quoted, signature = lines.finish()
    if not text and ("<img" in page or "<IMG" in page):
        lines = _Reader(sheet, shows_images=True).read(tokens)
        text, quoted, signature = lines.finish()
    if not text and (text := markup.stripped(page[:MAX_PAGE])):
        is_broken = True  # a sender who wrote something must not be shown as silent
    defects = []
    if len(page) > MAX_PAGE or lines.length > MAX_TEXT:
        defects.append("html_cut")
    if is_broken:
        defects.append("html_plain")
    return Page(clean.text(text), Boxed(quoted, signature), tuple(defects))


@dataclass(slots=True)
class _Scope:
    """A table, or the page around all of them: how many blocks of each name are open in it, the cells of its row."""

    open: dict[str, int] = field(default_factory=dict)
    cells: list[int] = field(default_factory=list)
    is_data: bool = False  # it shows its grid


@dataclass(slots=True)
class _List:
    """An open list, and how many of its items are open."""

    scope: _Scope
    counter: Counter
    items: int = 0


class _Reader:
    """Walks over the tags of one page and keeps what is open."""

    def __init__(self, sheet: Sheet, *, shows_images: bool = False) -> None:
        self._lines = Lines()
        self._style = self._lines.style
        self._sheet = sheet
        self._shows_images = shows_images
        self._elements: list[tuple[str, int, Style]] = []  # name, kind, the style around it
        self._scopes = [_Scope()]
        self._scope = self._scopes[0]
        self._lists: list[_List] = []
        self._looked_in: tuple[int, object] = (0, None)
        self._not_open: set[str] = set()
        self._traits: dict[str, tuple[Look, Mark | None]] = {}  # by name and attributes as written

    def read(self, tokens: list[markup.Token]) -> Lines:
        """Write all that can be seen."""
        lines, elements = self._lines, self._elements
        for slash, tag, source, text in tokens:
            if tag:
                name = tag.lower()
                if slash:
                    if elements and elements[-1][0] == name:
                        self._pop()
                    else:
                        self._end(name)
                elif kind := _KINDS.get(name, _INLINE):
                    if kind == _VOID:
                        self._void(name, source or "")
                    else:
                        self._start(name, kind, source or "")
                elif source:
                    self._start(name, kind, source)
                elif "@" in name:
                    lines.text(f"<{tag}>")  # an address that nobody escaped
                else:
                    elements.append((name, _INLINE, self._style))
            if text and not self._style.is_silent:
                lines.text(markup.unescape(text) if "&" in text else text)
                if lines.length > MAX_TEXT:
                    break
        while elements:
            self._pop()
        return lines

    def _start(self, name: str, kind: int, source: str) -> None:
        if kind >= _ROW or (kind >= _BLOCK and self._scope.open.get("p")):
            if kind in (_ROW, _CELL) and len(self._scopes) == 1:
                self._lines.end()  # outside of a table they mean nothing
                return
            self._make_room(kind)
        elif kind == _LINK:
            self._end_inline(name)
        look, mark = self._traits_of(name, source) if source or name in _TELLING else _NOTHING
        around = self._style
        if around.is_hidden or look.is_hidden or kind == _UNSEEN:
            self._push(
                name, kind, source, around if around.is_hidden else replace(around, is_hidden=True, is_silent=True)
            )
            return
        if (kind == _PARAGRAPH and look.is_tight) or (mark is not None and kind <= _LINK):
            kind = _BLOCK
        if kind >= _BLOCK:
            self._lines.end()
            if kind == _PARAGRAPH:
                self._lines.margin()
            elif kind != _BLOCK:
                self._lay_out(name, kind, source)
        elif kind == _LINK:
            self._lines.begin_link(links.target(markup.attributes(source).get("href", "")))
        self._push(name, kind, source, around if look is PLAIN and mark is None else self._inside(name, look, mark))

    def _make_room(self, kind: int) -> None:
        """End what the start of a block ends."""
        scope = self._scope
        if scope.open.get("p"):
            self._close("p")
        if kind == _ITEM:
            listed = self._lists[-1] if self._lists else None
            if listed.items if listed is not None and listed.scope is scope else scope.open.get("li"):
                self._close("li")
        elif kind in (_ROW, _CELL):
            for ended in ("td", "th") if kind == _CELL else ("tr", "td", "th"):
                if scope.open.get(ended):
                    self._close(ended)
            if kind == _CELL and not scope.open.get("tr"):
                self._start("tr", _ROW, "")

    def _lay_out(self, name: str, kind: int, source: str) -> None:
        lines = self._lines
        if kind == _LIST and not self._lists:
            lines.margin()
        elif kind == _CELL:
            self._scope.cells.append(lines.cell())
            self._scope.is_data = self._scope.is_data or name == "th"
        elif kind == _ITEM:
            counter = self._lists[-1].counter if self._lists else Counter()
            lines.item(counter.marker(markup.attributes(source)), len(self._lists))
        elif kind == _ROW:
            self._scope.cells.clear()

    def _push(self, name: str, kind: int, source: str, style: Style) -> None:
        self._elements.append((name, kind, self._style))
        if style is not self._style:
            self._style = self._lines.style = style
        if kind < _BLOCK:
            return
        scope = self._scope
        scope.open[name] = scope.open.get(name, 0) + 1
        if kind == _TABLE:
            self._scope = _Scope(is_data=markup.attributes(source).get("border", "0") not in ("", "0"))
            self._scopes.append(self._scope)
        elif kind == _LIST:
            self._lists.append(_List(scope, lists.counter(name, markup.attributes(source))))
        elif kind == _ITEM and self._lists:
            self._lists[-1].items += 1

    def _end(self, name: str) -> None:
        """An end tag that is not the innermost element's."""
        kind = _KINDS.get(name, _INLINE)
        if kind <= _LINK:
            self._end_inline(name)
        elif kind == _VOID:
            if name == "br" and not self._style.is_hidden:
                self._lines.newline()
        elif self._scope.open.get(name) or (kind == _TABLE and len(self._scopes) > 1):
            self._close(name)

    def _end_inline(self, name: str) -> None:
        if name == "a":
            self._lines.end_link()
        elements = self._elements
        state = (len(elements), elements[-1] if elements else None)
        if state != self._looked_in:
            self._looked_in, self._not_open = state, set()
        if name in self._not_open:
            return  # looked for already, and nothing was opened since
        self._not_open.add(name)
        for back in range(1, min(MAX_MISNESTED, len(elements)) + 1):
            found, kind, _ = elements[-back]
            if found == name:
                for _ in range(back):
                    self._pop()
                return
            if kind >= _BLOCK:
                return

    def _close(self, name: str) -> None:
        """End elements up to the innermost of a name. One is open, none between is a table's own."""
        elements = self._elements
        while elements[-1][0] != name:
            self._pop()
        self._pop()

    def _pop(self) -> None:
        name, kind, around = self._elements.pop()
        if kind >= _BLOCK:
            if kind == _TABLE:
                self._scopes.pop()
                self._scope = self._scopes[-1]
            elif kind == _LIST:
                self._lists.pop()
            elif kind == _ITEM and self._lists:
                self._lists[-1].items -= 1
            self._scope.open[name] -= 1
            if not self._style.is_hidden:
                self._leave(kind)
        elif kind == _LINK:
            self._lines.end_link()
        if around is not self._style:
            thread = around.container
            if thread is not None and thread.is_thread and self._style.depth > around.depth == 0:
                thread.is_open = False
            self._style = self._lines.style = around

    def _leave(self, kind: int) -> None:
        lines = self._lines
        if kind == _CELL:
            lines.end_cell()
            return
        lines.end()
        if kind == _PARAGRAPH or (kind == _LIST and not self._lists):
            lines.margin()
        elif kind == _ROW:
            lines.end_row(self._scope.cells, is_data=self._scope.is_data)
            self._scope.cells.clear()

    def _traits_of(self, name: str, source: str) -> tuple[Look, Mark | None]:
        key = name + source
        traits = self._traits.get(key)
        if traits is None:
            attributes = markup.attributes(source) if source else {}
            look = styles.of_element(name, attributes, self._sheet)
            traits = self._traits[key] = (look, containers.mark(name, attributes))
        return traits

    def _inside(self, name: str, look: Look, mark: Mark | None) -> Style:
        """The style of what stands in an element."""
        style = self._style
        if look.is_tiny is not None and look.is_tiny is not style.is_silent:
            style = replace(style, is_silent=look.is_tiny)
        if look.keeps_blanks is not None and look.keeps_blanks is not style.keeps_blanks:
            style = replace(style, keeps_blanks=look.keeps_blanks)
        if mark is None:
            return style
        if mark is Mark.SIGNATURE:
            return replace(style, is_signature=True)
        container = self._container(name, mark, style.container)
        is_deeper = name == "blockquote" and mark is Mark.QUOTE
        return replace(style, container=container, depth=style.depth + is_deeper)

    def _container(self, name: str, mark: Mark, around: Container | None) -> Container | None:
        if mark is Mark.QUOTE and (around is None or not (around.is_open or around.is_forward)):
            return Container(is_blockquote=name == "blockquote")
        if around is None and mark is Mark.THREAD:
            return Container(is_thread=True)
        if around is None and mark is Mark.FORWARD:
            return Container(is_open=False, is_forward=True)
        if around is None and mark is Mark.REST:
            self._lines.begin_rest()
        elif around is None and mark is Mark.RULE:
            self._lines.draw_rule()
            return Container() if name == "hr" else None
        return around

    def _void(self, name: str, source: str) -> None:
        if self._style.is_hidden:
            return
        if name == "br":
            self._lines.newline()
        elif name == "img":
            if source and not self._style.is_silent:
                self._image(source)
        elif name == "hr":
            self._rule(source)

    def _rule(self, source: str) -> None:
        lines, around = self._lines, self._style
        look, mark = self._traits_of("hr", source)
        if look.is_hidden:
            return
        if self._scope.open.get("p"):
            self._close("p")
        lines.end()
        lines.style = self._inside("hr", look, mark)
        lines.rule()
        lines.style = around

    def _image(self, source: str) -> None:
        """Signs are words. Other images are, where a page has nothing else."""
        attributes = markup.attributes(source)
        words = attributes.get("alt", "").strip()
        is_sign = 0 < len(words) <= MAX_SIGN and (not words.isascii() or words[0] in ":;")
        is_sign = is_sign and not any(char.isalnum() for char in words)
        is_pixel = any(attributes.get(side, "").strip() in ("0", "1") for side in ("width", "height"))
        if is_sign or (self._shows_images and words and not is_pixel):
            self._lines.text(words)
