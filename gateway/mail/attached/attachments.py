"""What hangs on a mail: safe names (T62), types by content, digests, and the way from a part's path to its bytes.

A path may lead into a part: `"2!1"` is the first file inside the TNEF at `"2"`, `"1!2.1"` the part `2.1` of what the
opaque S/MIME signature at `"1"` covers, `"1!uu2"` the second uuencoded block in the text at `"1"`.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from typing import TypeVar
from urllib.parse import unquote

from gateway.mail import clean, scan, tree
from gateway.mail.attached import cms, signatures, tnef
from gateway.mail.header import headers, params
from gateway.mail.text import uu
from gateway.mail.tree import Part, Tree
from gateway.mail.value import Attachment

WHOLE = "0"  # the path of the whole mail
INSIDE = "!"  # between the path of a part and the path of what is in it
MAX_NAME = 120  # characters
MAX_NAME_BYTES = 240  # in UTF-8: file systems take 255
MAX_READ = 2_000  # characters that a name may have at first, path and all
MAX_ID = 400  # characters of a Content-ID
MAX_TNEF = 3  # of them are opened; nobody sends two
MAX_LOGO = 64 * 1024  # bytes of an image that is listed once, however often it is shown

_PATH = re.compile(r"[/\\]")
_FORBIDDEN = re.compile(r'[<>:"|?*\ufffd]')
_UNSEEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2064\u2800\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
_BLANKS = re.compile(r"\s+")
_DOTS = re.compile(r"\.{2,}")
# To Windows a device whatever its ending; `-` and `~` mean something to a shell.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[\d¹²³]|clock\$|con(?:in|out)\$)\s?(?:\.|\Z)|[-~]", re.I)
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}\Z")
_SHOWN = re.compile(r"""(?:\bcid:|\b(?:src|background)\s{0,9}=\s{0,9}["']?)((?:cid:)?<?[^"'\s<>)]{1,400})""", re.I)
_HOST = re.compile(r"[a-z]{2,8}://[^/]*", re.I)
_UU = re.compile(r"uu(\d{1,4})\Z")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}\Z")
_File = TypeVar("_File")
_MESSAGES = ("message/rfc822", "message/global")


@dataclass(slots=True)
class Hanging:
    """What hangs on a mail, what is wrong with it, and the text of a TNEF, which is the only one of some mails."""

    attachments: list[Attachment] = field(default_factory=list)
    text: str = ""
    html: str = ""
    defects: list[str] = field(default_factory=list)


def hang(mail: Tree, parts: Sequence[Part], html: str, codec: str = "") -> Hanging:
    """The leaves that are no text as attachments, those that `html` shows inline; a TNEF as the files in it.

    `codec`: what the text was in, the best guess for 8-bit bytes in a name.
    """
    hung = Hanging()
    shown = _references(html) if any(map(_labels, parts)) else frozenset()
    tnefs = 0
    pictures: set[str] = set()  # the logo that every quoted signature shows again is listed once
    for part in parts:
        data, lost = mail.body(part)
        if lost:
            hung.defects.append("lossy_decode")
        kind = signatures.type_of(data, part.type)
        tnefs += (is_tnef := tnef.TYPE in (kind, part.type))
        if tnefs > MAX_TNEF:
            hung.defects.append("degraded:parts")
        files = _unpack(part, data, shown, hung) if is_tnef and tnefs <= MAX_TNEF else []
        hung.attachments += files or [_attachment(part, data, kind, codec)]
        if _is_pictured(part, kind, shown):
            one = hung.attachments.pop()
            if one.sha256 not in pictures:
                hung.attachments.append(replace(one, inline=True))
            if one.size <= MAX_LOGO:
                pictures.add(one.sha256)
    return hung


def inside(
    part: Part,
    path: str,
    name: str,
    data: bytes,
    declared: str = "",
    *,
    inline: bool = False,
    content_id: str = "",
) -> Attachment:
    """A file inside a part: in a TNEF (`path` is `"1"`, `"2"`, ...) or in its text (`"uu1"`, `"uu2"`, ...)."""
    declared = params.media_type(declared)
    kind = signatures.type_of(data, declared or "application/octet-stream")
    ending = signatures.EXTENSIONS.get(kind, ".bin")
    return Attachment(
        name=safe_name(name) or f"attachment-{part.path}-{path}{ending}",
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        type=kind,
        inline=inline,
        part=f"{part.path}{INSIDE}{path}",
        declared=declared if declared != kind else "",
        content_id=bare_label(content_id),
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
    outer, _, inner = part.partition(INSIDE)
    mail = tree.parse(raw)
    for leaf in mail.leaves():
        if leaf.path == outer:
            data = mail.body(leaf)[0]
            return _inside(data, inner) if inner else data
    raise KeyError(part)


def _inside(data: bytes, path: str) -> bytes:
    """What lies at a path inside a part that is itself a container."""
    if (block := _UU.match(path)) is not None:
        return _at(block[1], uu.split(data)[1]).data
    if signatures.type_of(data, "") == tnef.TYPE:
        return _at(path, tnef.unpack(data).files).data
    signed = cms.signed_content(data)
    if signed is None:
        raise KeyError(path)
    return bytes_of(signed, path)


def _at(number: str, files: Sequence[_File]) -> _File:
    """The file of a number that counts from 1."""
    if not _NUMBER.match(number) or int(number) > len(files):
        raise KeyError(number)
    return files[int(number) - 1]


def disposition_of(part: Part, codec: str = "") -> tuple[str, str]:
    """`attachment`, `inline` or whatever else stands there, and the file name it gives."""
    raw = part.fields.first("content-disposition")
    if not raw:
        return "", ""
    value, parameters = params.parse(raw, codec)
    if "=" in value:  # the parameters alone
        value, parameters = params.parse(f";{raw}", codec)
    return value, parameters.get("filename", "") or parameters.get("name", "")


def safe_name(name: str) -> str:
    """A bare file name without path, control or bidi character, leading dot or device, at most 120 long; or `""`."""
    name = _BLANKS.sub(" ", clean.line(_UNSEEN.sub("", name[:MAX_READ])))
    name = _PATH.split(name.rstrip("/\\"))[-1]
    name = _DOTS.sub(".", _FORBIDDEN.sub("_", name)).strip(". ")
    if _DEVICE.match(name):
        name = f"_{name}"
    if len(name) <= MAX_NAME and len(name.encode()) <= MAX_NAME_BYTES:
        return name
    ending = _EXTENSION.search(name)
    tail = ending.group() if ending else ""
    stem = name.removesuffix(tail)[: MAX_NAME - len(tail)]
    stem = stem.encode()[: MAX_NAME_BYTES - len(tail)].decode("utf-8", "ignore")
    return stem.rstrip(". ") + tail


def _attachment(part: Part, data: bytes, kind: str, codec: str) -> Attachment:
    disposition, name = disposition_of(part, codec)
    if not name and not part.fields.plain:
        name = params.parse(part.fields.first("content-type"), codec)[1].get("name", "")
    return Attachment(
        name=_name(part, name, data, kind),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        type=kind,
        inline=disposition == "inline" and kind.startswith(("image/", "text/")),
        part=part.path,
        declared=part.type if part.type != kind else "",
        content_id=bare_label(part.fields.first("content-id")),
    )


def _name(part: Part, given: str, data: bytes, kind: str) -> str:
    """The name its sender gave, else one made of what the part says of itself, else of its place: always the same."""
    for name in (given, part.params.get("name", ""), part.params.get("filename", "")):
        if name := safe_name(name):
            return name
    ending = signatures.EXTENSIONS.get(kind, ".bin")
    subject = _subject(data) if kind in _MESSAGES else ""
    title = subject or headers.decode(part.fields.first("content-description"))
    if name := safe_name(_PATH.sub("_", title[:MAX_READ])):
        has_ending = not subject and _EXTENSION.search(name)
        return name if has_ending else safe_name(name + ending)
    location = _HOST.sub("", unquote(part.fields.first("content-location")), count=1)
    name = safe_name(location.partition("?")[0])
    return name if _EXTENSION.search(name) else f"attachment-{part.path}{ending}"


def _subject(data: bytes) -> str:
    """The subject of an attached mail."""
    block = scan.block(data, 0, len(data))
    fields, _ = headers.split(data[block.start : block.end])
    return headers.decode(fields.first("subject"))


def _unpack(part: Part, data: bytes, shown: frozenset[str], hung: Hanging) -> list[Attachment]:
    """The files in a TNEF; none where it holds no file or is damaged, and then it stays as it is."""
    try:
        unpacked = tnef.unpack(data)
    except tnef.Damaged:
        hung.defects.append("tnef_damaged")
        return []
    if len(hung.attachments) + len(unpacked.files) > scan.MAX_PARTS:
        hung.defects.append("degraded:parts")
        return []
    hung.text = hung.text or unpacked.text
    hung.html = hung.html or unpacked.html
    if unpacked.html:
        shown |= _references(unpacked.html)
    return [
        inside(
            part,
            str(at),
            file.name,
            file.data,
            file.type,
            inline=bare_label(file.content_id) in shown,
            content_id=file.content_id,
        )
        for at, file in enumerate(unpacked.files, 1)
    ]


def _is_pictured(part: Part, kind: str, shown: frozenset[str]) -> bool:
    """True for an image that the HTML shows, whatever its disposition says."""
    return kind.startswith("image/") and any(label in shown for label in _labels(part))


def _labels(part: Part) -> list[str]:
    """By what the HTML of a mail may show this part: its Content-ID, its Content-Location (RFC 2557)."""
    values = (part.fields.first("content-id"), part.fields.first("content-location"))
    return [label for value in values if value and (label := bare_label(value))]


def _references(html: str) -> frozenset[str]:
    """What a page shows: the ids of its `cid:` URLs and the sources of its images, as `bare_label` writes them."""
    return frozenset(bare_label(unescape(found)) for found in _SHOWN.findall(html))


def bare_label(label: str) -> str:
    """An id or URL without what clients write one way here and another way there."""
    label = clean.line(unquote(label[:MAX_ID]).casefold()).strip("<> \t")
    return label.removeprefix("cid:").strip("<> ")
