"""Header fields: a block of bytes to raw fields, however damaged it is, and a raw value to readable text.

Raw values are unfolded `str` with 8-bit bytes as surrogates (ASCII, surrogateescape). Addresses and ids are read from
these, so that nothing encoded can pretend to be structure.
"""

import re
from dataclasses import dataclass, field
from itertools import takewhile

from gateway.mail import clean
from gateway.mail.header import words
from gateway.mail.scan import MAX_FIELDS

_FOLD = re.compile(r"\n[ \t]+(?:\n[ \t]+)*")
# Narrower than RFC 5322 3.6.8: `boundary="a:b"` and `<http://x>` at the start of a line are no fields.
_NAME = re.compile(r"[!#-'*+.\-/0-9A-Z^_`a-z|~]+[ \t]*\Z")
_SOUND = re.compile(r"^([!#-'*+.\-/0-9A-Z^_`a-z|~]+):[ \t]*([^\n]*)", re.M)
_FIELD_AFTER_CR = re.compile(rb"\r(?!\n)(?=[A-Za-z][A-Za-z0-9-]{0,60}[ \t]{0,9}:)")
# What to some readers is the blank line below the header.
_BLANK = re.compile(rb"\n[ \t]+\r?(?=\n)")
_PARAMETER = re.compile(r"[A-Za-z-]{1,40}\*?\d{0,3}\*?[ \t]*=")
_KNOWN = frozenset(
    "from sender to cc subject date message-id mime-version content-type content-transfer-encoding reply-to received"
    " return-path in-reply-to references delivered-to list-id content-disposition".split()
)
_LOOK_AHEAD = 30  # lines below a bad one
_JOINED = 8192  # characters up to which a field is added to, each time by a copy


@dataclass(slots=True)
class Fields:
    """The fields of one header block, raw and in order, with what was wrong with it; `plain`: printable ASCII only.

    `sound` of them stand above the first damage, all where it is None: a reader that stops there sees no more.
    `beyond` are the names of what looks like fields where the body is taken to begin without a blank line.
    """

    raw: list[tuple[str, str]] = field(default_factory=list)
    by_name: dict[str, list[str]] = field(default_factory=dict)
    plain: bool = False
    sound: int | None = None
    beyond: frozenset[str] = frozenset()
    defects: list[str] = field(default_factory=list)

    def first(self, name: str) -> str:
        """The first raw value of a field named in lower case, `""` where there is none."""
        values = self.by_name.get(name)
        return values[0] if values else ""

    def all(self, name: str) -> list[str]:
        return self.by_name.get(name, [])

    def add_to_last(self, more: str) -> None:
        name, value = self.raw[-1]
        self.raw[-1] = (name, f"{value} {more}")
        self.by_name[name.lower()][-1] = f"{value} {more}"

    def damaged(self, at: int) -> None:
        """The field of that number, from 0, and those below it may be read otherwise."""
        self.sound = at if self.sound is None else self.sound

    def is_doubtful(self, name: str) -> bool:
        """True where a reader that takes damage otherwise may not see this field, or see one where we do not."""
        if name not in self.by_name:
            return name in self.beyond
        return self.sound is not None and all(key.lower() != name for key, _ in self.raw[: self.sound])


def split(block: bytes, *, is_root: bool = False) -> tuple[Fields, int | None]:
    """The fields of a header block (without its closing blank line), and where in it the body already starts, or None.

    A bad line with fields below it is passed over, or joined to the line above where that is unfinished; else the body
    begins there.
    """
    text = _unfolded(block)
    doubtful = _line_of(_BLANK.search(block), block) if b" \n" in block or b" \r" in block or b"\t" in block else 0
    if has_cr := "\r" in text:  # an end of line for some, a blank for others
        at_cr = _line_of(_FIELD_AFTER_CR.search(block), block)
        doubtful = min(filter(None, (doubtful, at_cr)), default=0)
        block = _FIELD_AFTER_CR.sub(b"\n", block)
        text = _unfolded(block)
    fields = Fields(plain=clean.is_plain(text))
    if text[-1:] == "\n" and not (has_cr or doubtful) and " \n" not in text and "\t\n" not in text:
        found = _SOUND.findall(text)
        if len(found) == text.count("\n") <= MAX_FIELDS:
            fields.raw = found
            for name, value in found:
                fields.by_name.setdefault(name.lower(), []).append(value)
            return fields, None
    return fields, _mend(fields, block, text.split("\n"), doubtful, is_root=is_root)


