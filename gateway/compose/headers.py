"""The one builder of outgoing headers: what strangers wrote leaves cleaned, encoded and folded, or not at all.

The stdlib's EmailMessage is too slow here, folds ids into encoded words (T94), loses the quotes of long names (T112).
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from gateway.compose import body, words
from gateway.compose.files import File
from gateway.errors import Permanent
from gateway.mail.value import Address

Value = str | datetime | Address | Sequence[Address] | Sequence[str]

SUBJECT_CAP = 250
NAME_CAP = 78
ID_CAP = 250  # bytes
REFERENCES_CAP = 20

_ADDRESSES = frozenset({"From", "To", "Cc", "Reply-To", "Sender"})
_IDS = frozenset({"Message-ID", "In-Reply-To", "References"})
_OWN = frozenset({"From", "Date", "Message-ID"})  # a mail without these is not ready
_RESERVED = re.compile(r"(?i)content-.*|mime-version|bcc|received|return-path|delivered-to")
_NAME = re.compile(r"[A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*", re.ASCII)
_ID = re.compile(r"<[!-;=?-~]+>")

# RFC 5321 section 4.1.2 and RFC 6531 without comments, literals and escapes. Dots may stand anywhere in a local part
# (some Japanese providers gave such addresses out); `written` puts those into quotes.
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u00a1-\U0010ffff-]+"
_LABEL = r"[A-Za-z0-9\u00a1-\U0010ffff](?:[A-Za-z0-9_\u00a1-\U0010ffff-]{0,61}[A-Za-z0-9\u00a1-\U0010ffff])?"
_ADDRESS = re.compile(rf'(?P<local>{_LOCAL}|"[ !#-;=?-\[\]-~]+")@(?P<domain>{_LABEL}(?:\.{_LABEL})*)')
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def build(fields: Sequence[tuple[str, Value]], *, text: str, html: str = "", files: Sequence[File] = ()) -> bytes:
    """One mail with exactly these headers in this order and the MIME ones; an empty value leaves its header out.

    Permanent where an address or our own Message-ID cannot be written; ValueError for headers nobody may set.
    """
    lines = []
    names = []
    for name, value in fields:
        line = _line(name, value)
        if line:
            lines.append(line)
            names.append(name)
    if not _OWN.issubset(names):
        raise ValueError(f"a mail needs {', '.join(sorted(_OWN))}, got {', '.join(names)}")
    return _whole(lines, names, body.build(text, html, files))


def lighter(data: bytes, note: str) -> bytes:
    """A mail that `build` made without its files and images, `note` in their place; as it is where it has none.

    For a server that takes no mail of this size. Message-ID, Date and all else stay.
    """
    head, _, below = data.partition(b"\r\n\r\n")
    own, _, content = head.decode().rpartition("\r\nMIME-Version: 1.0\r\n")
    lighter = body.lighter(content, below, note)
    if lighter is None:
        return data
    lines = own.split("\r\n")
    return _whole(lines, [line.partition(":")[0] for line in lines if line[:1] not in " \t"], lighter)


def _whole(lines: Sequence[str], names: Sequence[str], content: body.Part) -> bytes:
    head, below = content
    data = "\r\n".join([*lines, "MIME-Version: 1.0", head]).encode() + b"\r\n\r\n" + below
    check(data, [*names, *_content_names(head)])
    return data


def check(data: bytes, names: Sequence[str]) -> None:
    """The last look (T08, T112): Permanent unless the headers are exactly `names` and every line is sound."""
    problem = faults(data)
    if not problem:
        head, _, _ = data.partition(b"\r\n\r\n")
        starts = [line.split(b":", 1)[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"]
        found = [start.decode("ascii", "replace") for start in starts]
        if found != list(names):
            problem = f"headers {', '.join(found)} where {', '.join(names)} were meant"
    if problem:
        raise Permanent(f"not sent, the composed mail is unsound: {problem}")


def faults(data: bytes) -> str:
    """Why these bytes must not be sent, or `""`: bare CR or LF, NUL, lines over 998 bytes, no header, no last CRLF."""
    ends = data.count(b"\r\n")
    if ends != data.count(b"\r") or ends != data.count(b"\n"):
        return "a bare CR or LF"
    if b"\0" in data:
        return "a NUL"
    if not data.endswith(b"\r\n") or b"\r\n\r\n" not in data:
        return "no end of the headers or of the last line"
    lines = data.split(b"\r\n")
    if max(map(len, lines)) > 998:
        return "a line over 998 bytes"
    if not all(map(bytes.strip, lines[: lines.index(b"")])):
        return "a blank line inside the headers"
    return ""


@lru_cache(maxsize=1024)
def is_address(addr: str) -> bool:
    """Whether we ever write to it: `local@domain` by the strict grammar, at most 64 and 254 bytes."""
    match = _ADDRESS.fullmatch(addr)
    if match is None or "=?" in addr:  # some readers decode encoded words even here
        return False
    if not addr.isascii() and any(char > "\x7f" and unicodedata.category(char)[0] not in "LMN" for char in addr):
        return False
    return len(match["local"].encode()) <= 64 and len(addr.encode()) <= 254


def written(addr: str) -> str:
    """The address as headers and SMTP envelopes carry it; Permanent where it is none (T113).

    In ASCII where nothing but the domain is beyond it: few servers offer SMTPUTF8, and every one takes an A-label.
    """
    local, _, domain = quoted(addr).rpartition("@")
    return f"{local}@{_a_label(domain) if local.isascii() and not domain.isascii() else domain}"


def quoted(addr: str) -> str:
    """The address itself, its local part in quotes where it needs them; Permanent where it is none."""
    if not is_address(addr):
        raise Permanent(f"not an address we write to: {addr[:100]!r}")
    local, _, domain = addr.rpartition("@")
    if ".." in local or local.startswith(".") or local.endswith("."):
        return f'"{local}"@{domain}'
    return addr


def _a_label(domain: str) -> str:
    """As DNS knows it, or as it is: Python's codec would make the `fass` of somebody else of `faß` (RFC 5894 7.2)."""
    try:
        label = domain.encode("idna")
        is_same = label.decode("idna") == unicodedata.normalize("NFC", domain).lower()
    except UnicodeError:
        return domain
    return label.decode("ascii") if is_same else domain


