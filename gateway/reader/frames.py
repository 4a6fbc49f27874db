"""What passes between the daemon and a reader: a number and bytes, their length first. Never pickle."""

import socket
import struct

HEAD = struct.Struct(">IQ")  # length of the bytes that follow, number of the mail
OUT_OF_MEMORY = 12  # exit status of a reader whose mail needed more than it may have

_SMALL = 65_536  # up to here one system call is cheaper than not copying


def frame(number: int, data: bytes) -> tuple[bytes, ...]:
    """One frame, in the pieces it is best written in."""
    head = HEAD.pack(len(data), number)
    return (head + data,) if len(data) < _SMALL else (head, data)


def send(sock: socket.socket, number: int, data: bytes) -> None:
    """Write one frame, blocking."""
    for piece in frame(number, data):
        sock.sendall(piece)


def receive(sock: socket.socket) -> tuple[int, bytes] | None:
    """Read one frame, blocking: number and bytes. None at the end of the stream."""
    head = _exactly(sock, HEAD.size)
    if head is None:
        return None
    length, number = HEAD.unpack(head)
    data = _exactly(sock, length)
    return None if data is None else (number, data)


def _exactly(sock: socket.socket, length: int) -> bytes | None:
    data = sock.recv(length, socket.MSG_WAITALL) if length else b""
    if len(data) == length:
        return data
    parts, missing = [data], length - len(data)
    while missing:
        if not parts[-1]:
            return None
        parts.append(sock.recv(missing, socket.MSG_WAITALL))
        missing -= len(parts[-1])
    return b"".join(parts)
