"""What an agent meant for us and mistyped: it looks like a command or a note, and is neither by the rules of those.

The reader of commands tells what begins nearly as a command does. Here is asked what else a person may have meant: the
sign of another keyboard, a command within a line, a note to a colleague in plain words.
"""

import re
from collections.abc import Collection

from gateway.tickets.commands import BY_WORD, COMMANDS
from gateway.tickets.commands.folding import fold, seen
from gateway.tickets.script import spelling

MAX_HEAD = 3  # lines that say something in which a note begins
MAX_GREETING = 4  # words of a line that only greets
MAX_WORD = 40
MAX_HASHED = 100  # times that the sign stands there; where it does more often, it is a program or its settings

_NEAR = ((4, 1), (7, 2))  # in words of so many letters so many may be wrong
_WORD = re.compile(r"[^\W\d_][\w-]*")
_BEGUN = re.compile(
    r"[\s*_`~\"'“”„«»‘’>([{•·–—-]{0,10}(?P<sign>[#＃♯№/@!\\£§$€])(?P<word>[^\W\d_][\w-]{0,60})(?P<behind>.*)", re.S
)
_WITHIN = re.compile(r"(?<=[\s,.;:!?…(\[{<*\"'“”„«»‘’–—])[#＃♯](?P<word>[^\W\d_][\w-]{1,40})")
_LINK = re.compile(r"\b[a-z][a-z\d+.-]{1,20}://\S{1,2000}|\bwww\.\S{1,2000}|\]\([^\s()]{1,2000}\)", re.IGNORECASE)
_CLOSED = " .!?…,;:)]}>*\"'»”’"
_SENTENCE_ENDS = tuple(".!?…:;")
# The letters that a Russian keyboard gives where a Latin one was meant.
_KEYS = str.maketrans("йцукенгшщзфывапролдячсмитьіє", "qwertyuiopasdfghjklzxcvbnms'")
_FOR_US = frozenset(("note", "internal", "private", "fwd", "team"))
# How notes to oneself and to colleagues begin, in the languages that are spoken at desks.
_NOTES = (
    r"(?:(?:internal|private|staff|agents?|team|privat[ea]?|intern[ae]?|interne[rs]?|vnitřní|interní|interná"
    r"|wewnętrzn[ay]|внутренн(?:яя|ее)|внутрішн[яє])[ -])?"
    r"(?:notes?|notiz|anmerkung|bemerkung|vermerk|nota|notas|remarque|poznámka|poznamka|notatka|opmerking|notitie"
    r"|заметка|примечание|пометка|нотатка|примітка|memo)"
    r"(?: (?:to self|to (?:the )?team|interne?|interna|internal?|für (?:uns|kollegen|intern)|für das team|для себя"
    r"|для (?:своих|коллег)|only))?"
)
_INTERNAL = (
    r"(?:internal|interno|interne?|intern|privat|private|interní|internal only|nur intern|intern only"
    r"|для внутреннего|внутреннее|внутрішнє|wewnętrzne|staff only|agents only|confidential note)"
)
_NOTE = re.compile(
    rf"{_NOTES}\s{{0,3}}(?:[:：–—-]|\Z)|{_INTERNAL}\s{{0,3}}(?:[:：]|\Z)"
    r"|(?:do not|don.t|never) (?:send|forward|show)[^.\n]{0,25} (?:to )?(?:the )?(?:customer|client)"
    r"|not (?:for|to) the (?:customer|client)|nicht (?:an|für) (?:den )?kunden|ne pas (?:envoyer|transmettre) au client"
    r"|no enviar al cliente|non inviare al cliente|neposílat zákazníkovi|не (?:для|отправлять) клиент",
    re.IGNORECASE,
)
_BRACKETED = re.compile(
    rf"[\s*_•·●–—-]{{0,6}}[\[({{<]\s?[#＃]?(?:{_NOTES}|{_INTERNAL})\s?[:：]?[\])}}>]", re.IGNORECASE
)
# Never the first word of an answer with one word behind it.
_WITH_ARGUMENT = frozenset("assign priority queue status tag due remind merge join link cc hold".split())


