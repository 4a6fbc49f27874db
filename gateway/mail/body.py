"""Which parts are the text of a mail (after RFC 8621 4.1.4), decoded; every other leaf is an attachment (T60, T61)."""

from dataclasses import dataclass, field

from gateway.mail import attachments, charset, clean, html
from gateway.mail.tree import Part, Tree
from gateway.mail.value import Attachment

MAX_TEXT = 2_000_000  # characters in all; a part that goes beyond is cut and attached whole

_NOT_BODY = frozenset("text/calendar text/csv text/vcard text/x-vcard text/directory text/rfc822-headers".split())


@dataclass(slots=True)
class Body:
    """The main text, the HTML as sent, what is attached, and what went wrong on the way.

    `codec` is what the first text was in: the best guess for 8-bit bytes in the header.
    """

    text: str = ""
    html: str = ""
    codec: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


def read(mail: Tree) -> Body:
    """Text and attachments of a mail."""
    body = Body()
    hanging: list[Part] = []
    texts: list[str] = []
    pages: list[str] = []
    room = MAX_TEXT
    for section in _sections(mail.root):
        plain: list[str] = []
        rich: list[str] = []
        for part in section:
            if not _is_text(part, first=not (texts or plain or rich)):
                hanging.append(part)
                continue
            text = _decode(mail, part, body)
            if len(text) > room:
                body.defects.append("text_cut")
                hanging.append(part)
            (rich if part.type == "text/html" else plain).append(clean.text(text[:room]))
            room -= min(room, len(text))
        pages += rich
        shown = "\n".join(plain)
        if not shown.strip() and rich:
            shown = "\n".join(clean.text(html.to_text(page)) for page in rich)
        if shown.strip():
            texts.append(shown)
    body.text = "\n".join(texts)
    body.html = "\n".join(pages)
    for part in hanging:
        attachment, lost = attachments.attachment_of(mail, part, body.html)
        body.attachments.append(attachment)
        if lost:
            body.defects.append("lossy_decode")
    return body


def _sections(root: Part) -> list[list[Part]]:
    """The leaves in order, those below one multipart/alternative together: they say the same thing."""
    sections: list[list[Part]] = []
    waiting: list[tuple[Part, list[Part] | None]] = [(root, None)]
    while waiting:
        part, section = waiting.pop()
        if part.children:
            if part.type == "multipart/alternative" and section is None:
                section = []
                sections.append(section)
            waiting.extend((child, section) for child in reversed(part.children))
        elif section is None:
            sections.append([part])
        else:
            section.append(part)
    return sections


def _is_text(part: Part, *, first: bool) -> bool:
    if not part.type.startswith("text/") or part.type in _NOT_BODY:
        return False
    if part.type not in ("text/plain", "text/html") and part.within not in ("", "multipart/alternative"):
        return False
    disposition, name = attachments.disposition_of(part)
    if disposition == "attachment":
        return False
    return first or not (name or part.params.get("name"))


def _decode(mail: Tree, part: Part, body: Body) -> str:
    data, lost = mail.body(part)
    declared = part.params.get("charset", "")
    if not declared and part.type == "text/html" and not data.isascii():
        declared = charset.named_in_html(data)
    text, codec, note = charset.decode(data, declared)
    body.codec = body.codec or codec
    if note:
        body.defects.append(note)
    if lost:
        body.defects.append("lossy_decode")
    return text
