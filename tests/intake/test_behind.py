"""Who stands behind a relay: XCLIENT and PROXY, from relays alone (T31), on a real socket."""

import socket
import ssl
import struct
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from gateway.intake import behind
from gateway.intake.behind import Behind, NotAHeaderError
from support.mails import mail
from support.smtp_listener import Running, Wire, certificate, running
from support.wait import wait_for

RELAY = "127.0.0.2"
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def version_2(client: str = "192.0.2.9", *, command: int = 0x21, more: bytes = b"") -> bytes:
    ip = ip_address(client)
    block = ip.packed * 2 + struct.pack("!HH", 40_000, 25) + more
    return SIGNATURE + struct.pack("!BBH", command, 0x11 if ip.version == 4 else 0x21, len(block)) + block


# ---- what is said --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arg", "client"),
    [
        ("ADDR=192.0.2.9", Behind(ip="192.0.2.9")),
        ("NAME=mx.example.net ADDR=192.0.2.9 PORT=40000 PROTO=ESMTP", Behind(ip="192.0.2.9")),
        ("addr=IPV6:2001:db8::9 helo=mx.example.net", Behind(ip="2001:db8::9", helo="mx.example.net")),
        ("ADDR=::ffff:192.0.2.9", Behind(ip="192.0.2.9")),
        ("ADDR=[UNAVAILABLE] NAME=[TEMPUNAVAIL]", Behind()),
        ("HELO=a+2Bb LOGIN=carol", Behind(helo="a+b")),
        ("HELO=a+0D+0Ab ADDR=192.0.2.9", Behind(ip="192.0.2.9")),
    ],
)
def test_xclient_says(arg: str, client: Behind) -> None:
    assert behind.xclient(arg) == client


@pytest.mark.parametrize("arg", ["", "ADDR", "ADDR=nobody", "ADDR=1.2.3.4 ADDR=1.2.3.4", "COLOUR=red", "ADDR=a b=c"])
def test_xclient_that_says_nothing(arg: str) -> None:
    assert behind.xclient(arg) is None


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (b"PROXY TCP4 192.0.2.9 192.0.2.1 40000 25\r\n", Behind(ip="192.0.2.9")),
        (b"PROXY TCP6 2001:db8::9 2001:db8::1 40000 25\r\n", Behind(ip="2001:db8::9")),
        (b"PROXY UNKNOWN\r\n", Behind()),
        (b"PROXY UNKNOWN ff::1 ff::2 1 2\r\n", Behind()),
        (version_2(), Behind(ip="192.0.2.9")),
        (version_2("2001:db8::9", more=b"\x04\x00\x01x"), Behind(ip="2001:db8::9")),
        (version_2(command=0x20), Behind()),
        (SIGNATURE + struct.pack("!BBH", 0x21, 0x31, 216) + b"/" * 216, Behind()),  # a unix socket
    ],
)
def test_a_header_is_the_same_however_it_comes_in_pieces(header: bytes, client: Behind) -> None:
    for end in range(1, len(header)):
        assert behind.proxy(header[:end]) is None
    assert behind.proxy(header + b"EHLO x\r\n") == (client, len(header))


@pytest.mark.parametrize(
    "data",
    [
        b"EHLO client.example\r\n",
        b"PROXIED\r\n",
        b"PROXY TCP4 nobody 192.0.2.1 40000 25\r\n",
        b"PROXY TCP4 192.0.2.9\r\n",
        b"PROXY " + b"x" * 200,
        SIGNATURE + struct.pack("!BBH", 0x31, 0x11, 12) + b"x" * 12,
        SIGNATURE + struct.pack("!BBH", 0x21, 0x11, 4) + b"x" * 4,
        SIGNATURE + struct.pack("!BBH", 0x21, 0x11, 60_000),
    ],
)
def test_what_is_no_header(data: bytes) -> None:
    with pytest.raises(NotAHeaderError):
        behind.proxy(data)


@given(st.one_of(st.binary(max_size=600), st.binary(max_size=600).map(lambda tail: SIGNATURE + tail)))
def test_no_bytes_break_it(data: bytes) -> None:
    try:
        found = behind.proxy(data) if data else None
    except NotAHeaderError:
        return
    assert found is None or 0 < found[1] <= behind.HEADER_MAX


# ---- who is believed -----------------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    limits = 'new_per_peer = "3/min"'
    with running(tmp_path, smtp=f'trusted_relays = ["{RELAY}"]', limits=limits, loopback=False) as found:
        yield found


