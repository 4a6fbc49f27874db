"""A codec for 8-bit text that is not UTF-8 and whose charset nobody named. A guess, the same one every time."""

import re
from collections import Counter

from gateway.mail.text.alphabets import LATIN, OTHERS, PUNCTUATION, SIMPLIFIED, TRADITIONAL, Alphabet

_SAMPLE = 4096
_HIGH = re.compile(rb"[\x80-\xff]")
_RUN = re.compile(rb"[\x80-\xff]{3,}")
_WORD = re.compile(rb"(?<![A-Za-z\x80-\xff])[\x80-\xff]{3,}(?![A-Za-z])")
_KANA = re.compile("[\u3041-\u30fe\u3001\u3002]")
_HAN = re.compile("[\u3400-\u9fff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_MANY = 10  # bytes beyond ASCII from which a declared charset may be overruled
_WRONG = 0.25  # of a text's letters that may be strange to a language


def codec(data: bytes) -> str:
    """An East Asian charset where its commonest characters appear, else the alphabet that fits, else windows-1252."""
    sample = data[:_SAMPLE]
    found = _east_asian(sample)
    if not found:
        found = _best(sample, OTHERS if _share(_WORD, sample) >= 0.5 else LATIN) or "cp1252"
    return found


def foreign(data: bytes) -> str:
    """The codec of bytes that cannot be western text, for they form words of their own; `""` where they may be."""
    sample = data[:_SAMPLE]
    if len(_HIGH.findall(sample)) < _MANY or _share(_RUN, sample) < 0.5:
        return ""
    return _east_asian(sample) or (_best(sample, OTHERS) if _share(_WORD, sample) >= 0.5 else "")


def _share(pattern: re.Pattern[bytes], sample: bytes) -> float:
    """How many of the bytes beyond ASCII stand in such runs: three and more together are no western writing."""
    return sum(map(len, pattern.findall(sample))) / (len(_HIGH.findall(sample)) or 1)


def _east_asian(sample: bytes) -> str:
    ranked: list[tuple[float, str]] = []
    for name in ("shift_jis", "euc_jp", "euc_kr", "gb18030", "big5"):
        text = _whole(sample, {"shift_jis": "cp932", "euc_kr": "cp949", "big5": "cp950"}.get(name, name))
        if text is None:
            continue
        foreign = len(_BEYOND_ASCII.findall(text))
        if name in ("shift_jis", "euc_jp"):
            share = (len(_KANA.findall(text)) - len(_HALF_WIDTH.findall(text))) / foreign * 1.5
        elif name == "euc_kr":
            share = (len(_HANGUL.findall(text)) - 2 * len(_HAN.findall(text))) / foreign * 0.8
        else:
            common = SIMPLIFIED if name == "gb18030" else TRADITIONAL
            share = sum(char in common for char in text) / foreign
        ranked.append((share, name))
    best = max(ranked, default=(0.0, ""))
    return best[1] if best[0] >= 0.25 else ""


def _whole(sample: bytes, name: str) -> str | None:
    """The sample in a codec, where it can be read; its last character may be cut."""
    for end in range(len(sample), max(len(sample) - (3 if len(sample) == _SAMPLE else 0), 0) - 1, -1):
        try:
            text = sample[:end].decode(name)
        except ValueError:
            continue
        return text if not text.isascii() else None
    return None


def _best(sample: bytes, alphabets: tuple[Alphabet, ...]) -> str:
    """The codec of the alphabet that is least strange, `""` where all are."""
    texts: dict[str, tuple[Counter[str], int]] = {}
    best, least = "", _WRONG
    for one in alphabets:
        if one.codec not in texts:
            text = sample.decode(one.codec, "replace")
            texts[one.codec] = (Counter(_BEYOND_ASCII.findall(text)), _case_slips(text))
        letters, slips = texts[one.codec]
        strange = _strangeness(letters, slips, one)
        if strange < least:
            best, least = one.codec, strange
    return best


def _strangeness(letters: Counter[str], slips: int, one: Alphabet) -> float:
    """How much of the text is not what the alphabet makes one expect: 0 for nothing, 1 and more for everything."""
    total = sum(letters.values()) or 1
    odd = common = 0
    for char, count in letters.items():
        small = char.lower()
        if small in one.letters or char in one.letters:
            common += count * (small in one.common)
        elif char not in PUNCTUATION:
            odd += count
    expected = max(0.0, 0.6 - common / total) / 2 if one.common else 0.0
    return (odd + slips) / total + expected


def _case_slips(text: str) -> int:
    """Places where a capital follows a small letter, one of them beyond ASCII."""
    before, slips = " ", 0
    for char in text:
        if char > "\x7f" or before > "\x7f":
            slips += (before.islower() and char.isupper()) or (
                char > "\x7f" and not char.isalpha() and before.islower()
            )
        before = char
    return slips
