"""What hangs on a mail: safe names (T62), types by content, digests, and the way from a part's path to its bytes."""

import hashlib
import re

from gateway.mail import clean, params, signatures, tree
from gateway.mail.tree import Part, Tree
from gateway.mail.value import Attachment

WHOLE = "0"  # the path of the whole mail
MAX_NAME = 120

_PATH = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"|?*\ufffd]')
_DOTS = re.compile(r"\.{2,}")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d|clock\$)(?:\.|\Z)", re.I)
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}\Z")


def attachment_of(mail: Tree, part: Part, html: str) -> tuple[Attachment, bool]:
    """One leaf as an attachment, and True where some of its bytes could not be decoded."""
    data, lost = mail.body(part)
    disposition, named = disposition_of(part)
    kind = signatures.type_of(data, part.type)
    name = safe_name(named or part.params.get("name", ""))
    inline = disposition == "inline" or (disposition != "attachment" and _is_shown(part, html))
    return (
        Attachment(
            name=name or f"attachment-{part.path}{signatures.EXTENSIONS.get(kind, '.bin')}",
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            type=kind,
            inline=inline,
            part=part.path,
        ),
        lost,
    )


def whole(raw: bytes) -> Attachment:
    """The mail itself as an attachment: what a degraded reading leaves out is in there."""
    return Attachment(
        name="message.eml",
        size=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
        type="message/rfc822",
        inline=False,
        part=WHOLE,
    )


def bytes_of(raw: bytes, part: str) -> bytes:
    """The decoded bytes of the attachment at a path that `read` named; KeyError where this mail has no such part."""
    if part == WHOLE:
        return raw
    mail = tree.parse(raw)
    for leaf in mail.leaves():
        if leaf.path == part:
            return mail.body(leaf)[0]
    raise KeyError(part)


def disposition_of(part: Part) -> tuple[str, str]:
    """`attachment`, `inline` or whatever else stands there, and the file name it gives."""
    raw = part.fields.first("content-disposition")
    if not raw:
        return "", ""
    value, parameters = params.parse(raw)
    return value, parameters.get("filename", "")


def safe_name(name: str) -> str:
    """A bare file name without path, control or bidi character, leading dot or device, at most 120 long; or `""`."""
    name = clean.line(name)
    name = _PATH.split(name.rstrip("/\\"))[-1]
    name = _DOTS.sub(".", _FORBIDDEN.sub("_", name)).strip(". ")
    if _DEVICE.match(name):
        name = f"_{name}"
    if len(name) > MAX_NAME:
        ending = _EXTENSION.search(name)
        tail = ending.group() if ending else ""
        name = name[: MAX_NAME - len(tail)] + tail
    return name


def _is_shown(part: Part, html: str) -> bool:
    """True for an image that the HTML shows by its Content-ID."""
    content_id = part.fields.first("content-id").strip("<> ")
    return bool(content_id) and f"cid:{content_id}" in html
