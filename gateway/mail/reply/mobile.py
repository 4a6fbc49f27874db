"""The line a mail program adds below what is written with it: "Sent from my iPhone", "Von meinem Handy gesendet"."""

import re
from collections.abc import Sequence
from itertools import islice

from gateway.mail.reply.marks import Mark, next_line
from gateway.mail.reply.phrases import PROGRAMS, SENT_FIRST, SENT_FROM, SENT_FROM_LAST, SENT_LAST

MAX_LINE = 120  # characters, without links
MAX_LINK = 1000
MAX_FOOTERS = 50  # lines

_AROUND = " \t*_<>()[]-–—~\"'"
_END = _AROUND + ".!。"
# "This message was", and what it is in other languages.
_SUBJECT = re.compile(
    r"(?:(?:this|diese|dieses|ce|cet|este|esta|dit|deze|denne|det|questo|questa|tato|это|этот|ten|ta) "
    r"(?:e-?mail|mail|message|nachricht|courriel|mensaje|mensagem|correo|bericht|meddelande|messaggio|besked|melding|"
    r"zpráva|письмо|сообщение|wiadomość)|(?:цей )?лист) "
    r"(?:(?:was|has been|is|wurde|a été|ha sido|fue|foi|werd|è stato|è stata|byla|było|została) )?"
)
_PROGRAM = re.compile(
    rf"(?<![a-zà-ÿ])(?:{'|'.join(map(re.escape, PROGRAMS))}|mail(?: für| for| pour| para| per| voor|\W*\Z|[]>]))"
)
_LINK = re.compile(rf"\]?[<(\[]?https?://[^\s<>()\[\]]{{1,{MAX_LINK}}}[>)\]]?")
_CLAUSE_END = re.compile(r"[,.;!?。]\s")
_SURE = (
    re.compile(
        r"(?:\w{2,14}[ \[]{1,2}(?:\w{2,5} )?)?outlook (?:for|für|pour|para|per|voor|för|til|dla|для|pro|pre) "
        r"(?:ios|android)"
    ),
    re.compile(r"(?:\w{1,20} )?from (?:my )?(?:mobile|phone|iphone|ipad|android)\b.{0,12}\Z"),
    re.compile(r"yahoo mail\W{1,3}search, organi[sz]e, conquer"),
    re.compile(
        r"(?:please )?(?:excuse|pardon|forgive) .{0,30}(?:brevity|typos|errors)\W{1,4}"
        r"sent from \S{1,20}(?: \S{1,20})?\Z"
    ),
    re.compile(r"(?:ios|android)(?:용| ?版的?|向け)? ?(?:的 ?)?outlook"),
)
_APP = re.compile(r"(?:sent|secured) (?:with|via|from|using|by) .{2,30}?<?https?://")
# "From my telephone it cannot be sent", "I sent the letter from my telephone".
_NOT_SENT = re.compile(r"[不没沒無无未をが、]|(?<!メール)(?<!メッセージ)は")
# Words that no device or program has behind its name: "Sent from my telephone to you on Monday, it looks fine".
_SPEAKS = re.compile(
    r"[^\s@]@[^\s@]|(?<!\w)(?:to|it|he|she|they|is|was|are|has|looks?|works|yesterday|today|this|an|es|er|sie|ist|war"
    r"|gestern|heute|sieht|hier|aujourd['’]hui|ayer|hoy|ieri|oggi|ontem|hoje|gisteren|vandaag|igår|i går|вчера|сегодня"
    r"|(?:on|am|le|el|il|op|em|na|v|w|в|во) (?:mon|tues|wednes|thurs|fri|satur|sun|montag|dienstag|mittwoch|donnerstag"
    r"|freitag|samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes"
    r"|sábado|domingo|lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica|maandag|dinsdag|woensdag|donderdag|vrijdag"
    r"|zaterdag|zondag|segunda|terça|quarta|quinta|sexta|понедельник|вторник|среду|четверг|пятницу|субботу)\w{0,4})(?!\w)"
)
_BY_PROGRAM = re.compile(r"(?:sent|written) by \w{1,20} \d")
# A device or program nobody has heard of, in the few words a footer has.
_BRIEF = re.compile(
    r"(?:sent (?:from|via|using)|envoyée? (?:depuis|à partir)|gesendet (?:von|mit|über)|enviad[oa] (?:desde|do|da)|"
    r"inviat[oa] dal?|verzonden (?:vanaf|met|via)|skickat från|sendt fra|отправлено (?:с|из)) "
    r"\S{1,20}(?: \S{1,20}){0,5}\Z"
)


def mark(bare: Sequence[str], marks: list[Mark], start: int, stop: int) -> int:
    """Mark the footers that a text ends in; where the text now ends."""
    top = max(start, stop - MAX_FOOTERS)
    while stop > top and (not bare[stop - 1] or is_footer(bare[stop - 1])):
        stop -= 1
        marks[stop] = Mark.MOBILE if bare[stop] else Mark.BLANK
    return stop


def mark_above_quote(bare: Sequence[str], marks: list[Mark], start: int, stop: int) -> int:
    """Mark the footer of Outlook on a telephone. The line below it, for there stands the mail that is answered."""
    footers = (at for at in range(start, stop) if marks[at] is Mark.OWN and _is_outlook(bare[at]))
    for at in islice(footers, MAX_FOOTERS):
        below = next_line(marks, at + 1)
        if below < len(bare) and not is_footer(bare[below]):
            marks[at] = Mark.MOBILE
            return at + 1
    return stop


def is_footer(line: str) -> bool:
    """True for such a line, in some thirty languages.

    "Sent from my desk, which is easier than a phone" is none: the device stands in another clause.
    """
    if "://" in line and len(line) <= MAX_LINK:
        if _APP.match(line.casefold().lstrip(_AROUND)):
            return True
        line = _LINK.sub("", line)
    if len(line) > MAX_LINE:
        return False
    words = line.casefold().strip(_END)
    if subject := _SUBJECT.match(words):
        words = words[subject.end() :]
    if any(form.match(words) for form in _SURE):
        return _SPEAKS.search(words) is None
    is_last = words.endswith(SENT_FROM_LAST) or (words.startswith(SENT_FROM) and words.endswith(SENT_LAST))
    if not (words.startswith(SENT_FIRST) or (is_last and not _NOT_SENT.search(words))):
        return False
    clause, *rest = _CLAUSE_END.split(words, maxsplit=1)
    if program := _PROGRAM.search(clause):
        return not (_SPEAKS.search(clause, program.end()) or _BY_PROGRAM.match(clause))
    return not rest and _BRIEF.match(words) is not None and not _SPEAKS.search(words)


def _is_outlook(line: str) -> bool:
    return "aka.ms/" in line and is_footer(line)
