"""The language of a mail where there is no doubt: the header that names it, or letters that no near relative uses.

Never a guess among close relatives; `""` where in doubt, and then the queue's language serves.
"""

import re

_TAG = re.compile(r"\s*([a-z]{2,3})(?:-[a-z0-9-]+)?\s*\Z", re.IGNORECASE)
_ENOUGH = 5  # letters of a script
_SAMPLE = 4_000  # characters looked at
_BEYOND_LATIN = re.compile(r"[\u0370-\U0010ffff]")

# Letters that settle it. Russian shares its alphabet with Belarusian but for і and ў, and with Bulgarian and Serbian
# but for ы and э; Japanese alone mixes kana with Han.
_SCRIPTS: tuple[tuple[str, re.Pattern[str], re.Pattern[str] | None], ...] = (
    ("ja", re.compile(r"[\u3041-\u30fa]"), None),
    ("ko", re.compile(r"[\uac00-\ud7a3]"), None),
    ("el", re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]"), None),
    ("he", re.compile(r"[\u05d0-\u05ea]"), None),
    ("th", re.compile(r"[\u0e01-\u0e5b]"), None),
    ("hy", re.compile(r"[\u0531-\u0586]"), None),
    ("ka", re.compile(r"[\u10d0-\u10ff]"), None),
    ("uk", re.compile(r"[а-яґєії]", re.IGNORECASE), re.compile(r"[їєґ]", re.IGNORECASE)),
    ("ru", re.compile(r"[а-яё]", re.IGNORECASE), re.compile(r"[ыэё]", re.IGNORECASE)),
)
# Cyrillic letters of other languages: seen one, it is neither Russian nor Ukrainian for certain.
_OTHER_CYRILLIC = re.compile(r"[ўјљњћђџѓќѕәғқңөұүһҗҡҙҫҳӊӣӯҷ]", re.IGNORECASE)


def language_of(named: str, text: str) -> str:
    """The two-letter code of a text's language, or `""`; `named` is what Content-Language says (RFC 3282)."""
    tag = _TAG.match(named)
    if tag:
        return tag[1].lower()
    sample = text[:_SAMPLE]
    if not _BEYOND_LATIN.search(sample):
        return ""  # at once, for most mail: Latin letters settle nothing
    for code, script, telling in _SCRIPTS:
        if len(script.findall(sample)) < _ENOUGH:
            continue
        if telling is None:
            return code
        if telling.search(sample) and not _OTHER_CYRILLIC.search(sample) and not _mixed(code, sample):
            return code
    return ""


def _mixed(code: str, sample: str) -> bool:
    """Russian has no і, Ukrainian no ы, э, ё and ъ: both in one text is two languages, or a third."""
    others = "іїєґ" if code == "ru" else "ыэёъ"
    return any(char in others for char in sample.lower())
