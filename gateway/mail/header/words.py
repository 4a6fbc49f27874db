"""The text of a raw header value: encoded words (RFC 2047) however split, glued or cut, and raw 8-bit bytes."""

import binascii
import re

from gateway.mail.text import charset, transfer

# At most eight stray question marks in one word: unbounded, a value full of `=?` would be read again and again.
# `?=` ends no word where two hexadecimal digits and another `?=` follow: the sender forgot to encode a question mark.
_STRAY = r"(?<!=)\?(?!=(?![0-9A-Fa-f]{2}[^?\s]{0,120}\?=))"
_WORD = re.compile(
    r"=\?[ \t]{0,3}([^?\s*]{1,60})(?:\*[^?\s]{0,40})?[ \t]{0,3}\?[ \t]{0,3}([bBqQ])[ \t]{0,3}\?"
    rf"([^?]*(?:{_STRAY}[^?]*){{0,8}})\?="
)
_UNCLOSED = re.compile(r"(=\?[^?\s]{1,100}\?[bBqQ]\?[^?\s]*)\??(?=\s+=\?|\s*\Z)")


def decode(raw: str, body_charset: str) -> str:
    """Encoded words decoded, 8-bit bytes (surrogates) read as UTF-8, else as the body is, else by a guess."""
    if "=?" not in raw:
        return _eight_bit(raw, body_charset)
    if raw.count("=?") != raw.count("?="):
        raw = _UNCLOSED.sub(r"\1?=", raw)
    out: list[str] = []
    run: list[tuple[str, str, str]] = []  # neighbouring words: charset, encoding, text
    end = 0
    for word in _WORD.finditer(raw):
        between = raw[end : word.start()]
        if not run or between.strip():
            out.append(_run(run, body_charset))
            run = []
            out.append(_eight_bit(between, body_charset))
        run.append((word.group(1).lower(), word.group(2).lower(), word.group(3)))
        end = word.end()
    out.append(_run(run, body_charset))
    out.append(_eight_bit(raw[end:], body_charset))
    return "".join(out)


def _eight_bit(raw: str, body_charset: str) -> str:
    declared = ""
    if "\x1b$" in raw:  # ISO 2022 as it is, from the time before encoded words
        declared = "iso-2022-kr" if "\x1b$)C" in raw else "iso-2022-jp"
    elif raw.isascii():
        return raw
    return charset.decode(_raw(raw), declared, body_charset).text


def _run(run: list[tuple[str, str, str]], body_charset: str) -> str:
    """Neighbouring words as one text: those of one charset share their bytes, for senders split inside a character."""
    out: list[str] = []
    at = 0
    while at < len(run):
        name, stop = run[at][0], at
        while stop < len(run) and run[stop][0] == name:
            stop += 1
        out.append(charset.decode(_bytes(run[at:stop]), name, body_charset).text)
        at = stop
    return "".join(out)


def _bytes(words: list[tuple[str, str, str]]) -> bytes:
    out: list[bytes] = []
    letters = ""  # base64 of a word that was cut inside a group of four
    for _, encoding, text in words:
        data = _raw(text)
        if encoding == "q":
            out.append(binascii.a2b_qp(data, header=True))
            continue
        letters += "".join(text.split())
        if len(letters.rstrip("=")) % 4 and "=" not in letters and words[-1][1] == "b":
            continue
        out.append(transfer.base64(_raw(letters))[0])
        letters = ""
    if letters:
        out.append(transfer.base64(_raw(letters))[0])
    return b"".join(out)


def _raw(text: str) -> bytes:
    """The bytes of a raw value; letters that somebody has decoded already stay what they are."""
    return text.encode("utf-8", "surrogateescape")
