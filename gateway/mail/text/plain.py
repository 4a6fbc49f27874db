"""What a plain text really is: a page of HTML, the excuse of a client that writes HTML only, enriched text, nothing."""

import re

MAX_EXCUSE = 600  # characters

_PAGE = re.compile(
    r"\s{0,200}(?:<\?xml[^<>]{0,200}>\s{0,200})?"
    r"<(!doctype html|html|head|body|meta|style|title|table|div|p|span|font|center|h[1-6]|ul|ol|blockquote)"
    r"\b[^<>]{0,999}>",
    re.I,
)
_ENDS = re.compile(r"</(?:html|body)\s{0,9}>", re.I)
_UNSEEN = re.compile(
    "(?:[\\s\u00ad\u180e\u200b-\u200f\u2060\ufeff]|&(?:nbsp|zwnj|#160|#xa0);|\\[(?:cid|image|bild|imagen|immagine):[^\\]\n]{1,200}\\])+",
    re.I,
)
_EXCUSES = ("html", "web page", "webpage", "web version", "browser", "navigateur", "navegador", "браузер")
_WORD = re.compile(r"\w+")
_PARAM = re.compile(r"<param>[^<]{0,2000}</param>", re.I)
_COMMAND = re.compile(r"<(?:(<)|(/?[a-z][a-z0-9-]{0,59})>)", re.I)
_LINE_ENDS = re.compile(r"\n+")
_RICH = {"nl": "\n", "np": "\n", "/paragraph": "\n\n", "lt": "<"}


def is_page(text: str) -> bool:
    """True where a text that is declared plain begins and ends as a page of HTML."""
    if "<" not in text[:200]:
        return False
    begin = _PAGE.match(text)
    if not begin:
        return False
    return _ENDS.search(text) is not None or (
        text.rstrip().endswith(">") and f"</{begin[1].lower()}" in text[begin.end() :].lower()
    )


def says_nothing(text: str) -> bool:
    """True for blank space in all its forms."""
    unseen = _UNSEEN.match(text)
    return (unseen.end() if unseen else 0) == len(text)


def may_be_excuse(text: str) -> bool:
    lower = text.lower() if len(text) <= MAX_EXCUSE else ""
    return any(word in lower for word in _EXCUSES)


def is_excuse(text: str, page: str) -> bool:
    """True for the short text that only says the mail is in HTML: it names HTML, and its words are not in the page."""
    words = set(_WORD.findall(text.lower()))
    return may_be_excuse(text) and bool(page.strip()) and len(words & set(_WORD.findall(page.lower()))) * 2 < len(words)


def say_the_same(one: str, other: str) -> bool:
    """True where two texts hold nearly the same words: a sender put both forms of a mail one behind the other."""
    if not 0.5 < (len(one) + 1) / (len(other) + 1) < 2:
        return False
    words, others = set(_WORD.findall(one.lower())), set(_WORD.findall(other.lower()))
    return len(words & others) * 10 >= 9 * max(len(words), len(others), 1)


def enriched(text: str) -> str:
    """Text of text/enriched (RFC 1896) or text/richtext (RFC 1341) without its commands; one line end is a blank."""
    text = _LINE_ENDS.sub(lambda run: run.group()[1:] or " ", _PARAM.sub("", text))
    return _COMMAND.sub(lambda command: command[1] or _RICH.get((command[2] or "").lower(), ""), text)
