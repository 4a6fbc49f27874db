"""What systems add to a mail on its way: disclaimers, virus scanners' notes, list footers, warnings on top.

Told by several things that are said together, each in the languages at hand, so that no single word cuts anything.
"""

import re
from collections.abc import Sequence

from gateway.mail.reply.marks import Mark, fill
from gateway.mail.reply.phrases import (
    ADVICE,
    ALERT,
    CARE,
    CHECKED,
    LISTS,
    MAIL,
    NO_VIRUS,
    OUTSIDE,
    PAPER,
    RECEIVED,
    SAYINGS,
    TAGS,
    THIS_MAIL,
    VIRUS,
)

MAX_NOTICES = 20  # one below the other
MAX_BLOCK = 40  # lines between two rules
MAX_NOTICE = 3000  # characters
MAX_BANNER = 700
MIN_DISCLAIMER = 100  # who is briefer speaks for himself
MAX_BRIEF = 300  # up to here numbers and "my" are a person's
MAX_LEAD = 60  # characters in which a footer says what it is about
MAX_WARNING = 500
MAX_ALERT = 40  # characters in which it says that it warns
MAX_SUBJECT = 500  # characters in which a disclaimer says that it speaks of this mail

_RULE = " \t*-_=~—–#+"
_AROUND = "[]*(){}<>_:! "
_IMAGE = re.compile(
    r"(?:\[(?:cid:|image: |inline image ?|bild: |imagen?: |immagine: )[^\[\]]{0,200}\]\s{0,4}){1,10}\Z|"
    r"<cid:[^<>\s]{1,200}>\Z"
)
_LINK = ("://", "www.", "@", "](")
# No system says "I" or asks. "Please notify me" stands in disclaimers, "take me off your list" in no list's footer.
_PERSON = re.compile(r"(?<!\w)(?:i|i['’]m|i['’]ve|ich|je|j['’]\w+|yo|io|ik|jag|jeg|я)(?!\w)|[?？](?:\s|\Z)")
_ME = re.compile(r"(?<!\w)(?:me|my|mich|mir|mein\w*|mon|moi|mi|mij|mijn|мне|меня)(?!\w)")
_WE = re.compile(r"(?<!\w)(?:we|us|wir|uns|nous|noi|ci|nosotros|nos|nós|wij|ons|vi|oss|os|мы|нас)(?!\w)")
_BUT = re.compile(
    r"(?<!\w)(?:but|yet|however|though|although|still|aber|doch|jedoch|trotzdem|obwohl|mais|pourtant|cependant|pero"
    r"|aunque|ma|però|tuttavia|mas|porém|maar|echter|toch|men|mutta|ale|jednak|avšak|de még|но|однако|але|проте)(?!\w)"
)
_NUMBER = re.compile(r"(?<![\w.:/@-])\d{1,10}(?![\w:/@-])")
# Who speaks of footers asks for a change of them.
_OF_FOOTERS = re.compile(
    r"(?<!\w)(?:footer|fu(?:ß|ss)zeile|pied de page|pie de página|piè di pagina|rodapé|voettekst|sidfot|sidefod"
    r"|bunntekst|stopk|zápatí|нижн\w{1,6} колонтитул|подвал)"
)
_US = re.compile(r"(?<!\w)(?:we|our|us|your|wir|uns\w*|ihr\w*|nous|notre|votre|мы|наш\w*|ваш\w*)(?!\w)")


def mark_images(bare: Sequence[str], marks: list[Mark]) -> None:
    """Mark lines that only stand for an inline image."""
    for at, line in enumerate(bare):
        if marks[at] is Mark.OWN and line[0] in "[<" and _IMAGE.match(line.casefold()):
            marks[at] = Mark.IMAGE


def mark_warning(bare: Sequence[str], marks: list[Mark], start: int, stop: int) -> None:
    """Mark the warning "this mail comes from outside" in the first two paragraphs of a text."""
    for _ in range(2):
        below = _first_blank(bare, start, stop)
        if _may_warn(bare[start]):
            text = " ".join(bare[start:below]).casefold()[: MAX_WARNING + 1]
            if _is_warning(text):
                fill(marks, start, below, Mark.WARNING)
        start = below
        while start < stop and not bare[start]:
            start += 1
        if start == stop:
            break


