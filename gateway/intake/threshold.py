"""Ahead of TLS: the PROXY header that a relay of ours may send before the handshake.

It is read off the socket itself, and not an octet more: all that follows is the handshake's.
"""

import asyncio
import os
import socket
from collections.abc import Callable
from typing import cast

from gateway.intake import behind
from gateway.intake.behind import Behind, NotAHeaderError


class Threshold(asyncio.Protocol):
    """Takes a fresh connection off the loop again and hands on its socket, of which nothing was read."""

    def __init__(self, hand_on: Callable[[socket.socket], None]) -> None:
        self._hand_on = hand_on

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        connection = cast(asyncio.Transport, transport)
        try:
            second = os.dup(connection.get_extra_info("socket").fileno())
        except OSError:  # no handle is left: it comes again
            return
        finally:
            connection.abort()  # closes its own handle only: by the second one the connection stays
        sock = socket.socket(fileno=second)
        sock.setblocking(False)
        self._hand_on(sock)


async def client_behind(sock: socket.socket) -> Behind | None:
    """Whom the header on this socket names, None where there is none. NotAHeaderError where it breaks off."""
    header = b""
    while True:
        await _readable(sock)
        seen = sock.recv(behind.HEADER_MAX, socket.MSG_PEEK)
        if not seen:
            raise NotAHeaderError
        try:
            found = behind.proxy(header + seen)
        except NotAHeaderError:
            if header:
                raise
            return None
        if found is None:
            header += sock.recv(len(seen))
            continue
        client, length = found
        sock.recv(length - len(header))
        return client


async def _readable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    seen = asyncio.Event()
    loop.add_reader(sock, seen.set)
    try:
        await seen.wait()
    finally:
        loop.remove_reader(sock)
