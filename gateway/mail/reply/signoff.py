"""Where the sender's words end: `-- ` and what follows, or contact details below a closing and a name.

The closing itself ("Kind regards, Ann") is the sender's and stays.
"""

import re
from collections.abc import Sequence
from itertools import takewhile

from gateway.mail.reply.marks import SIGNED, Mark, fill, next_line
from gateway.mail.reply.phrases import ANNOUNCED, CLOSINGS, SPEECH

MAX_SIGNATURE = 20  # lines that say something; what is longer is text
MAX_UNSURE = 12  # the same below any separator but `-- `
MAX_CONTACT = 12
MAX_TAIL = 30  # lines, with the blank ones between them
MAX_SLOGAN = 2  # lines of a signature that are sentences
MAX_CARD = 4  # lines of a signature without a telephone number or the like
MAX_NAME = 8  # words
MAX_GREETING = 3
MAX_ANNOUNCED = 300  # characters above a closing
MAX_LINE = 100
MAX_CLOSING = 60
MIN_SENTENCE = 4  # words in lower case

_SURE = frozenset(("--", "- --"))  # the last: how PGP writes the first (RFC 4880 section 7.1)
_UNSURE = frozenset(("—", "–", "---", "__", "___", "____", "==", "***", "~~"))
SEPARATORS = _SURE | _UNSURE

MAX_SEPARATORS = 20  # looked at from the end of a region
_WORDS_AFTER = 4  # "Kind regards from Berlin, Ann"
_CONTACT = re.compile(
    r"\+\d[\d ()./-]{6,20}|\(?\b\d{2,5}\)?[ ./-]\d[\d ()./-]{5,20}|https?://\S|\bwww\.\S|[^\s@]{1,64}@[^\s@]{1,250}\.\w|"
    r"\b(?:tel|phone|fon|telefon|mobile?|mob|handy|cell|fax|tél|téléphone|teléfono|móvil|telefono|tlf|puh|тел|моб)"
    r"\b\.?\s?:?\s{0,3}[(+]?\d|(?:電話|电话|전화)\s?[:：]?\s?\d",
    re.I,
)
_IN_CONTACTS = ("@", "/", *"0123456789０１２３４５６７８９٠١٢٣٤٥٦٧٨٩", "www.")
_OPEN_ENDS = (":", "：")
_GREETING_ENDS = (",", "!", "，", "、", "！", "،")
_CLOSING_END = ".!)-–—*_~ "
_DRESS = re.compile(r"[*_|/]{1,80}")
_NAME = re.compile(r"(?:[^\W\d_]|[ .,'’()&@+–-]){2,80}\Z")
_PARTICLES = frozenset("von van der den de del della di da dos du la le zu af av bin ibn al el y e und and of".split())
_POSTSCRIPT = re.compile(r"p\.?\s?s\b|n\.?b\b", re.I)


def mark_signature(lines: Sequence[str], bare: Sequence[str], marks: list[Mark], start: int, stop: int) -> int:
    """Mark the signature that ends a region, from its first separator that is near enough; where the text now ends.

    A separator that ends it stands above a signature marked before, or above none.
    """
    below = next_line(marks, stop)
    is_signed = below < len(marks) and marks[below] in SIGNED
    said, tries, first, sure = 0, 0, stop, -1
    for at in range(stop - 1, start - 1, -1):
        if bare[at] in SEPARATORS:
            tries += 1
            if tries > MAX_SEPARATORS:
                break
            if lines[at] == "-- ":
                first = sure = at
            elif _is_signature(bare, start, at, stop) if said else is_signed:
                first = at
        elif bare[at]:
            said += 1
            if said > MAX_SIGNATURE:
                break
    fill(marks, first, stop if sure < 0 else _end(bare, sure + 1, stop), Mark.SIGNATURE)
    return first


def _end(bare: Sequence[str], start: int, stop: int) -> int:
    """Where a signature ends: at a postscript, or at a later paragraph in which a person speaks."""
    for at in range(start, stop):
        if bare[at] and _POSTSCRIPT.match(bare[at]):
            return at
        if at > start + 1 and bare[at] and not bare[at - 1] and any(bare[start : at - 1]) and _speaks(bare, at, stop):
            return at
    return stop


def _speaks(bare: Sequence[str], at: int, stop: int) -> bool:
    paragraph = " ".join(takewhile(bool, bare[at:stop]))
    return is_sentence(paragraph) and SPEECH.search(paragraph) is not None


