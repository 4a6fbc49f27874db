"""Which parts are the text of a mail (after RFC 8621 4.1.4), decoded; every other leaf is an attachment (T60, T61)."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.mail import clean, html
from gateway.mail.attached import attachments
from gateway.mail.html import NOT_BOXED, Boxed
from gateway.mail.text import charset, flowed, plain, uu
from gateway.mail.tree import Part, Tree
from gateway.mail.value import Attachment

MAX_TEXT = 2_000_000  # characters in all; a part that goes beyond is cut and attached whole
MAX_BYTES = 8_000_000  # of a part that are read as text

_ENRICHED = frozenset(("text/enriched", "text/richtext"))
_BASIC = frozenset(("text/plain", "text/html"))
_SHOWN = _BASIC | _ENRICHED | {"text/markdown", "text/x-markdown"}
_NOT_BODY = frozenset(
    "text/calendar text/csv text/tab-separated-values text/vcard text/x-vcard text/directory text/rfc822-headers "
    "text/rtf text/css text/javascript text/x-amp-html text/watch-html".split()
)


@dataclass(slots=True)
class Body:
    """The main text, the HTML as sent, what is attached, and what went wrong on the way.

    `codec` is what the first text was in: the best guess for 8-bit bytes in the header.
    """

    text: str = ""
    main: str = ""  # the first of several texts that stand side by side; "" where the text is one
    html: str = ""
    forms: tuple[str, ...] = ()  # paths of the parts in which the text begins, the one shown first
    codec: str = ""
    boxed: Boxed = NOT_BOXED  # lines of `text` in containers of the HTML they come from
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    trail: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Piece:
    """One text part, decoded and clean; `is_page`: HTML, whatever it was declared."""

    part: Part
    text: str
    is_page: bool


@dataclass(slots=True)
class _Shown:
    """The main text as it grows."""

    texts: list[str] = field(default_factory=list)
    main: int | None = None  # how many of them are the main text, where others stand beside it
    pages: list[str] = field(default_factory=list)
    boxed: Boxed = NOT_BOXED
    lines: int = 0
    room: int = MAX_TEXT

    def add(self, text: str, boxed: Boxed) -> None:
        self.texts.append(text)
        self.boxed = self.boxed.below(boxed, self.lines)
        self.lines += text.count("\n") + 1


def read(mail: Tree) -> Body:
    """Text and attachments of a mail."""
    body, shown = Body(), _Shown()
    hanging: list[Part] = []
    is_beside = False
    for section in _sections(mail.root):
        pieces: list[_Piece] = []
        above = len(shown.texts)
        for part in section:
            rivals = section if len(section) > 1 or part.type in _SHOWN else mail.leaves()
            if not _is_text(part, rivals, first=not (shown.texts or pieces)):
                hanging.append(part)
                continue
            piece, is_whole = _read(mail, part, body, shown.room)
            shown.room -= min(shown.room, len(piece.text))
            pieces.append(piece)
            if not is_whole or attachments.disposition_of(part)[1]:  # shown, and a file all the same: it has a name
                hanging.append(part)
        _show(pieces, shown, body)
        is_shown = len(shown.texts) > above
        if is_shown and is_beside and shown.main is None:
            shown.main = above
        is_beside = is_shown
    body.text = "\n".join(shown.texts)
    body.main = "\n".join(shown.texts[: shown.main or 0])
    body.boxed = shown.boxed
    body.html = "\n".join(shown.pages)
    hung = attachments.hang(mail, hanging, body.html, body.codec)
    body.attachments += hung.attachments
    body.defects += hung.defects
    if not body.text.strip():
        _instead(mail, hung, body)
    if not body.text.strip() and len(hanging) == 1 and mail.root is hanging[0] and mail.root.type in _SHOWN:
        body.text = _read(mail, mail.root, Body(), MAX_TEXT)[0].text  # called an attachment, and all there is
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


def _is_text(part: Part, rivals: Iterable[Part], *, first: bool) -> bool:
    """True for a part that is shown: inline, and no file unless it is all there is.

    A form of text that is neither plain nor HTML is shown where no rival says the same in a better one.
    """
    if not part.type.startswith("text/") or part.type in _NOT_BODY:
        return False
    if part.type not in _BASIC and any(other.type in _SHOWN for other in rivals if other is not part):
        return False
    disposition, name = attachments.disposition_of(part)
    if disposition == "attachment":
        return False
    return first or not (name or part.params.get("name"))


def _read(mail: Tree, part: Part, body: Body, room: int) -> tuple[_Piece, bool]:
    """A part as text, and False where some of its bytes are not in there: then it is attached as well."""
    data, lost = mail.body(part)
    is_long = len(data) > MAX_BYTES
    data = data[:MAX_BYTES]
    files: list[uu.File] = []
    if part.type != "text/html" and uu.hinted(data):
        data, files = uu.split(data)
        lost = lost or any(file.damaged for file in files)
    declared = part.params.get("charset", "")
    of_page = charset.named_in_html(data) if part.type == "text/html" and not data.isascii() else ""
    text, codec, note = charset.decode(data, declared or of_page, of_page)
    body.codec = body.codec or codec
    for number, file in enumerate(files, 1):
        name = charset.decode(file.name, codec).text
        body.attachments.append(attachments.inside(part, f"uu{number}", name, file.data))
    is_cut = is_long or len(text) > room
    text, how = _laid_out(part, clean.text(text[:room]))
    is_page = part.type == "text/html" or plain.is_page(text)
    # What was lost before the charset is in no part: the mail itself is attached then.
    damage = (note, "lossy_decode" if lost else "", "degraded:transfer" if lost else "", "text_cut" if is_cut else "")
    body.defects += filter(None, damage)
    body.trail.append(
        f"text: part {part.path} {part.type}, {clean.line(declared)[:40] or 'no charset'} read as {codec or 'us-ascii'}"
        + how
        + (f", {len(files)} files taken out" if files else "")
        + (", a page of HTML" if is_page and part.type != "text/html" else "")
    )
    return _Piece(part, text, is_page), not (is_cut or note == "lossy_decode")


def _laid_out(part: Part, text: str) -> tuple[str, str]:
    """A text as its type and format say it is to be read, and a word on it for the trail."""
    if part.type in _ENRICHED:
        return plain.enriched(text), ""
    params = part.params
    if part.type == "text/plain" and "flowed" in params.get("format", params.get("charset", "")).lower():
        return flowed.unflow(text, delsp=params.get("delsp", "").lower() == "yes"), ", flowed"
    return text, ""


def _show(pieces: list[_Piece], shown: _Shown, body: Body) -> None:
    """Of the forms of one text: the plain one where it says something, else the page."""
    pages = [piece.text for piece in pieces if piece.is_page and piece.part.type == "text/html"]
    pages = pages or [piece.text for piece in pieces if piece.is_page]
    shown.pages += pages
    text = "\n".join(piece.text for piece in pieces if not piece.is_page)
    says_nothing = plain.says_nothing(text)
    boxed, is_rendered = Boxed(), False
    if pages and (says_nothing or plain.may_be_excuse(text)):
        rendered, lines = _rendered(pages, body)
        if says_nothing or plain.is_excuse(text, rendered):
            text, boxed, is_rendered = rendered, lines, True
            body.trail.append("text: from the HTML, the plain text says nothing")
    if not text.strip():
        return
    above = shown.texts[-1] if shown.texts else ""
    if above and len(pieces) == 1 and shown.pages and plain.say_the_same(above, text):
        body.trail.append(f"text: part {pieces[0].part.path} left out, it says the same as the one above")
        return
    if not shown.texts:
        body.forms = _forms(pieces, is_rendered=is_rendered)
    shown.add(text, boxed)


def _forms(pieces: list[_Piece], *, is_rendered: bool) -> tuple[str, ...]:
    """The path of the first part of each form of a text, the one that is shown first."""
    plain_ones = [piece.part.path for piece in pieces if not (piece.is_page or is_rendered)]
    return (*plain_ones[:1], *[piece.part.path for piece in pieces if piece.is_page][:1])


def _rendered(pages: list[str], body: Body) -> tuple[str, Boxed]:
    """The text of some pages and which of its lines lie in containers."""
    lines: list[str] = []
    boxed = Boxed()
    for page in pages:
        read = html.to_text(page)
        boxed = boxed.below(read.boxed, len(lines))
        lines += read.text.split("\n")
        body.defects += read.defects
    return "\n".join(lines), boxed


def _instead(mail: Tree, hung: attachments.Hanging, body: Body) -> None:
    """The text of a mail whose parts have none: what lies in a TNEF, else what stands around the parts."""
    if hung.text or hung.html:
        body.text = clean.text(hung.text[:MAX_TEXT])
        body.html = body.html or clean.text(hung.html[:MAX_TEXT])
        if not body.text.strip():
            body.text, body.boxed = _rendered([body.html], body)
        return
    text = clean.text(charset.decode(_around(mail), "").text[:MAX_TEXT])
    if not plain.says_nothing(text) and "MIME" not in text:
        body.text = text.strip()
        body.trail.append("text: what stands before and behind the parts")


def _around(mail: Tree) -> bytes:
    """What stands before the first and behind the last boundary of a multipart."""
    root = mail.root
    if not root.children:
        return b""
    mark = b"--" + root.params.get("boundary", "").encode("utf-8", "surrogateescape")
    first = mail.raw.find(mark, root.start, root.end)
    last = mail.raw.rfind(mark + b"--", root.start, root.end)
    behind = mail.raw[last + len(mark) + 2 : root.end] if last >= 0 else b""
    return mail.raw[root.start : max(first, root.start)].strip() + b"\n" + behind.strip()
