"""Whether one line is a command, looks like one, or is text. What looks like one never passes as text.

Read are: any case, any kind of blank, characters without a glyph, punctuation behind the word. Not read, and told so:
signs and letters that only look like the right ones, a blank behind the `#`, decoration around it, another word.
"""

import re
import unicodedata
from dataclasses import dataclass

from gateway.tickets.commands import BY_WORD, Command, Kind
from gateway.tickets.commands.folding import seen

ESCAPE = "\\#"  # begins a line that is text all the same
AS_TEXT = " To have it as text, write \\# for #"
GUESS = 0.5  # how like a command's word one must be for a guess
LIKENESS = 0.75  # and below a text to be taken for it; in the block of commands every unknown word is told
MAX_WORD = 40

HASHES = "＃﹟♯⌗⋕🞏"  # what keyboards and fonts make of a #
_KEYS = "£§$€/!\\"  # beside or in place of the # on other keyboards, and the signs of other systems
_WORD = re.compile(r"[^\W\d]\w*(?:-\w+)*")
_BEHIND = re.compile(r"[.,;!?…]*(?:\s+|\Z)|:\s*")
_DECORATION = re.compile(
    r"(?:[*_~`\"'“”„«»‹›‘’(\[{<•·●▪◦‣○■–—−-]|\(?\d{1,2}[.)]\s|[a-z][.)]\s)[\s*_~`\"'“”„«»‹›‘’(\[{<]*"
)
_ENDS = "*_~`\"'“”„«»‹›‘’)]}>"
# Letters that are drawn as others; what NFKD takes apart by itself is not here.
_PAIRS = (
    "аa еe оo рp сc уy хx іi јj ѕs ԁd һh ԛq ԝw ӏl кk мm тt вb гr пn ѵv ьb օo ոn αa εe ηn ιi κk νv οo ρp τt υu χx ωw "
    "ɡg ɑa ıi ſs ⅼl"
)
_WORDS = tuple(BY_WORD)
_LOOKALIKES = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelled:
    """A line as a command: the one meant, what stands behind it; or why it is none, with what to write.

    `kind` None: it is well spelled. `command` is None where nobody can tell which was meant. `is_doubtful`: it is no
    mistake but a text of its own, unless what stands behind the word can be read.
    """

    command: Command | None
    behind: str = ""
    kind: Kind | None = None
    why: str = ""
    is_doubtful: bool = False


def spelled(line: str) -> Spelled | None:
    """The line of a block of commands; None where it is text."""
    text = seen(line)
    if not text or text.startswith((ESCAPE, ">", "＞")):
        return None
    if text[0] == "#":
        return _hashed(text)
    if text[0] in HASHES:
        return _instead_of_hash(text)
    if text[0] in _KEYS and (known := _exactly(text[1:])):
        return _mistyped(known, f'"{text[0]}" stands where # should; write {known.command.typed}', is_doubtful=True)
    return _decorated(text)


def below_text(line: str) -> Spelled | None:
    """A line below a text that is a command, or so near to one that it must not go out; None where it is text."""
    found = spelled(line)
    if found is None or found.is_doubtful:
        return None
    if found.kind is Kind.UNKNOWN:
        word = _WORD.match(seen(line).lstrip("#"))
        return found if word and _meant(word.group(), LIKENESS) else None
    return found


def _hashed(text: str) -> Spelled | None:
    rest = text.lstrip("#")
    hashes = len(text) - len(rest)
    if rest[:1] == " ":
        return _spaced(rest.strip()) if hashes == 1 else None
    if rest and unicodedata.category(rest[0])[0] == "M":
        return _key_cap(rest)
    word = _WORD.match(rest)
    if word is None:
        return None  # "#1", "#!", "#": text
    behind = _BEHIND.match(rest, word.end())
    command = BY_WORD.get(_key(word.group()))
    if hashes > 1:
        return _unknown(command or _meant(word.group()), "has more than one #")
    if command is not None and behind is not None:
        return Spelled(command=command, behind=rest[behind.end() :].strip())
    if command is not None:
        return _unknown(command, f'needs a blank behind "{word.group()}"')
    likeness = BY_WORD.get(_skeleton(word.group()))
    if likeness is not None:
        return Spelled(command=likeness, kind=Kind.LOOKALIKE, why=_foreign(word.group(), likeness))
    return _unknown(_meant(word.group()), "is no command")


