"""A header block that a client wrote into a text (`From: ... Sent: ... To: ... Subject: ...`): its fields, its end.

Not whether it stands for a forward or a reply: that is `forward`'s question and `reply`'s.
"""

import re
from dataclasses import dataclass, field

from gateway.mail.forward.labels import is_label, label
from gateway.mail.header import addresses
from gateway.mail.value import Address

MAX_LINES = 60  # of one block, blank and wrapped ones counted
MAX_VALUE = 20_000  # characters of one field
MAX_QUOTED = 20  # quote marks before a line
MAX_GLUED, MAX_COLONS = 2_000, 60  # of a line that may hold a whole block
BLANK = " \t\r\u00a0\u3000\u200b\ufeff"

_QUOTE = re.compile(r"[ \t]?>[ \t]?")
_BLANK = BLANK + "*_"
_PEOPLE = ("from", "to", "cc", "bcc", "reply-to")
_MAIN = ("from", "to", "date", "subject")
_FOREIGN = re.compile(r"[^\W\d_][\w .-]{1,24}\s?[:：](?:\s|$)")  # a field of no client we know
_WRAPPED_FROM = 60  # characters of a line that may have been wrapped
_WRAPPED_AT = 72

_LINK = re.compile(r"(@[^\s<>\[\]]{1,255}>?)\s?[<\[(]mailto:[^<>\[\]()]{0,400}[>\])]", re.I)  # a@b <mailto:a@b>
_MARKDOWN = re.compile(r"\[([^\s<>\[\]]{1,64}@[^\s<>\[\]]{1,255})\]\(mailto:[^()\s]{0,400}\)", re.I)
_BRACKETS = re.compile(r"[\[(<](?:mailto:)?\s?([^\s<>\[\]()]{1,64}@[^\s<>\[\]()]{1,255})[\])>]", re.I)
_BEHALF = re.compile(
    r"(?:on behalf of|im auftrag von|de la part de|en nombre de|per conto di|em nome de|namens|på vegne af|på vegne av|"
    r"för räkning|puolesta|w imieniu|jménem|v mene|от имени|від імені|代表|の代理)\s+",
    re.I,
)


@dataclass(slots=True)
class Block:
    """The fields of a block by the names of `labels.FIELDS`, values on one line, and the first line below it."""

    end: int = 0
    fields: dict[str, str] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        return all(name in self.fields for name in names)


def unquote(line: str, depth: int) -> str:
    """A line without its first `depth` quote marks, as far as it has any."""
    for _ in range(min(depth, MAX_QUOTED)):
        mark = _QUOTE.match(line)
        if not mark:
            break
        line = line[mark.end() :]
    return line


def parse(lines: list[str], start: int, depth: int = 0) -> Block:
    """The block that begins at a line, seen through `depth` quote marks. Without a label there it has no fields."""
    window = [unquote(line, depth) for line in lines[start : start + MAX_LINES]]
    pieces = unglue(window[0][:MAX_VALUE]) if window and window[0].count(":") > 2 else []
    glued = len(pieces) - 1 if len(pieces) > 2 else 0
    if glued:
        window[:1] = pieces
    block = Block(end=start)
    name, at, is_spaced = "", 0, False
    while at < len(window):
        line = window[at]
        found = label(line)
        if not line.strip(_BLANK):
            below = _below_blank(window, at, block, name, is_spaced=is_spaced)
            if not below:
                break
            is_spaced = is_spaced or len(block.fields) == 1
            at = below
            continue
        if found and (found[0] not in block.fields or found[0] == "other"):
            name = found[0]
            block.fields[name] = found[1]
        elif name and _goes_on(window, at, block, name):
            if not _FOREIGN.match(line):
                block.fields[name] = f"{block.fields[name]} {line.strip(_BLANK)}".strip()
        else:
            break
        at += 1
        block.end = start + max(at - glued, 1)
    block.fields = {name: value[:MAX_VALUE].strip(_BLANK) for name, value in block.fields.items()}
    return block


def is_field(line: str) -> bool:
    """True for a word and a colon, whether or not a client writes that."""
    return _FOREIGN.match(line) is not None


