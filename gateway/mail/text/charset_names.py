"""Names of charsets: which Python codec a declared name means, however it was spelt."""

import re
from encodings.aliases import aliases
from functools import lru_cache

_NOT_TEXT = {"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "mbcs"}
_UNALIASED = {"cp720", "cp737", "cp856", "cp874", "cp875", "cp1006", "koi8_r", "koi8_t", "koi8_u", "utf_8_sig"}
OURS = frozenset({"iso2022_jp_ms", "utf_7_imap"})  # read by this room, Python has no codec for them
CODECS = (frozenset(aliases.values()) - _NOT_TEXT) | _UNALIASED | OURS

_OTHER_NAMES = {
    "ansi": "cp1252",
    "cp1361": "johab",
    "cp50220": "iso2022_jp_ms",
    "cp50221": "iso2022_jp_ms",
    "cp50222": "iso2022_jp_ms",
    "cp936": "gbk",
    "euc": "euc_jp",
    "gb": "gb2312",
    "gb18030_2000": "gb18030",
    "hz_gb_2312": "hz",
    "imap_utf_7": "utf_7_imap",
    "imap4_modified_utf7": "utf_7_imap",
    "iso_2022_jp_ms": "iso2022_jp_ms",
    "iso_8859_6_i": "iso8859_6",
    "iso_8859_8_e": "iso8859_8",
    "iso_8859_8_i": "iso8859_8",
    "iso_10646_ucs_2": "utf_16",
    "koi8": "koi8_r",
    "koi8_ru": "koi8_u",
    "ks_c_5601": "euc_kr",
    "latin": "latin_1",
    "mac": "mac_roman",
    "mac_ce": "mac_latin2",
    "mac_centraleurroman": "mac_latin2",
    "ms936": "gbk",
    "ms949": "cp949",
    "ms950": "cp950",
    "tis620": "tis_620",
    "ucs2": "utf_16",
    "ucs_2": "utf_16",
    "unicode": "utf_8",
    "unicode_1_1_utf_7": "utf_7",
    "unicode_1_1_utf_8": "utf_8",
    "unicode_2_0_utf_7": "utf_7",
    "utf": "utf_8",
    "utf8mb4": "utf_8",
    "windows_31j": "cp932",
    "windows_874": "cp874",
    "windows_936": "gbk",
    "windows_65001": "utf_8",
    "windows_949": "cp949",
    "windows_950": "cp950",
}
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
# A name with something before or behind it: `charset=utf-8`, `3Dutf-8`, `utf-8; format=flowed`, `win-1251`, `cp-850`.
_WITHIN = re.compile(
    r"(?:(utf)_?(7|8|16|16le|16be)|(?:(iso)_?(8859)_?(\d{1,2})(?:_[ie])?)|(?:windows|win|cp|ibm|dos|ms)_?(\d{3,4})"
    r"|(koi8)_?([ru])|(us)?_?(ascii)|(iso)_?(2022)_?(jp|kr)|(gb)_?(2312|k|18030)|(big5)|(shift_?jis|sjis)|(euc)_?(jp|kr))"
    r"(?:_|\Z)"
)
_MAX_NAME = 80


@lru_cache(maxsize=256)
def codec_of(declared: str) -> str:
    """The Python codec a charset name means; `""` for none, an unknown one, or one that does not make text."""
    name = label(declared)
    for prefix in ("", "cs", "x_"):
        bare = name.removeprefix(prefix).removeprefix(prefix)
        found = _OTHER_NAMES.get(bare) or aliases.get(bare) or bare
        if found in CODECS:
            return found
    within = _WITHIN.search(name)
    return _standard(within) if within else ""


def label(declared: str) -> str:
    """A declared name without case, quotes and blanks: `ISO-8859-1 ` is `iso_8859_1`."""
    return _NOT_A_WORD.sub("_", declared[:_MAX_NAME].lower()).strip("_")


def _standard(found: re.Match[str]) -> str:
    words = [word for word in found.groups() if word]
    name = "cp" + words[0] if words[0].isdigit() else "_".join(words)
    name = {"shiftjis": "shift_jis", "sjis": "shift_jis"}.get(name, name)
    joined = name.replace("_", "")
    return (
        next((codec for codec in (aliases.get(name), name, aliases.get(joined), joined) if codec in CODECS), "") or ""
    )
