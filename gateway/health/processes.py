"""The processes of a running gateway and the doors it has open, as anybody on this machine can see them."""

import ctypes
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gateway.config import Config, Smtp

SUPERVISOR = "gateway:main"
ROLES = ("intake", "worker")
_PR_SET_NAME = 15
_PATIENCE = 2.0  # seconds
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def call_this(name: str) -> None:
    """What `ps` and `gateway status` see of this process (prctl(2); at most 15 characters)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode("ascii"), 0, 0, 0)


def name_of(role: str) -> str:
    return f"gateway:{role}"


def processes(supervisor: int) -> dict[str, int | None]:
    """The pid of each role below this supervisor, None where it does not run; empty where that cannot be seen."""
    try:
        if _comm(supervisor) != SUPERVISOR:
            return {}
        below = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text("ascii").split()
    except OSError:
        return {}
    named: dict[str, int] = {}
    for pid in map(int, below):
        with suppress(OSError):
            named[_comm(pid)] = pid
    return {role: named.get(name_of(role)) for role in ROLES}


def _comm(pid: int) -> str:
    """The name of a process, `""` of one that has ended and waits to be noticed (proc(5))."""
    _, _, rest = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").partition(" (")
    name, _, state = rest.rpartition(") ")
    return "" if state.startswith(("Z", "X")) else name


def doors(cfg: Config) -> Iterator[tuple[str, str]]:
    """Each listener on a port of its own, and what is wrong with it: `""` where it greets."""
    for one in cfg.smtp:
        if one.listen.unix is not None or one.listen.port:
            yield f"{one.role} {one.listen}", _greeting(one)


def _greeting(smtp: Smtp) -> str:
    where = smtp.listen
    try:
        if where.unix is not None:
            sock = socket.socket(socket.AF_UNIX)
            sock.settimeout(_PATIENCE)
            try:
                sock.connect(str(where.unix))
            except BaseException:
                sock.close()
                raise
        else:
            sock = socket.create_connection((_ANY.get(where.host, where.host), where.port), _PATIENCE)
        with _encrypted(sock) if smtp.is_tls_at_once else sock as sock:
            code = int(sock.recv(512)[:3] or b"0")
            sock.sendall(b"QUIT\r\n")
            return "" if 200 <= code < 500 else f"greets with {code}"  # 421: too busy, which is alive
    except (OSError, ValueError) as error:
        return f"does not answer: {error or type(error).__name__}"


def _encrypted(sock: socket.socket) -> ssl.SSLSocket:
    """After a handshake with whatever certificate: whether that is a good one is told elsewhere."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        return context.wrap_socket(sock)
    except BaseException:
        sock.close()
        raise
