"""A mail server that takes everything, or misbehaves on request; it remembers every envelope and byte it accepted."""

import asyncio
import base64
import ssl
import threading
from collections import defaultdict, deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

STALL = "stall"  # never answer
DROP = "drop"  # close the connection instead of answering; at "dot" the mail is kept, as T111 has it
DROP_BEFORE_DOT = "drop before dot"  # close it in the middle of the mail


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it was accepted. `connection` counts from 1."""

    mail_from: str
    recipients: tuple[str, ...]
    data: bytes
    connection: int
    tls: bool
    user: str
    options: tuple[str, ...]


class Sink:
    """`with Sink() as sink:` listens on `sink.port` of the loopback address, in a thread of its own.

    `sink.next(stage, reply)` scripts the next answer at a stage: `mail`, `rcpt`, `data` (before the 354), `dot`;
    a reply is text such as `451 4.3.0 later`, or STALL, DROP, DROP_BEFORE_DOT. `refused` maps recipients to replies,
    `refused_senders` envelope senders, of which "" is the null sender.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        login: tuple[str, str] | None = None,
        tokens: set[str] | None = None,
        utf8: bool = True,
        size_limit: int = 64 << 20,
        port: int = 0,
        quotes: str = "",
    ) -> None:
        """`quotes`: a SASL mechanism; nobody is let in by it, and what was sent is quoted in the refusal."""
        self.port = port
        self.received: list[Received] = []
        self.connections = 0
        self.commands: list[str] = []
        self.logins: list[tuple[str, str, bool]] = []  # user, password, was it encrypted
        self.refused: dict[str, str] = {}
        self.refused_senders: dict[str, str] = {}
        self._script: defaultdict[str, deque[str]] = defaultdict(deque)
        self._tls, self._implicit, self._login, self._utf8, self._size = tls, implicit, login, utf8, size_limit
        self._quotes = quotes
        self._tokens = tokens  # those that let one in by XOAUTH2; a set that may change
        self._open: set[SMTP] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sink", daemon=True)

    def next(self, stage: str, reply: str, times: int = 1) -> None:
        self._script[stage].extend([reply] * times)

    def __enter__(self) -> "Sink":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def drop_all(self) -> None:
        """Close every connection, as a server does with idle ones."""
        done = threading.Event()

        def close() -> None:
            for protocol in list(self._open):
                protocol.transport.abort()
            done.set()

        self._loop.call_soon_threadsafe(close)
        assert done.wait(10)

    # ---- on the loop -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        context = self._tls if self._implicit else None
        server = await self._loop.create_server(self._protocol, "127.0.0.1", self.port, ssl=context, backlog=128)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for protocol in list(self._open):
            if protocol.transport is not None:
                protocol.transport.abort()
        await asyncio.sleep(0.05)

    def _protocol(self) -> SMTP:
        return _Protocol(self)

    def _scripted(self, stage: str) -> str | None:
        return self._script[stage].popleft() if self._script[stage] else None

    async def _act(self, server: SMTP, reply: str) -> str:
        if reply == STALL:
            await self._stop.wait()
        if reply in (STALL, DROP):
            server.transport.abort()
            raise ConnectionResetError("dropped on request")
        return reply

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self._scripted("mail") or self.refused_senders.get(address.removeprefix("<>"))
        if reply:
            return await self._act(server, reply)
        if (self._login or self._tokens is not None) and not session.authenticated:
            return "530 5.7.0 log in first"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 sender ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self._scripted("rcpt") or self.refused.get(address)
        if reply:
            return await self._act(server, reply)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        reply = self._scripted("dot")
        if reply is None or reply == DROP:
            assert isinstance(envelope.content, bytes)
            assert isinstance(server, _Protocol)
            mail = Received(
                mail_from=(envelope.mail_from or "").removeprefix("<>"),
                recipients=tuple(envelope.rcpt_tos),
                data=envelope.content,
                connection=server.number,
                tls=session.ssl is not None or self._implicit,
                user=server.user,
                options=tuple(envelope.mail_options),
            )
            self.received.append(mail)
        if reply:
            return await self._act(server, reply)
        return f"250 2.0.0 taken as {len(self.received)}"

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        said = dict(part.split("=", 1) for part in base64.b64decode(args[1]).decode().split("\1") if part)
        token = said["auth"].removeprefix("Bearer ")
        self.logins.append((said["user"], token, False))
        good = token in (self._tokens or ())
        if good:
            assert isinstance(server, _Protocol)
            server.user = said["user"]
        return AuthResult(success=good, handled=False)

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        user, password = data.login.decode(), data.password.decode()
        self.logins.append((user, password, session.ssl is not None or self._implicit))
        good = (user, password) == self._login
        if good:
            assert isinstance(server, _Protocol)
            server.user = user
        return AuthResult(success=good, handled=False)


class _Protocol(SMTP):
    def __init__(self, sink: Sink) -> None:
        super().__init__(
            sink,
            hostname="sink.example",
            ident="sink",
            enable_SMTPUTF8=sink._utf8,
            data_size_limit=sink._size,
            tls_context=None if sink._implicit else sink._tls,
            auth_require_tls=sink._tls is not None and not sink._implicit,
            authenticator=sink.authenticate,
            auth_exclude_mechanism=[] if sink._tokens is not None else ["XOAUTH2"],
        )
        self._sink = sink
        self.user = ""

    def connection_made(self, transport: Any) -> None:
        if self not in self._sink._open:  # STARTTLS makes the connection again
            self._sink._open.add(self)
            self._sink.connections += 1
            self.number = self._sink.connections
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sink._open.discard(self)
        super().connection_lost(error)

    async def _call_handler_hook(self, command: str, *args: Any) -> Any:
        self._sink.commands.append(command)
        return await super()._call_handler_hook(command, *args)

    async def smtp_EHLO(self, hostname: str) -> None:
        if not self._sink._quotes:
            await super().smtp_EHLO(hostname)
            return
        self.session.host_name = hostname
        await self.push(f"250-sink.example\r\n250 AUTH {self._sink._quotes}")

    async def smtp_AUTH(self, arg: str) -> None:
        if not self._sink._quotes:
            await super().smtp_AUTH(arg)
            return
        if arg.startswith("LOGIN"):
            await self.push("334 UGFzc3dvcmQ6")
            arg += " " + (await self._reader.readline()).decode().strip()
        self._sink.commands.append("AUTH")
        await self.push(f"535-5.7.8 go away\r\n535 5.7.8 no: AUTH {arg}")

    async def smtp_DATA(self, arg: str) -> None:
        reply = self._sink._scripted("data")
        if reply == DROP_BEFORE_DOT:
            await self.push("354 go ahead")
            await self._reader.readline()
            self.transport.abort()
            return
        if reply:
            await self.push(await self._sink._act(self, reply))
            return
        await super().smtp_DATA(arg)


def tls_for(*names: str, ca_file: Path) -> ssl.SSLContext:
    """A server's TLS for these host names; the authority to trust is written to `ca_file`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context
