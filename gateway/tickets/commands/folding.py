"""Words as people compare them: case, accents and what no eye sees left aside."""

import re
import unicodedata

# No glyph of their own; clients and keyboards put them anywhere.
_UNSEEN = dict.fromkeys(
    map(
        ord,
        "\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
        "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff",
    )
)
_STRAY_JOINER = re.compile("(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])")
_QUOTES = "\"'`“”„‟«»‹›‘’‚‛"
_ENDS = ".,;:!…"


def seen(text: str) -> str:
    """Without what cannot be seen, every kind of blank one blank, none around.

    Joiners stay where they join: in Persian words, in emoji.
    """
    if not text.isascii():
        text = _STRAY_JOINER.sub("", text.translate(_UNSEEN))
    return " ".join(text.split())


def fold(text: str) -> str:
    """What two spellings of one word share: `Dvořák` and `dvorak`."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def bare(text: str) -> str:
    """A name without the quotes around it and the punctuation behind it, whatever quotes a phone makes of them."""
    text = text.strip().rstrip(_ENDS).strip()
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text[1:-1].strip()
    return text.rstrip(_ENDS).strip()
