"""An SMTP load generator: raw sockets, one thread, bounded. Every mail differs, so that none is a repeated delivery.

    python bench/smtp_client.py PORT -n 5000 -c 10 [--att-kb 200] [--per-connection K] [--to ADDR]

Prints one JSON object: mails per second, and the time from MAIL to the reply to the dot. Loopback only.
"""

import argparse
import base64
import json
import selectors
import socket
import time
from dataclasses import dataclass, field

_TEXT = b"The lamp from order 1182 has not arrived, although the parcel service says so. Please look into it.\r\n"
_RECEIVED = (
    b"Received: from mx%d.example.net (mx%d.example.net [192.0.2.%d])\r\n"
    b"\tby relay.example.net (Postfix) with ESMTPS id 4Zk%07d;\r\n\tFri, 27 Nov 2026 10:00:00 +0000\r\n"
)


@dataclass(kw_only=True)
class Load:
    """What to send: `text_bytes` of text, `attachment_bytes` of base64 attachment."""

    mails: int
    connections: int
    to: str
    text_bytes: int = 3_400
    attachment_bytes: int = 0
    per_connection: int = 1 << 60
    run: str = field(default_factory=lambda: f"{time.monotonic_ns():x}")

    def __post_init__(self) -> None:
        self._text = (_TEXT * (self.text_bytes // len(_TEXT) + 1))[: self.text_bytes] + b"\r\n"
        self._part = base64.encodebytes(bytes(range(256)) * (self.attachment_bytes * 73 // 100 // 256)).replace(
            b"\n", b"\r\n"
        )

    def sender(self, n: int) -> bytes:
        return b"person%d@example.net" % (n % 500)

    def mail(self, n: int) -> bytes:
        """The n-th mail with its final dot."""
        head = _RECEIVED % (n % 7, n % 7, n % 250, n) + (
            b"From: Person %d <%s>\r\nTo: <%s>\r\nSubject: Order %d has not arrived\r\n"
            b"Message-ID: <%s.%d@example.net>\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
            % (n % 500, self.sender(n), self.to.encode(), n, self.run.encode(), n)
        )
        if not self.attachment_bytes:
            return head + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + self._text + b".\r\n"
        return b"".join(
            (
                head,
                b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n',
                self._text,
                b"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=order.pdf\r\n"
                b"Content-Transfer-Encoding: base64\r\n\r\n",
                self._part,
                b"--b--\r\n.\r\n",
            )
        )


class _Connection:
    """One dialogue, driven by replies: EHLO, then mail after mail."""

    def __init__(self, bench: "_Bench") -> None:
        self.bench = bench
        self.open()

    def open(self) -> None:
        self.sent_here = 0
        self.rest = b""
        self.step = "greeting"
        self.sock = socket.create_connection(("127.0.0.1", self.bench.port), timeout=60)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.bench.selector.register(self.sock, selectors.EVENT_READ, self)

    def close(self) -> None:
        self.bench.selector.unregister(self.sock)
        self.sock.sendall(b"QUIT\r\n")
        self.sock.close()

    def read(self) -> None:
        data = self.sock.recv(4096)
        if not data:
            self.bench.refused.append("closed")
            self.bench.selector.unregister(self.sock)
            self.sock.close()
            return
        self.rest += data
        while b"\n" in self.rest and self.sock.fileno() >= 0:
            line, _, self.rest = self.rest.partition(b"\n")
            if line[3:4] != b"-":
                self.take(line)

    def take(self, line: bytes) -> None:
        if line[:1] not in b"23":
            self.bench.refused.append(line.decode("ascii", "replace").strip())
        match self.step:
            case "greeting":
                self.say(b"EHLO client.example\r\n", "ready")
            case "ready":
                self.next_mail()
            case "sender":
                self.say(b"RCPT TO:<%s>\r\n" % self.bench.load.to.encode(), "recipient")
            case "recipient":
                self.say(b"DATA\r\n", "data")
            case "data":
                self.say(self.bench.load.mail(self.n), "dot")
            case "dot":
                self.bench.seconds.append(time.perf_counter() - self.began)
                self.bench.repeated += b"duplicate" in line
                self.next_mail()

    def next_mail(self) -> None:
        bench = self.bench
        if bench.sent >= bench.load.mails:
            self.close()
        elif self.sent_here >= bench.load.per_connection:
            self.close()
            self.open()
        else:
            self.n = bench.sent
            bench.sent += 1
            self.sent_here += 1
            self.began = time.perf_counter()
            self.say(b"MAIL FROM:<%s>\r\n" % bench.load.sender(self.n), "sender")

    def say(self, data: bytes, step: str) -> None:
        self.step = step
        self.sock.sendall(data)


class _Bench:
    def __init__(self, port: int, load: Load) -> None:
        self.port = port
        self.load = load
        self.selector = selectors.DefaultSelector()
        self.seconds: list[float] = []
        self.refused: list[str] = []
        self.sent = 0
        self.repeated = 0

    def run(self) -> dict[str, object]:
        began = time.perf_counter()
        for _ in range(min(self.load.connections, self.load.mails)):
            _Connection(self)
        while self.selector.get_map():
            ready = self.selector.select(60)
            if not ready:
                self.refused.append("no answer within 60 s")
                break
            for key, _ in ready:
                key.data.read()
        wall = time.perf_counter() - began
        self.selector.close()
        times = sorted(self.seconds) or [0.0]
        return {
            "mails": len(self.seconds),
            "connections": self.load.connections,
            "bytes": len(self.load.mail(0)),
            "per_s": round(len(self.seconds) / wall, 1),
            "p50_ms": round(times[len(times) // 2] * 1e3, 2),
            "p99_ms": round(times[int(len(times) * 0.99)] * 1e3, 2),
            "repeated": self.repeated,
            "refused": len(self.refused),
            "first_refusal": self.refused[0] if self.refused else "",
        }


def send(port: int, load: Load) -> dict[str, object]:
    """Send the whole load to a listener on loopback; the figures."""
    return _Bench(port, load).run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("port", type=int)
    parser.add_argument("-n", type=int, default=2_000, help="mails in all")
    parser.add_argument("-c", type=int, default=10, help="connections at a time")
    parser.add_argument("--att-kb", type=int, default=0, help="size of an attachment as it travels")
    parser.add_argument("--per-connection", type=int, default=1 << 60, help="mails before a connection is renewed")
    parser.add_argument("--to", default="support@acme.example")
    args = parser.parse_args()
    load = Load(
        mails=args.n,
        connections=args.c,
        to=args.to,
        attachment_bytes=args.att_kb * 1024,
        per_connection=args.per_connection,
    )
    print(json.dumps(send(args.port, load)))


if __name__ == "__main__":
    main()
