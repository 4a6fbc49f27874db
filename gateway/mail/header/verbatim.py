"""The header as signatures cover it: every field byte for byte, or why no two readers can agree on what the fields are.

`headers` mends damage so that a person can read the mail; here damage is the answer, for it proves nothing.
"""

import re
from dataclasses import dataclass

from gateway.mail import scan

_OF_MBOX = re.compile(rb"From [ \t]*[^ \t:]")
_NAME = re.compile(rb"[\x21-\x39\x3b-\x7e]{1,128}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: its name in lower case, and all of it with CRLF between its lines and none behind the last."""

    name: str
    raw: bytes

    @property
    def value(self) -> str:
        """Unfolded; 8-bit bytes are surrogates, encoded words stay what they are."""
        text = self.raw.partition(b":")[2].replace(b"\r\n", b"")
        return text.decode("ascii", "surrogateescape").strip(" \t")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Every field from the top, and where in the bytes the body begins. With `damage` there are no fields."""

    fields: tuple[Field, ...] = ()
    body: int = 0
    damage: str = ""

    def all(self, name: str) -> list[Field]:
        return [field for field in self.fields if field.name == name]


def read(raw: bytes) -> Header:
    """The header of a mail. Line ends may be LF, as files have them; a line of an mbox on top is passed over."""
    block = scan.block(raw, 0, len(raw))
    if block.bombs:
        return Header(body=block.body, damage="it is larger than anybody reads")
    lines = [line.removesuffix(b"\r") for line in raw[: block.end].removesuffix(b"\n").split(b"\n")]
    if _OF_MBOX.match(lines[0]):
        lines = lines[1:]
    found: list[tuple[str, list[bytes]]] = []
    for line in lines if block.end else []:
        if b"\r" in line or b"\0" in line:
            return Header(body=block.body, damage="it holds CR or NUL")
        if line[:1] in (b" ", b"\t") and found:
            found[-1][1].append(line)
            continue
        name, colon, _ = line.partition(b":")
        if not colon or not _NAME.match(name):
            return Header(body=block.body, damage="a line of it is no field")
        found.append((name.decode("ascii").lower(), [line]))
    fields = tuple(Field(name=name, raw=b"\r\n".join(parts)) for name, parts in found)
    return Header(fields=fields, body=block.body)
