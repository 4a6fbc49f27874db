"""Bytes to text (T57, T58): the declared charset and its wider kin, UTF-8, a guess. Says what it chose."""

import binascii
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_LE
from encodings.aliases import aliases
from typing import NamedTuple

from gateway.mail.text import guess, jis
from gateway.mail.text.charset_names import codec_of, label

# The declared name says the old standard, the writer used its superset.
_WIDER = {
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_jp": "euc_jisx0213",
    "euc_kr": "cp949",
    "big5": "cp950",
    "cp950": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ms",
    "iso2022_jp_1": "iso2022_jp_ms",
    "iso2022_jp_2": "iso2022_jp_ms",
    "iso2022_jp_3": "iso2022_jp_ms",
    "iso2022_jp_ext": "iso2022_jp_ms",
}
# These read every byte: bytes that would be control characters there are letters of the Windows charset beside it.
_WINDOWS = {
    "latin_1": "cp1252",
    "iso8859_15": "cp1252",
    "iso8859_2": "cp1250",
    "iso8859_7": "cp1253",
    "iso8859_8": "cp1255",
    "iso8859_9": "cp1254",
    "iso8859_13": "cp1257",
}
# Codecs in which a byte below 0x80 need not mean ASCII.
_SHIFTING = frozenset(
    {"hz", "utf_7", "utf_7_imap", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"}
    | {"cp037", "cp273", "cp424", "cp500", "cp864", "cp875", "cp1026", "cp1140", "iso2022_jp_ms"}
    | {name for name in aliases.values() if name.startswith("iso2022")}
)
_WESTERN = frozenset({"latin_1", "cp1252", "iso8859_15", "ascii"})
_MARKS = (
    (BOM_UTF8, "utf_8"),
    (BOM_UTF32_LE, "utf_32"),
    (BOM_UTF16_LE, "utf_16"),
    (BOM_UTF16_BE, "utf_16"),
)
_C1 = re.compile(rb"[\x80-\x9f]")
_UKRAINIAN = re.compile(rb"[\xc0-\xff][\xa4\xa6\xa7\xad\xb4\xb6\xb7\xbd]|[\xa4\xa6\xa7\xad\xb4\xb6\xb7\xbd][\xc0-\xff]")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=[\s\"']{0,9}([A-Za-z0-9_:.-]{1,40})", re.I)
_IMAP_SHIFT = re.compile(r"&([A-Za-z0-9+,]*)-")
_HZ = re.compile(rb"~\{(?:[!-w][!-~]){1,200}~\}")  # RFC 1843
_SAMPLE = 4096


class Decoded(NamedTuple):
    """A text, the codec that read it, and what to record: `""`, `charset:DECLARED->USED` or `lossy_decode`."""

    text: str
    codec: str
    note: str = ""


def decode(data: bytes, declared: str, second: str = "") -> Decoded:
    """Text of bytes in a declared charset.

    `second` is tried after UTF-8: for a raw header what its body is in, for a page what it says of itself.
    """
    codec = codec_of(declared)
    is_shifted = b"\x1b" in data or b"\0" in data or b"~{" in data
    if data.isascii() and codec not in _SHIFTING and not is_shifted:
        return Decoded(data.decode("ascii"), codec, "" if codec or not declared else _note(declared, "ascii"))
    if (codec in _WESTERN or not codec) and (text := _damaged_utf_8(data)) is not None:
        return Decoded(text, "utf_8", "lossy_decode")
    used = _by_marks(data, codec) or _better(data, codec)
    if used and (text := _try(data, used)) is not None:
        return Decoded(text, used, "" if used == codec else _note(declared, used))
    if codec and codec != "ascii" and (text := _try(data, codec)) is not None:
        return Decoded(text, codec)
    if not data.isascii() and (text := _try(data, "utf_8")) is not None:
        return Decoded(text, "utf_8", _note(declared, "utf_8"))
    wider = codec
    while wider := _WIDER.get(wider, ""):
        if (text := _try(data, wider)) is not None:
            return Decoded(text, wider, _note(declared, wider))
    if codec not in ("", "ascii") and (text := _mostly(data, _WIDER.get(codec, codec))) is not None:
        return Decoded(text, codec, "lossy_decode")
    other = codec_of(second)
    if other and (text := _try(data, other)) is not None:
        return Decoded(text, other, _note(declared, other))
    guessed = guess.codec(data)
    return Decoded(data.decode(guessed, "replace"), guessed, _note(declared, guessed))


def named_in_html(data: bytes) -> str:
    """The charset a page names in its own `<meta>`, `""` where it names none."""
    found = _META.search(data, 0, _SAMPLE)
    return found.group(1).decode("ascii") if found else ""


def _by_marks(data: bytes, codec: str) -> str:
    """What the bytes themselves say: a byte order mark, the NULs of UTF-16, the escapes of ISO-2022."""
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return marked
    if b"\0" in data or codec.startswith("utf_16"):
        return _order_of_utf_16(data, codec)
    if jis.HINT in data and data.isascii() and not codec.startswith("iso2022"):
        return jis.codec_by_escapes(data)
    if not codec and _HZ.search(data) and data.isascii() and _try(data, "hz") is not None:
        return "hz"
    return ""


def _order_of_utf_16(data: bytes, codec: str) -> str:
    """UTF-16 without a mark: a blank or a line end has its NUL first or last. No NUL at all: it is something else."""
    sample = data[:_SAMPLE]
    first, last = sample[::2].count(0), sample[1::2].count(0)
    if codec.startswith("utf_16"):
        if not first and not last:
            return "utf_8" if _try(data, "utf_8") is not None else codec
        return "utf_16_be" if first > last else "utf_16_le"
    if max(first, last) * 10 > len(sample) and min(first, last) * 20 <= max(first, last) and len(data) % 2 == 0:
        return "utf_16_be" if first > last else "utf_16_le"
    return ""


def _better(data: bytes, codec: str) -> str:
    """The codec to read with where the declared one would take any bytes, and these are evidently something else."""
    if codec in _WESTERN:
        if _try(data, "utf_8") is not None:
            return "utf_8"
        if found := guess.foreign(data):
            return found
    if codec in _WINDOWS and _C1.search(data):
        return _WINDOWS[codec] if codec not in _WESTERN or _try(data, "cp1252") is not None else ""
    if codec == "koi8_r" and _is_in_capitals(data.decode("koi8_r")) and guess.codec(data) == "cp1251":
        return "cp1251"  # read as the other, either has its small letters as capitals
    return "koi8_u" if codec == "koi8_r" and _UKRAINIAN.search(data) else ""


def _is_in_capitals(text: str) -> bool:
    letters = [char for char in text[:_SAMPLE] if char > "\u0400"]
    return sum(char.isupper() for char in letters) * 4 > len(letters) * 3


def _damaged_utf_8(data: bytes) -> str | None:
    """UTF-8 with a few damaged bytes in it, whatever it was declared; None for anything else, whole UTF-8 too."""
    if b"\xc3" not in data and b"\xd0" not in data and b"\xe2" not in data and b"\xe3" not in data:
        return None  # at once, for most of what is no UTF-8
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = len(text) - len(text.encode("ascii", "ignore")) - bad
    return text if bad and good >= 4 and bad * 8 <= good else None


def _try(data: bytes, codec: str) -> str | None:
    try:
        if codec == "iso2022_jp_ms":
            text = jis.decode(data)
            return None if "\ufffd" in text else text
        if codec == "utf_7_imap":
            return _IMAP_SHIFT.sub(_imap_run, data.decode("ascii"))
        return data.decode(codec).removeprefix("\ufeff")
    except (ValueError, LookupError):
        return None


def _imap_run(run: re.Match[str]) -> str:
    """One shifted run of the UTF-7 of IMAP (RFC 3501 section 5.1.3)."""
    letters = run.group(1).replace(",", "/")
    return binascii.a2b_base64(letters + "=" * (-len(letters) % 4)).decode("utf-16-be") if letters else "&"


def _mostly(data: bytes, codec: str) -> str | None:
    """Read with the declared codec all the same where most of what is not ASCII can be read."""
    try:
        text = jis.decode(data) if codec == "iso2022_jp_ms" else data.decode(codec, "replace")
    except (ValueError, LookupError):
        return None
    bad = text.count("\ufffd")
    if codec == "utf_8" and bad == 1 and text.endswith("\ufffd"):
        return text  # it ends within a character
    return text if bad * 4 <= len(text) - len(text.encode("ascii", "ignore")) else None


def _note(declared: str, used: str) -> str:
    name = label(declared).replace("_", "-")[:40] or "none"
    return f"charset:{name}->{used.replace('_', '-')}"
