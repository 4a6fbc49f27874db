"""A page cut into tags and the text behind each, in one pass that is linear in the page whatever it holds.

A browser's tree builder is not: fifteen kilobytes of unclosed `<b>` and `<p>` make millions of nodes. What a reader of
text needs of a tree (which element a tag ends, what hides whom) `html` keeps on a stack of its own.
"""

import html
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

# "/" or "", the tag's name (None where there is none), its attributes as written, the text up to the next tag
Token: TypeAlias = tuple[str | None, str | None, str | None, str]

# Attributes, quoted values with `>` in them included. Every repeat is possessive: no step is ever taken back.
_REST = r"""(?:[^>"'=]++|=\s*+(?:"[^"]*+"|'[^']*+')?|["'])*+"""
_RAW = "|".join(  # what these hold is neither markup nor anything a reader sees
    rf"{name}(?![^\s/>]){_REST}>(?:[^<]++|<(?!/(?:{name}|head)))*+(?:</{name}[^>]*+>)?"
    for name in ("script", "style", "title", "iframe", "noembed")
)
_TOKEN = re.compile(
    rf"<(?:(?=[sStTiInN])(?i:{_RAW})|(/?)([a-zA-Z][^\s/>]*+)({_REST})>"
    r"|!--(?:-?>|(?:[^-]++|-(?!-!?>))*+(?:--!?>)?)|[!?/][^>]*+>)"
)
_END = "\"'-->"  # ends any value, tag or comment that is still open at the end of a page
_NEVER_SEEN = re.compile(
    r"<!--(?:[^-]++|-(?!->))*+-->|<(?i:script|style|title)\b[^>]*+>(?:[^<]++|<(?!/))*+</(?i:script|style|title)[^>]*+>"
)
_LOOSE_TAG = re.compile(r"<[^<>]*+>")
# The first branch eats comments for Outlook alone, with the sheets in them.
_STYLE = re.compile(
    r"<!--\[if(?:[^-]++|-(?!->))*+|<style(?![^\s/>])(?![^>]*\bmedia\s*=\s*[\"']?(?!all|screen)\w)[^>]*+>([^<]*+(?:<(?!/style)[^<]*+)*+)",
    re.I,
)
_ATTRIBUTE = re.compile(r"""([^\s/=>"']++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]*+)))?+""")
_HUGE_NUMBER = re.compile(r"&#(?:[xX][0-9a-fA-F]{9,}+|[0-9]{10,}+);?")


def tokens(page: str) -> tuple[list[Token], bool]:
    """A page in order, its first token a bare text; and whether it ended inside a tag, so that the rest is a guess.

    A browser drops what a quote or tag that is never closed has swallowed. Here its text is kept.
    """
    pieces: Iterator[Any] = iter((None, None, None, *_TOKEN.split(page + _END)))
    found: list[Token] = list(zip(pieces, pieces, pieces, pieces, strict=True))
    slash, name, source, text = found[-1]
    if text.endswith(_END):
        found[-1] = (slash, name, source, text[: -len(_END)])
        return found, False
    if not name or not source:
        return found, False
    swallowed = source[: -len(_END) + 1]
    tail = swallowed.partition(">")[2]
    if not tail and "=" not in swallowed:
        tail = f"<{name}{swallowed}"  # words with a `<` among them
    found[-1] = (None, None, None, _LOOSE_TAG.sub(" ", tail))
    return found, True


def stripped(page: str) -> str:
    """The words of a page without any tag, style, script or comment that is closed; whether they are seen or not."""
    text = _LOOSE_TAG.sub(" ", _NEVER_SEEN.sub(" ", page))
    return " ".join(unescape(text).split())


def attributes(source: str) -> dict[str, str]:
    """The attributes of a tag by lower-case name; of several with one name the first counts."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(source):
        found.setdefault(name.lower(), unescape(double or single or bare))
    return found


def unescape(text: str) -> str:
    """Text with its character references resolved; one that no code point can match becomes U+FFFD."""
    if "&" not in text:
        return text
    if "&#" in text:
        text = _HUGE_NUMBER.sub("\ufffd", text)
    return html.unescape(text)


def style_sheets(page: str) -> str:
    """What stands in the `<style>` elements of a page."""
    return "\n".join(_STYLE.findall(page))
