"""The one choke point for text (T59): what leaves this room has no surrogate, NUL or control character, and is NFC."""

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_ASCII_CONTROL = bytes([*range(9), *range(11, 32), 127])
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# In UTF-8: C1 controls, U+2028 and U+2029, surrogates; and the first bytes of all that may be combining marks.
_BEYOND_ASCII = re.compile(rb"\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xed[\xa0-\xbf]")
_LEADS_OF_MARKS = bytes(lead for lead in range(0xCC, 0x100) if lead not in (0xD0, 0xD1, *range(0xE4, 0xEA)))
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BLANKS = re.compile(r"[\n\t]+ *")
# Canonical ordering sorts a run of combining marks by insertion, quadratic in its length. No script stacks thirty.
_MARKS = re.compile(r"[^\w\s\x00-\x7f]{31,}")
_MAX_MARKS = 30
_SHORT = 2048


def text(value: str) -> str:
    """Clean text of several lines: LF line ends, TAB kept, anything else unprintable becomes U+FFFD."""
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    data = value.encode("utf-8", "surrogatepass")
    if not _is_safe(data):
        value = _UNSAFE.sub("\ufffd", _LINE_ENDS.sub("\n", value))
    if len(data) == len(value):
        return value
    if len(value) > _SHORT and len(data.translate(None, _LEADS_OF_MARKS)) != len(data):
        value = _MARKS.sub(_without_stacks, value)
    return unicodedata.normalize("NFC", value)


def _is_safe(data: bytes) -> bool:
    """True where nothing is to be replaced: looked at as UTF-8, where it costs a fraction of what a pattern costs."""
    if len(data.translate(None, _ASCII_CONTROL)) != len(data):
        return False
    suspicious = b"\xc2" in data or b"\xe2\x80" in data or b"\xed" in data
    return not (suspicious and _BEYOND_ASCII.search(data))


def line(value: str) -> str:
    """Clean text of one line (subjects, names, file names): no line end, no TAB, no bidi control, trimmed."""
    value = text(value)
    if not value.isascii():
        value = unicodedata.normalize("NFC", _BIDI.sub("", value))
    if "\n" in value or "\t" in value:
        value = _BLANKS.sub(" ", value)
    return value.strip()


def is_clean(value: str) -> bool:
    """True where `text` would change nothing but perhaps the normal form."""
    return not _UNSAFE.search(value) and not _LINE_ENDS.search(value)


def is_plain(value: str) -> bool:
    """True for printable ASCII and line feeds alone: every line of it is what `line` would make of it, untrimmed."""
    return value.isascii() and "\t" not in value and len(value.encode().translate(None, _ASCII_CONTROL)) == len(value)


def _without_stacks(run: re.Match[str]) -> str:
    kept, marks = [], 0
    for char in run.group():
        # Also those of class 0: a few of them fall apart into marks that are to be ordered.
        marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
        if marks <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)
