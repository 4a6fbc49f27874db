"""A codec for 8-bit text that is not UTF-8 and whose charset nobody named. A guess, the same one every time."""

import re

_SAMPLE = 8192
_HIGH = re.compile(rb"[\x80-\xff]")
_WORD = re.compile(rb"[\x80-\xff]{3,}")
_LATE = re.compile(rb"[\xc0-\xff]")  # where the letters of the single-byte alphabets lie
_UPPER_HALF = re.compile(rb"[\xe0-\xff]")
_NOT_HEBREW = re.compile(rb"[\xc0-\xdf\xfb-\xff]")
_OTHERS = ["gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1251", "koi8_r", "cp866", "cp1256", "cp874"]


def codec(data: bytes) -> str:
    """Western unless high bytes form words; then an alphabet by where its letters lie, else by statistics."""
    sample = data[:_SAMPLE]
    high = len(_HIGH.findall(sample))
    if sum(map(len, _WORD.findall(sample))) * 2 < high:
        return "cp1252"
    if len(_LATE.findall(sample)) * 100 >= high * 97:
        return _alphabet(sample, high)
    from charset_normalizer import from_bytes  # slow to load and wanted by one mail in a thousand

    best = from_bytes(sample, cp_isolation=_OTHERS, enable_fallback=False).best()
    return best.encoding if best is not None else "cp1252"


def _alphabet(sample: bytes, high: int) -> str:
    """Running text is lower case: KOI8-R has its small letters where windows-1251 has the capitals."""
    if len(_UPPER_HALF.findall(sample)) * 2 < high:
        return "koi8_r"
    if b"\xff" in sample or b"\xfb" in sample:  # я, ы
        return "cp1251"
    return "cp1253" if _NOT_HEBREW.search(sample) else "cp1255"
