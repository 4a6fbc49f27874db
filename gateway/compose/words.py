"""Text for a header line: cleaned, then written as plain ASCII words or as encoded words (RFC 2047), folded by us."""

import base64
import re

LINE = 76  # RFC 2047 section 2: a line with an encoded word is at most 76 characters
_LONG_WORD = 60  # a longer ASCII word is encoded, because an encoded word can be cut and a plain one cannot

_SLACK = 20  # so many times the cap are looked at: of a longer text not even blanks and controls

_BREAKS = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029 ]+")
# Controls, lone surrogates, and what turns the reading direction of all that follows, our tag included.
_UNSAFE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")

# RFC 2047 section 5 (3): what may stand unencoded in a Q word inside a display name. Used everywhere.
_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"
_Q = [chr(byte) if byte in _PLAIN else "_" if byte == 0x20 else f"={byte:02X}" for byte in range(256)]
_OVERHEAD = len("=?utf-8?q??=")


def clean(text: str, cap: int = 0) -> str:
    """One harmless line: breaks and runs of blanks become one blank, controls and surrogates go; `cap` characters."""
    if cap and len(text) > cap * _SLACK:
        text = text[: cap * _SLACK]
    if "  " in text or not text.isprintable():  # str.isprintable knows none of the characters below as printable
        text = _BREAKS.sub(" ", _UNSAFE.sub("", text))
    text = text.strip(" ")
    return text[:cap].rstrip(" ") if cap else text


def write(name: str, text: str) -> str:
    """`Name: text` for clean text, folded, without the last CRLF; reads back as exactly that text."""
    if is_plain(text):
        return _fold_plain(f"{name}:", text)
    return f"{name}: {encode(text, room=LINE - len(name) - 2)}"


def is_plain(text: str) -> bool:
    """May stand as it is: ASCII, nothing that looks like an encoded word, no word too long for a line."""
    if not text.isascii() or "=?" in text:
        return False
    return len(text) <= _LONG_WORD or all(len(word) <= _LONG_WORD for word in text.split(" "))


def encode(text: str, room: int = LINE) -> str:
    """Encoded words for clean text, one a line; the first one fits into `room` characters."""
    data = text.encode()
    unsafe = len(data.translate(None, _PLAIN + b" "))
    pieces = _cut_q(text, room) if unsafe * 6 < len(data) else _cut_b(data, room)
    return "\r\n ".join(pieces)


def _fold_plain(line: str, text: str) -> str:
    if len(line) + 1 + len(text) <= LINE:
        return f"{line} {text}"
    name = line
    lines = []
    for word in text.split(" "):
        if len(line) + 1 + len(word) > LINE and line != name:
            lines.append(line)
            line = ""
        line += " " + word
    lines.append(line)
    return "\r\n".join(lines)


def _cut_b(data: bytes, room: int) -> list[str]:
    pieces = []
    start = 0
    while start < len(data):
        end = min(start + (room - _OVERHEAD) // 4 * 3, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:  # never inside a character
            end -= 1
        pieces.append(f"=?utf-8?b?{base64.b64encode(data[start:end]).decode()}?=")
        start, room = end, LINE - 1
    return pieces


def _cut_q(text: str, room: int) -> list[str]:
    pieces = []
    piece = ""
    for char in text:
        coded = _Q[ord(char)] if char < "\x80" else "".join(_Q[byte] for byte in char.encode())
        if len(piece) + len(coded) + _OVERHEAD > room:
            pieces.append(f"=?utf-8?q?{piece}?=")
            piece, room = "", LINE - 1
        piece += coded
    pieces.append(f"=?utf-8?q?{piece}?=")
    return pieces
