"""A real listener on its own event loop, over a real spool on SQLite, and a raw client to talk to it byte by byte."""

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trustme
from sqlalchemy import select

from gateway.config import Config, load
from gateway.intake.recipients import recipient_judge
from gateway.intake.smtp import SmtpListener
from gateway.intake.smtp_dialogue import Timing
from gateway.intake.spool import Spool
from gateway.store import Store, migrate, open_store, tables
from gateway.store.spool import raw_of
from gateway.tickets.token import Keys, Role

KEYS = Keys(secrets={1: b"k" * 32})
QUICK = Timing(unknown_delay=0, linger=0.3, sweep=0.05)
REPLY_LINE = re.compile(rb"\d{3}[ -][\x20-\x7e]*\r\n")

_SITE = """
[gateway]
name = "acme"
data_dir = "data"
{gateway}
[mail]
from = "Acme Support <support@acme.example>"
host = "mail.acme.example"
[mail.addresses]
"support@acme.example" = "support"
"billing@acme.example" = "support"
[[smtp]]
listen = "{listen}"
{smtp}
[queues.support]
title = "Support"
agents = ["carol"]
[agents.carol]
name = "Carol"
addresses = ["carol@acme.example"]
[limits]
{limits}
"""


def site(folder: Path, *, smtp: str = "", limits: str = "", listen: str = "127.0.0.1:0", gateway: str = "") -> Config:
    """A small configuration, read from a real file."""
    path = folder / "config.toml"
    path.write_text(_SITE.format(gateway=gateway, smtp=smtp, limits=limits, listen=listen))
    return load(path, secrets=False)


@dataclass(kw_only=True)
class Wire:
    """A client that sends exactly what it is told to and reads reply by reply."""

    sock: socket.socket
    seen: list[bytes] = field(default_factory=list)  # every reply line, for the property that all are well formed
    _rest: bytes = b""

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reply(self) -> bytes:
        """The next whole reply, all its lines; b"" when the server has closed."""
        whole = b""
        while True:
            while b"\n" not in self._rest:
                try:
                    got = self.sock.recv(65536)
                except (ConnectionError, ssl.SSLError):
                    got = b""
                if not got:
                    return whole + self._rest
                self._rest += got
            line, _, self._rest = self._rest.partition(b"\n")
            whole += line + b"\n"
            self.seen.append(line + b"\n")
            if line[3:4] != b"-":
                return whole

    def say(self, command: bytes) -> bytes:
        self.send(command + b"\r\n")
        return self.reply()

    def hello(self) -> "Wire":
        assert self.say(b"EHLO client.example").startswith(b"250")
        return self

    def begin(self, to: bytes = b"support@acme.example", sender: bytes = b"ann@example.net") -> "Wire":
        """Up to and including 354."""
        assert self.say(b"MAIL FROM:<%s>" % sender).startswith(b"250"), self.seen[-1]
        assert self.say(b"RCPT TO:<%s>" % to).startswith(b"250"), self.seen[-1]
        assert self.say(b"DATA").startswith(b"354"), self.seen[-1]
        return self

    def mail(self, content: bytes, to: bytes = b"support@acme.example") -> bytes:
        """Send one mail; `content` goes as it is, with the final dot behind it. The reply to the dot."""
        self.begin(to)
        self.send(content + b".\r\n")
        return self.reply()

    def start_tls(self, authority: trustme.CA) -> "Wire":
        assert self.say(b"STARTTLS").startswith(b"220")
        return self.wrap(authority)

    def wrap(self, authority: trustme.CA) -> "Wire":
        context = ssl.create_default_context()
        authority.configure_trust(context)
        self.sock = context.wrap_socket(self.sock, server_hostname="mail.acme.example", suppress_ragged_eofs=True)
        return self

    def is_closed(self) -> bool:
        """Has the server closed, with nothing more to say?"""
        return self.reply() == b""


class Running:
    """The listener under test with what stands behind it."""

    def __init__(self, cfg: Config, *, timing: Timing = QUICK, loopback: bool = True, overrun: int = 64 * 1024) -> None:
        self.cfg = cfg
        self.complaints: list[dict[str, Any]] = []  # what the loop could tell nobody
        self.store: Store = open_store(cfg.database.url, cfg.gateway.data_dir, busy_timeout=1)
        migrate.ensure(self.store)
        self.commits = 0
        self.spool = Spool(self.store, on_commit=self._count)
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda _loop, context: self.complaints.append(context))
        self._thread = threading.Thread(target=self.loop.run_forever, name="loop under test")
        self._thread.start()
        self.spool.start()
        try:
            self.listener = SmtpListener(
                cfg.smtp[0],
                cfg=cfg,
                spool=self.spool,
                judge=recipient_judge(cfg, KEYS),
                timing=timing,
                overrun=overrun,
                trust_loopback=loopback,
            )
            self.run(self.listener.start())
        except BaseException:
            self._release()
            raise

    def _count(self) -> None:
        self.commits += 1

    def run(self, coroutine: Coroutine[Any, Any, Any], timeout: float = 60) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout)

    def close(self, grace: float = 0) -> None:
        self.run(self.listener.stop(grace))
        self._release()
        assert not self.complaints, self.complaints

    def _release(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()
        self.spool.stop()
        self.store.close()

    @contextmanager
    def wire(self, *, source: str = "127.0.0.1", greeted: bool = True, timeout: float = 30) -> Iterator[Wire]:
        sock = socket.create_connection(("127.0.0.1", self.listener.port), timeout, source_address=(source, 0))
        wire = Wire(sock=sock)
        try:
            if greeted:
                assert wire.reply().startswith(b"220")
            yield wire
        finally:
            wire.sock.close()

    def rows(self) -> list[Any]:
        with self.store.spool.read() as conn:
            return list(conn.execute(select(tables.spool).order_by(tables.spool.c.id)).all())

    def mails(self) -> list[bytes]:
        """The bytes of every spooled mail, oldest first."""
        return [raw_of(self.store, row.id) for row in self.rows()]

    @property
    def used_bytes(self) -> int:
        return self.listener._terms.budget.used


@contextmanager
def running(
    folder: Path, *, smtp: str = "", limits: str = "", listen: str = "127.0.0.1:0", **how: Any
) -> Iterator[Running]:
    """A started listener; `smtp` and `limits` are further lines of these sections, `how` goes to `Running`."""
    server = Running(site(folder, smtp=smtp, limits=limits, listen=listen), **how)
    try:
        yield server
    finally:
        server.close()


def certificate(folder: Path, host: str = "mail.acme.example") -> tuple[trustme.CA, str]:
    """A fresh authority, and the lines of `[[smtp]]` that name a certificate of its for `host`."""
    authority = trustme.CA()
    issued = authority.issue_cert(host)
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    return authority, 'tls_cert = "cert.pem"\ntls_key = "key.pem"'


def token_for(ticket: int = 7) -> str:
    """A token that the listener's keys signed."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    return KEYS.issue(ticket=ticket, role=Role.REQUESTER, recipient="ann@example.net", at=at)
