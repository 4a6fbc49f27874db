"""The syntax of an address list (RFC 5322 3.4): a raw field as tokens, and as the elements that mean to be mailboxes.

Says nothing of whether an address is any good: see `addresses`. Linear in the length of the field.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

_TOKEN = re.compile(r"""\s+|[^\s"(),:;<>\\]+|\\.|[(),:;<>"\\]""", re.S)
_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.S)
_COMMENT = re.compile(r"[^()\\]+|\\.|[()]", re.S)
_ESCAPE = re.compile(r"\\(.)", re.S)


class Token(NamedTuple):
    """`kind` is `w`ord, `q`uoted, `c`omment, ` `, a special itself, or `x`: a lone quote, bracket or backslash."""

    kind: str
    text: str


@dataclass(slots=True)
class Element:
    """One element of a list: what stands before the angle, in the angle, and in comments."""

    phrase: str = ""
    angle: str | None = None
    comment: str = ""
    in_group: bool = False
    is_route: bool = False

    @property
    def is_claim(self) -> bool:
        """True where it means to be a mailbox, usable or not."""
        return self.angle is not None or "@" in self.phrase


def tokens(raw: str) -> list[Token]:
    """The field in order. What is opened and never closed is taken as plain characters."""
    found: list[Token] = []
    at, may_quote, may_comment = 0, True, True
    while at < len(raw):
        if raw[at] == '"' and may_quote:
            quoted = _QUOTED.match(raw, at)
            if quoted:
                found.append(Token("q", quoted.group()))
                at = quoted.end()
                continue
            may_quote = False
        if raw[at] == "(" and may_comment:
            end = _comment_end(raw, at)
            if end:
                found.append(Token("c", _ESCAPE.sub(r"\1", raw[at + 1 : end - 1])))
                at = end
                continue
            may_comment = False
        token = _TOKEN.match(raw, at)
        assert token is not None  # every character is covered
        text = token.group()
        found.append(Token(_kind(text), text))
        at = token.end()
    return found


def _kind(token: str) -> str:
    if token in ",:;<>":
        return token
    if token[0] in '"()\\':
        return "x"
    return " " if token.isspace() else "w"


def _comment_end(raw: str, start: int) -> int:
    depth = 0
    for token in _COMMENT.finditer(raw, start):
        depth += {"(": 1, ")": -1}.get(token.group(), 0)
        if not depth:
            return token.end()
    return 0


def elements(tokens: Iterable[Token]) -> list[Element]:
    """The field split at what stands outside quotes, comments and angles."""
    return _List(tokens).elements


class _List:
    """A list as far as it has been read."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self.elements: list[Element] = []
        self._element = Element()
        self._waiting = ""  # pieces without an address, as in `Smith, John <john@x.example>`
        self._in_angle = False
        self._group = ""  # its name, while it is open
        self._group_at = 0
        for token in tokens:
            if token.kind == "c":
                self._element.comment = self._element.comment or token.text
            elif self._in_angle:
                self._inside(token)
            else:
                self._outside(token)
        self._close()
        self._undo_group()

    def _inside(self, token: Token) -> None:
        element, angle = self._element, self._element.angle or ""
        if token.kind == ">":
            self._in_angle = False
        elif token.kind == ":" and angle.lower() == "mailto":
            element.angle = ""
        elif token.kind in ",:" and angle.lstrip()[:1] in ("@", ""):  # RFC 5322 4.4
            element.is_route, element.angle = True, "" if token.kind == ":" else angle
        elif token.kind in ",;":  # `<a@b, c@d>`
            self._close()
            self._element.angle = ""
        elif token.kind == "<" and "@" not in angle:  # `<<a@b>>`, `<Ann <a@b>`
            element.phrase, element.angle = element.phrase + angle, ""
        else:
            element.angle = angle + token.text

    def _outside(self, token: Token) -> None:
        element = self._element
        if token.kind == "<":
            if element.angle is not None:
                self._close()
            self._element.phrase, self._waiting = self._waiting + self._element.phrase, ""
            self._element.angle, self._in_angle = "", True
        elif token.kind == ",":
            self._comma()
        elif token.kind == ";":
            self._close()
            self._group, self._element = "", Element()
        elif token.kind == ":":
            self._colon()
        elif token.kind != ">":
            if element.angle is not None and token.kind != " ":  # text behind `>`: the comma is missing
                self._close()
            self._element.phrase += token.text

    def _comma(self) -> None:
        if self._element.is_claim:
            self._close()
        else:
            self._waiting += self._element.phrase + ","
            self._element.phrase = ""

    def _colon(self) -> None:
        element = self._element
        if element.phrase.rstrip()[-6:].lower() == "mailto":
            element.phrase = element.phrase.rstrip()[:-6]
        elif element.is_claim or self._group:
            element.phrase += ":"
        else:
            self._group, self._group_at = self._waiting + element.phrase + ":", len(self.elements)
            self._element, self._waiting = Element(in_group=True), ""

    def _close(self) -> None:
        element = self._element
        if element.is_claim or element.phrase.strip() or element.in_group:
            self.elements.append(element)
        self._element, self._waiting = Element(in_group=bool(self._group)), ""

    def _undo_group(self) -> None:
        """A name with a colon in it is no group: `Re: Ann <a@b>` has one mailbox, and no semicolon closes it."""
        if self._group and len(self.elements) == self._group_at + 1 and self.elements[-1].is_claim:
            self.elements[-1].in_group = False
            self.elements[-1].phrase = self._group + self.elements[-1].phrase
