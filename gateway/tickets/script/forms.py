"""What stands at the very head of a mail, in its plain text and in its HTML, and whether both say the same.

Only the mail's own first words count: not what stands below a quote, in a signature, in a file, or in no part at all.
A line of the text may be shorter than it was typed, for clients wrap what they send; the HTML then tells.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.mail import Mail, html
from gateway.mail.reply import boilerplate
from gateway.mail.reply.marks import Mark
from gateway.tickets.commands.folding import seen
from gateway.tickets.script import spelling

MAX_HEAD = 400  # lines that are looked at
MAX_PAGE = 300_000  # characters of the HTML in which they stand
_LINK = re.compile(r"\s?[<\[(](?:mailto:|https?://)[^<>\[\]()\s]{1,500}[>\])]", re.I)
_STRUCK = re.compile(r"<(?:s|strike|del)[\s>]|<[a-z][^<>]{0,2000}line-through", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The lines from the first of the sender's own on. `problem`: why nothing in them may be taken for a command.

    `may_wrap`: a line may be half of one. `has_two`: `lines` are the HTML's, and `plain` are those of the text.
    `struck`: how many words stand above the first that is struck out, None where none is.
    """

    lines: tuple[str, ...]
    plain: tuple[str, ...]
    may_wrap: bool = True
    problem: str = ""
    struck: int | None = None

    @property
    def has_two(self) -> bool:
        return self.lines is not self.plain


def head_of(mail: Mail) -> Head:
    """The head of a mail, whatever it is made of."""
    plain = _own(mail.text.split("\n")[:MAX_HEAD], frozenset())
    problem = _not_own(mail)
    if problem or not mail.html:
        return Head(lines=plain, plain=plain, problem=problem)
    source = mail.html if len(mail.html) <= MAX_PAGE else mail.html[: mail.html.rfind(">", 0, MAX_PAGE) + 1]
    page = html.to_text(source)
    if page.defects:
        problem = "the HTML of this mail is damaged or too long"
    boxed = page.boxed.quoted | page.boxed.signed
    lines = page.text.split("\n")[:MAX_HEAD]
    if len(mail.text_forms) > 1:
        own = _own(lines, boxed)
        return Head(lines=own, plain=plain, may_wrap=False, problem=problem, struck=_struck(source))
    if not mail.text.startswith(lines[0]):  # the page hangs on below a plain text
        return Head(lines=plain, plain=plain)
    own = _own(mail.text.split("\n")[:MAX_HEAD], boxed)
    return Head(lines=own, plain=own, may_wrap=False, problem=problem, struck=_struck(source))


def _own(lines: Sequence[str], boxed: frozenset[int]) -> tuple[str, ...]:
    """The lines below blank ones and a mail system's warning, up to the first that lies in a container."""
    bare = [line.strip() for line in lines]
    first = _first(bare, 0)
    marks = [Mark.OWN if line else Mark.BLANK for line in bare]
    if first < len(bare):
        boilerplate.mark_warning(bare, marks, first, len(bare))
    while first < len(bare) and (marks[first] is Mark.WARNING or not seen(bare[first])):
        first += 1
    stop = min((number for number in boxed if number >= first), default=len(lines))
    if any(number < first and bare[number] for number in boxed):
        stop = first
    return tuple(lines[first:stop])


def _first(bare: Sequence[str], at: int) -> int:
    while at < len(bare) and not bare[at]:
        at += 1
    return at


def _not_own(mail: Mail) -> str:
    """Why the text is not what somebody wrote as this mail; `""` where it is."""
    if not mail.text_forms:
        return "the text of this mail is from no part of it" if mail.text.strip() else ""
    files = {one.part for one in mail.attachments}
    if mail.text_forms[0] in files:
        return "the text of this mail is a file, or was damaged on the way"
    return ""


def _struck(page: str) -> int | None:
    """How many words stand above the first that is struck out: text cannot show that it is."""
    found = _STRUCK.search(page)
    return None if found is None else len(html.to_text(page[: found.start()]).text.split())


# ---- two forms -----------------------------------------------------------------------------------------------------


def lines_of_block(plain: Sequence[str], block: Sequence[str]) -> int | None:
    """How many lines of the text are the lines of the HTML's block, however they are wrapped; None: they differ.

    A line of the block begins a line of the text. Blank lines count with what stands above them.
    """
    at = 0
    for line in block:
        wanted = _squeezed(line)
        got = ""
        while len(got) < len(wanted) and at < len(plain):
            got += _squeezed(plain[at])
            at += 1
        if got != wanted:
            return None
    while at < len(plain) and not seen(plain[at]):
        at += 1
    return at


def goes_on_alike(plain: Sequence[str], at: int, lines: Sequence[str], stop: int) -> bool:
    """Whether what comes below the block in the text is no command that the HTML has not."""
    below, other = _next(plain, at), _next(lines, stop)
    return spelling.spelled(below) is None or _squeezed(other).startswith(_squeezed(below))


def _next(lines: Sequence[str], at: int) -> str:
    return next((line for line in lines[at:] if seen(line)), "")


def _squeezed(line: str) -> str:
    return "".join(seen(_LINK.sub("", line)).split())