def _unknown(command: Command | None, why: str) -> Spelled:
    guess = f", did you mean {command.typed}?" if command else "; #help lists them all."
    return Spelled(command=command, kind=Kind.UNKNOWN, why=f"{why}{guess}{AS_TEXT}")


def _spaced(rest: str) -> Spelled | None:
    """`# note` may be a heading: whether it is meant as a command depends on what stands behind the word."""
    known = _exactly(rest)
    if known is None:
        return None
    why = f"a blank stands behind #; write {known.command.typed}, or \\# for # where it is a heading"
    return Spelled(command=known.command, behind=known.behind, kind=Kind.SPACED, why=why, is_doubtful=True)


def _key_cap(rest: str) -> Spelled | None:
    """`#` with a sign on it, as of the emoji of a key."""
    known = _exactly(rest.lstrip("".join(char for char in rest if unicodedata.category(char)[0] == "M")))
    return None if known is None else _mistyped(known, f"a sign is joined to #; write {known.command.typed}")


def _instead_of_hash(text: str) -> Spelled | None:
    known = _nearly(text[1:].strip())
    why = f'"{text[0]}" only looks like #'
    return None if known is None else _mistyped(known, f"{why}; write {known.command.typed}")


def _decorated(text: str) -> Spelled | None:
    decoration = _DECORATION.match(text)
    rest = text[decoration.end() :] if decoration else ""
    if decoration is None or rest[:1] not in ("#", *HASHES):
        return None
    known = _exactly(rest[1:].strip(_ENDS + " "), ends=_ENDS)
    if known is None:
        return None
    why = f'stands behind "{decoration.group().strip()}"; write {known.command.typed} at the start of the line, plain'
    return Spelled(command=known.command, kind=Kind.DECORATED, why=why)


@dataclass(frozen=True, slots=True)
class _Known:
    command: Command
    behind: str


def _mistyped(known: _Known, why: str, *, is_doubtful: bool = False) -> Spelled:
    behind = known.behind
    return Spelled(command=known.command, behind=behind, kind=Kind.LOOKALIKE, why=why, is_doubtful=is_doubtful)


def _exactly(text: str, *, ends: str = "") -> _Known | None:
    """A command's word, and only that or blanks and text behind it."""
    word = _WORD.match(text)
    if word is None:
        return None
    rest = text[word.end() :].lstrip(ends)
    behind = _BEHIND.match(rest)
    key = _key(word.group())
    command = BY_WORD.get(key.strip("_")) or BY_WORD.get(_skeleton(word.group()))
    return _Known(command, rest[behind.end() :].strip()) if command and behind else None


def _nearly(text: str) -> _Known | None:
    word = _WORD.match(text)
    command = _meant(word.group()) if word else None
    return _Known(command, "") if command else None


def _key(word: str) -> str:
    return word.lower().replace("-", "_") if word.isascii() else word


def _skeleton(word: str) -> str:
    """A word in the letters that its own look like."""
    decomposed = unicodedata.normalize("NFKD", word.translate(_LOOKALIKES))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()
    return plain.translate(_LOOKALIKES).replace("-", "_")


def _meant(word: str, likeness: float = GUESS) -> Command | None:
    """The command whose word is nearest, with letters left out, doubled, swapped or mistaken."""
    key = _skeleton(word[:MAX_WORD])
    if key in BY_WORD:
        return BY_WORD[key]
    from rapidfuzz import process  # three megabytes, for words that are not known
    from rapidfuzz.distance import OSA

    near = process.extractOne(key, _WORDS, scorer=OSA.normalized_similarity, score_cutoff=likeness)
    return BY_WORD[near[0]] if near else None


def _foreign(word: str, command: Command) -> str:
    char = next((char for char in word if not char.isascii()), "")
    alphabet = unicodedata.name(char, "").partition(" ")[0].capitalize()
    whose = f" ({alphabet})" if alphabet in ("Cyrillic", "Greek", "Armenian", "Fullwidth") else ""
    return f'the "{char}" in "#{word}" is another letter{whose} that only looks right; type #{command.name} anew'
