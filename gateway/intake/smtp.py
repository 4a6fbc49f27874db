"""The listener for SMTP and LMTP: who may come in, how long they may stay, how it all ends. Sessions do the talking."""

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import cast

from gateway import log
from gateway.config import Config, Limits, Smtp
from gateway.config.load import told
from gateway.errors import ConfigError
from gateway.intake.admission import Budget, Door, Tally, Trusted
from gateway.intake.behind import Behind, NotAHeaderError
from gateway.intake.login import Logins
from gateway.intake.recipients import Judge
from gateway.intake.replies import Reply
from gateway.intake.smtp_dialogue import Dialogue, Terms, Timing
from gateway.intake.smtp_session import SmtpSession, check_aiosmtpd
from gateway.intake.spool import Spool
from gateway.intake.threshold import Threshold, client_behind
from gateway.verify.users import Users

_BACKLOG = 1024
_SOCKET_MODE = 0o660  # what comes through it is believed to come from an MTA of ours: for those of our group
_OVERRUN = 10 * 1024 * 1024
_BAD_TOKENS, _BAD_TOKENS_PER = 10, 3600.0
_HANDSHAKE = 10.0  # seconds for TLS, before which nobody is counted at the door
_LAG = 0.25  # seconds the event loop may be held up before we say so


def timing_of(limits: Limits) -> Timing:
    """The times of the configuration, and our own for the rest."""
    return Timing(
        first_mail=limits.smtp_idle.total_seconds(),
        idle=limits.data_idle.total_seconds(),
        data=limits.data_total.total_seconds(),
    )


