"""A DNS server of ours on loopback, by UDP and TCP: what is not put into it does not exist, and it can misbehave.

with DnsStub() as dns:
    dns.txt("_dmarc.acme.example", "v=DMARC1; p=reject")
    dns.misbehave("slow.example", "drop")
    ... auth.dns = f"127.0.0.1:{dns.port}"
"""

import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

# `truncate`: only by TCP; `drop`: no answer at all, to nobody's question; `garbage`: bytes that are no answer.
Mode = Literal["drop", "servfail", "refused", "truncate", "garbage", "slow"]
_SOA = "ns.stub.example. postmaster.stub.example. 1 3600 600 86400 60"


class DnsStub:
    """Answers from `127.0.0.1:port` until it is closed. Names are absolute and in any case."""

    def __init__(self) -> None:
        self._records: dict[tuple[str, str], list[str]] = {}
        self._modes: dict[str, Mode] = {}
        self.ttl = 300
        self.asked: Counter[tuple[str, str]] = Counter()
        self.by_tcp = 0
        self.release = threading.Event()  # lets the answers of `slow` names go
        self._udp, self._tcp = _sockets()
        self.port: int = self._udp.getsockname()[1]
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._serve_udp, self._serve_tcp)]
        for thread in self._threads:
            thread.start()

    # ---- what it knows ---------------------------------------------------------------------------------------------

    def put(self, name: str, kind: str, *values: str) -> "DnsStub":
        """Records as zone files spell them; several calls add up."""
        self._records.setdefault((_key(name), kind), []).extend(values)
        return self

    def txt(self, name: str, *texts: str) -> "DnsStub":
        """TXT records, each cut into strings of 255 octets."""
        for text in texts:
            pieces = [text[start : start + 255] for start in range(0, len(text), 255)] or [""]
            quoted = (piece.replace("\\", "\\\\").replace('"', '\\"') for piece in pieces)
            self.put(name, "TXT", " ".join(f'"{piece}"' for piece in quoted))
        return self

    def forget(self, name: str) -> None:
        for key in [key for key in self._records if key[0] == _key(name)]:
            del self._records[key]

    def misbehave(self, name: str, mode: Mode | None) -> None:
        """How a name, and everything below it, is answered from now on; `""` is every name, None is as it should be."""
        if mode is None:
            self._modes.pop(_key(name), None)
        else:
            self._modes[_key(name)] = mode

    # ---- life ------------------------------------------------------------------------------------------------------

    def __enter__(self) -> "DnsStub":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.release.set()
        with suppress(OSError):
            self._tcp.shutdown(socket.SHUT_RDWR)
        self._tcp.close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        for thread in self._threads:
            thread.join(5)
        self._udp.close()

    # ---- answering -------------------------------------------------------------------------------------------------

    def _serve_udp(self) -> None:
        while True:
            data, peer = self._udp.recvfrom(4096)
            if not data:
                return

            def send(answer: bytes, peer: tuple[str, int] = peer) -> None:
                with suppress(OSError):
                    self._udp.sendto(answer, peer)

            self._answer(data, send, is_tcp=False)

    def _serve_tcp(self) -> None:
        while True:
            try:
                connection, _ = self._tcp.accept()
            except OSError:
                return
            with connection, suppress(OSError, struct.error):
                connection.settimeout(5)
                (length,) = struct.unpack("!H", connection.recv(2))
                data = b""
                while len(data) < length:
                    data += connection.recv(length - len(data)) or b"\0" * length
                self.by_tcp += 1
                self._answer(
                    data, lambda answer, to=connection: to.sendall(struct.pack("!H", len(answer)) + answer), is_tcp=True
                )

    def _answer(self, data: bytes, send: Callable[[bytes], None], *, is_tcp: bool) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = _key(question.name.to_text()), dns.rdatatype.to_text(question.rdtype)
        self.asked[(name, kind)] += 1
        mode = self._mode_of(name)
        if mode == "drop":
            return
        if mode == "garbage":
            send(data[:2] + b"\x80\x00 this is no answer")
            return
        if mode == "slow":
            threading.Thread(
                target=lambda: self.release.wait(30) and send(self._reply(query, name, kind).to_wire()), daemon=True
            ).start()
            return
        reply = self._reply(query, name, kind)
        if mode in ("servfail", "refused"):
            reply = dns.message.make_response(query)
            reply.set_rcode(dns.rcode.from_text(mode.upper()))
        if mode == "truncate" and not is_tcp:
            reply = dns.message.make_response(query)
            reply.flags |= dns.flags.TC
        send(self._wire(reply, is_tcp=is_tcp))

    def _wire(self, reply: dns.message.Message, *, is_tcp: bool) -> bytes:
        """As much as a datagram holds; a longer answer is cut and marked as cut."""
        wire = reply.to_wire(max_size=65535)
        if is_tcp or len(wire) <= 1232:
            return wire
        short = dns.message.Message(reply.id)
        short.flags = reply.flags | dns.flags.TC
        short.question = reply.question
        return short.to_wire()

    def _mode_of(self, name: str) -> Mode | None:
        labels = name.split(".")
        places = [".".join(labels[start:]) for start in range(len(labels))]
        return next((self._modes[place] for place in (*places, "") if place in self._modes), None)

    def _reply(self, query: dns.message.Message, name: str, kind: str) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        owner, seen = name, set[str]()
        while alias := self._records.get((owner, "CNAME")):
            reply.answer.append(_rrset(owner, self.ttl, "CNAME", alias))
            seen.add(owner)
            owner = _key(alias[0])
            if owner in seen:
                break
        values = self._records.get((owner, kind))
        if values:
            reply.answer.append(_rrset(owner, self.ttl, kind, values))
            return reply
        reply.authority.append(_rrset("stub.example", 60, "SOA", [_SOA]))
        if not any(known == owner or known.endswith(f".{owner}") for known, _ in self._records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply


def _sockets() -> tuple[socket.socket, socket.socket]:
    """One port that is free by UDP and by TCP; the first one tried may be taken by one of them."""
    while True:
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            tcp.bind(("127.0.0.1", 0))
            udp.bind(("127.0.0.1", tcp.getsockname()[1]))
            tcp.listen(16)
        except OSError:
            tcp.close()
            udp.close()
        else:
            return udp, tcp


def _rrset(name: str, ttl: int, kind: str, values: list[str]) -> dns.rrset.RRset:
    return dns.rrset.from_text(dns.name.from_text(name), ttl, "IN", kind, *values)


def _key(name: str) -> str:
    return name.lower().rstrip(".")
