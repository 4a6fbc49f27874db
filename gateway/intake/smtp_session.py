"""One SMTP session on its socket: aiosmtpd's protocol with our command loop, and DATA taken in chunks.

The one file that touches aiosmtpd's private names; `check_aiosmtpd` proves at start that they are there. From
aiosmtpd we keep the streams, STARTTLS and the fresh start behind it. The loop is ours because aiosmtpd's answers
exceptions with 500 and their text, reads DATA a line at a time, and arms its timer by commands only.
"""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import AnyStr, cast

import aiosmtpd
from aiosmtpd.smtp import SMTP, TLSSetupException

from gateway import log
from gateway.errors import ConfigError
from gateway.intake import behind, replies
from gateway.intake.admission import Upload
from gateway.intake.dots import Dots
from gateway.intake.login import credentials
from gateway.intake.replies import Reply
from gateway.intake.smtp_dialogue import Dialogue
from gateway.store.spool import Accepted

_COMMAND_OCTETS = 2048
_CHUNK = 1 << 20

_CLASS_NAMES = ("_handle_client", "_reset_timeout", "_set_rset_state", "_cb_client_connected", "smtp_STARTTLS")
_INSTANCE_NAMES = ("_handler_coroutine", "_original_transport", "_timeout_handle", "_tls_protocol")
_STREAM_NAMES = ("_reader", "_writer")


def check_aiosmtpd(loop: asyncio.AbstractEventLoop) -> None:
    """ConfigError unless the installed aiosmtpd is one whose private names this file knows."""
    version = aiosmtpd.__version__
    numbers = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    probe = SMTP(object(), hostname="probe", loop=loop)
    missing = [name for name in _CLASS_NAMES if not hasattr(SMTP, name)]
    missing += [name for name in _INSTANCE_NAMES if not hasattr(probe, name)]
    names_set = SMTP._cb_client_connected.__code__.co_names if not missing else ()
    missing += [name for name in _STREAM_NAMES if name not in names_set]
    missing += [] if hasattr(asyncio.StreamReader(loop=loop), "_buffer") else ["StreamReader._buffer"]
    if not (1, 4, 6) <= numbers < (1, 5):
        raise ConfigError([f"aiosmtpd {version} is installed, but the SMTP listener needs 1.4.6 or a later 1.4"])
    if missing:
        raise ConfigError([f"aiosmtpd {version} has no {', '.join(missing)} any more; install 1.4.6"])


class Phase(StrEnum):
    """What a session waits for."""

    COMMAND = "command"  # the client's next line
    BUSY = "busy"  # our own answer
    DATA = "data"  # the client's mail
    COMMIT = "commit"  # the spool
    CLOSED = "closed"


