"""Folded text cut into words, in any script.

A mail is folded once; every rule then asks one set, so that the number of rules hardly matters.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import regex

from gateway.mail.fold import fold

_WORDS = regex.compile(r"\w+")  # regex, not re: its \w holds the vowel and tone marks of Indic scripts
_NOT_ASCII_WORD = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
_EDGE = regex.compile(r"^[^\w*]|[^\w*]$")
# Scripts written without spaces between words: a pattern in one of them is looked for inside the text.
_SPACELESS = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\u30fc\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]")
_MAYBE_SPACELESS = re.compile("[\u0e00-\U0010ffff]")  # all of those and more
_LONGEST = 500  # characters of a pattern
_BETWEEN = " \x00 "  # no phrase reaches from one text into the next


def split_words(folded: str) -> list[str]:
    """The words of a folded text, in order: runs of letters, digits and `_`."""
    if folded.isascii():
        return folded.translate(_NOT_ASCII_WORD).split()
    words: list[str] = _WORDS.findall(folded)
    return words


def _distinct_words(folded: str) -> set[str]:
    """The same as a set; most of what stands between spaces is a word already."""
    if folded.isascii():
        return set(split_words(folded))
    pieces = set(folded.split())
    odd = [piece for piece in pieces if not piece.isalpha()]
    pieces.difference_update(odd)
    pieces.update(split_words(" ".join(odd)))
    return pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What all rules together ask of a text: its words, the lengths of stems and their beginnings in the shortest."""

    words: frozenset[str] = frozenset()
    lengths: frozenset[int] = frozenset()
    heads: frozenset[str] = frozenset()
    spaceless: bool = False

    @classmethod
    def by(cls, patterns: Collection["WordPatterns"]) -> "Asked":
        stems = {one[:-1] for pattern in patterns for one in pattern.gate if one.endswith("*")}
        shortest = min(map(len, stems), default=0)
        phrases = [phrase.words for pattern in patterns for phrase in pattern.phrases]
        return cls(
            words=frozenset().union(*(pattern.gate for pattern in patterns), *phrases),
            lengths=frozenset(map(len, stems)),
            heads=frozenset(stem[:shortest] for stem in stems),
            spaceless=any(pattern.parts for pattern in patterns),
        )


