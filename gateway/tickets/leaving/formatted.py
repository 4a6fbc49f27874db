"""The HTML of an agent's words: cut out of their mail by the words themselves, and written anew from a list of tags.

A page is never trusted to say where a quote begins. Of its words those are taken that are the text to be sent, word for
word and in one piece, with the tags around them; where they do not stand so, there is no HTML. Nothing that was not
read as text goes along: no comment, no style sheet, nothing hidden.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from gateway.mail.attached.attachments import bare_label
from gateway.mail.html import containers, markup
from gateway.mail.html.containers import Mark
from gateway.tickets.leaving.runs import WORD, spoken

MAX_PAGE = 1_000_000  # characters
MAX_DEPTH = 100  # elements open at a time

_VOID = frozenset(("br", "hr", "img"))
_KEPT = frozenset(
    "a b blockquote br center code dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr i img li mark ol p pre q s small span"
    " strike strong sub sup table tbody td tfoot th thead tr tt u ul".split()
)
_INLINE = frozenset("a b code del em font i mark q s small span strike strong sub sup tt u".split())
_ATTRIBUTES = frozenset("align color colspan dir face height lang rowspan size start type valign width".split())
_STYLES = frozenset(
    "background-color color font-family font-size font-style font-weight text-align text-decoration".split()
)
_PLAIN_VALUE = re.compile(r"[\w #%.,()'\"+-]{1,100}\Z")
_LINK = re.compile(r"(?:https?://|mailto:|tel:)[^\s<>\"']{1,2000}\Z", re.IGNORECASE)
_NUMBER = re.compile(r"^[ \t]*\d{1,4}[.)](?=\s)", re.MULTILINE)
_BEYOND = (Mark.QUOTE, Mark.THREAD, Mark.REST, Mark.RULE, Mark.SIGNATURE)


class _Word(NamedTuple):
    """A word of the page: in which token it stands, and where in the text of that."""

    text: str
    token: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Formatted:
    """HTML (`""`: none could be cut out), the parts of the images in it, and those of the images shown elsewhere."""

    html: str = ""
    images: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Page:
    """A page as read: tags and texts, the words of these, and what stands on which token."""

    tokens: list[markup.Token]
    texts: list[str] = field(default_factory=list)
    words: list[_Word] = field(default_factory=list)
    images: dict[int, str] = field(default_factory=dict)  # token -> part
    beyond: int = 0  # the token from which on the page says itself that it quotes or signs


def cut_out(page: str, text: str, parts: Mapping[str, str]) -> Formatted:
    """The formatted form of `text`, out of the page that it comes from. `parts`: Content-ID -> part, of the images.

    Images are shown as `cid:PART`; all others are left out, for nobody fetches anything.
    """
    if not page or len(page) > MAX_PAGE:
        return Formatted()
    read = _read(page, parts)
    found = _find(read.words, text) or _find(read.words, _NUMBER.sub("", text))
    if found is None:
        return Formatted(elsewhere=frozenset(part for at, part in read.images.items() if at >= read.beyond))
    writer = _Writer(read, *found)
    html = writer.write()
    below = frozenset(part for at, part in read.images.items() if at >= min(read.beyond, writer.end))
    return Formatted(html, frozenset(writer.images), below - writer.images) if html else Formatted(elsewhere=below)


def _read(page: str, parts: Mapping[str, str]) -> _Page:
    read = _Page(markup.tokens(page)[0])
    read.beyond = len(read.tokens)
    for number, (slash, tag, source, text) in enumerate(read.tokens):
        plain = markup.unescape(text) if "&" in text else text
        read.texts.append(plain)
        read.words += (_Word(said, number, start, stop) for said, start, stop in spoken(plain))
        if not tag or slash:
            continue
        name, attributes = tag.lower(), _attributes(source)
        if read.beyond > number and containers.mark(name, attributes) in _BEYOND:
            read.beyond = number
        part = parts.get(bare_label(attributes.get("src", ""))) if name == "img" else None
        if part is not None:
            read.images[number] = part
    return read


def _find(page: Sequence[_Word], text: str) -> tuple[int, int] | None:
    """Which words of the page are those of a text: the first and the last, where they first stand in one piece."""
    sought = [said for said, _, _ in spoken(text)]
    if not sought:
        return None
    hay = "\0".join(("", *(word.text for word in page), ""))
    at = hay.find("\0".join(("", *sought, "")))
    if at < 0:
        return None
    first = hay.count("\0", 0, at)
    return first, first + len(sought) - 1


def _attributes(source: str | None) -> dict[str, str]:
    return markup.attributes(source) if source else {}


class _Writer:
    """Writes what stands between two words of a page."""

    def __init__(self, read: _Page, first: int, last: int) -> None:
        self._read = read
        self._first, self._last = read.words[first], read.words[last]
        self._above = read.words[first - 1].token if first else -1
        self._open: list[tuple[str, str]] = []  # name, the tag as written
        self._out: list[str] = []
        self.images: set[str] = set()
        self.end = self._last.token + 1  # the token behind all that is taken

    def write(self) -> str:
        """The HTML; `""` where its elements lie too deep."""
        first, last = self._first, self._last
        for number in range(first.token + 1):
            self._tag(number)
        self._out = [tag for _, tag in self._open]
        for number in range(self._above + 1, min(first.token + 1, self._read.beyond)):
            self._image(number)
        for number in range(first.token, last.token + 1):
            if number > first.token:
                self._tag(number)
            text = self._read.texts[number]
            start = _before(text, first.start) if number == first.token else 0
            stop = _after(text, last.stop) if number == last.token else len(text)
            self._out.append(escape(text[start:stop], quote=False))
        if not WORD.search(self._read.texts[last.token], last.stop):
            self._trailing_signs()
            self._trailing_images()
        self._out += [f"</{name}>" for name, _ in reversed(self._open)]
        return "" if len(self._open) > MAX_DEPTH else "".join(self._out).strip()

    def _tag(self, number: int) -> None:
        slash, tag, source, _ = self._read.tokens[number]
        name = tag.lower() if tag else ""
        if name not in _KEPT:
            return
        if slash:
            self._close(name)
        elif name == "img":
            if number > self._first.token:
                self._image(number)
        elif name in _VOID:
            self._out.append(f"<{name}>")
        else:
            written = f"<{name}{''.join(_written(name, _attributes(source)))}>"
            self._open.append((name, written))
            self._out.append(written)

    def _close(self, name: str) -> None:
        if name not in (open_name for open_name, _ in self._open):
            return
        while True:
            closed, _ = self._open.pop()
            self._out.append(f"</{closed}>")
            if closed == name:
                return

    def _image(self, number: int) -> None:
        part = self._read.images.get(number)
        if part is None:
            return
        self.images.add(part)
        attributes = _attributes(self._read.tokens[number][2])
        sizes = (name for name in ("width", "height") if attributes.get(name, "").isdecimal())
        kept = "".join(f' {name}="{attributes[name][:5]}"' for name in sizes)
        self._out.append(f'<img src="cid:{escape(part)}"{kept}>')

    def _trailing_signs(self) -> None:
        """The full stop behind a last word that is bold."""
        for number in range(self._last.token + 1, len(self._read.tokens)):
            slash, tag, _, _ = self._read.tokens[number]
            text = self._read.texts[number]
            if not slash or (tag or "").lower() not in _INLINE:
                return
            self._tag(number)
            signs = text[: _after(text, 0)] if text and not WORD.match(text) else ""
            self._out.append(escape(signs if not WORD.search(signs) else "", quote=False))
            self.end = number + 1
            if text:
                return

    def _trailing_images(self) -> None:
        """Images right below the last word, up to the next word, quote or signature."""
        for number in range(self.end, len(self._read.tokens)):
            slash, tag, source, _ = self._read.tokens[number]
            if tag and not slash and containers.mark(tag.lower(), _attributes(source)) in _BEYOND:
                return
            if number in self._read.images:
                self._out.append("<br>")
                self._image(number)
            self.end = number + 1
            if WORD.search(self._read.texts[number]):
                return


def _before(text: str, at: int) -> int:
    """From where a text is taken: with the signs that stand right in front of its first word."""
    while at > 0 and not text[at - 1].isspace() and not text[at - 1].isalnum():
        at -= 1
    return at


def _after(text: str, at: int) -> int:
    """Up to where: with the signs right behind the last word; all of it where nothing but those is left."""
    end = at
    while end < len(text) and not text[end].isspace() and not text[end].isalnum():
        end += 1
    return len(text) if not WORD.search(text, end) else end


def _written(name: str, attributes: Mapping[str, str]) -> Iterator[str]:
    for key, value in attributes.items():
        if key in _ATTRIBUTES and _PLAIN_VALUE.match(value):
            yield f' {key}="{escape(value)}"'
    if name == "a" and _LINK.match(attributes.get("href", "")):
        yield f' href="{escape(attributes["href"])}"'
    if styles := "; ".join(_styles(attributes.get("style", ""))):
        yield f' style="{escape(styles)}"'


def _styles(style: str) -> Iterator[str]:
    for declaration in style[:2_000].split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if name in _STYLES and _PLAIN_VALUE.match(value) and "(" not in value.replace("rgb(", "").replace("rgba(", ""):
            yield f"{name}: {value}"