def last(server: Running) -> tuple[str, str]:
    row = server.rows()[-1]
    return row.peer, row.helo


def test_a_relay_speaks_for_one_client_after_another(server: Running) -> None:
    with server.wire(source=RELAY) as wire:
        assert b"XCLIENT NAME ADDR PORT PROTO HELO" in wire.say(b"EHLO relay.acme.example")
        wire.mail(mail(subject="from the relay itself"))
        assert last(server) == (RELAY, "relay.acme.example")
        assert wire.say(b"XCLIENT ADDR=192.0.2.9 HELO=mx.example.net").startswith(b"220 mail.acme.example ESMTP")
        assert wire.say(b"MAIL FROM:<ann@example.net>") == b"503 5.5.1 say EHLO first\r\n"
        wire.hello().mail(mail(subject="from somebody"))
        assert last(server) == ("192.0.2.9", "mx.example.net")
        assert wire.say(b"XCLIENT ADDR=192.0.2.10").startswith(b"220")
        wire.hello().mail(mail(subject="from somebody else"))
        assert last(server) == ("192.0.2.10", "client.example")
        assert wire.say(b"XCLIENT ADDR=nobody").startswith(b"501")
        assert wire.say(b"MAIL FROM:<ann@example.net>").startswith(b"250")
        assert wire.say(b"XCLIENT ADDR=192.0.2.11").startswith(b"503")


@pytest.mark.parametrize("header", [b"PROXY TCP4 192.0.2.9 192.0.2.1 40000 25\r\n", version_2()])
@pytest.mark.parametrize("together", [True, False])
def test_a_balancer_speaks_for_a_client(server: Running, header: bytes, together: bool) -> None:
    with server.wire(source=RELAY, greeted=False) as wire:
        wire.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if together:
            wire.send(header + b"EHLO client.example\r\n")
            assert wire.reply().startswith(b"220")
            assert wire.reply().startswith(b"250-")
        else:
            for octet in header:
                wire.send(bytes([octet]))
            assert wire.reply().startswith(b"220")
            wire.hello()
        wire.mail(mail())
    assert last(server) == ("192.0.2.9", "client.example")


@pytest.mark.parametrize("header", [b"PROXY TCP4 192.0.2.9 192.0.2.1 40000 25\r\n", version_2()])
def test_nobody_else_is_believed(server: Running, header: bytes) -> None:
    with server.wire(source="127.0.0.3") as wire:
        assert b"XCLIENT" not in wire.say(b"EHLO client.example")
        assert wire.say(b"XCLIENT ADDR=192.0.2.9") == b"500 5.5.1 unknown command\r\n"
        wire.mail(mail())
    assert last(server) == ("127.0.0.3", "client.example")
    with server.wire(source="127.0.0.4") as wire:
        wire.send(header)
        assert wire.reply().startswith(b"500")


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", b"PROXY TCP4 192.0.2.9 192.0.2.1 40000 25\r\n", version_2()])
def test_whoever_stands_behind_a_balancer_may_name_nobody(server: Running, header: bytes) -> None:
    with server.wire(source=RELAY, greeted=False) as wire:
        wire.send(header)
        assert wire.reply().startswith(b"220")
        assert b"XCLIENT" not in wire.say(b"EHLO client.example")
        assert wire.say(b"XCLIENT ADDR=127.0.0.1") == b"500 5.5.1 unknown command\r\n"
        wire.mail(mail())
    assert last(server)[0] in ("192.0.2.9", RELAY)


def test_the_limits_of_a_peer_are_those_of_the_client_behind(server: Running) -> None:
    def arrive(client: bytes) -> bytes:
        with server.wire(source=RELAY) as wire:
            wire.send(b"PROXY TCP4 %s 192.0.2.1 40000 25\r\n" % client)
            return greeted(wire)

    assert [arrive(b"192.0.2.9")[:3] for _ in range(4)] == [b"250", b"250", b"250", b"421"]
    assert arrive(b"192.0.2.10").startswith(b"250")
    with server.wire(source=RELAY) as wire:
        assert greeted(wire).startswith(b"250"), "the relay itself has no limits"


# ---- ahead of TLS --------------------------------------------------------------------------------------------------


