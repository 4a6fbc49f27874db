"""What a mail forwards, written into its text (`openings` finds where) or attached to it: who wrote what, and when."""

from collections.abc import Collection
from dataclasses import dataclass

from gateway.mail import clean, tree
from gateway.mail.forward import header_block, openings, subject_prefix
from gateway.mail.forward.header_block import BLANK, unquote
from gateway.mail.forward.labels import fold
from gateway.mail.forward.openings import Opening
from gateway.mail.forward.subject_prefix import Manner
from gateway.mail.header import addresses, headers
from gateway.mail.reply import mobile
from gateway.mail.text import body
from gateway.mail.tree import Tree
from gateway.mail.value import Address

MAX_ATTACHED = 2 * 1024 * 1024  # bytes looked at of an attached mail: its text stands in front
SHORT_NOTE = 300  # characters of text beside one attached mail, where the subject says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """A mail inside a mail. `message` is the covering note, `rest` what stands below it (`""` for an attached mail)."""

    from_: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date: str = ""
    subject: str = ""
    body: str = ""
    message: str = ""
    rest: str = ""
    reason: str = ""


def find(mail: Tree, text: str, subject: str, quoted: Collection[int] = ()) -> Forward | None:
    """The mail that a person's mail forwards, None for every other mail. Only the outermost of several is taken.

    `quoted`: numbers of the lines of the text that its HTML marks as quoted.
    """
    manner, bare = subject_prefix.manner(subject)
    if manner is Manner.FORWARD and "Lähett" in text and fold(subject[:2]) == "vs":
        manner = Manner.REPLY  # "vastaus": what Danes and Norwegians forward with, Finns answer with
    found = _inline(mail, text, manner, bare, quoted) if openings.may_open(text, manner) else None
    return found or (_attached(mail, text, manner) if mail.root.type[:5] != "text/" else None)


def _inline(mail: Tree, text: str, manner: Manner, subject: str, quoted: Collection[int]) -> Forward | None:
    fields = mail.root.fields
    if manner is Manner.NONE and (fields.first("in-reply-to") or fields.first("references")):
        manner = Manner.REPLY
    lines = text.split("\n")
    opening = openings.opening(lines, manner)
    if opening is None or (manner is Manner.REPLY and opening.first in quoted):
        return None
    block, first = opening.block.fields, opening.first
    from_ = header_block.person(block.get("from", ""))
    if manner is Manner.NONE and not opening.is_named and from_ and _is_recipient(mail, from_):
        return None  # it answers him, under a subject of its own
    message, rest, below = _apart(lines, opening)
    return Forward(
        from_=from_,
        to=header_block.people(block.get("to", "")),
        cc=header_block.people(block.get("cc", "")),
        date=block.get("date", ""),
        subject=clean.line(block.get("subject", subject)),
        body=_body(below, opening.depth),
        message=message,
        rest=rest,
        reason=f"forward: begins at line {first + 1}, {lines[first].strip(BLANK)[:60]!r}",
    )


def _is_recipient(mail: Tree, person: Address) -> bool:
    fields = mail.root.fields
    return bool(person.addr) and person.key in f"{fields.first('to')} {fields.first('cc')}".lower()


def _apart(lines: list[str], opening: Opening) -> tuple[str, str, list[str]]:
    """The covering note, everything below it, and the lines of the forwarded body. What stands below quotes is note."""
    note = lines[: opening.first]
    while note and (not note[-1].strip(openings.RULE) or mobile.is_footer(note[-1])):
        note.pop()
    top, start, end = len(note), opening.block.end, len(lines)
    if opening.depth:
        last = next((at for at in range(end - 1, start - 1, -1) if lines[at].lstrip().startswith(">")), end - 1)
        if last + 1 < end and not lines[last + 1].strip(BLANK):
            note, end = [*note, *lines[last + 1 :]], last + 1
    return "\n".join(note).strip(BLANK + "\n"), "\n".join(lines[top:end]).strip("\n"), lines[start:end]


def _body(below: list[str], depth: int) -> str:
    """The forwarded text without the quote marks, the indent and the closing line its client put there."""
    if depth:
        below = [unquote(line, depth) for line in below]
    filled = [line for line in below if line.strip(BLANK)]
    if filled and all(line.startswith(">") for line in filled):
        below = [unquote(line, 1) for line in below]
    while below and (not below[-1].strip(BLANK) or openings.closes(below[-1])):
        below.pop()
    text = "\n".join(below)
    return (_dedented(below) if text.lstrip("\n")[:1] in (" ", "\t") else text).strip(BLANK + "\n")


def _dedented(lines: list[str]) -> str:
    """Lines without the margin that all of them share; `textwrap` would make a pattern of it, however wide."""
    margin = min((len(line) - len(line.lstrip(" \t")) for line in lines if line.strip(BLANK)), default=0)
    return "\n".join(line[margin:] if line.strip(BLANK) else "" for line in lines)


def _attached(mail: Tree, text: str, manner: Manner) -> Forward | None:
    """The first mail attached to one that is a forward by its subject, or that has hardly a word beside it."""
    if manner is Manner.REPLY or mail.root.type in ("multipart/report", "multipart/digest"):
        return None
    hanging = [part for part in mail.leaves() if not part.type.startswith(("text/", "image/"))]
    parts = [part for part in hanging if part.type in ("message/rfc822", "message/global")]
    if not parts or (manner is Manner.NONE and (len(hanging) > 1 or len(text.strip()) > SHORT_NOTE)):
        return None
    data, _ = mail.body(parts[0])
    inner = tree.parse(data[:MAX_ATTACHED])
    content = body.read(inner)
    fields = inner.root.fields
    from_, _ = addresses.sender(fields.all("from"), content.codec)
    if manner is Manner.NONE and from_ is None:
        return None
    return Forward(
        from_=from_,
        to=addresses.mailboxes(fields.first("to"), content.codec),
        cc=addresses.mailboxes(fields.first("cc"), content.codec),
        date=headers.decode(fields.first("date")),
        subject=headers.decode(fields.first("subject"), content.codec),
        body=content.text,
        message=text.strip(BLANK + "\n"),
        reason=f"forward: the mail attached as part {parts[0].path}",
    )
