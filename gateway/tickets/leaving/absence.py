"""Is an agent's mail nothing but an out-of-office that no header shows?

Who says that he is away and then answers the customer is a person; an automatic reply says nothing besides: when its
writer is back, whom to ask instead, that mail is not read. So each clause is judged, and what is left over decides.
"""

import re
from collections.abc import Iterator

from gateway.mail import Mail
from gateway.mail.machine import autoreply
from gateway.mail.reply.phrases import CLOSINGS, GREETINGS
from gateway.tickets.leaving.absence_words import CLOSED, OF_ME, STATES, TALK
from gateway.tickets.leaving.runs import words

MAX_TEXT = 20_000  # characters; no automatic reply is longer
_SHARE = 0.25  # of the words may be about something else
_FEW = 5  # words that may be so in any case
_BRIEF = 3  # words of a clause that says nothing by itself: a date, a name
_GREETING = 5
_CLOSING = 4
_WRAPPED = 55  # characters of a line that may go on below

_NUMBER = re.compile(r"\d+(?:[.:/,-]\s?\d+)*\.?")  # dates hold full stops and commas that end no clause
_ADDRESS = re.compile(r"\S+@\S+|\bhttps?://\S+|\bwww\.\S+")
_CLAUSE = re.compile(
    r"[.!?;:,\n()…。！？、，]+|\s[–—-]+\s"  # of conjunctions those that are no word of another language
    r"|\s(?:and|but|so|because|und|aber|denn|deshalb|daher|et|mais|donc|pero|así que|perché|maar|dus|ale|więc|proto|но"
    r"|поэтому|але|тому|och|și)(?=\s)",
)
# Another's absence, one that is asked about, and the program that speaks of ours.
_OF_OTHERS = re.compile(
    r"\b(?:you|your|if|whether|customer|courier|driver|technician|recipient|neighbou?r|falls|wenn sie"
    r"|sie (?:sind|waren|nicht)|ihr\w*|kurier|vous|votre|si|usted|su|voi|vostr[oa]|você|u bent|uw|jste|vaš\w*|pan[iy]?"
    r"|państw\w*|если|вы|ваш\w*|якщо|ви|monteur|livreur|repartidor|corriere|koerier|bezorger"
    r"|курьер\w*|мастер\w*|технік\w*|техник\w*|кур.єр\w*|technik\w*|technicien\w*|técnico|tecnico|kurýr\w*|kurier\w*"
    r"|řidič\w*)\b",
)
_PROGRAM = re.compile(
    r"[\s-]{0,3}(?:assistant|repl|messages?\b|notif|function|feature|setting|mode\b|assistent|-?notiz)"
)
_ANSWER = re.compile(
    r"answ|repl[iy]|respon|antwort|répon|rispon|odpov|odpow|отвеч|ответ|відпов|read|lese|lees|attended"
)
_OTHER_SCRIPT = re.compile(r"[\u0590-\u06ff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def is_away(mail: Mail, text: str) -> bool:
    """True for an automatic mail, and for one whose subject or text says that nobody wrote it or that he is away."""
    return mail.is_automatic or mail.is_autoreply or autoreply.tone(mail.subject) is not None or says_so(text)


def says_so(text: str) -> bool:
    """Does `text` say that its writer is away, and hardly anything else?"""
    if len(text) > MAX_TEXT:
        return False
    clauses = list(_clauses(text))
    is_said = any(map(_states, clauses)) or autoreply.acknowledges(text) or autoreply.is_absence(text)
    if not (is_said or _closed(clauses) or _says_in_signs(text)):
        return False
    counted = [(len(words(clause)), _is_talk(clause)) for clause in clauses]
    total = sum(count for count, _ in counted)
    besides = sum(count for count, is_talk in counted if not is_talk and count > _BRIEF)
    return besides <= max(_FEW, total * _SHARE)


def _states(clause: str) -> bool:
    found = STATES.search(clause) or next(
        (found for me, of_me in OF_ME if me.search(clause) and (found := of_me.search(clause))), None
    )
    if found is None or _PROGRAM.match(clause, found.end()):
        return False
    return not _OF_OTHERS.search(clause[: found.start()])


def _says_in_signs(text: str) -> bool:
    """Does a text say so in a script that the tables have no words of?"""
    signs = len(_OTHER_SCRIPT.findall(text))
    return signs * 2 > sum(map(str.isalpha, text)) and autoreply.is_away(text)


def _closed(clauses: list[str]) -> bool:
    """An office that is closed is an answer, one that is closed and will answer then is none."""
    return any(map(CLOSED.search, clauses)) and any(_ANSWER.search(clause) for clause in clauses)


def _is_talk(clause: str) -> bool:
    if any(table.search(clause) for table in (STATES, CLOSED, TALK, *(of_me for _, of_me in OF_ME))):
        return True
    return autoreply.is_away(clause) or autoreply.answers(clause)


def _unwrapped(text: str) -> list[str]:
    """The lines as they were typed, as far as their length tells that a client wrapped them."""
    lines: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        if goes_on and line.strip():
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
        goes_on = len(line) >= _WRAPPED
    return lines


def _clauses(text: str) -> Iterator[str]:
    """What is said, clause by clause, in lower case: without greetings, and up to the closing."""
    has_spoken = False
    for line in _unwrapped(text.casefold()):
        bare = line.strip(" \t*_-–—")
        count = len(bare.split())
        if not bare or bare[0] == ">" or (bare.startswith(GREETINGS) and count <= _GREETING):
            continue
        if bare.startswith(CLOSINGS) and count <= _CLOSING and not bare.endswith((".", "!")):
            if has_spoken:
                return
            continue
        for clause in _CLAUSE.split(_NUMBER.sub(" 0 ", _ADDRESS.sub(" ", bare))):
            if words(clause):
                has_spoken = True
                yield f" {clause.strip()} "