def ids(values: Sequence[str]) -> list[str]:
    """The usable ones of these Message-IDs, once each, in order: angle brackets, ASCII, no blanks, up to 250 bytes."""
    return [value for value in dict.fromkeys(values) if len(value) <= ID_CAP and _ID.fullmatch(value)]


def _line(name: str, value: Value) -> str:
    if not _may_be_set(name):
        raise ValueError(f"not a header to be set: {name!r}")
    if isinstance(value, datetime):
        return f"{name}: {_date(value)}"
    if name in _IDS:
        return _ids_line(name, value)
    if name in _ADDRESSES or not isinstance(value, str):
        return _address_line(name, value)
    text = words.clean(value, SUBJECT_CAP)
    return words.write(name, text) if text else ""


@lru_cache(maxsize=256)
def _may_be_set(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and _RESERVED.fullmatch(name) is None


def _ids_line(name: str, value: Value) -> str:
    asked = [value] if isinstance(value, str) else [one for one in _each(value) if isinstance(one, str)]
    known = ids(asked)
    if name == "Message-ID" and len(known) != 1:
        raise Permanent(f"not a Message-ID: {value!r}")
    if len(known) > REFERENCES_CAP:
        known = [known[0], *known[1 - REFERENCES_CAP :]]
    return f"{name}: " + "\r\n ".join(known) if known else ""


def _address_line(name: str, value: Value) -> str:
    addresses = [value] if isinstance(value, Address) else _each(value)
    written = []
    for address in addresses:
        if not isinstance(address, Address):
            raise ValueError(f"{name} takes Address values only")
        written.append(_mailbox(address.addr, address.name))
    return f"{name}: " + ",\r\n ".join(written) if written else ""


def _each(value: Value) -> Sequence[object]:
    if isinstance(value, str | datetime | Address):
        raise ValueError(f"a list was expected, not {value!r}")
    return value


@lru_cache(maxsize=1024)
def _mailbox(addr: str, name: str) -> str:
    """`name <addr>`, the name as plain atoms, quoted or encoded, so that nothing in it can act (gh-80222)."""
    addr = written(addr)
    name = words.clean(name, NAME_CAP)
    if not name:
        return addr
    if not words.is_plain(name) or len(name) > 60:
        shown = words.encode(name, room=words.LINE - len("Reply-To: "))
    elif _PHRASE.fullmatch(name):
        shown = name
    else:
        shown = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    fits = len(shown) + len(addr) + len("Reply-To:  <>") <= words.LINE
    return f"{shown} <{addr}>" if fits else f"{shown}\r\n <{addr}>"


@lru_cache(maxsize=64)
def _date(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S} +0000"


def _content_names(content: str) -> list[str]:
    names = ["MIME-Version", "Content-Type"]
    return [*names, "Content-Transfer-Encoding"] if "\r\n" in content else names
