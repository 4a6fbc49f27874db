"""Bytes to text (T57, T58): the declared charset and its wider kin, UTF-8, a guess. Says what it chose."""

import re
from encodings.aliases import aliases
from typing import NamedTuple

from gateway.mail import guess

_NOT_TEXT = {"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "mbcs"}
_UNALIASED = {"cp720", "cp737", "cp856", "cp874", "cp875", "cp1006", "koi8_r", "koi8_t", "koi8_u", "utf_8_sig"}
_CODECS = frozenset(aliases.values()) - _NOT_TEXT | _UNALIASED

# The declared name says the old standard, the writer used its superset.
_WIDER = {
    "ascii": "cp1252",
    "latin_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "cp950",
    "iso2022_jp": "iso2022_jp_ext",
}
_OTHER_NAMES = {
    "ansi": "cp1252",
    "hz_gb_2312": "hz",
    "iso_8859_6_i": "iso8859_6",
    "iso_8859_8_e": "iso8859_8",
    "iso_8859_8_i": "iso8859_8",
    "ks_c_5601": "euc_kr",
    "tis620": "tis_620",
    "unicode": "utf_8",
    "unicode_1_1_utf_7": "utf_7",
    "utf": "utf_8",
    "utf8mb4": "utf_8",
    "windows_31j": "cp932",
    "windows_874": "cp874",
    "windows_949": "cp949",
    "x_mac_roman": "mac_roman",
    "x_sjis": "shift_jis",
}
# Codecs in which a byte below 0x80 need not mean ASCII.
_SHIFTING = frozenset(
    {"hz", "utf_7", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"}
    | {"cp037", "cp273", "cp424", "cp500", "cp864", "cp875", "cp1026", "cp1140"}
    | {name for name in aliases.values() if name.startswith("iso2022")}
)
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
_C1 = re.compile(rb"[\x80-\x9f]")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=[\s\"']{0,9}([A-Za-z0-9_:.-]{1,40})", re.I)


class Decoded(NamedTuple):
    """A text, the codec that read it, and what to record: `""`, `charset:DECLARED->USED` or `lossy_decode`."""

    text: str
    codec: str
    note: str = ""


def codec_of(declared: str) -> str:
    """The Python codec a charset name means; `""` for none, an unknown one, or one that does not make text."""
    name = _NOT_A_WORD.sub("_", declared.lower()).strip("_")
    for prefix in ("", "cs", "x_"):
        bare = name.removeprefix(prefix)
        found = _OTHER_NAMES.get(bare) or aliases.get(bare) or bare
        if found in _CODECS:
            return found
    return ""


def decode(data: bytes, declared: str, second: str = "") -> Decoded:
    """Text of bytes in a declared charset; `second` is tried after UTF-8 (for a raw header: what its body is in)."""
    codec = codec_of(declared)
    if data.isascii() and codec not in _SHIFTING:
        return Decoded(data.decode("ascii"), codec, "" if codec or not declared else _note(declared, "ascii"))
    if codec and codec != "ascii":
        text = _try(data, codec)
        if text is not None:
            if codec == "latin_1" and _C1.search(data):
                return Decoded(data.decode("cp1252", "replace"), "cp1252", _note(declared, "cp1252"))
            return Decoded(text, codec)
        wider = _WIDER.get(codec)
        if wider and (text := _try(data, wider)) is not None:
            return Decoded(text, wider, _note(declared, wider))
    if (text := _try(data, "utf_8")) is not None:
        return Decoded(text, "utf_8", _note(declared, "utf_8"))
    if codec not in ("", "ascii") and (text := _mostly(data, codec)) is not None:
        return Decoded(text, codec, "lossy_decode")
    other = codec_of(second)
    if other and (text := _try(data, other)) is not None:
        return Decoded(text, other, _note(declared, other))
    guessed = guess.codec(data)
    return Decoded(data.decode(guessed, "replace"), guessed, _note(declared, guessed))


def named_in_html(data: bytes) -> str:
    """The charset a page names in its own `<meta>`, `""` where it names none."""
    found = _META.search(data, 0, 4096)
    return found.group(1).decode("ascii") if found else ""


def _try(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec).removeprefix("\ufeff")
    except (ValueError, LookupError):
        return None


def _mostly(data: bytes, codec: str) -> str | None:
    """Read with the declared codec all the same where most of what is not ASCII can be read."""
    try:
        text = data.decode(codec, "replace")
    except (ValueError, LookupError):
        return None
    bad = text.count("\ufffd")
    return text if bad * 4 <= len(text) - len(text.encode("ascii", "ignore")) else None


def _note(declared: str, used: str) -> str:
    name = _NOT_A_WORD.sub("-", declared.lower()).strip("-")[:40] or "none"
    return f"charset:{name}->{used.replace('_', '-')}"
