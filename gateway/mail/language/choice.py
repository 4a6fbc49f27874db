"""The language of a mail where there is no doubt: the header that names it, its script, its small words.

Never a guess among close relatives; `""` where in doubt, and then the queue's language serves. Where py3langid is
installed (the extra `lang`) it is asked last: its model takes 90 MiB, so it is loaded for the first text that needs it.
"""

import re
from collections import Counter

from gateway.mail.language.function_words import LETTERS, RELATIVES, USERS

_TAG = re.compile(r"\s*([a-z]{2,3})(?:-[a-z0-9-]+)?\s*\Z", re.IGNORECASE)
_ENOUGH = 5  # letters of a script
_SAMPLE = 2_000  # characters looked at for a script
_WORDS_IN = 450  # and for words
_MIN_WORDS = 20
_FEW_WORDS = 30
_BEYOND_LATIN = re.compile(r"[\u0370-\u1dff\u1f00-\u1fff\u2e80-\ud7ff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_BETWEEN_WORDS = str.maketrans(dict.fromkeys(".,;:!?\"'’()[]{}<>«»„“”‘…*_=+–—|#~/\\0123456789", " "))
_NO_HITS = ((0, ""), (0, ""))

# Letters that settle it: of the script, that must be there, that must not be there. Russian shares its alphabet with
# Bulgarian but for ы, э and ё; Japanese alone mixes kana with Han; Persian and Urdu write Arabic with letters more.
_ARABIC = "[\u0620-\u06ff]"
_CYRILLIC = "[\u0400-\u04ff]"
_SOUTH, _EAST = "јљњљћђџѓќѕ", "әғқңөұүһҗҡҙҫҳӊӣӯҷ"
_SCRIPTS = (
    ("ja", "[\u3041-\u30fa]", "", ""),
    ("ko", "[\uac00-\ud7a3]", "", ""),
    ("zh", "[\u3400-\u9fff]", "(?:[\u3400-\u9fff]){30}", "[\u3041-\u30fa\uac00-\ud7a3]"),
    ("el", "[\u0370-\u03ff\u1f00-\u1fff]", "", ""),
    ("he", "[\u05d0-\u05ea]", "", "[\u05f0-\u05f2\ufb2e\ufb2f]|\u05d0[\u05b7\u05b8]"),
    ("th", "[\u0e01-\u0e5b]", "", ""),
    ("hy", "[\u0531-\u0586]", "", ""),
    ("ka", "[\u10d0-\u10ff]", "", ""),
    ("ta", "[\u0b80-\u0bff]", "", ""),
    ("te", "[\u0c00-\u0c7f]", "", ""),
    ("kn", "[\u0c80-\u0cff]", "", ""),
    ("ml", "[\u0d00-\u0d7f]", "", ""),
    ("gu", "[\u0a80-\u0aff]", "", ""),
    ("pa", "[\u0a00-\u0a7f]", "", ""),
    ("si", "[\u0d80-\u0dff]", "", ""),
    ("km", "[\u1780-\u17ff]", "", ""),
    ("lo", "[\u0e80-\u0eff]", "", ""),
    ("bn", "[\u0980-\u09ff]", "", "[\u09f0\u09f1]"),
    ("uk", _CYRILLIC, "[їєґ]", f"[ыэёъў{_SOUTH}{_EAST}]"),
    ("be", _CYRILLIC, "ў", f"[їєґъ{_SOUTH}{_EAST}]"),
    ("ru", _CYRILLIC, "[ыэё]", f"[іїєґў{_SOUTH}{_EAST}]"),
    ("sr", _CYRILLIC, "[ћђ]", "[ыэёъьйщіїєґўѓќѕ]"),
    ("mk", _CYRILLIC, "[ѓќѕ]", "[ыэёъьйщћђіїєґў]"),
    ("bg", _CYRILLIC, "ъ.*ъ", f"[ыэёіїєґў{_SOUTH}{_EAST}]"),
    ("ar", _ARABIC, "[ةىإأ]", "[پچژگٹڈڑںےہھیکەۆێڕڵټډړښ]"),
    ("ur", _ARABIC, "[ٹڈڑںے]", "[ټډړښ]"),
    ("fa", _ARABIC, "[پچژگ].*[یک]|[یک].*[پچژگ]", "[ٹڈڑںےہھةەۆێڕڵټډړښۇ]"),
)
_SURE = 0.9  # of the model's own certainty
_ONE_CODE = {"nn": "no", "nb": "no"}
_MODEL_IS_GOOD_AT = frozenset(
    "af bg bs ca cs da de en es et eu fi fr ga gl hi hr hu id is it lt lv mk mr ms nb ne nl nn no pl pt ro ru sk sl sq "
    "sr sv sw tl tr uk vi".split()
)