@pytest.fixture
def at_once(tmp_path: Path) -> Iterator[tuple[Running, trustme.CA]]:
    authority, lines = certificate(tmp_path)
    more = f'{lines}\ntls_at_once = true\ntrusted_relays = ["{RELAY}"]'
    with running(tmp_path, smtp=more, limits='new_per_peer = "3/min"', loopback=False) as found:
        yield found, authority


@pytest.mark.parametrize(
    ("header", "peer"),
    [
        (b"PROXY TCP4 192.0.2.9 192.0.2.1 40000 465\r\n", "192.0.2.9"),
        (version_2(), "192.0.2.9"),
        (version_2("2001:db8::9", more=b"\x04\x00\x01x"), "2001:db8::9"),
        (b"PROXY UNKNOWN\r\n", RELAY),
        (version_2(command=0x20), RELAY),
        (b"", RELAY),
    ],
)
@pytest.mark.parametrize("pieces", [False, True])
def test_a_header_ahead_of_the_handshake(
    at_once: tuple[Running, trustme.CA], header: bytes, peer: str, pieces: bool
) -> None:
    server, authority = at_once
    with server.wire(source=RELAY, greeted=False) as wire:
        wire.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in [bytes([octet]) for octet in header] if pieces else [header]:
            wire.send(piece)
        wire.wrap(authority)
        assert wire.reply().startswith(b"220")
        assert (b"XCLIENT" in wire.say(b"EHLO client.example")) is not bool(header)
        wire.mail(mail())
    (row,) = server.rows()
    assert (row.peer, row.tls) == (peer, "TLSv1.3")


def test_a_header_in_one_piece_with_the_handshake(at_once: tuple[Running, trustme.CA]) -> None:
    server, authority = at_once
    context = ssl.create_default_context()
    authority.configure_trust(context)
    come, leave = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(come, leave, server_hostname="mail.acme.example")
    ahead = version_2()
    with server.wire(source=RELAY, greeted=False) as wire:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                wire.send(ahead + leave.read())
                ahead = b""
                come.write(wire.sock.recv(65536))
        wire.send(leave.read())
        said = b""
        while not said.endswith(b"\r\n"):
            try:
                said += tls.read(1000)
            except ssl.SSLWantReadError:
                come.write(wire.sock.recv(65536))
        assert said.startswith(b"220")


def test_ahead_of_the_handshake_too_nobody_else_is_believed(at_once: tuple[Running, trustme.CA]) -> None:
    server, authority = at_once
    with server.wire(source="127.0.0.3", greeted=False) as wire:
        wire.send(version_2())
        with pytest.raises((ssl.SSLError, ConnectionError)):
            wire.wrap(authority)
    with server.wire(source="127.0.0.3", greeted=False) as wire:
        wire.wrap(authority)
        assert wire.reply().startswith(b"220")
        wire.hello().mail(mail())
    assert last(server) == ("127.0.0.3", "client.example")


@pytest.mark.parametrize("sent", [b"", b"P", b"PROXY TCP4 nobody\r\n", b"EHLO relay.acme.example\r\n"])
def test_what_is_no_handshake_ends(at_once: tuple[Running, trustme.CA], sent: bytes) -> None:
    server, _ = at_once
    with server.wire(source=RELAY, greeted=False) as wire:
        wire.send(sent)
        wire.sock.shutdown(socket.SHUT_WR)
        assert not wire.reply().startswith(b"2")


def test_a_stop_waits_for_no_header(at_once: tuple[Running, trustme.CA]) -> None:
    server, _ = at_once
    with server.wire(source=RELAY, greeted=False) as wire:
        wire.send(b"PROXY TCP4")
        wait_for(lambda: server.listener._handshakes, 10, "it has come")
        server.run(server.listener.stop(0))
        assert wire.is_closed()


def test_ahead_of_the_handshake_too_the_limits_are_those_of_the_client(at_once: tuple[Running, trustme.CA]) -> None:
    server, authority = at_once

    def arrive(client: bytes) -> bytes:
        with server.wire(source=RELAY, greeted=False) as wire:
            wire.send(b"PROXY TCP4 %s 192.0.2.1 40000 465\r\n" % client)
            return wire.wrap(authority).reply()[:3]

    assert [arrive(b"192.0.2.9") for _ in range(4)] == [b"220", b"220", b"220", b"421"]
    assert arrive(b"192.0.2.10") == b"220"


def greeted(wire: Wire) -> bytes:
    return wire.say(b"EHLO client.example")
