"""The MIME tree of a mail as byte ranges: no copy, no recursion, at most 50 deep and 1,000 parts (T53, T54).

Paths are those of IMAP: a mail of one part is `"1"`, parts of a multipart `"1"`, `"2"`, their parts `"2.1"`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.mail import scan
from gateway.mail.header import headers, params
from gateway.mail.header.headers import Fields
from gateway.mail.text import transfer

_BOUNDARY_END = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
_SOME_BOUNDARY = re.compile(rb"^--(-*[^\s-][^\r\n]{0,198})", re.M)
_GUESS_WITHIN = 64 * 1024
_GUESSES = 5
_MIME_FIELD = re.compile(rb"content-[a-z-]{1,30}[ \t]{0,9}:", re.I)


@dataclass(slots=True)
class Part:
    """One part: its fields, its type in lower case, and its body as `[start, end)` of the tree's bytes."""

    path: str
    fields: Fields
    type: str
    params: dict[str, str]
    start: int
    end: int
    within: str = ""  # type of the multipart around it
    depth: int = 0
    children: list["Part"] = field(default_factory=list)

    @property
    def encoding(self) -> str:
        value = self.fields.first("content-transfer-encoding")
        return value.partition(";")[0].partition("(")[0].strip().strip('"').lower() if value else ""


@dataclass(slots=True)
class Tree:
    """A mail taken apart. Offsets count in `raw`; `defects` are the limits it broke and what is damaged."""

    raw: bytes
    root: Part
    defects: list[str]

    def leaves(self) -> Iterator[Part]:
        """Parts that are no multiparts, in order. A `message/rfc822` is a leaf: what is attached is not this mail."""
        waiting = [self.root]
        while waiting:
            part = waiting.pop()
            if part.children:
                waiting.extend(reversed(part.children))
            else:
                yield part

    def body(self, part: Part) -> tuple[bytes, bool]:
        """The part's bytes without their transfer encoding, and True where some were lost."""
        return transfer.decode(self.raw[part.start : part.end], part.encoding)


def parse(raw: bytes) -> Tree:
    """Take a mail apart. Every input is a mail; what is damaged or too much is named in `defects`."""
    mended = scan.line_ends(raw)
    top = scan.beginning(mended)
    is_mended, raw = top > 0 or len(mended) != len(raw), mended
    defects: list[str] = []
    root = _part(raw, top, len(raw), "", defects, is_root=True)
    if is_mended:
        defects.append("bad_header_start")
        root.fields.sound = 0
    waiting: list[tuple[Part, frozenset[str]]] = [(root, frozenset())]
    count = 1
    while waiting:
        part, around = waiting.pop()
        if not part.type.startswith("multipart/"):
            continue
        if part.depth >= scan.MAX_DEPTH:
            defects.append("degraded:depth")
            continue
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for number, (start, end) in enumerate(_regions(raw, part, defects), 1):
            if count >= scan.MAX_PARTS:
                defects.append("degraded:parts")
                return Tree(raw, root, defects)
            count += 1
            child = _part(raw, start, end, f"{part.path}.{number}" if part.path else str(number), defects, default)
            child.within, child.depth = part.type, part.depth + 1
            part.children.append(child)
        if _is_ambiguous(part, around):
            defects.append("ambiguous:boundary")
        if boundary := part.params.get("boundary"):
            around |= {boundary, boundary + "--"}
        waiting.extend((child, around) for child in reversed(part.children))
        if not part.children:
            part.type = "text/plain" if part is root else "application/octet-stream"
    if not root.children:
        root.path = "1"
    return Tree(raw, root, defects)


def _part(
    raw: bytes,
    start: int,
    end: int,
    path: str,
    defects: list[str],
    default: str = "text/plain",
    *,
    is_root: bool = False,
) -> Part:
    block = scan.block(raw, start, end)
    defects.extend(block.bombs)
    fields, body_inside = headers.split(raw[block.start : block.end], is_root=is_root)
    if is_root:
        defects.extend(fields.defects)
        fields.beyond |= {"from", "message-id"} if block.bombs else set()
    declared = fields.first("content-type")
    value, parameters = params.parse(declared) if declared else ("", {})
    kind = params.media_type(value) or ("text/plain" if declared else default)
    return Part(
        path=path,
        fields=fields,
        type=kind,
        params=parameters,
        start=block.body if body_inside is None else block.start + body_inside,
        end=end,
    )


def _is_ambiguous(part: Part, around: frozenset[str]) -> bool:
    """True where another reader may see other parts: the boundary is also that of a part around, or oddly declared."""
    boundary = part.params.get("boundary", "")
    if boundary in around or boundary.removesuffix("--") in around:
        return True
    declared = part.fields.all("content-type")
    return bool(part.children) and (
        part.fields.is_doubtful("content-type")
        or "missing_blank_line" in part.fields.defects
        or len(set(declared)) != 1
        or not params.is_clear(declared[0])
    )


def _regions(raw: bytes, part: Part, defects: list[str]) -> list[tuple[int, int]]:
    """Where the parts of a multipart lie. The line end before a boundary belongs to the boundary (RFC 2046 5.1.1)."""
    boundary = part.params.get("boundary", "").rstrip()
    found = _between(raw, part, boundary.encode("utf-8", "surrogateescape")) if boundary else None
    if found is None:
        defects.append("no_boundary")
        found = _guessed(raw, part)
        defects.extend(["ambiguous:boundary"] if found else [])
    if found is None:
        return []
    regions, closed = found
    if not closed:
        defects.append("no_end_boundary")
    return regions


def _guessed(raw: bytes, part: Part) -> tuple[list[tuple[int, int]], bool] | None:
    """The ranges by a line that looks like a boundary: it comes back, or fields of a part stand below it."""
    tried: list[bytes] = []
    for line in _SOME_BOUNDARY.finditer(raw, part.start, min(part.end, part.start + _GUESS_WITHIN)):
        boundary = line.group(1).rstrip().removesuffix(b"--")
        if boundary in tried:
            continue
        found = _between(raw, part, boundary)
        if found and (len(found[0]) > 1 or found[1] or _MIME_FIELD.match(raw, found[0][0][0])):
            part.params["boundary"] = boundary.decode("ascii", "surrogateescape")
            return found
        tried.append(boundary)
        if len(tried) >= _GUESSES:
            break
    return None


def _between(raw: bytes, part: Part, boundary: bytes) -> tuple[list[tuple[int, int]], bool] | None:
    """The ranges between the lines of one boundary, and whether the last line closed; None where there is none."""
    mark = b"--" + boundary
    regions: list[tuple[int, int]] = []
    open_at: int | None = None
    at = raw.find(mark, part.start, part.end)
    while at >= 0:
        ending = _BOUNDARY_END.match(raw, at + len(mark), part.end)
        if ending and (at == part.start or raw[at - 1] == 10):
            if open_at is not None:
                regions.append((open_at, max(open_at, _before_line_end(raw, at))))
            if ending.group(1):
                return regions, True
            if len(regions) > scan.MAX_PARTS:
                return regions, True
            open_at = ending.end()
        at = raw.find(mark, at + len(mark), part.end)
    if open_at is None:
        return (regions, True) if regions else None
    regions.append((open_at, part.end))
    return regions, False


def _before_line_end(raw: bytes, at: int) -> int:
    return at - 2 if raw[at - 2 : at] == b"\r\n" else at - 1
