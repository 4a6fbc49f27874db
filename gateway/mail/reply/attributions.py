"""The words a mail client puts above what it quotes: `On 3 March 2026 at 09:00, Ann Lee <ann@example.net> wrote:`.

By structure, so that no language is left out: up to five lines of one paragraph, a colon at their end, and two of
an address, digits of a date, a word for "wrote". One of them is enough where a quote follows. Never over a blank
line, but for the one case of `_whole`: the words above it are the sender's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from gateway.mail.reply import prefixes
from gateway.mail.reply.marks import QUOTES, Mark, fill, next_line
from gateway.mail.reply.phrases import WROTE

MAX_LINES = 5
MAX_LINE = 300  # characters; an attribution is short
MAX_TEXT = 500
MAX_TRIES = 500  # lines that might end one
MAX_ABOVE = 20  # lines looked at for what the sender says above one
MAX_GREETING = 3  # words
QUOTATION = ('"', "'", "“", "„", "«", "»", "‘", "‚", "「", "『")

_COLONS = ":：︰"
_GREETING_END = ",!，、！"
_DECORATION = " \t\u00a0-*_=~—–‐"
_MACHINE = re.compile(r"[<(\[]\s{0,3}(?:mailto:)?[^\s<>()\[\]@]{1,64}@[^\s<>()\[\]@]{1,255}")
_ADDRESS = re.compile(r"[^\s<>()\[\]@]{1,64}@[^\s<>()\[\]@]{2,255}")
_TIME = re.compile(r"(?<![\d.])(?:[01٠-٩]?\d|2[0-3])\s?[:.h：٫時时시]\s?[0-5٠-٥]\d(?!\d|\.\d)")
_DAY = re.compile(
    r"(?<![\w=.])(?:\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{2,4}|\d{4}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{1,2})(?!\.?\d)|"
    r"(?<![\w=])(?:1[34]|19|20|25)\d\d(?!\d)|\d\s?[月월]|[٠-٩۰-۹]{4}"
)
_UNSPACED = "|".join(verb for verb in WROTE if verb[0] > "\u2fff" or "\u0e00" < verb[0] < "\u0e7f")
_VERB = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, WROTE))})(?!\w)|{_UNSPACED}", re.I)
_DATE_FIRST = re.compile(r"\D{0,30}\d")  # near the beginning, in whatever language
# A colon within: a header line, a log. Times and `mailto:` have one too.
_COLON_WITHIN = re.compile(
    r"(?<!mailto)(?<=[^\W\d])[:：]\s{0,3}(?:<|[^\W\d])|[])>][:：]\s{0,3}[^\s:：]",
    re.I,
)
# Who speaks of his own letter quotes nothing: "On 3 March at 17:21 I wrote to ann@example.net:"
_FIRST_PERSON = re.compile(
    r"(?<!\w)(?:I|[Ww]e) [a-z]+|(?<!\w)(?:ich|wir|j['’]ai|nous avons|ho|abbiamo|hemos|eu|jag|jeg|я|мы)(?!\w)"
)
_LOG = re.compile(r"\[[^\[\]@]{0,40}\d[:.]\d\d[^\[\]@]{0,20}\]")  # `[3.3.2026 09:00] Ann wrote:`, in a chat
# No abbreviation ("3 Feb.", "p.m.") and no ordinal ("3.").
_SENTENCE_END = re.compile(r"(?:[!?;。！？]|\w{4}\.|\d\d\d\d?\.)[\"')]?\Z")
_CONTINUED = re.compile(r"[<>(\[]|mailto:|[^\s<>@]{1,64}@|\d{1,2}[:.]\d\d|[a-zà-ÿ]")
# Gmail once wrote no verb, no address and no colon.
_BARE_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d{1,2}:\d\d GMT[+-]\d\d?:\d\d \S.{0,100}\Z")


class Strength(IntEnum):
    """How much an attribution says by itself."""

    WEAK = 1  # needs a quote below
    STRONG = 2  # in an answer it quotes what is below, marked or not
    SURE = 3  # who, when and "wrote": so in any mail


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    strength: Strength


def mark(bare: Sequence[str], marks: list[Mark], start: int, stop: int, *, is_answer: bool) -> int:
    """Mark attributions above quotes. The first line below one that quotes without any mark, or `stop`.

    Who answers nothing writes such lines too: "On 3 March at 09:00 Mr Lee wrote:", and goes on in his own words.
    """
    own, tries = Mark.OWN, 0
    needed = Strength.STRONG if is_answer else Strength.SURE
    last = stop if is_answer else max((at for at in range(start, stop) if marks[at] is own), default=start)
    for end in range(start, stop):
        if marks[end] is not own or not _may_end(bare, end) or len(bare[end]) > MAX_LINE:
            continue
        tries += 1
        if tries > MAX_TRIES:
            break
        found = _find(bare, marks, end)
        if found is None:
            continue
        below = next_line(marks, end + 1)
        is_quoted = below < len(bare) and marks[below] in QUOTES
        if is_quoted:
            is_client = is_answer or found.strength >= Strength.STRONG or last < below
        else:
            strength = Strength.SURE if _stands_alone(bare, marks, found.start, end) else found.strength
            is_client = strength >= needed and not _is_told(bare, marks, found.start, below, is_answer=is_answer)
            if strength >= needed and not is_client:
                needed = Strength.SURE  # who tells of one tells of the next
        if is_client:
            fill(marks, _whole(bare, marks, found.start), end + 1, Mark.ATTRIBUTION)
            if not is_quoted and not prefixes.follow(bare, marks, below):
                return end + 1
    return stop


def _is_told(bare: Sequence[str], marks: Sequence[Mark], first: int, below: int, *, is_answer: bool) -> bool:
    """True where the sender tells what another wrote: he says so above, or puts it in quotation marks, or has hardly
    said a word yet.
    """
    if below < len(bare) and bare[below].startswith(QUOTATION):
        return True
    above = [bare[at] for at in range(max(0, first - MAX_ABOVE), first) if marks[at] is Mark.OWN]
    if not above:
        return not is_answer
    if is_answer or above[-1][-1] in _COLONS:
        return above[-1][-1] in _COLONS
    is_brief = above[-1][-1] in _GREETING_END and sum(map(len, above)) <= MAX_LINE
    return is_brief and sum(len(line.split()) for line in above) <= MAX_GREETING


def _stands_alone(bare: Sequence[str], marks: Sequence[Mark], start: int, end: int) -> bool:
    """True for who and when between blank lines, as clients of many languages write it without a verb."""
    if (end + 1 < len(bare) and bare[end + 1]) or (start > 0 and bare[start - 1]):
        return False
    text = " ".join(bare[start : end + 1])
    words = _ADDRESS.sub("@", text)
    is_full = bool(_DAY.search(words) and _TIME.search(words) and _MACHINE.search(text))
    return is_full or _whole(bare, marks, start) < start


def _may_end(bare: Sequence[str], at: int) -> bool:
    line = bare[at]
    if line[-1] in _COLONS or (line[-1] in "-*_‐" and line.rstrip(_DECORATION)[-1:] in _COLONS):
        return True
    if "@" in line or line[-1] in "-*_‐" or (at > 0 and "@" in bare[at - 1]):
        return _ends_in_verb(line)
    return line[:2] == "20" and _BARE_STAMP.match(line) is not None


def _find(bare: Sequence[str], marks: Sequence[Mark], end: int) -> _Found | None:
    """The attribution that ends on this line: the fewest lines, upwards, that tell who and when."""
    last = bare[end].rstrip(_DECORATION)
    if _BARE_STAMP.match(last) and last[-1] not in _COLONS:
        alone = (end == 0 or not bare[end - 1]) and (end + 1 == len(bare) or not bare[end + 1])
        return _Found(end, Strength.SURE) if alone else None
    text, best = "", None
    for start in range(end, max(-1, end - MAX_LINES), -1):
        line = bare[start]
        if marks[start] is not Mark.OWN or (start < end and _SENTENCE_END.search(line)):
            break
        text = f"{line} {text}" if text else line
        if len(text) > MAX_TEXT:
            break
        strength = _strength(text, colon=last[-1:] in _COLONS)
        if strength and (best is None or strength > best.strength):
            best = _Found(start, strength)
        if best and best.strength >= Strength.STRONG and _has_date(text):
            break
        if best and start == end and not _CONTINUED.match(line) and not _opens(bare, marks, start - 1):
            break
    return best and _Found(_first_line(bare, marks, best.start), best.strength)


def _strength(text: str, *, colon: bool) -> Strength | None:
    if _COLON_WITHIN.search(text):
        return None
    words = _ADDRESS.sub("@", text) if "@" in text else text  # digits and words within an address say nothing
    day, time, verb, who = _DAY.search(words), _TIME.search(words), _VERB.search(words), "@" in words
    if not colon:  # less certain: all three
        return Strength.SURE if (day or time) and verb and who else None
    if not (day or time or verb or who):
        return None
    if not (_FIRST_PERSON.search(words) or _LOG.match(text)):
        named = _MACHINE.search(text) is not None
        verb_last = verb and _ends_in_verb(words)
        if verb and who and (day or time):
            return Strength.SURE if named or verb_last else Strength.STRONG
        if verb and (named or (verb_last and who and (day or time))):
            return Strength.STRONG
        if day and time and verb and (verb_last or _DATE_FIRST.match(words)):
            return Strength.STRONG
        if day and time and words.rstrip(_COLONS + " >)]\"'").endswith("@") and (named or words[0].isdigit()):
            return Strength.STRONG
    return Strength.WEAK


def _ends_in_verb(text: str) -> bool:
    return text[-60:].casefold().rstrip(_DECORATION + _COLONS + ")").endswith(WROTE)


def _has_date(text: str) -> bool:
    words = _ADDRESS.sub("@", text)
    return bool(_DAY.search(words) or _TIME.search(words))


def _opens(bare: Sequence[str], marks: Sequence[Mark], at: int) -> bool:
    """True for a line with a date near its beginning which goes on below."""
    if at < 0 or marks[at] is not Mark.OWN or len(bare[at]) > MAX_LINE:
        return False
    return bool(_DATE_FIRST.match(bare[at])) and _has_date(bare[at]) and not _SENTENCE_END.search(bare[at])


def _first_line(bare: Sequence[str], marks: Sequence[Mark], start: int) -> int:
    """One line up where the wrapping left the name, the bracket of the address or the weekday there."""
    line, above = bare[start], start - 1
    if above < 0 or marks[above] is not Mark.OWN or _SENTENCE_END.search(bare[above]):
        return start
    upper = bare[above]
    is_name = line.startswith(("<", "(", "mailto:")) and len(upper) <= 80
    is_address = upper.endswith(("<", "(")) or (_MACHINE.search(upper) and not _MACHINE.search(line))
    is_day = line[0].isdigit() and _DATE_FIRST.match(upper) and len(upper) >= 12 and upper[-1] not in _COLONS
    return above if is_name or is_address or is_day else start


def _whole(bare: Sequence[str], marks: Sequence[Mark], start: int) -> int:
    """Up over a blank line where the attribution begins with the bracket of an address: such text is made from HTML."""
    above = start - 2
    if above < 0 or not bare[start].startswith("<") or marks[start - 1] is not Mark.BLANK:
        return start
    return above if _opens(bare, marks, above) else start