class SmtpSession(SMTP):
    """Answers commands one at a time, in order.

    `on_peer` is called when a relay has said for whom it speaks, `on_end` once, when nothing of the session is left.
    """

    line_length_limit = _COMMAND_OCTETS  # of the stream; DATA does not pass through it

    def __init__(
        self,
        dialogue: Dialogue,
        *,
        loop: asyncio.AbstractEventLoop,
        on_peer: Callable[["SmtpSession"], None],
        on_end: Callable[["SmtpSession"], None],
    ) -> None:
        self.dialogue = dialogue
        self.phase = Phase.BUSY
        self._terms = terms = dialogue.terms
        self._on_peer = on_peer
        self._on_end = on_end
        self._first = b"" if dialogue.is_relay else None  # what came until it is clear whether a PROXY header leads
        self._dots: Dots | None = None
        self._end_of_data: asyncio.Future[None] | None = None
        self._data_began = 0.0
        self._touched = loop.time()
        self._closed_at = 0.0
        self._is_lost = False
        self._is_stopping = False
        super().__init__(
            self,
            data_size_limit=terms.max_size,
            enable_SMTPUTF8=True,
            hostname=terms.host,
            tls_context=terms.tls,
            loop=loop,
        )

    def __dir__(self) -> list[str]:
        """Empty: aiosmtpd searches each new session for commands by name, at a quarter of its cost; we name our own."""
        return []

    # ---- what the listener does to a session -----------------------------------------------------------------------

    @property
    def is_idle_stranger(self) -> bool:
        """Has the client never said MAIL? Such a session gives way when the house is full."""
        return not self.dialogue.said_mail and self.phase is not Phase.CLOSED

    def sweep(self, now: float) -> None:
        """End what has been silent, slow or lingering for too long."""
        timing = self._terms.timing
        silent = now - self._touched
        match self.phase:
            case Phase.CLOSED:
                if now - self._closed_at > timing.linger:
                    self.abort()
            case Phase.DATA:
                if silent > timing.idle or self._is_slow(now - self._data_began):
                    self.close(Reply.TIMED_OUT)
            case Phase.COMMAND | Phase.BUSY:
                if silent > (timing.idle if self.dialogue.said_mail else timing.first_mail):
                    self.close(Reply.TIMED_OUT)

    def close(self, reply: Reply) -> None:
        """Say why and end the session; a client in the middle of its mail has a moment to read it."""
        if self.phase is Phase.CLOSED:
            return
        log.smtp_closed(self.dialogue.peer, reply, phase=self.phase)
        is_mid_mail = self.phase is Phase.DATA
        self._enter_closed()
        transport = cast(asyncio.Transport, self._writer.transport)
        if transport.is_closing():
            return
        transport.write(reply.encode() + b"\r\n")
        if is_mid_mail:
            # Closing over unread bytes sends a reset, which may overtake the reply: `sweep` closes a little later.
            transport.pause_reading()
        else:
            transport.close()

    def stop(self) -> None:
        """No further command; a mail under way may end."""
        self._is_stopping = True
        if self.phase is Phase.COMMAND:
            self.close(Reply.STOPPING)

    def abort(self) -> None:
        """Drop the connection as it is."""
        self._enter_closed()
        transport = self._original_transport or self._writer.transport
        cast(asyncio.WriteTransport, transport).abort()

    # ---- the protocol ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the listener, and again by aiosmtpd when TLS stands."""
        super().connection_made(transport)
        secured = transport.get_extra_info("ssl_object")
        if secured is not None:
            self.dialogue.start_tls(secured.version() or "TLS")

    def data_received(self, data: bytes) -> None:
        if self._first is not None:
            data = self._behind_header(self._first + data)
        if self.phase is Phase.CLOSED or not data:
            return
        if self._dots is None:
            super().data_received(data)
        else:
            self._touched = self.loop.time()
            self._feed(self._dots, data)

    def _behind_header(self, data: bytes) -> bytes:
        """What the client says: without the PROXY header that a load balancer sent ahead of it, if one did."""
        try:
            found = behind.proxy(data)
        except behind.NotAHeaderError:
            self._first = None
            return data
        if found is None:
            self._first = data
            return b""
        self._first = None
        client, length = found
        self.dialogue.is_relay = False  # behind a header it is the client itself who speaks, and may name nobody else
        self._speak_for(client)
        return data[length:]

    def _speak_for(self, client: behind.Behind) -> None:
        self.dialogue.stand_for(client)
        self._on_peer(self)

    def eof_received(self) -> bool:
        # A client may close its half and still wait for its replies; but a mail without its end is no mail.
        if self.phase is Phase.CLOSED or self._dots is not None:
            return False
        super(SMTP, self).eof_received()
        return not self.dialogue.tls

    def connection_lost(self, error: Exception | None) -> None:
        if self._is_lost:
            return
        self._is_lost = True
        self._enter_closed()
        if self._original_transport is not None:
            self._original_transport.close()
        super(SMTP, self).connection_lost(error)  # aiosmtpd's own wants the timer that we do not have
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
        self._on_end(self)

    def _reset_timeout(self, duration: float | None = None) -> None:
        """No timer a session: the listener sweeps over all of them."""
        self._touched = self.loop.time()

    # ---- the loop --------------------------------------------------------------------------------------------------

    async def _handle_client(self) -> None:
        try:
            await self._say(self._banner())
            while not self._is_stopping:
                self._enter(Phase.COMMAND)
                line = await self._read_command()
                self._enter(Phase.BUSY)
                await self._answer(line)
            self.close(Reply.STOPPING)
        except _GoneError:
            pass
        finally:
            self._end()

    def _banner(self) -> str:
        return replies.banner(self._terms.host, "LMTP" if self._terms.is_lmtp else "ESMTP")

    async def _read_command(self) -> bytes | None:
        """A line with its end, None if it was too long."""
        is_too_long = False
        while True:
            try:
                line = await self._reader.readuntil()
            except asyncio.LimitOverrunError as error:
                is_too_long = True
                await self._reader.read(error.consumed)
            except (asyncio.IncompleteReadError, ConnectionError):
                raise _GoneError
            else:
                self._touched = self.loop.time()
                return None if is_too_long else line

    async def _answer(self, line: bytes | None) -> None:
        try:
            reply = Reply.LINE_TOO_LONG if line is None else await self._obey(line)
        except _GoneError:
            raise
        except Exception as error:  # noqa: BLE001 - the top of the loop: logged there, answered 451
            reply = await self.handle_exception(error)
        if reply is None:
            return
        if self.dialogue.is_out_of_patience(reply):
            self.close(Reply.TOO_MANY_ERRORS)
        else:
            await self._say(reply)
        if reply is Reply.BYE:
            raise _GoneError

    async def _obey(self, line: bytes) -> str | None:
        """The reply to one command; None if it has been given."""
        command, _, rest = line.removesuffix(b"\n").removesuffix(b"\r").partition(b" ")
        arg = rest.strip(b" \t").decode("utf-8", "surrogateescape")
        verb = command.upper()
        if verb == b"DATA":
            return await self._take_mail(arg)
        if verb == b"STARTTLS":
            return await self._start_tls(arg)
        if verb == b"AUTH":
            return await self._log_in(arg)
        if verb == b"XCLIENT":
            return self._xclient(arg)
        return await self.dialogue.obey(verb, arg)

    async def handle_exception(self, error: Exception) -> str:
        log.smtp_failed(self.dialogue.peer, error)
        return Reply.FAILED

    async def push(self, status: AnyStr) -> None:
        """What aiosmtpd itself says: only that TLS may start."""
        await self._say(Reply.START_TLS)

    async def _say(self, reply: str) -> None:
        if self.phase is Phase.CLOSED:
            raise _GoneError
        self._writer.write(reply.encode() + b"\r\n")
        try:
            await self._writer.drain()
        except ConnectionError:
            raise _GoneError

    # ---- DATA and STARTTLS -----------------------------------------------------------------------------------------

    async def _take_mail(self, arg: str) -> str:
        reply = self.dialogue.data(arg)
        if reply is not Reply.SEND_DATA:
            return reply
        upload = self._terms.budget.upload(self.dialogue.key)
        try:
            dots = await self._receive(upload)
            submitted = self.dialogue.submit(dots)
        except BaseException:
            upload.close()
            raise
        if isinstance(submitted, Reply):
            upload.close()
            return self.dialogue.to_each(submitted)
        # Its bytes stay in memory until the commit, whether this session is still there or not.
        submitted.add_done_callback(lambda done: _settle(done, upload))
        self._enter(Phase.COMMIT)
        return self.dialogue.to_each(await self.dialogue.outcome(submitted))

    async def _receive(self, upload: Upload) -> Dots:
        dots = self._dots = Dots(limit=self._terms.max_size, upload=upload)
        self._end_of_data = self.loop.create_future()
        self._data_began = self.loop.time()
        self._enter(Phase.DATA)
        if self._reader._buffer:  # type: ignore[attr-defined] # a client that did not wait for 354
            self._feed(dots, await self._reader.read(_CHUNK))
        await self._say(Reply.SEND_DATA)
        if self._reader.at_eof() and not self._end_of_data.done():
            raise _GoneError
        await self._end_of_data
        return dots

    def _feed(self, dots: Dots, chunk: bytes) -> None:
        rest = dots.feed(chunk)
        if rest is None:
            if dots.received > self._terms.max_size + self._terms.overrun:
                self.close(Reply.TOO_BIG)
            return
        self._dots = None
        assert self._end_of_data is not None
        if not self._end_of_data.done():
            self._end_of_data.set_result(None)
        if rest:
            super().data_received(rest)

    def _is_slow(self, seconds: float) -> bool:
        timing = self._terms.timing
        if seconds > timing.data:
            return True
        received = self._dots.received if self._dots is not None else 0
        return seconds > timing.slow_after and received < timing.slow_rate * seconds

    async def _start_tls(self, arg: str) -> Reply | None:
        if arg:
            return Reply.SYNTAX
        if self._terms.tls is None:
            return Reply.NOT_OFFERED
        if self.dialogue.tls:
            return Reply.TLS_TWICE
        try:
            await self.smtp_STARTTLS("")  # also drops what came behind the command in plain text
        except TLSSetupException:
            raise _GoneError
        return None

    def _xclient(self, arg: str) -> str:
        client = self.dialogue.xclient(arg)
        if isinstance(client, Reply):
            return client
        self._speak_for(client)
        return self._banner()

    # ---- AUTH ------------------------------------------------------------------------------------------------------

    async def _log_in(self, arg: str) -> Reply:
        refusal = self.dialogue.login_refusal()
        if refusal is not None:
            return refusal
        given = await credentials(arg, self._challenge)
        return given if isinstance(given, Reply) else await self.dialogue.log_in(given)

    async def _challenge(self, text: str) -> bytes | None:
        """Ask the client for one more line; None if it was too long."""
        await self._say(f"334 {text}")
        self._enter(Phase.COMMAND)
        line = await self._read_command()
        self._enter(Phase.BUSY)
        return line

    # ---- the end ---------------------------------------------------------------------------------------------------

    def _enter(self, phase: Phase) -> None:
        if self.phase is Phase.CLOSED:
            raise _GoneError
        self.phase = phase

    def _enter_closed(self) -> None:
        if self.phase is not Phase.CLOSED:
            self.phase = Phase.CLOSED
            self._closed_at = self.loop.time()

    def _end(self) -> None:
        """The loop is over: close, and where TLS never stood, say so ourselves, for nobody else will."""
        self._enter_closed()
        if self._original_transport is not None and not self.dialogue.tls:
            cast(asyncio.WriteTransport, self._original_transport).abort()
            self.connection_lost(None)
        else:
            self._writer.close()


class _GoneError(Exception):
    """The client is gone, or we have taken leave of it."""


def _settle(done: "asyncio.Future[Accepted]", upload: Upload) -> None:
    upload.close()
    if not done.cancelled():
        done.exception()  # seen: where the session has left, nobody else looks at it
