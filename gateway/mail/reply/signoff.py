"""Where the sender's words end: `-- ` and what follows, or contact details below a closing and a name.

The closing itself ("Kind regards, Ann") is the sender's and stays.
"""

import re
from collections.abc import Sequence

from gateway.mail.reply.marks import SIGNED, Mark, fill, next_line
from gateway.mail.reply.phrases import CLOSINGS

MAX_SIGNATURE = 20  # lines that say something; what is longer is text
MAX_UNSURE = 12  # the same below any separator but `-- `
MAX_CONTACT = 12
MAX_TAIL = 30  # lines, with the blank ones between them
MAX_SLOGAN = 2  # lines of a signature that are sentences
MAX_LINE = 100
MAX_CLOSING = 60
MIN_SENTENCE = 4  # words in lower case

_SURE = frozenset(("--", "- --"))  # the last: how PGP writes the first (RFC 4880 section 7.1)
_UNSURE = frozenset(("—", "–", "---", "__", "___", "____", "==", "***", "~~"))
SEPARATORS = _SURE | _UNSURE

_WORDS_AFTER = 4  # "Kind regards from Berlin, Ann"
_CONTACT = re.compile(
    r"\+\d[\d ()./-]{6,20}|\(?\b\d{2,5}\)?[ ./-]\d[\d ()./-]{5,20}|https?://\S|\bwww\.\S|[^\s@]{1,64}@[^\s@]{1,250}\.\w|"
    r"\b(?:tel|phone|fon|telefon|mobile?|mob|handy|cell|fax|tél|téléphone|teléfono|móvil|telefono|tlf|puh|тел|моб)"
    r"\b\.?\s?:?\s{0,3}[(+]?\d|(?:電話|电话|전화)\s?[:：]?\s?\d",
    re.I,
)
_IN_CONTACTS = ("@", "/", *"0123456789０１２３４５６７８９٠١٢٣٤٥٦٧٨٩", "www.")
_POSTSCRIPT = re.compile(r"p\.?\s?s\b|n\.?b\b", re.I)


def mark_signature(lines: Sequence[str], bare: Sequence[str], marks: list[Mark], start: int, stop: int) -> int:
    """Mark the signature that ends a region, from its first separator that is near enough; where the text now ends.

    A separator that ends it stands above a signature marked before, or above none.
    """
    below = next_line(marks, stop)
    is_signed = below < len(marks) and marks[below] in SIGNED
    said, first = 0, stop
    for at in range(stop - 1, start - 1, -1):
        if bare[at] in SEPARATORS:
            if lines[at] == "-- " or (_is_signature(bare, at, stop, said) if said else is_signed):
                first = at
        elif bare[at]:
            said += 1
            if said > MAX_SIGNATURE:
                break
    fill(marks, first, stop, Mark.SIGNATURE)
    return first


def _is_signature(bare: Sequence[str], at: int, stop: int, said: int) -> bool:
    below = bare[at + 1 : stop]
    if said > MAX_UNSURE or any(len(line) > MAX_LINE for line in below) or sum(map(_is_sentence, below)) > MAX_SLOGAN:
        return False
    return bare[at] in _SURE or any(_CONTACT.search(line) for line in below)


def mark_contact(bare: Sequence[str], marks: list[Mark], start: int, stop: int) -> int:
    """Mark the contact details below a closing and the name under it; where the text now ends."""
    if not _may_hold_contact("\n".join(bare[max(start, stop - MAX_TAIL) : stop])):
        return stop
    said = 0
    for at in range(stop - 1, start - 1, -1):
        line = bare[at]
        if not line:
            continue
        if said > MAX_CONTACT or len(line) > MAX_LINE or _POSTSCRIPT.match(line):
            break
        if _is_closing(line):
            details = _below_name(bare, at + 1, stop)
            if not _is_contact(bare[details:stop]):
                break
            fill(marks, details, stop, Mark.CONTACT)
            return details
        said += 1
    return stop


def _may_hold_contact(text: str) -> bool:
    return any(map(text.__contains__, _IN_CONTACTS))


def _is_contact(lines: Sequence[str]) -> bool:
    """True for lines with a telephone number, an address or a page among them, and no sentence."""
    return any(map(_CONTACT.search, lines)) and not any(map(_is_sentence, lines))


def _is_sentence(line: str) -> bool:
    lower = sum(word[0].islower() for word in line.split())
    return lower >= MIN_SENTENCE or (lower >= 2 and line.endswith((".", "!", "?")))


def _is_closing(line: str) -> bool:
    words = line.casefold().lstrip("-–—*_ ")
    if not words.startswith(CLOSINGS) or len(line) > MAX_CLOSING or line.endswith(("?", ":")):
        return False
    closing = next(closing for closing in CLOSINGS if words.startswith(closing))
    return len(words[len(closing) :].split()) <= _WORDS_AFTER


def _below_name(bare: Sequence[str], at: int, stop: int) -> int:
    while at < stop and not bare[at]:
        at += 1
    return at if at < stop and _CONTACT.search(bare[at]) else min(at + 1, stop)
