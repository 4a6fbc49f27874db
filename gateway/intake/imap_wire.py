"""imapclient and imaplib with bounds: size of literals, time in all, no second command, an IDLE that misses nothing.

It touches private names of both (`_create_IMAP4`, `_create_socket`, `_command`, `_get_response`), so imapclient is
pinned below 5 and this is the only file that does.
"""

import imaplib
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

ANSWER_MAX = 1 << 20  # bytes of literals in an answer that is not a mail


class Wire(imaplib.IMAP4):
    """One connection, TLS from the first byte where `context` is given."""

    def __init__(self, host: str, port: int, *, context: ssl.SSLContext | None, connect: float) -> None:
        self._context = context
        self._early: socket.socket | None = None  # until imaplib has it
        self.allowance = ANSWER_MAX  # bytes of literals still allowed in this answer
        # The time-out of a socket starts anew with every byte; a server that drips would hold us for ever.
        overall = self.cut_later(3 * connect)
        try:
            super().__init__(host, port, timeout=connect)
        finally:
            overall.cancel()

    def _create_socket(self, timeout: float | None) -> socket.socket:
        self._early = sock = socket.create_connection((self.host, self.port), timeout)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if self._context is None:
                return sock
            self._early = secured = self._context.wrap_socket(
                sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            secured.do_handshake()
            return secured
        except BaseException:
            self._early.close()
            raise

    def read(self, size: int) -> bytes:
        """`size` is what the server announced; imaplib would ask for that much memory at once."""
        self.allowance -= size
        if self.allowance < 0:
            raise self.abort(f"the server announces a literal of {size} bytes")
        return super().read(size)

    def readline(self) -> bytes:
        try:
            return super().readline()
        except self.abort:
            raise
        except self.error as exc:  # a line over imaplib's limit: what follows cannot be read as answers
            raise self.abort(str(exc))

    def send(self, data: Any) -> None:
        """The last gate against a second command in the text of the first one."""
        if any(byte in bytes(data).removesuffix(b"\r\n") for byte in (b"\r", b"\n", b"\0")):
            raise self.abort("a command with a line end in it was not sent")
        super().send(data)

    def cut(self) -> None:
        """End the connection under whoever reads from it."""
        sock = getattr(self, "sock", None) or self._early
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # the kernel's end only: the reader has the TLS object

    def cut_later(self, seconds: float) -> threading.Timer:
        """`cut` after `seconds`, unless the timer is cancelled."""
        timer = threading.Timer(seconds, self.cut)
        timer.daemon = True
        timer.start()
        return timer

    def has_unread(self) -> bool:
        """Whether an answer lies in our buffers already; poll(2) knows nothing of those."""
        buffer = getattr(self, "_readbuf", None)  # Python 3.14 keeps its own
        if buffer is not None:
            return bool(buffer)
        before = self.sock.gettimeout()
        self.sock.setblocking(False)
        try:
            reader: Any = self.file
            return bool(reader.peek(1))
        except OSError:  # TLS: wants more from the network
            return False
        finally:
            self.sock.settimeout(before)


class Client(IMAPClient):  # type: ignore[misc]
    """imapclient on our wire. STARTTLS is the caller's to ask for."""

    _imap: Wire

    def __init__(self, host: str, port: int, *, context: ssl.SSLContext | None, connect: float, read: float) -> None:
        self._connect_time = connect
        timeout = SocketTimeout(connect=connect, read=read)
        super().__init__(host, port, ssl=context is not None, ssl_context=context, timeout=timeout)
        self._imap.debug = 0  # imapclient formats every byte of every mail for its debug log otherwise
        self.normalise_times = False  # aware instants

    def _create_IMAP4(self) -> Wire:
        return Wire(self.host, self.port, context=self.ssl_context, connect=self._connect_time)

    @property
    def wire(self) -> Wire:
        return self._imap

    @contextmanager
    def within(self, seconds: float, allowance: int = ANSWER_MAX) -> Iterator[None]:
        """All answers together take at most `seconds` and hold at most `allowance` bytes of literals."""
        self._imap.allowance = allowance
        timer = self._imap.cut_later(seconds)
        try:
            yield
        finally:
            timer.cancel()
            self._imap.allowance = ANSWER_MAX

    def forget_news(self) -> None:
        """What was announced so far is known."""
        self._imap.untagged_responses.pop("EXISTS", None)

    @property
    def has_news(self) -> bool:
        """Whether mail was announced in the answer to any command; IDLE will not say it a second time."""
        return "EXISTS" in self._imap.untagged_responses

    def my_rights(self, folder: str) -> str:
        """The letters of what we may do with a folder (RFC 4314 section 3.5)."""
        answer = self._command_and_check("myrights", self._normalise_folder(folder))
        last: bytes = answer[-1]  # behind the folder, which may have been a literal
        return last.decode("ascii", "replace").split()[-1].strip('"')

    def begin_idle(self) -> bool:
        """IDLE; True if the server had something to say before it agreed. imapclient's `idle` refuses that."""
        wire = self._imap
        self._idle_tag = tag = wire._command("IDLE")
        spoke = False
        while (line := wire._get_response()) is not None:
            if wire.tagged_commands.get(tag):
                raise IMAPClientError(f"IDLE refused: {wire.tagged_commands.pop(tag)!r}")
            spoke = spoke or _is_news(line)
        return spoke

    def heard_in_idle(self, seconds: float) -> bool:
        """Whether new mail was announced within `seconds`. A closed connection raises (imapclient: an empty list)."""
        wire = self._imap
        poller = select.poll()
        poller.register(wire.sock, select.POLLIN)
        heard = False
        until = time.monotonic() + seconds
        while (rest := until - time.monotonic()) > 0:
            if not wire.has_unread() and not poller.poll(rest * 1000):
                break
            line: Any = wire._get_response()
            if line is None:
                continue
            if line.startswith(b"* BYE"):
                raise wire.abort("the server said BYE")
            if _is_news(line):
                heard, until = True, min(until, time.monotonic() + 0.01)  # what follows at once is of the same news
        return heard


def _is_news(line: bytes) -> bool:
    return line.upper().endswith(b" EXISTS")