def _is_signature(bare: Sequence[str], start: int, at: int, stop: int) -> bool:
    """True below a separator that people write between parts of a text too: a name, perhaps what else cards say."""
    if stop - at > MAX_TAIL:
        return False
    below = [line for line in bare[at + 1 : stop] if line]
    above = [line for line in bare[max(0, start - 1, at - MAX_TAIL) : at] if line]
    if len(below) > MAX_UNSURE or any(len(line) > MAX_LINE for line in below) or bare[at] in above:
        return False
    if above and (above[-1].endswith(_OPEN_ENDS) or _is_greeting(above)):
        return False  # a list follows, or all of the letter; right below a quote nothing stands above it
    if sum(map(is_sentence, below)) > MAX_SLOGAN or any(map(_POSTSCRIPT.match, below)):
        return False
    if any(map(_is_speech, below)):
        return False
    if not (_is_name(below[0]) or _is_closing(below[0])):
        return False
    return any(map(_CONTACT.search, below)) or (bare[at] in _SURE and len(below) <= MAX_CARD)


def _is_greeting(lines: Sequence[str]) -> bool:
    return len(lines) == 1 and lines[0].endswith(_GREETING_ENDS) and len(lines[0].split()) <= MAX_GREETING


def _is_speech(line: str) -> bool:
    return line.endswith(("?", "？")) or SPEECH.search(line) is not None


def _is_name(line: str) -> bool:
    """True for a name, a title or a firm: a few words with capitals, no digits and nothing of a program's text."""
    line = _DRESS.sub(" ", line).strip()
    words = line.split()
    if not words or len(words) > MAX_NAME or not _NAME.match(line):
        return False
    return all(not word[0].islower() or word in _PARTICLES for word in words)


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
            if not _is_contact(bare[details:stop]) or _announces(bare, start, at):
                break
            fill(marks, details, stop, Mark.CONTACT)
            return details
        said += 1
    return stop


def _may_hold_contact(text: str) -> bool:
    return any(map(text.__contains__, _IN_CONTACTS))


def _is_contact(lines: Sequence[str]) -> bool:
    """True for lines with a telephone number, an address or a page among them, and no sentence."""
    if not any(map(_CONTACT.search, lines)):
        return False
    return not any(is_sentence(line) or line.endswith(_OPEN_ENDS) for line in lines)


def _announces(bare: Sequence[str], start: int, closing: int) -> bool:
    """True where the words above a closing say that an address, a number or a list follows."""
    above = [line for line in bare[max(start, closing - MAX_TAIL) : closing] if line]
    if not above:
        return False
    return above[-1].endswith(_OPEN_ENDS) or ANNOUNCED.search(" ".join(above)[-MAX_ANNOUNCED:]) is not None


def is_sentence(line: str) -> bool:
    """True for a line with some words in lower case, as sentences have and names, titles and places have not."""
    lower = sum(word[0].islower() for word in line.split())
    return lower >= MIN_SENTENCE or (lower >= 2 and line.endswith((".", "!", "?")))


def _is_closing(line: str) -> bool:
    words = line.casefold().lstrip("-–—*_ ")
    if not words.startswith(CLOSINGS) or len(line) > MAX_CLOSING or line.endswith(("?", ":")):
        return False
    return any(_ends(words[len(closing) :], closing) for closing in CLOSINGS if words.startswith(closing))


def _ends(rest: str, closing: str) -> bool:
    """True where what stands behind the words of a closing is their end: a name, a place, a comma. Behind a single
    word only a comma will do, for names of firms and things begin with it too.
    """
    if " " in closing or closing[0] > "\u0e00":
        return len(rest.split()) <= _WORDS_AFTER
    word, comma, more = rest.partition(",")
    return not word.strip(_CLOSING_END) and len(more.split()) <= _WORDS_AFTER and (bool(comma) or not more)


def _below_name(bare: Sequence[str], at: int, stop: int) -> int:
    """The line below the name under a closing; the end of the text where no name and no mail address stands there."""
    while at < stop and not bare[at]:
        at += 1
    if at < stop and "@" in bare[at]:
        return at
    is_name = at < stop and not (_CONTACT.search(bare[at]) or is_sentence(bare[at]) or bare[at].endswith(_OPEN_ENDS))
    return at + 1 if is_name else stop
