"""The bytes of one mail between 354 and the final dot (RFC 5321 section 4.5.2), taken in chunks as they arrive.

The end is CRLF.CRLF and nothing else: a bare LF or CR never ends a mail, so nobody can hide a second mail in the
first for us to split off. No I/O here.
"""

from gateway.intake.admission import Upload

_END = b"\r\n.\r\n"
_LOOK_BACK = len(_END) - 1


class Dots:
    """Collects until the final dot; what is refused is no longer kept, but its end is still found."""

    __slots__ = ("_data", "_end", "_keep", "_limit", "_upload", "is_over_budget", "is_too_big", "received")

    def __init__(self, *, limit: int, upload: Upload) -> None:
        """`limit`: octets a mail may have; `upload`: its share of the memory for mail under way."""
        self._data = bytearray(b"\r\n")  # as if behind a line: a dot may come first
        self._end = -1
        self._limit = limit
        self._upload = upload
        self._keep = True
        self.received = 0
        self.is_too_big = False
        self.is_over_budget = False

    def feed(self, chunk: bytes) -> bytes | None:
        """None while the mail goes on; once its end is in, the bytes behind it, which belong to the next command."""
        start = max(0, len(self._data) - _LOOK_BACK)
        self._data += chunk
        self.received += len(chunk)
        self._end = self._data.find(_END, start)
        rest = None
        if self._end >= 0:
            rest = bytes(self._data[self._end + len(_END) :])
            self.received -= len(rest)
        if self._keep:
            self._account(len(chunk) - len(rest or b""))
        if not self._keep and rest is None:
            del self._data[:-_LOOK_BACK]
        return rest

    def take(self) -> bytes:
        """The mail with its dots un-stuffed and every other byte as it came; b"" if it was refused. Once only."""
        data, self._data = self._data, bytearray()
        if not self._keep:
            return b""
        with memoryview(data) as view:
            mail = bytes(view[2 : self._end + 2])
        del data
        if mail.startswith(b"."):
            mail = mail[1:]
        return mail.replace(b"\r\n.", b"\r\n")

    def _account(self, size: int) -> None:
        self.is_too_big = self.received - len(b".\r\n") > self._limit
        self.is_over_budget = not self.is_too_big and not self._upload.grow(size)
        if self.is_too_big or self.is_over_budget:
            self._keep = False
            self._upload.close()


def has_line_over(mail: bytes, limit: int) -> bool:
    """Has `mail` a line of more than `limit` octets, its line end not counted?"""
    start, size = 0, len(mail)
    while size - start > limit:
        # A window that holds no newline is a line too long; else go on behind the last newline in it.
        newline = mail.rfind(b"\n", start, start + limit + 2)
        if newline < 0:
            return True
        start = newline + 1
    return False
