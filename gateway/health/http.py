"""`/metrics`, `/healthz` and `/readyz` over HTTP/1.1, one answer a connection: as much of it as a watcher needs."""

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from gateway import log
from gateway.config import Config
from gateway.errors import ConfigError, GatewayError
from gateway.health.lag import Lag
from gateway.health.metrics import exposition
from gateway.health.state import Gathered, Level, gathered, judged
from gateway.store import Store

_HEAD_MAX = 8192  # bytes of a request
_PATIENCE = 10.0  # seconds for one
_AT_ONCE = 8
_TEXT = "text/plain; charset=utf-8"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
# These keep mail from coming in or getting on; all others are for a person to look at.
_NOT_READY = frozenset({"database", "disk"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response."""

    status: HTTPStatus
    body: bytes
    type: str = _TEXT


class Watched:
    """The listener of `[metrics]`. ConfigError where it cannot listen."""

    def __init__(self, cfg: Config, store: Store) -> None:
        self._cfg = cfg
        self._store = store
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._server: asyncio.Server | None = None
        self._lag = Lag()
        self._watching: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        listen = self._cfg.metrics.listen
        assert listen is not None
        try:
            self._server = await asyncio.start_server(self._serve, listen.host, listen.port, limit=_HEAD_MAX)
        except OSError as error:
            told = f"{self._cfg.path.name}: metrics.listen: cannot listen on {listen}: {error.strerror or error}"
            raise ConfigError([told])
        self.port = self._server.sockets[0].getsockname()[1]
        self._watching = asyncio.create_task(self._lag.watch())
        log.listening("metrics", f"{listen.host}:{self.port}")

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._watching is not None:
            self._watching.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE), self._room:
                head = await reader.readuntil(b"\r\n\r\n")
                answer = await self._answer(head.decode("latin-1"))
                writer.write(_written(answer, is_head=head.startswith(b"HEAD ")))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # nobody who watches
        finally:
            writer.close()

    async def _answer(self, head: str) -> Answer:
        line, *fields = head.split("\r\n")
        method, _, rest = line.partition(" ")
        if method not in ("GET", "HEAD"):
            return _said(HTTPStatus.METHOD_NOT_ALLOWED)
        path = rest.partition(" ")[0].partition("?")[0]
        answerer = self._metrics if path == "/metrics" else _PATHS.get(path)
        try:
            if not self._may_ask(fields):
                return _said(HTTPStatus.UNAUTHORIZED)
            if answerer is None:
                return _said(HTTPStatus.NOT_FOUND)
            return answerer(await asyncio.to_thread(gathered, self._store, self._cfg))
        except GatewayError as error:
            return Answer(status=HTTPStatus.SERVICE_UNAVAILABLE, body=f"{error}\n".encode())

    def _metrics(self, found: Gathered) -> Answer:
        return Answer(status=HTTPStatus.OK, body=exposition(found, loop_lag=self._lag.worst()), type=_PROMETHEUS)

    def _may_ask(self, fields: list[str]) -> bool:
        secret = self._cfg.metrics.token_file
        if secret is None:
            return True
        pairs = [field.partition(":") for field in fields]
        given = [value.strip() for name, _, value in pairs if name.lower() == "authorization"]
        return len(given) == 1 and hmac.compare_digest(given[0].encode(), f"Bearer {secret.read()}".encode())


def _healthy(found: Gathered) -> Answer:
    """503 where `gateway status` exits 2."""
    concerns = list(judged(found))
    critical = any(one.level is Level.CRITICAL for one in concerns)
    body = "".join(f"{one.level.name}: {one.text}\n" for one in concerns) or "OK\n"
    return Answer(status=HTTPStatus.SERVICE_UNAVAILABLE if critical else HTTPStatus.OK, body=body.encode())


def _ready(found: Gathered) -> Answer:
    """503 where a mail would not be accepted just now."""
    keeps = [one.text for one in judged(found) if one.key in _NOT_READY or one.key.startswith("listener ")]
    status = HTTPStatus.SERVICE_UNAVAILABLE if keeps else HTTPStatus.OK
    return Answer(status=status, body=("\n".join(keeps) or "ready").encode() + b"\n")


_PATHS: dict[str, Callable[[Gathered], Answer]] = {
    "/healthz": _healthy,
    "/health": _healthy,
    "/readyz": _ready,
}


def _said(status: HTTPStatus) -> Answer:
    return Answer(status=status, body=f"{status.phrase}\n".encode())


def _written(answer: Answer, *, is_head: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}",
        f"Content-Type: {answer.type}",
        f"Content-Length: {len(answer.body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]
    if answer.status is HTTPStatus.UNAUTHORIZED:
        lines.append('WWW-Authenticate: Bearer realm="gateway"')
    return "\r\n".join([*lines, "", ""]).encode() + (b"" if is_head else answer.body)