def _unfolded(block: bytes) -> str:
    return _FOLD.sub(" ", block.decode("ascii", "surrogateescape").replace("\r\n", "\n"))


def _line_of(found: re.Match[bytes] | None, block: bytes) -> int:
    """The number of the unfolded line that begins behind what was found, 0 where that is nothing."""
    return _unfolded(block[: found.start()]).count("\n") + 1 if found else 0


def _mend(fields: Fields, block: bytes, lines: list[str], doubtful: int, *, is_root: bool) -> int | None:
    """Add the fields of lines of which some are none, and say where the body begins if that is among them.

    From the line `doubtful` on, where it is not 0, others may read the fields otherwise.
    """
    raw, by_name = fields.raw, fields.by_name
    ahead = 0  # the number of a line below that is surely a field
    for index, line in enumerate(lines):
        name, colon, value = line.partition(":")
        if not colon or not _NAME.match(name):
            if _is_no_matter(fields, line, index):
                continue
            if index >= ahead and not (ahead := _next_field(fields, lines, index, is_root=is_root)):
                _end_early(fields, lines, index)
                return _start_of(block, index)
            fields.defects.append("bad_header_line")
            fields.damaged(len(raw))
            continue
        if 0 < doubtful <= index or name[-1] in " \t" or "\r" in line:
            fields.damaged(len(raw))
            name, value = name.rstrip(), value.replace("\r", " ")
        value = value.strip(" \t")
        raw.append((name, value))
        by_name.setdefault(name.lower(), []).append(value)
        if len(raw) >= MAX_FIELDS:
            break
    return None


def _is_no_matter(fields: Fields, line: str, index: int) -> bool:
    """Blanks, an mbox line on top, and a line that lost the blank in front of it, whose field is plainly unfinished."""
    if not line.strip(" \t"):
        return True
    if index == 0 and line.startswith(("From ", ">From ")):
        if line[0] == ">":
            fields.damaged(0)
        return True
    name, above = fields.raw[-1] if fields.raw else ("", "")
    goes_on = len(above) < _JOINED and (
        (line.startswith("=?") and "=?" in above)
        or (above.endswith(";") and _PARAMETER.match(line))
        or (above.endswith(",") and "@" in line)
        or (line.startswith("<") and name.lower() in ("references", "in-reply-to"))
    )
    if goes_on:
        fields.add_to_last(line.strip())
        fields.defects.append("bad_header_line")
        fields.damaged(len(fields.raw) - 1)
    return bool(goes_on)


def _next_field(fields: Fields, lines: list[str], bad: int, *, is_root: bool) -> int:
    """The line below a bad one that shows that the header goes on there, 0 where none does.

    Text of a body may look like a field ("Note: ..."), so it has to be one that mail has, and that is not there yet;
    above the first field of all there have to be two.
    """
    if not fields.raw and (not is_root or bad > 2):
        return 0
    header = takewhile(lambda line: line[:2] != "--", lines[bad : bad + _LOOK_AHEAD])  # a boundary is body
    names = [_field_name(line) for line in header][1:]
    if not fields.raw and not all(names[:2]):
        return 0
    for number, name in enumerate(names, bad + 1):
        if name and name not in fields.by_name and (name in _KNOWN or ("-" in name and number <= bad + 3)):
            return number
    return 0


def _field_name(line: str) -> str:
    name, colon, value = line.partition(":")
    return name.rstrip().lower() if colon and value[:2] != "//" and _NAME.match(name) else ""


def _end_early(fields: Fields, lines: list[str], index: int) -> None:
    """The body begins at this line, without a blank one."""
    fields.defects.append("missing_blank_line")
    fields.beyond = frozenset(map(_field_name, lines[index:]))


def _start_of(block: bytes, wanted: int) -> int:
    """The offset of an unfolded line, counted in lines."""
    at, index = 0, -1
    for number, line in enumerate(block.split(b"\n")):
        index += number == 0 or line[:1] not in (b" ", b"\t")
        if index == wanted:
            return at
        at += len(line) + 1
    return len(block)


def decode_all(fields: Fields, body_charset: str) -> tuple[tuple[str, str], ...]:
    """Every field as readable text, in order."""
    if fields.plain:
        return tuple([(name, decode(raw, body_charset) if "=?" in raw else raw) for name, raw in fields.raw])
    return tuple([(name, decode(raw, body_charset)) for name, raw in fields.raw])


def decode(raw: str, body_charset: str = "") -> str:
    """A raw value as clean text of one line: encoded words decoded, raw 8-bit read as UTF-8, else as the body is."""
    return clean.line(words.decode(raw, body_charset))
