"""What the sender wrote this time, apart from `>` lines, the line that introduces them, and a `-- ` signature.

Cuts only what is certain: where nothing would remain, everything remains.
"""

import re
from dataclasses import dataclass

MAX_SIGNATURE = 20  # lines; what is longer is text

_TAIL = re.compile(r"\s*<[^<>\s]+@[^<>\s]+>")
_WHEN = re.compile(r"\d{1,2}[:.]\d{2}|@")
_ATTRIBUTION = re.compile(r"(?=.*(?:@|\d{4}|\d{1,2}[:./-]\d{1,2}))[^\n]{6,300}[:：]\s*\Z")


@dataclass(frozen=True, slots=True)
class Split:
    """A text in three: the reply, what was quoted with its introduction, the signature."""

    reply: str
    elided: str = ""
    signature: str = ""


def split(text: str) -> Split:
    """Take quotes and the signature off a text."""
    stripped = text.strip("\n")
    if "\n>" not in text and not text.startswith(">") and "\n--" not in text:
        return Split(stripped)
    lines = text.split("\n")
    quoted = [line.startswith(">") for line in lines]
    first = quoted.index(True) if True in quoted else 0
    if first > 0:  # between later quotes stand answers, whatever they end in
        _introduction(lines, quoted, first)
    signature = _signature(lines, quoted)
    signed = [line for line, quote in zip(lines[signature:], quoted[signature:], strict=True) if not quote]
    reply = "\n".join(line for line, quote in zip(lines[:signature], quoted, strict=False) if not quote).strip("\n")
    if not reply.strip():
        return Split(stripped)
    elided = "\n".join(line for line, quote in zip(lines, quoted, strict=True) if quote)
    return Split(reply, elided, "\n".join(signed[1:]).strip("\n"))


def _introduction(lines: list[str], quoted: list[bool], first: int) -> None:
    """Mark the line or two right above a quote that say who wrote it when: a date or address, a colon at the end."""
    at = first - 1
    if not lines[at].strip():
        at -= 1
    if at < 0 or quoted[at]:
        return
    if _is_second_of_two(lines, quoted, at):
        at -= 1
    elif not _ATTRIBUTION.match(lines[at]):
        return
    quoted[at:first] = [True] * (first - at)


def _is_second_of_two(lines: list[str], quoted: list[bool], last: int) -> bool:
    """True for the end of a wrapped introduction. Two lines, no more: the upper one might be the sender's words."""
    if last == 0 or quoted[last - 1] or not lines[last - 1].strip() or (last > 1 and lines[last - 2].strip()):
        return False
    wrapped = _TAIL.match(lines[last]) or not _ATTRIBUTION.match(lines[last])
    both = f"{lines[last - 1]} {lines[last]}"
    return bool(wrapped and _WHEN.search(both) and _ATTRIBUTION.match(both))


def _signature(lines: list[str], quoted: list[bool]) -> int:
    """The index of the `-- ` line that opens the signature, or the number of lines."""
    for index in range(len(lines) - 1, -1, -1):
        if lines[index] in ("-- ", "--") and not quoted[index]:
            below = sum(not quote for quote in quoted[index + 1 :])
            return index if below <= MAX_SIGNATURE else len(lines)
    return len(lines)
