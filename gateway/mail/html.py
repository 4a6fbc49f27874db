"""HTML to readable text: lists, tables, links, quotes; nothing hidden from the reader's eyes. Explicit stack (T72)."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MAX_HTML = 2_000_000  # characters read
MAX_TAGS = 200_000
MAX_DEPTH = 25_000  # the parser is quadratic in depth
MAX_ATTRIBUTES = 5_000  # and in the attributes of one tag
MAX_INDENT = 10

_DROPPED = frozenset(
    "script style head title meta link noscript template object embed svg math iframe audio video canvas select option "
    "datalist textarea map area base applet frame frameset noframes".split()
)
_BLOCKS = frozenset(
    "address article aside body center dd details dialog dir div dl dt fieldset figcaption figure footer form header "
    "html legend main menu nav section summary table tbody tfoot thead tr caption".split()
)
_PARAGRAPHS = frozenset("p h1 h2 h3 h4 h5 h6 ul ol dl blockquote pre hr".split())
_STYLED = _BLOCKS | _PARAGRAPHS | frozenset("span td th font b i u a strong em li img small".split())
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|!|\Z)"
    r"|(?:max-height|max-width|opacity)\s*:\s*0(?:\.0+)?(?:px|%)?\s*(?:;|!|\Z)",
    re.I,
)
_BLANKS = re.compile(r"[ \t\n\r\f\u00a0]+")
_MANY_LINES = re.compile(r"\n{3,}")
_TRAILING = re.compile(r"[ \t]+\n")
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_STRIP = re.compile(r"<[^<>]*>")
_LONG_STRETCH = re.compile(r"<[a-zA-Z][^<]{30000,}")
_UNCOUNTED = frozenset("area br col hr img input link meta source wbr p li td tr th option dd dt".split())
_SCHEMES = ("http://", "https://", "ftp://", "tel:")


def to_text(html: str) -> str:
    """The text a reader would see. Where the page is too deep or too big to parse, its tags are just taken out."""
    html = html[:MAX_HTML]
    if _is_bomb(html):
        return _MANY_LINES.sub("\n\n", _STRIP.sub("\n", html)).strip()
    from selectolax.lexbor import LexborHTMLParser  # wanted in the readers only; everybody imports this room

    tree = LexborHTMLParser(html)
    root = tree.body or tree.root
    return _Writer().render(root) if root is not None else ""


def _is_bomb(html: str) -> bool:
    if any(len(stretch.group().split()) > MAX_ATTRIBUTES for stretch in _LONG_STRETCH.finditer(html)):
        return True
    tags = html.count("<")
    if tags < MAX_DEPTH or tags > MAX_TAGS:
        return tags > MAX_TAGS
    depth = deepest = 0
    for tag in _ANY_TAG.finditer(html):
        if tag.group(2).lower() not in _UNCOUNTED:
            depth = max(0, depth + (-1 if tag.group(1) else 1))
            deepest = max(deepest, depth)
    return deepest > MAX_DEPTH


class _Writer:
    """Collects lines while the tree is walked; `quote` is how many blockquotes are open."""

    def __init__(self) -> None:
        self.out: list[str] = []  # finished lines
        self.line: list[str] = []
        self.space = False  # a blank is due before the next word
        self.blank = False  # an empty line is due before the next line
        self.quote = 0
        self.quote_above = 0  # of the last line written
        self.link_at = 0  # where in the line the text of the open link begins
        self.pre = 0
        self.lists: list[int] = []  # per open list the next number, 0 for bullets
        self.marker = ""  # bullet of a list item that has not begun

    def render(self, root: "LexborNode") -> str:
        stack: list[tuple[LexborNode, bool]] = [(root, True)]
        while stack:
            node, entering = stack.pop()
            if not entering:
                self._leave(node)
                if node is not root and (after := node.next) is not None:
                    stack.append((after, True))
                continue
            if node.is_text_node:
                self._text(node.text_content or "")
            elif node.is_element_node and self._enter(node):
                stack.append((node, False))
                if (child := node.child) is not None:
                    stack.append((child, True))
                continue
            if (after := node.next) is not None and node is not root:
                stack.append((after, True))
        self._break()
        return _MANY_LINES.sub("\n\n", "\n".join(self.out)).strip("\n")

    def _enter(self, node: "LexborNode") -> bool:
        """True where the children are to be read."""
        tag = node.tag or ""
        if tag in _DROPPED:
            return False
        if tag in _STYLED and _is_hidden(node):
            return False
        if tag == "br":
            self._break(keep_empty=True)
        elif tag == "img":
            self._text((node.attributes.get("alt") or "") if not _is_pixel(node) else "")
        elif tag in _BLOCKS:
            self._break()
        elif tag in _PARAGRAPHS:
            self._paragraph()
            if tag == "blockquote":
                self.quote += 1
            elif tag == "pre":
                self.pre += 1
            elif tag in ("ul", "ol"):
                self.lists.append(_first_number(node) if tag == "ol" else 0)
            elif tag == "hr":
                self._text("-" * 20)
                self._break()
        elif tag == "li":
            self._item()
        elif tag == "a":
            self.link_at = len(self.line)
        elif tag in ("td", "th") and self.line:
            self.line.append("\t")
            self.space = False
        return True

    def _leave(self, node: "LexborNode") -> None:
        tag = node.tag or ""
        if tag == "a":
            self._link(node)
        elif tag in _BLOCKS or tag == "li":
            self._break()
        elif tag in _PARAGRAPHS:
            self._break()
            self.blank = bool(self.out)
            if tag == "blockquote":
                self.quote -= 1
            elif tag == "pre":
                self.pre -= 1
            elif tag in ("ul", "ol"):
                self.lists.pop()

    def _text(self, text: str) -> None:
        if self.pre:
            first, *rest = text.split("\n")
            self._word(first)
            for line in rest:
                self._break(keep_empty=True)
                self._word(line)
            return
        words = _BLANKS.sub(" ", text)
        if words.startswith(" "):
            self.space = True
        if stripped := words.strip(" "):
            self._word(stripped)
            self.space = words.endswith(" ")

    def _word(self, text: str) -> None:
        if not text:
            return
        if not self.line and self.marker:
            self.line.append(self.marker)
            self.marker, self.space = "", False
        if self.space and self.line and self.line[-1] != "\t":
            self.line.append(" ")
        self.space = False
        self.line.append(text)

    def _break(self, *, keep_empty: bool = False) -> None:
        """End the line. An empty one is kept only where the page asked for it (`<br>`)."""
        text = "".join(self.line).rstrip()
        self.line.clear()
        self.space = False
        if not text and not keep_empty:
            return
        prefix = "> " * min(self.quote, MAX_INDENT)
        if self.blank and self.out:
            self.out.append(("> " * min(self.quote, self.quote_above, MAX_INDENT)).rstrip())
        self.blank, self.quote_above = False, self.quote
        self.out.append(prefix + text if text else prefix.rstrip())

    def _paragraph(self) -> None:
        self._break()
        self.blank = bool(self.out)

    def _item(self) -> None:
        self._break()
        bullet = "* "
        if self.lists and self.lists[-1]:
            bullet = f"{self.lists[-1]}. "
            self.lists[-1] += 1
        self.marker = "  " * min(max(0, len(self.lists) - 1), MAX_INDENT) + bullet

    def _link(self, node: "LexborNode") -> None:
        target = (node.attributes.get("href") or "").strip()
        if not target.lower().startswith(_SCHEMES) or len(target) > 2000:
            return
        shown = "".join(self.line[self.link_at :]).strip()
        if target.rstrip("/") not in (shown.rstrip("/"), f"http://{shown}", f"https://{shown}", f"tel:{shown}"):
            self.space = True
            self._word(f"<{target}>")


def _is_hidden(node: "LexborNode") -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    style = attributes.get("style")
    return "hidden" in attributes or (style is not None and _HIDDEN.search(style) is not None)


def _is_pixel(node: "LexborNode") -> bool:
    return any((node.attributes.get(side) or "").strip() in ("0", "1") for side in ("width", "height"))


def _first_number(node: "LexborNode") -> int:
    start = node.attributes.get("start") or ""
    return int(start) if start.isdecimal() and len(start) < 7 else 1
