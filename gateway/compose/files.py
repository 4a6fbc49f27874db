"""Files on a letter: their parts of the MIME tree, with names that every client reads and no name can break."""

import base64
import re
from dataclasses import dataclass
from urllib.parse import quote

from gateway.compose import words

NAME_CAP = 120  # characters
_NAME_BYTES = 240  # in UTF-8; file systems take 255
_READ = 1_000  # characters looked at; behind them only the ending matters
_ENDING = 10
_PIECE = 54  # characters of one piece of a long name (RFC 2231 section 3)
_LINE = 998  # RFC 5322 section 2.1.1

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")
_UNSAFE = re.compile(r'[\\/"<>:|?*]')
_CID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,120}@[A-Za-z0-9.-]{1,120}")
_UNKNOWN = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What hangs on a letter. `cid`: the HTML shows it, as `cid:...`; `""`: it is a file to save."""

    name: str
    type: str
    content: bytes
    cid: str = ""


def part(file: File) -> tuple[str, bytes]:
    """The header lines of its part (without the last CRLF) and what stands below them."""
    kind, encoding, data = _carried(file)
    name = safe_name(file.name)
    lines = [
        f"Content-Type: {kind};\r\n {_type_name(name)}",
        f"Content-Transfer-Encoding: {encoding}",
        f"Content-Disposition: {'inline' if file.cid else 'attachment'};\r\n {_file_name(name)}",
    ]
    if file.cid:
        lines.append(f"Content-ID: <{file.cid}>")
    return "\r\n".join(lines), data


def is_cid(text: str) -> bool:
    """Whether it may stand in a Content-ID and in a link to it."""
    return _CID.fullmatch(text) is not None


def safe_name(name: str) -> str:
    """One that no file system takes for a path, at most 120 characters, its ending kept; `attachment` for none."""
    if len(name) > _READ:
        name = name[: NAME_CAP * 2] + name[-_ENDING * 2 :]
    name = " ".join(_UNSAFE.sub("_", words.clean(name)).split()).strip(". ") or "attachment"
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > _ENDING:
        stem, dot, ending = name, "", ""
    while len(stem) + len(dot + ending) > NAME_CAP or len(f"{stem}{dot}{ending}".encode()) > _NAME_BYTES:
        stem = stem[:-1]
    return f"{stem.rstrip()}{dot}{ending}"


def _carried(file: File) -> tuple[str, str, bytes]:
    """Type, encoding and bytes as they travel. A whole mail may not be encoded (RFC 2046 section 5.2.1)."""
    kind = file.type.lower()
    if not _TYPE.fullmatch(kind) or kind.startswith("multipart/"):
        kind = _UNKNOWN
    if kind.startswith("message/"):
        if _is_plain(file.content):
            return kind, "7bit", file.content
        kind = _UNKNOWN
    coded = base64.b64encode(file.content)
    lines = [coded[start : start + 76] for start in range(0, len(coded), 76)]
    return kind, "base64", b"\r\n".join(lines) + b"\r\n"


def _is_plain(data: bytes) -> bool:
    ends = data.count(b"\r\n")
    sound = data.isascii() and b"\0" not in data and ends == data.count(b"\r") == data.count(b"\n")
    return sound and data.endswith(b"\r\n") and max(map(len, data.split(b"\r\n"))) <= _LINE


def _type_name(name: str) -> str:
    """`name=`, which old clients read; they decode encoded words in it, though no standard says so."""
    return f'name="{name if words.is_plain(name) else words.encode(name, room=words.LINE - 7)}"'


def _file_name(name: str) -> str:
    """`filename=`, by RFC 2231 where it is more than plain ASCII."""
    if words.is_plain(name):
        return f'filename="{name}"'
    coded = quote(name, safe="")
    if len(coded) <= _PIECE:
        return f"filename*=utf-8''{coded}"
    pieces = re.findall(rf".{{1,{_PIECE - 2}}}(?:(?<=%)..|(?<=%.).)?", coded)
    start = "utf-8''"
    return ";\r\n ".join(f"filename*{at}*={start if at == 0 else ''}{piece}" for at, piece in enumerate(pieces))
