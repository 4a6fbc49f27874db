"""What is accepted in place of a mail that a server will not or should not give: its header, and a note in its stead.

So its sender gets a ticket and an answer, and an agent learns where the mail itself lies.
"""

import re

_LEAVE_OUT = re.compile(rb"(?:content-|mime-version|dkim-signature|arc-)", re.IGNORECASE)
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")


def stand_in(header: bytes, *, subject: str, note: str) -> bytes:
    """A text mail: those lines of `header` that still hold true, `subject` where there is none, and `note`."""
    fields = [field for field in _fields(header) if not _LEAVE_OUT.match(field)]
    if not any(field[:8].lower() == b"subject:" for field in fields):
        fields.append(b"Subject: " + subject.encode("ascii", "replace"))
    own = [b"MIME-Version: 1.0", b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: 8bit"]
    return b"\r\n".join([*fields, *own, b"", *note.encode().splitlines(), b""])


def _fields(header: bytes) -> list[bytes]:
    """Whole header fields, folded lines joined by CRLF. The last line may have been cut off: it counts if it ended."""
    lines = header.replace(b"\r\n", b"\n").split(b"\n")[:-1]
    fields: list[bytes] = []
    for line in lines:
        if not line:
            break
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += b"\r\n" + line
        elif _FIELD.match(line):
            fields.append(line)
    return fields
