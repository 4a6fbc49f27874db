"""The card around an agent's words: the customer is written to by the queue, under its own signature and address.

The closing and the name ("Kind regards, Carol") are the agent's words and stay.
"""

import re
from collections.abc import Collection, Sequence
from itertools import groupby

from gateway.mail.reply import mobile
from gateway.mail.reply.phrases import CLOSINGS
from gateway.mail.reply.signoff import is_sentence
from gateway.tickets.leaving.runs import words

MAX_CARD = 16  # lines that say something
MAX_LINE = 140  # characters
MAX_CLOSING = 60

_CONTACT = re.compile(
    r"\+\d[\d ()./-]{6,20}|\(?\b\d{2,5}\)?[ ./-]\d[\d ()./-]{5,20}|https?://\S|\bwww\.\S|\S@\S"
    r"|\b(?:tel|phone|fon|telefon|mobile?|mob|handy|cell|fax|tél|teléfono|móvil|тел|моб)\b\.?\s?:?\s{0,3}[(+]?\d",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"[-–—_=*~]{2,}\Z|[–—]\Z")
_ENDS = (":", "：")  # what comes below is announced: it is the answer


def without_card(text: str, addresses: Collection[str], name: str = "") -> str:
    """`text` without the contact details that are the agent's, wherever they stand: one of `addresses` is in them.

    Clients put a signature above the quote, and whoever answers below that leaves it at the top. `name` is what the
    agent's mail calls its sender: a last paragraph that begins with it and holds no sentence is a card too.
    """
    blocks = [list(lines) for _, lines in groupby(text.split("\n"), key=lambda line: bool(line.strip()))]
    kept: list[str] = []
    for number, block in enumerate(blocks):
        kept += _without_details(block, addresses, announced=bool(number > 1 and _announces(blocks[number - 2])))
    kept = _ended(_begun(kept))
    last = next((at + 1 for at in range(len(kept) - 1, -1, -1) if not kept[at].strip()), 0)
    if kept and _is_signature(kept[last:], name, alone=last == 0):
        kept = _ended(kept[:last])
    return "\n".join(kept).strip("\n")


def _is_signature(block: Sequence[str], name: str, *, alone: bool) -> bool:
    """Is this a name with a title or a firm below it, or all there is?"""
    is_named = bool(name) and words(block[0]) == words(name)
    return is_named and (alone or len(block) > 1) and not any(_speaks(line.strip()) for line in block)


def _announces(block: Sequence[str]) -> bool:
    return block[-1].rstrip().endswith(_ENDS)


def _without_details(block: Sequence[str], addresses: Collection[str], *, announced: bool) -> list[str]:
    """A paragraph as it is, or what is left of one that is a card: its closing with the name below."""
    said = [line.strip() for line in block]
    if announced or len(block) > MAX_CARD or not _names(block, addresses) or any(map(_speaks, said)):
        return list(block)
    if not _is_closing(said[0]):
        return []
    return [block[0], *(line for line in block[1:2] if _is_name(line.strip()))]


def _begun(lines: Sequence[str]) -> list[str]:
    """The lines without what is left of a card above them: it stands there where the answer is below the quote."""
    start = 0
    while start < len(lines) and _is_left_over(lines[start].strip()):
        start += 1
    return list(lines[start:])


def _ended(lines: Sequence[str]) -> list[str]:
    stop = len(lines)
    while stop and _is_left_over(lines[stop - 1].strip()):
        stop -= 1
    return list(lines[:stop])


def _is_left_over(line: str) -> bool:
    """A blank line, the separator of a signature, the footer of a program."""
    return not line or bool(_SEPARATOR.match(line)) or mobile.is_footer(line)


def _speaks(line: str) -> bool:
    """Is this a sentence of a letter? A card has addresses and numbers where letters have words."""
    if len(line) > MAX_LINE or line.startswith(">") or line.endswith(_ENDS):
        return True
    return is_sentence(_CONTACT.sub(" ", re.sub(r"\S*@\S*", " ", line))) and not _is_closing(line)


def _is_closing(line: str) -> bool:
    return line.casefold().lstrip("-–—*_ ").startswith(CLOSINGS) and len(line) <= MAX_CLOSING


def _is_name(line: str) -> bool:
    return not _CONTACT.search(line) and len(line.split()) <= 4 and not any(char.isdigit() for char in line)


def _names(lines: Sequence[str], addresses: Collection[str]) -> bool:
    text = "\n".join(lines).casefold()
    return any(address.casefold() in text for address in addresses)