def _first_blank(bare: Sequence[str], start: int, stop: int) -> int:
    try:
        return bare.index("", start, stop)
    except ValueError:
        return stop


def _may_warn(line: str) -> bool:
    """False for a first line with which no warning begins."""
    words = line[:MAX_ALERT].casefold().strip(_AROUND)
    return not words or words.startswith(ALERT)


def mark_notices(bare: Sequence[str], marks: list[Mark], start: int, stop: int) -> int:
    """Mark the notices that a text ends in, with the rules around them; where the text now ends."""
    top = stop
    for _ in range(MAX_NOTICES):
        end = _above_rules(bare, start, top)
        paragraph, block = _paragraph(bare, start, end), _block(bare, start, end)
        if paragraph < end and _is_notice(" ".join(bare[paragraph:end]), ruled=False):
            top = paragraph
        elif start <= block < end and _is_notice(" ".join(bare[block + 1 : end]), ruled=True):
            top = block
        else:
            break
    if top < stop:
        top = _above_rules(bare, start, top)
        fill(marks, top, stop, Mark.NOTICE)
    return top


def _is_rule(line: str) -> bool:
    """True for `****` and the like, and for the one long dash some put above a footer."""
    return not line.strip(_RULE) and (len(line) > 1 or line == "—")


def _above_rules(bare: Sequence[str], start: int, stop: int) -> int:
    while stop > start and (not bare[stop - 1] or _is_rule(bare[stop - 1])):
        stop -= 1
    return stop


def _paragraph(bare: Sequence[str], start: int, stop: int) -> int:
    """Where the paragraph that ends here begins."""
    while stop > start and (line := bare[stop - 1]) and not (line[0] in _RULE and _is_rule(line)):
        stop -= 1
    return stop


def _block(bare: Sequence[str], start: int, stop: int) -> int:
    """The nearest rule above, or -1."""
    for at in range(stop - 1, max(start, stop - MAX_BLOCK) - 1, -1):
        line = bare[at]
        if line and line[0] in _RULE and _is_rule(line):
            return at
    return -1


def _says(words: tuple[str, ...], text: str) -> bool:
    return any(map(text.__contains__, words))


def _is_notice(text: str, *, ruled: bool) -> bool:
    if len(text) > MAX_NOTICE or not text:
        return False
    text = text.casefold()
    found = (len(text) <= MAX_BANNER and _is_banner(text, ruled=ruled)) or _is_disclaimer(text)
    return found and not (_PERSON.search(text) or _OF_FOOTERS.search(text))


def _is_banner(text: str, *, ruled: bool) -> bool:
    if _says(PAPER, text[:MAX_LEAD]) or _says(NO_VIRUS, text[:MAX_LEAD]):
        return not _BUT.search(text)
    if (
        _says(VIRUS, text)
        and _says(CHECKED, text)
        and _is_of_mail(text)
        and not (_US.search(text) or _BUT.search(text))
    ):
        return True
    if not _says(LISTS, text) or _ME.search(text):
        return False
    return ruled or (_says(_LINK, text) and (_says(RECEIVED, text) or not (_WE.search(text) or _BUT.search(text))))


def _is_of_mail(text: str) -> bool:
    """True where a scanner speaks of the mail it stands in."""
    return _says(THIS_MAIL, text) or (
        text.startswith((*CHECKED, *VIRUS, *MAIL, "e-mail", "email")) and _says(MAIL, text)
    )


def _is_disclaimer(text: str) -> bool:
    if len(text) < MIN_DISCLAIMER or not _says(THIS_MAIL, text[:MAX_SUBJECT]):
        return False
    if len(text) < MAX_BRIEF and (_ME.search(text) or _NUMBER.search(text)):
        return False  # of some contract, some invoice
    return sum(_says(row, text) for row in SAYINGS) >= 2


def _is_warning(text: str) -> bool:
    words = text.strip(_AROUND)
    if "".join(words.split()) in TAGS:
        return words != text and len(text) > len("[extern]")
    if len(text) > MAX_WARNING or not words.startswith(ALERT) or _PERSON.search(text):
        return False
    return _says(OUTSIDE, text) and _says(ADVICE, text) and _says(MAIL, text) and _says(CARE, text)
