"""Whom a delivery report without structure is about, by the shape of its lines (qmail, Exim, Exchange, Domino, ...).

Mail servers write the address first (`<a@b>:`, `  a@b`, `a@b: 550 ...`), behind a label (`Unknown user: a@b`) or into
a sentence; the words that explain stand behind it, else in front of it. The best shape that occurs counts alone.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from gateway.mail.machine import status

MAX_TEXT = 64_000
MAX_LINES = 600
MAX_FOUND = 100
MAX_MORE = 12  # lines behind an address that may explain

_ADDR = r"[^\s<>()\[\]{}\"',;:|=*@/\\]{1,64}@(?:[\w-]{1,63}\.){0,10}[\w-]{1,63}"
_ADDRESS = re.compile(rf"(?<![\w.+@-]){_ADDR}")
_FIRST = re.compile(rf"[\s*•·|>\"'“„«-]{{0,40}}(<)?(?:smtp:)?({_ADDR})[>\"'”“»]?(.*)", re.S)
_BEHIND_CODE = re.compile(
    rf"\s{{0,20}}(?:<<< )?([45]\d\d[ -](?:#?[45]\.\d{{1,3}}\.\d{{1,3}} )?)<?({_ADDR})>?(.*)", re.S
)
_BEHIND_LABEL = re.compile(
    rf"\W{{0,20}}(\w[^:@<>]{{1,60}}?)(?:\b|\s*\b\w{{2,12}}\s*:|:)\s*<?({_ADDR})>?[\s).*]{{0,5}}$"
)
_TRANSCRIPT = re.compile(rf"RCPT TO:\s?<?({_ADDR})", re.I)
_RENAMED = re.compile(rf"\((?:generated|expanded|forwarded|redirected) from:?\s{{0,3}}<?({_ADDR})")
_LABEL = re.compile(
    r"recip|receiv|address|user|deliver|fail|unknown|not found|invalid|no such|rcpt|mailbox|account|reach|empf|adress"
    r"|destin|indiri|получ|адрес|odbiorc|příjemc|címzett|alıcı|宛|收件|받는|수신",
    re.I,
)
_NOT_LABEL = re.compile(
    r"contact|support|sender|\bfrom\b|reply|help|question|subject|assistance|e-?mail:?$|\bcc\b", re.I
)
_NOBODY = re.compile(r"(?:post-?master|mailer-daemon|abuse|support|helpdesk|hostmaster|mail(?:-|_)?admin)@", re.I)
_ASK = re.compile(
    r"(?:contact|write|help|support|question|assist|from|\bby|sender|mail to|admin\w*|visit)\W{0,9}\Z", re.I
)
# What came back begins at its trace fields, or where three fields stand together.
_TRACE = re.compile(r"(?:Received|Return-Path|DKIM-Signature|X-Received):", re.I)
_FIELD = re.compile(
    r"(?:From|To|Cc|Subject|Date|Message-ID|MIME-Version|Content-[\w-]{1,40}|Sender|Reply-To|X-[\w-]{1,60}):", re.I
)


@dataclass(frozen=True, slots=True)
class Said:
    """An address, and the words that a report has for it."""

    addr: str
    words: str = ""


def parts(text: str) -> tuple[str, str]:
    """A report without what came back, and what came back (from its header on)."""
    at = fields = 0
    starts: list[int] = []
    for line in text[:MAX_TEXT].split("\n")[: 4 * MAX_LINES]:
        if _TRACE.match(line):
            return text[: starts[0] if starts else at], text[starts[0] if starts else at :]
        if _FIELD.match(line):
            starts.append(at)
            fields += 1
            if fields == 3:
                return text[: starts[0]], text[starts[0] :]
        elif not (line[:1] in (" ", "\t") and line.strip() and fields):
            fields = 0
            starts.clear()
        at += len(line) + 1
    return text, ""


def recipients(text: str, ours: Collection[str]) -> tuple[list[Said], bool]:
    """The addresses a report names with what it says of each; True where their lines have a machine's shape.

    `text` is without what came back; `ours` (lower case) are never taken out of a sentence.
    """
    lines = text[:MAX_TEXT].split("\n")[:MAX_LINES]
    for shape in (_first, _behind_label, _behind_code, _transcribed):
        found = [(at, addr, rest) for at, line in enumerate(lines) if "@" in line for addr, rest in shape(line)]
        if said := _explained(lines, _without_echoes(lines, found)):
            return said, True
    words = " ".join(lines)
    named = dict.fromkeys(
        match.group().rstrip(".-")
        for match in _ADDRESS.finditer(words)
        if match.group().lower().rstrip(".-") not in ours
        and not _NOBODY.match(match.group())
        and not _ASK.search(words[max(0, match.start() - 30) : match.start()])
    )
    return [Said(addr, text) for addr in list(named)[:MAX_FOUND]], False


def _first(line: str) -> list[tuple[str, str]]:
    """The address a line begins with, where what follows it is no sentence of a person."""
    found = _FIRST.match(line)
    if not found:
        return []
    angle, addr, rest = found.groups()
    rest = rest.strip()
    plain = not rest or rest[0] in ":([;<-*" or rest.startswith(("...", "on ", "at "))
    if not (plain or angle or status.explains(rest)):
        return []
    return [(addr.rstrip("."), rest.lstrip(":; "))]


def _behind_label(line: str) -> list[tuple[str, str]]:
    found = _BEHIND_LABEL.match(line[:300])
    if not found:
        return []
    label, addr = found.groups()
    if not _LABEL.search(label) or _NOT_LABEL.search(label) or _NOBODY.match(addr):
        return []
    return [(addr.rstrip("."), label)]


def _behind_code(line: str) -> list[tuple[str, str]]:
    found = _BEHIND_CODE.match(line)
    return [(found[2].rstrip("."), found[1] + found[3].lstrip(":; "))] if found else []


def _transcribed(line: str) -> list[tuple[str, str]]:
    """The address in a transcript of the dialogue between two servers."""
    found = _TRANSCRIPT.search(line[:300])
    return [(found[1].rstrip("."), "")] if found else []


def _without_echoes(lines: list[str], found: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """An address that comes again in its own paragraph is part of the explanation."""
    kept: list[tuple[int, str, str]] = []
    for at, addr, rest in found:
        if not kept or kept[-1][1].lower() != addr.lower() or not all(map(str.strip, lines[kept[-1][0] : at])):
            kept.append((at, addr, rest))
    return kept


def _explained(lines: list[str], found: list[tuple[int, str, str]]) -> list[Said]:
    """Each address once, with the words for it; the unexplained only where none is explained."""
    said: dict[str, Said] = {}
    taken = {at for at, _, _ in found}
    ends = [at for at, _, _ in found[1:]] + [len(lines)]
    for (at, addr, rest), end in zip(found[: 10 * MAX_FOUND], ends, strict=False):
        paragraph = _paragraph(lines, at + 1, end)
        renamed = _RENAMED.search(" ".join(paragraph[:2]))
        addr = renamed[1] if renamed else addr
        own = "\n".join((rest, *paragraph)).strip()
        if not status.explains(own):
            own = next(filter(status.explains, (_more(lines, at + 1, end), _before(lines, at, taken))), own)
        known = said.get(addr.lower())
        if known is None and len(said) >= MAX_FOUND:
            continue
        if known is None or _weight(own) > _weight(known.words):
            said[addr.lower()] = Said(known.addr if known else addr, own[: status.MAX_WORDS])
    strangers = {key: one for key, one in said.items() if not _NOBODY.match(key)} or said
    explained = [one for one in strangers.values() if status.explains(one.words)]
    return explained or list(strangers.values())


def _weight(words: str) -> int:
    """Codes tell more than words, words more than none."""
    return 2 if status.status_in(words) or status.reply_in(words) else int(status.explains(words))


def _paragraph(lines: list[str], start: int, end: int) -> list[str]:
    """The lines up to an empty one or the next address."""
    stop = start
    while stop < min(end, start + MAX_MORE) and lines[stop].strip():
        stop += 1
    return lines[start:stop]


def _more(lines: list[str], start: int, end: int) -> str:
    return "\n".join(lines[start : min(end, start + MAX_MORE)])


def _before(lines: list[str], at: int, taken: Collection[int]) -> str:
    """The lines right above, up to an empty one: Domino gives the reason first."""
    start = at
    while start > max(0, at - 4) and lines[start - 1].strip() and start - 1 not in taken:
        start -= 1
    return "\n".join(lines[start:at])
