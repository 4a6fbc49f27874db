"""Markdown in the text of a person becomes HTML that says the same: CommonMark, no HTML of theirs, no images.

What would take words away or change them is off: an escape eats the backslash of a path, `[1]: https://...` defines
a link and vanishes, a line of dashes makes a heading of the words above it, blanks before them make code of words.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

MAX_TEXT = 30_000  # characters; what is longer becomes HTML as it stands

_OFF = ["code", "entity", "escape", "html_block", "html_inline", "image", "lheading", "reference"]
_URL = re.compile(r"""https?://[^\s<>"'\\^`{|}\x00-\x1f\x7f]{3,2000}""", re.IGNORECASE)
_AFTER = re.compile(r"[.,:;!?…»”’]+\Z")
_BLANKS = re.compile(r"(?<=\S)  +(?=\S)")
_SCHEMES = ("http://", "https://", "mailto:")


def to_html(text: str) -> str:
    """The text as an HTML fragment."""
    if len(text) > MAX_TEXT:
        return f"<p>{as_it_stands(text)}</p>\n"
    return str(_markdown().render(text))


def as_it_stands(text: str) -> str:
    """The text in HTML, line by line, its addresses of web pages as links."""
    return "<br>\n".join(_linked(line) for line in text.strip("\n").split("\n"))


def _linked(text: str) -> str:
    """The text in HTML with links, its runs of blanks kept."""
    pieces = []
    at = 0
    for match in _URL.finditer(text):
        url = _without_end(match[0])
        pieces += [_escaped(text[at : match.start()]), f'<a href="{escape(url)}">{escape(url)}</a>']
        at = match.start() + len(url)
    return "".join([*pieces, _escaped(text[at:])])


def _without_end(url: str) -> str:
    """Without what the sentence around it put there: a full stop, a bracket that the address does not open."""
    while True:
        shorter = _AFTER.sub("", url)
        if shorter.endswith((")", "]")):
            opening, closing = ("(", ")") if shorter.endswith(")") else ("[", "]")
            if shorter.count(closing) > shorter.count(opening):
                shorter = shorter[:-1]
        if shorter == url:
            return url
        url = shorter


def _escaped(text: str) -> str:
    return _BLANKS.sub(lambda match: "&nbsp;" * (len(match[0]) - 1) + " ", escape(text, quote=False))


class _Renderer(RendererHTML):
    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        env["in_link"] = True
        return self.renderToken(tokens, idx, options, env)

    def link_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        env["in_link"] = False
        return self.renderToken(tokens, idx, options, env)

    def text(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Words, with links where they name a page; inside a link there is no other."""
        return _escaped(tokens[idx].content) if env.get("in_link") else _linked(tokens[idx].content)

    def list_item_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """With the number that was written, for the words around the list may name it."""
        number = tokens[idx].info
        return f'<li value="{number}">' if number.isdecimal() else "<li>"


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False}, renderer_cls=_Renderer)
    made.disable(_OFF)
    made.validateLink = lambda url: url.lower().startswith(_SCHEMES)  # type: ignore[method-assign]
    return made