def mistyped(text: str, colleagues: Collection[str] = (), meant_as_text: Collection[str] = ()) -> str:
    r"""The first line that looks like a command, a note or a word to a colleague, `""` for none.

    `colleagues` is what agents are called: keys of the config, first names. `meant_as_text` are the lines that their
    writer marked as text (`\#close`).
    """
    called = {fold(name) for name in colleagues}
    said, hashed, is_above_text = 0, 0, True
    for raw in text.split("\n"):
        line = seen(raw)
        if not line or line.startswith(">") or line in meant_as_text:
            continue
        hashed += sum(map(line.count, "#＃♯"))
        if (
            _is_command(line, called, is_above_text=is_above_text, nearly=hashed <= MAX_HASHED)
            or is_note(line, is_head=said < MAX_HEAD)
            or (said == 0 and _is_bare_command(line))
        ):
            return line[:200]
        said += 1
        is_above_text = is_above_text and len(line.split()) <= MAX_GREETING and not line.endswith((":", "："))
    return ""


def _is_command(line: str, called: Collection[str], *, is_above_text: bool, nearly: bool) -> bool:
    """Is a line a command, or was one meant? `nearly`: a word that is only like one counts too."""
    if nearly and (spelling.spelled(line) if is_above_text else spelling.below_text(line)) is not None:
        return True
    if (begun := _BEGUN.match(line)) and _begins(begun, called, is_above_text=is_above_text, nearly=nearly):
        return True
    bare = _LINK.sub(" ", line)
    for inside in _WITHIN.finditer(bare):
        is_one = _is_meant(inside["word"]) if nearly else _is_known(inside["word"])
        if is_one and not _ends_sentence(bare, inside):
            return True
    return False


def _ends_sentence(line: str, found: re.Match[str]) -> bool:
    """Is a word with the sign the last one of a sentence? "Ask in #help." is one, "I have sent it #close" is none."""
    if line[found.end() :].strip(_CLOSED) or not line.endswith(_SENTENCE_ENDS):
        return False
    return not line[: found.start()].rstrip(" (\"'«“").endswith((*_SENTENCE_ENDS, ","))


def _begins(begun: re.Match[str], called: Collection[str], *, is_above_text: bool, nearly: bool) -> bool:
    sign, word = begun["sign"], begun["word"][:MAX_WORD]
    if sign in "#＃♯":
        return is_above_text or (_is_meant(word) if nearly else _is_known(word))
    if sign == "@":
        return fold(word) in called or fold(word) in _FOR_US or (is_above_text and _is_known(word))
    # A path, a price, a number sign in another alphabet: only where nothing else stands in the line, or above all text.
    return _is_known(word) and (is_above_text or not begun["behind"].strip())


def _is_known(word: str) -> bool:
    return any(form in BY_WORD for form in _forms(word))


def _is_meant(word: str) -> bool:
    """Is this a word we know, or one mistyped?"""
    if _is_known(word):
        return True
    from rapidfuzz.distance import OSA  # three megabytes, for words that are not known

    return any(
        OSA.distance(form, known, score_cutoff=wrong) <= wrong
        for form in _forms(word)
        for length, wrong in _NEAR
        if len(form) >= length
        for known in BY_WORD
        if len(known) >= length and abs(len(known) - len(form)) <= wrong
    )


def _forms(word: str) -> tuple[str, ...]:
    """A word as it may have been meant: as it stands, or typed on the wrong keyboard."""
    plain = fold(word)
    return (plain,) if plain.isascii() else (plain, word.casefold().translate(_KEYS))


def is_note(line: str, *, is_head: bool) -> bool:
    """Does a line begin as notes do? `is_head`: nothing much stands above it."""
    if _BRACKETED.match(line):
        return True
    found = _NOTE.match(line.lstrip(" *_`~\"'“”„«»‘’#＃/@!\\([{<-–—"))
    if found is None:
        return False
    # Below the head only what says that it is internal: "Note: the plug is not included" is an answer.
    return is_head or " " in found.group().strip(" :：–—-")


def _is_bare_command(line: str) -> bool:
    """Is the first line a command without its sign: "close", "assign dave"?"""
    found = _WORD.findall(line)
    if not found or line.endswith((".", "?", ",", "!", ":")):
        return False
    first = found[0].casefold()
    rest = len(line.split()) - 1
    return first in COMMANDS and (rest == 0 or (rest == 1 and first in _WITH_ARGUMENT))