def language_of(named: str, text: str, attribution: str = "") -> str:
    """The two-letter code of a text's language, or `""`.

    `named` is what Content-Language says (RFC 3282): it counts where the text itself does not settle it, for clients
    write the language of their menus there. `attribution` is the line above the quote: a few words of English below a
    program that speaks another language do not make its user an Englishman.
    """
    sample = text[:_SAMPLE]
    if _BEYOND_LATIN.search(sample) and (code := _by_script(sample)):
        return code
    words = _words(text[:_WORDS_IN])
    code, is_settled = _by_words(words) if len(words) >= _MIN_WORDS else ("", False)
    if is_settled:
        return "" if code == "en" and len(words) < _FEW_WORDS and _is_foreign(attribution) else code
    if tag := _TAG.match(named):
        return tag[1].lower()
    return _by_model(" ".join(words)) if len(words) >= _MIN_WORDS else ""


def _by_script(sample: str) -> str:
    sample = _without_addresses(sample.lower())
    latin = len(_LATIN.findall(sample))
    for code, script, needed, foreign in _SCRIPTS:
        letters = "".join(re.findall(script, sample))
        if len(letters) < _ENOUGH or len(letters) * 2 < latin:
            continue
        if re.search(needed, letters) and not (foreign and re.search(foreign, sample)):
            return code
    return ""


def _words(sample: str) -> list[str]:
    """The words in lower case; addresses of mailboxes and pages are none."""
    return _without_addresses(sample).lower().translate(_BETWEEN_WORDS).split()


def _without_addresses(sample: str) -> str:
    if "@" in sample or "/" in sample or "[ref:" in sample:
        sample = " ".join(word for word in sample.split() if not ("@" in word or "/" in word or "[ref:" in word))
    return sample


def _by_words(words: list[str]) -> tuple[str, bool]:
    """The language most of whose small words are there, far before the next; and True where that settles it."""
    hits: dict[str, int] = {}
    times = Counter(words)
    for word in times.keys() & USERS.keys():
        for language in USERS[word]:
            hits[language] = hits.get(language, 0) + times[word]
    if not (joined := "".join(words)).isascii():
        for language, count in Counter(LETTERS[letter] for letter in joined if letter in LETTERS).items():
            hits[language] = hits.get(language, 0) + min(count // 2, len(words) // 7)
    (first, best), (second, _) = (
        *sorted(((count, language) for language, count in hits.items()), reverse=True)[:2],
        *_NO_HITS,
    )[:2]
    if first * 5 < len(words) or first - second < max(3, len(words) * 0.06):
        return "", False
    return ("" if best in RELATIVES else best), True


def _is_foreign(attribution: str) -> bool:
    """True where another language than English has more small words, and at least two, in a line."""
    hits = Counter(language for word in set(_words(attribution)) for language in USERS.get(word, ()))
    english = hits.pop("en", 0)
    return max(hits.values(), default=0) > max(english, 1)


def _by_model(text: str) -> str:
    from gateway.mail.language.model import classify  # only where it is asked: numpy alone takes 17 MiB

    code, certainty = classify(text)
    return _ONE_CODE.get(code, code) if certainty >= _SURE and code in _MODEL_IS_GOOD_AT else ""