def _below_blank(window: list[str], at: int, block: Block, name: str, *, is_spaced: bool) -> int:
    """Where a block goes on below blank lines, 0 where it ends: double spacing, values below their labels."""
    below = at
    while below < len(window) and not window[below].strip(_BLANK):
        below += 1
    if below == len(window) or below - at > 3:
        return 0
    found = label(window[below])
    if found is None:
        waits = name in _MAIN and not block.fields[name] and (is_spaced or len(block.fields) == 1)
        return below if waits else 0
    if found[0] in block.fields:
        return 0
    return below if is_spaced or len(block.fields) == 1 or found[0] == "subject" else 0


def _goes_on(window: list[str], at: int, block: Block, name: str) -> bool:
    """True for a line that belongs to the field above it: a value below its label, or the rest of a wrapped one."""
    line, value = window[at], block.fields[name]
    if not value and (name in _MAIN or "@" in line):
        return True
    if not block.has(*_MAIN) and _labelled_below(window, at, block):
        return True
    if name in _PEOPLE:
        return value.endswith((",", ";", "<")) or (line.lstrip()[:1] in ("<", "[", "(", '"') and "@" in line)
    above = window[at - 1]
    if name != "subject" or not _WRAPPED_FROM <= len(above) <= _WRAPPED_AT + 8:
        return False
    is_last = at + 1 == len(window) or not window[at + 1].strip(_BLANK)
    return is_last and len(above) + len(line.split(maxsplit=1)[0]) >= _WRAPPED_AT


def _labelled_below(window: list[str], at: int, block: Block) -> bool:
    for line in window[at + 1 : at + 3]:
        if not line.strip(_BLANK):
            return False
        found = label(line)
        if found and (found[0] not in block.fields or found[0] == "other"):
            return True
    return False


def unglue(line: str) -> list[str]:
    """`From: Ann <a@b.example>To: Bob <b@b.example>Sent: ...` on one line, as lines of one field each."""
    starts = [0]
    line, rest = line[:MAX_GLUED], line[MAX_GLUED:]
    at = line.find(":", line.find(":") + 1)
    colons = 0
    while at >= 0 and len(starts) < MAX_LINES and colons < MAX_COLONS:
        colons += 1
        for start in range(max(starts[-1], at - 26), at):
            if is_label(line[start:at].rstrip()) and _may_begin(line, start, at):
                starts.append(start)
                break
        at = line.find(":", at + 1)
    pieces = [line[start:end] for start, end in zip(starts, [*starts[1:], len(line)], strict=True)]
    return [*pieces[:-1], pieces[-1] + rest]


def _may_begin(line: str, start: int, colon: int) -> bool:
    """True where a label may begin: no part of a word, but for a time zone in capitals (`09:26 CETSubject:`)."""
    before = line[start - 1 : start]
    if line[start].islower() or before.islower():
        return False
    return colon - start > 3 or not before.isalpha()


def people(value: str) -> tuple[Address, ...]:
    """The addresses of a field, however the client wrote them: `A [mailto:a@b]`, `A <a@b<mailto:a@b>>; B <b@c>`."""
    value = _BRACKETS.sub(r" <\1> ", _LINK.sub(r"\1", _MARKDOWN.sub(r"<\1>", value.replace("*", ""))))
    found = addresses.mailboxes(_raw(value), "utf-8")
    return tuple(one for one in found if "." in one.domain or "/" not in one.addr)  # `Ann Lee/Sales@Acme` is Notes' own


def person(value: str) -> Address | None:
    """Who stands in a `From`: the first address with its name, or a name alone, `addr` empty; None for nothing."""
    found = people(value)
    if found:
        name = _BEHALF.sub("", found[0].name)
        return Address(addr=found[0].addr, name="" if name.lower() == found[0].addr.lower() else name)
    name = (value.partition("<")[0] or value).replace("*", "").strip(" \t\"'<>[];,")[: addresses.MAX_NAME]
    return Address(addr="", name=name) if name else None


def _raw(value: str) -> str:
    """Text as a raw header field holds it (`headers`): UTF-8 bytes behind surrogates."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("ascii", "surrogateescape")