class SmtpListener:
    """One `[[smtp]]` section. Runs on the event loop that calls `start`.

    Raises ConfigError for a certificate that cannot be used, or an aiosmtpd that we do not know.
    """

    def __init__(
        self,
        cfg_smtp: Smtp,
        *,
        cfg: Config,
        spool: Spool,
        judge: Judge,
        timing: Timing | None = None,
        overrun: int = _OVERRUN,
        trust_loopback: bool = True,
    ) -> None:
        limits = cfg.limits
        self._trusted = Trusted(cfg_smtp.trusted_relays, loopback=trust_loopback)
        self._smtp = cfg_smtp
        self._cfg = cfg
        self._terms = Terms(
            host=cfg.mail.host,
            max_size=cfg_smtp.max_size,
            overrun=overrun,
            line_length=limits.line_length,
            recipients=limits.recipients,
            hops=limits.hops,
            reject_bare_newlines=cfg_smtp.bare_newlines == "reject",
            timing=timing or timing_of(limits),
            judge=judge,
            spool=spool,
            budget=Budget(limits.inflight),
            bad_tokens=Tally(_BAD_TOKENS, _BAD_TOKENS_PER),
            is_lmtp=cfg_smtp.role == "lmtp",
            tls=self._tls_context(),
            logins=self._logins(cfg),
            login_failures=limits.auth_failures,
        )
        self._door = Door(
            total=limits.connections,
            per_peer=limits.connections_per_peer,
            paces=[(rate.count, rate.per.total_seconds()) for rate in limits.new_per_peer],
        )
        # Oldest first; True while the session counts at the door.
        self._sessions: dict[SmtpSession, bool] = {}
        self._all_gone = asyncio.Event()
        self._handshakes: set[asyncio.Task[None]] = set()  # those that a PROXY header may come ahead of
        self._is_stopping = False
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self.port = 0  # the real one, once started

    async def start(self, port: socket.socket | None = None) -> None:
        """Listen, at a `port` that was bound already where that took more rights than we have now."""
        loop = asyncio.get_running_loop()
        check_aiosmtpd(loop)
        listen = self._smtp.listen
        place = {"sock": port} if port is not None else {"host": listen.host, "port": listen.port}
        try:
            if listen.unix is not None:
                self._server = await loop.create_unix_server(lambda: _Doorman(self), listen.unix, backlog=_BACKLOG)
                listen.unix.chmod(_SOCKET_MODE)
            else:
                at_once = self._terms.tls if self._smtp.is_tls_at_once else None
                if at_once is not None and self._smtp.trusted_relays:
                    self._server = await loop.create_server(
                        lambda: Threshold(self._begin_handshake), **place, backlog=_BACKLOG
                    )
                else:
                    self._server = await loop.create_server(
                        lambda: _Doorman(self),
                        **place,
                        backlog=_BACKLOG,
                        ssl=at_once,
                        ssl_handshake_timeout=_HANDSHAKE if at_once else None,
                    )
                self.port = self._server.sockets[0].getsockname()[1]
        except OSError as error:
            raise ConfigError([self._told("listen", f"cannot listen on {listen}: {error.strerror or error}")])
        self._sweeper = asyncio.create_task(self._sweep())
        log.listening(
            "smtp" if self._smtp.role == "mx" else self._smtp.role,
            str(listen) if listen.unix else f"{listen.host}:{self.port}",
        )

    def _told(self, key: str, what: str) -> str:
        """What is wrong with a key of ours, with its line."""
        index = self._cfg.smtp.index(self._smtp) if self._smtp in self._cfg.smtp else 0
        return told(self._cfg, ("smtp", index, key), what)

    async def stop(self, grace: float = 30) -> None:
        """Take no more, tell the idle 421, let mails under way end within `grace` seconds, drop the rest."""
        self._is_stopping = True
        if self._server is not None:
            self._server.close()
        for handshake in self._handshakes:
            handshake.cancel()
        for session in list(self._sessions):
            session.stop()
        await self._wait_until_gone(grace)
        for session in list(self._sessions):
            session.abort()
        await self._wait_until_gone(1)
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.wait((self._sweeper,))
        if self._server is not None:
            await self._server.wait_closed()
        if self._smtp.listen.unix is not None:
            self._smtp.listen.unix.unlink(missing_ok=True)

    def judge_by(self, judge: Judge) -> None:
        """Ask `judge` about recipients from now on: the configuration has changed."""
        self._terms.judge = judge

    def keep_to(self, limits: Limits) -> None:
        """Keep to these limits of a mail and of time from now on; those of connections stay."""
        self._terms.line_length = limits.line_length
        self._terms.recipients = limits.recipients
        self._terms.hops = limits.hops
        self._terms.login_failures = limits.auth_failures
        self._terms.timing = timing_of(limits)

    def reload_certificate(self) -> None:
        """Read the certificate files again, for handshakes to come. ConfigError, and the old one stays."""
        context = self._tls_context()
        if self._terms.tls is not None and context is not None:
            self._load_certificate(self._terms.tls)

    @property
    def certificate_stamp(self) -> tuple[tuple[int, int, int], ...]:
        """What can be seen of the certificate files without reading them: another one where they were renewed."""
        paths = [one for one in (self._smtp.tls_cert, self._smtp.tls_key) if one is not None]
        stamps = []
        for path in paths:
            with suppress(OSError):  # it is being replaced: the next look finds it
                known = path.stat()
                stamps.append((known.st_ino, known.st_size, known.st_mtime_ns))
        return tuple(stamps)

    # ---- admission -------------------------------------------------------------------------------------------------

    def admit(self, peer: str, *, is_behind: bool = False) -> SmtpSession | Reply:
        """A new session for a connection from `peer`, or the reply that turns it away.

        `is_behind`: a relay has said already that `peer` stands behind it.
        """
        if self._is_stopping:
            return Reply.STOPPING
        if self._is_stranger(peer):
            log.smtp_refused(peer, Reply.STRANGER)
            return Reply.STRANGER
        loop = asyncio.get_running_loop()
        key = self._trusted.key_of(peer)
        if not self._door.may_enter(key, loop.time()) or not self._make_room():
            log.smtp_refused(peer, Reply.CROWDED)
            return Reply.CROWDED
        is_relay = not is_behind and self._trusted.is_relay(peer)
        dialogue = Dialogue(self._terms, peer=peer, key=key, is_relay=is_relay)
        session = SmtpSession(dialogue, loop=loop, on_peer=self._meet, on_end=self._forget)
        self._door.enter(key, loop.time())
        self._sessions[session] = True
        self._all_gone.clear()
        return session

    def _meet(self, session: SmtpSession) -> None:
        """A relay said who stands behind it: from here on the session counts as that client's."""
        now = asyncio.get_running_loop().time()
        self._uncount(session)
        dialogue = session.dialogue
        key = dialogue.key = self._trusted.key_of(dialogue.peer)
        if not dialogue.is_relay and self._is_stranger(dialogue.peer):  # with XCLIENT the relay goes on speaking itself
            session.close(Reply.STRANGER)
            return
        if not self._door.may_enter(key, now):
            session.close(Reply.CROWDED)
            return
        self._door.enter(key, now)
        self._sessions[session] = True

    def _is_stranger(self, peer: str) -> bool:
        return self._smtp.is_for_relays and not self._trusted.is_relay(peer)

    def _make_room(self) -> bool:
        """When the house is full, whoever has sat there longest without a word of mail goes first."""
        if not self._door.is_full:
            return True
        idle = next((session for session in self._sessions if session.is_idle_stranger), None)
        if idle is None:
            return False
        self._uncount(idle)
        idle.close(Reply.CROWDED)
        return True

    def _uncount(self, session: SmtpSession) -> None:
        if self._sessions.get(session):
            self._sessions[session] = False
            self._door.leave(session.dialogue.key)

    def _forget(self, session: SmtpSession) -> None:
        self._uncount(session)
        self._sessions.pop(session, None)
        if not self._sessions:
            self._all_gone.set()

    # ---- time ------------------------------------------------------------------------------------------------------

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        every = self._terms.timing.sweep
        while True:
            began = loop.time()
            await asyncio.sleep(every)
            now = loop.time()
            if now - began - every > _LAG:
                log.loop_lagged(now - began - every)
            for session in list(self._sessions):
                try:
                    session.sweep(now)
                except Exception as error:  # noqa: BLE001 - one session must not keep the others from being swept
                    log.smtp_failed(session.dialogue.peer, error)

    async def _wait_until_gone(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while self._sessions:
                    await self._all_gone.wait()
        except TimeoutError:
            pass

    # ---- logging in ------------------------------------------------------------------------------------------------

    def _logins(self, cfg: Config) -> Logins | None:
        if self._smtp.role != "submission" or self._smtp.users_file is None:
            return None
        return Logins(cfg=cfg, users=Users(self._smtp.users_file), may_be_clear=self._smtp.listen.is_loopback)

    def know_agents(self, cfg: Config) -> None:
        """Agents and their addresses from now on."""
        if self._terms.logins is not None:
            self._terms.logins.cfg = cfg

    # ---- TLS -------------------------------------------------------------------------------------------------------

    def _begin_handshake(self, sock: socket.socket) -> None:
        if self._is_stopping:
            sock.close()
            return
        handshake = asyncio.get_running_loop().create_task(self._shake_hands(sock))
        self._handshakes.add(handshake)
        handshake.add_done_callback(self._handshakes.discard)

    async def _shake_hands(self, sock: socket.socket) -> None:
        """TLS, ahead of which a relay may say for whom it speaks; then as every other connection."""
        try:
            peer = sock.getpeername()[0]
            async with asyncio.timeout(_HANDSHAKE):
                client = await client_behind(sock) if self._trusted.is_relay(peer) else None
        except BaseException as error:
            sock.close()
            if isinstance(error, OSError | NotAHeaderError):  # it left, or sent nothing that we know
                return
            raise
        with suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: _Doorman(self, client), sock, ssl=self._terms.tls, ssl_handshake_timeout=_HANDSHAKE
            )

    def _tls_context(self) -> ssl.SSLContext | None:
        if self._smtp.tls_cert is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._load_certificate(context)
        return context

    def _load_certificate(self, context: ssl.SSLContext) -> None:
        cert, key = self._smtp.tls_cert, self._smtp.tls_key
        assert cert is not None
        try:
            context.load_cert_chain(cert, key, password=lambda: b"")  # never asks at the terminal
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            what = f"cannot use {cert.name}{f' with {key.name}' if key else ''}"
            raise ConfigError([self._told("tls_cert", f"{what}: {getattr(error, 'strerror', None) or error}")])


class _Doorman(asyncio.Protocol):
    """Meets every connection, so that one turned away costs no session."""

    def __init__(self, listener: SmtpListener, client: Behind | None = None) -> None:
        """`client`: whom a relay named ahead of TLS."""
        self._listener = listener
        self._client = client

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        connection = cast(asyncio.Transport, transport)
        name = connection.get_extra_info("peername")
        peer = name[0] if isinstance(name, tuple) else ""
        client = self._client
        session = self._listener.admit(client.ip or peer, is_behind=True) if client else self._listener.admit(peer)
        if isinstance(session, Reply):
            connection.write(session.encode() + b"\r\n")
            connection.close()
            return
        connection.set_protocol(session)
        session.connection_made(connection)