class Folded:
    """One or several texts (subject and body, the names of attachments), folded on first use."""

    def __init__(self, texts: Sequence[str], asked: Asked | None = None) -> None:
        self.texts = texts
        self._asked = asked or Asked()

    @cached_property
    def _folds(self) -> tuple[str, ...]:
        return tuple(fold(text) for text in self.texts)

    @cached_property
    def flats(self) -> tuple[str, ...]:
        """Each text folded on one line: runs of white space are one space, for mail is wrapped anywhere."""
        return tuple(" ".join(text.split()) for text in self._folds)

    @cached_property
    def index(self) -> frozenset[str]:
        """Where patterns are looked up: the words, their beginnings as `stem*`, and characters of spaceless scripts.

        Only those that some rule asks for: few, so that each rule looks into next to nothing.
        """
        asked = self._asked
        found = set().union(*map(_distinct_words, self._folds))
        if asked.lengths:
            shortest = min(asked.lengths)
            near = [word for word in found if word[:shortest] in asked.heads]
            for length in asked.lengths:
                found.update([f"{word[:length]}*" for word in near])
        if asked.spaceless:
            for text in self._folds:
                found.update(_MAYBE_SPACELESS.findall(text))
        return asked.words.intersection(found) if asked.words else frozenset(found)

    @cached_property
    def joined(self) -> str:
        """All words with one space around each; phrases are looked for in here."""
        return f" {_BETWEEN.join(' '.join(split_words(text)) for text in self._folds)} "

    @cached_property
    def dense(self) -> str:
        """The texts without any white space, for scripts that have none."""
        return "\x00".join("".join(text.split()) for text in self._folds)

    @classmethod
    def together(cls, parts: Iterable["Folded"]) -> "Folded":
        """Several folded texts as one, without folding them again."""
        parts = tuple(parts)
        whole = cls(tuple(text for part in parts for text in part.texts))
        whole.__dict__["_folds"] = tuple(one for part in parts for one in part._folds)
        whole.__dict__["index"] = frozenset().union(*(part.index for part in parts))
        return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words in a row; asked only of texts that hold all its whole words, which few do."""

    words: frozenset[str]  # those without `*`
    text: str  # as it stands in `Folded.joined`
    gapped: re.Pattern[str] | None = None  # instead of `text`, where a stem stands before the last word

    def hold(self, text: Folded) -> bool:
        if not self.words <= text.index:
            return False
        return self.gapped.search(text.joined) is not None if self.gapped else self.text in text.joined


@dataclass(frozen=True, slots=True, kw_only=True)
class WordPatterns:
    """Patterns of whole words, any of which may hold.

    Nothing of `gate` in the index of a text: none holds. Something of `sure` (words, `stem*`): one does. Else the
    phrases and the parts of spaceless scripts decide.
    """

    sure: frozenset[str] = frozenset()
    gate: frozenset[str] = frozenset()
    phrases: tuple[Phrase, ...] = ()
    parts: tuple[str, ...] = ()

    def hold(self, text: Folded) -> bool:
        """Whether any of the patterns is in the text."""
        return not self.gate.isdisjoint(text.index) and self.hold_behind_gate(text)

    def hold_behind_gate(self, text: Folded) -> bool:
        return (
            not self.sure.isdisjoint(text.index)
            or any(phrase.hold(text) for phrase in self.phrases)
            or any(part in text.dense for part in self.parts)
        )


def read_patterns(patterns: Sequence[str]) -> WordPatterns:
    """`["refund*", "not delivered"]` made ready; ValueError with the remedy for what is no word pattern."""
    sure: list[str] = []
    gate: list[str] = []
    phrases: list[Phrase] = []
    parts: list[str] = []
    for pattern in patterns:
        words = _words_of(pattern)
        spaceless = _SPACELESS.search(fold(pattern))
        if spaceless:
            gate.append(spaceless[0])
            parts.append("".join(word.rstrip("*") for word in words))
        elif len(words) == 1:
            sure.append(words[0])
        else:
            gate.append(max(words, key=lambda word: (not word.endswith("*"), len(word))))
            phrases.append(_phrase(words))
    return WordPatterns(
        sure=frozenset(sure), gate=frozenset((*sure, *gate)), phrases=tuple(phrases), parts=tuple(parts)
    )


def _phrase(words: Sequence[str]) -> Phrase:
    whole = frozenset(word for word in words if not word.endswith("*"))
    text = " " + " ".join(words)
    if any(word.endswith("*") for word in words[:-1]):
        pattern = re.compile("".join(f" {word.replace('*', '[^ ]*')}" for word in words) + " ")
        return Phrase(words=whole, text="", gapped=pattern)
    return Phrase(words=whole, text=text[:-1] if text.endswith("*") else f"{text} ")


def _words_of(pattern: str) -> list[str]:
    """The folded words of a pattern, those that are stems with their `*`."""
    if len(pattern) > _LONGEST:
        raise ValueError(
            f'"{pattern[:40]}..." has more than {_LONGEST} characters; write fewer words, or several texts'
        )
    text = fold(pattern.strip())
    if not text.replace("*", "").strip():
        raise ValueError(f'"{pattern}" holds no word; to ask whether there is any text write .has = true')
    words: list[str] = []
    for piece in text.split():
        stem, star, rest = piece.partition("*")
        if rest or (star and not split_words(stem)):
            raise ValueError(
                f'"{pattern}": * stands only at the end of a word; for a part of a word write .contains, else .matches'
            )
        if _EDGE.search(stem):
            raise ValueError(f'"{pattern}" has signs that are no part of words; write .contains = "{pattern}"')
        found = split_words(stem)
        words += [*found[:-1], found[-1] + star]
    return words
