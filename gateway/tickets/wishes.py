"""What a customer asks for with one word or one digit, and nothing beside it: a rating, the end of mails, the end.

One table for the letters that explain the words and for the reader that understands them.
"""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum


class Wish(StrEnum):
    CLOSE = "close"
    REOPEN = "reopen"
    UNSUBSCRIBE = "unsubscribe"  # from the letters on progress; answers still come


# The first one stands in letters. Accents and case do not matter.
WORDS: Mapping[Wish, Mapping[str, tuple[str, ...]]] = {
    Wish.CLOSE: {"en": ("close",), "ru": ("закрыть", "закройте"), "cs": ("zavřít", "uzavřít", "zavřete")},
    Wish.REOPEN: {
        "en": ("reopen", "re-open"),
        "ru": ("открыть", "откройте"),
        "cs": ("otevřít", "znovu otevřít", "otevřete"),
    },
    Wish.UNSUBSCRIBE: {"en": ("unsubscribe",), "ru": ("отписаться", "отпишите"), "cs": ("odhlásit",)},
}
BEST, WORST = 5, 1
# As WORDS, by value.
RATES: Mapping[int, Mapping[str, tuple[str, ...]]] = {
    5: {"en": ("excellent", "great"), "ru": ("отлично",), "cs": ("výborně",)},
    4: {"en": ("good",), "ru": ("хорошо",), "cs": ("dobře",)},
    3: {"en": ("fair", "ok", "okay"), "ru": ("нормально",), "cs": ("ujde",)},
    2: {"en": ("bad", "poor"), "ru": ("плохо",), "cs": ("špatně",)},
    1: {"en": ("terrible",), "ru": ("ужасно",), "cs": ("hrozně",)},
}
_MAX_CHARS = 60
_AROUND = " \t.,:;!\"'«»„“”‘’()[]<>*_-–—#"
_RATE = re.compile(r"([1-5])(?:\s*(?:/|of|из|z)\s*5)?")


def word(wish: Wish, language: str) -> str:
    """The word that letters in this language teach."""
    return _in(WORDS[wish], language)


def rate(value: int, language: str) -> str:
    """What a rating is called in this language."""
    return _in(RATES[value], language)


def wish_of(reply: str) -> Wish | None:
    """The wish of a reply that is one of the words and nothing else."""
    return _WISHES.get(_folded(reply)) if len(reply) <= _MAX_CHARS else None


def rating_of(reply: str) -> tuple[int, str] | None:
    """The rating, 1 to 5, of an answer to a letter that asked for one, and the words below it; None for no rating.

    A digit stands alone in the first line. A word stands alone in the whole answer: "Good," may begin any sentence.
    """
    reply = reply.strip()
    first, _, rest = reply.partition("\n")
    digit = _RATE.fullmatch(_folded(first)) if len(first) <= _MAX_CHARS else None
    if digit:
        return int(digit[1]), rest.strip()
    value = _VALUES.get(_folded(reply)) if len(reply) <= _MAX_CHARS else None
    return (value, "") if value else None


def _in(spoken: Mapping[str, tuple[str, ...]], language: str) -> str:
    return spoken.get(language, spoken["en"])[0]


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold())
    kept = "".join(char for char in decomposed if not unicodedata.combining(char) or char == "\u0306")
    return " ".join(unicodedata.normalize("NFC", kept).strip(_AROUND).split())


_WISHES = {_folded(said): wish for wish, spoken in WORDS.items() for words in spoken.values() for said in words}
_VALUES = {_folded(said): value for value, spoken in RATES.items() for words in spoken.values() for said in words}
