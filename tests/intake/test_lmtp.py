"""LMTP (RFC 2033) over TCP and a unix socket: as SMTP, but for the hello and one reply a recipient."""

import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from support.mails import mail
from support.smtp_listener import Running, Wire, running, site

HELLO = b"LHLO mx.acme.example"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, smtp='role = "lmtp"') as found:
        yield found


def begun(wire: Wire, *recipients: bytes) -> list[bytes]:
    assert wire.say(HELLO).startswith(b"250-mail.acme.example")
    assert wire.say(b"MAIL FROM:<ann@example.net>").startswith(b"250")
    return [wire.say(b"RCPT TO:<%s>" % one)[:3] for one in recipients]


def test_one_reply_a_recipient_and_one_mail(server: Running) -> None:
    with server.wire() as wire:
        got = begun(wire, b"support@acme.example", b"nobody@acme.example", b"billing@acme.example")
        assert got == [b"250", b"550", b"250"]
        assert wire.say(b"DATA").startswith(b"354")
        wire.send(mail() + b".\r\n")
        replies = [wire.reply(), wire.reply()]
        assert [one.startswith(b"250 2.0.0 queued as") for one in replies] == [True, True]
        assert wire.say(b"NOOP") == b"250 2.0.0 ok\r\n", "a third reply would stand before this one"
    (row,) = server.rows()
    assert row.source == "lmtp"
    assert list(row.recipients) == ["support@acme.example", "billing@acme.example"]


def test_a_recipient_named_twice_is_answered_twice(server: Running) -> None:
    with server.wire() as wire:
        assert begun(wire, *[b"support@acme.example"] * 2) == [b"250", b"250"]
        assert wire.say(b"DATA").startswith(b"354")
        wire.send(mail() + b".\r\n")
        assert [wire.reply()[:3] for _ in range(2)] == [b"250", b"250"]
        assert wire.say(b"NOOP").startswith(b"250 2.0.0 ok")
    assert list(server.rows()[0].recipients) == ["support@acme.example"]


def test_what_is_refused_is_refused_for_each(tmp_path: Path) -> None:
    with running(tmp_path, smtp='role = "lmtp"\nmax_size = "20 kB"') as server, server.wire() as wire:
        begun(wire, b"support@acme.example", b"billing@acme.example")
        assert wire.say(b"DATA").startswith(b"354")
        wire.send(mail() + (b"z" * 70 + b"\r\n") * 400 + b".\r\n")
        assert [wire.reply()[:9] for _ in range(2)] == [b"552 5.3.4", b"552 5.3.4"]
        assert wire.say(b"NOOP").startswith(b"250 2.0.0 ok")
        assert server.rows() == []


def test_a_transaction_without_a_good_recipient(server: Running) -> None:
    with server.wire() as wire:
        assert begun(wire, b"nobody@acme.example") == [b"550"]
        assert wire.say(b"DATA") == b"503 5.5.1 no valid recipient\r\n"
        assert wire.say(b"RSET").startswith(b"250")


@pytest.mark.parametrize("hello", [b"EHLO x.example", b"HELO x.example"])
def test_only_lhlo_is_a_hello(server: Running, hello: bytes) -> None:
    with server.wire(greeted=False) as wire:
        assert wire.reply() == b"220 mail.acme.example LMTP\r\n"
        assert wire.say(hello) == b"500 5.5.1 unknown command\r\n"
        assert wire.say(b"MAIL FROM:<ann@example.net>") == b"503 5.5.1 say LHLO first\r\n"


def test_lhlo_is_none_where_smtp_is_spoken(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.wire() as wire:
        assert wire.say(HELLO) == b"500 5.5.1 unknown command\r\n"


def test_the_same_mail_again_is_no_second_one(server: Running) -> None:
    for expected in (b"250 2.0.0 queued as", b"250 2.0.0 duplicate of"):
        with server.wire() as wire:
            begun(wire, b"support@acme.example", b"billing@acme.example")
            assert wire.say(b"DATA").startswith(b"354")
            wire.send(mail(message_id="<one@example.net>") + b".\r\n")
            assert [wire.reply().startswith(expected) for _ in range(2)] == [True, True]
    assert len(server.rows()) == 1


def test_a_unix_socket(tmp_path: Path) -> None:
    place = tmp_path / "lmtp.sock"
    with socket.socket(socket.AF_UNIX) as left_behind:  # by a daemon that was killed
        left_behind.bind(str(place))
    with running(tmp_path, smtp='role = "lmtp"', listen=f"unix:{place}") as server:
        with smtplib.LMTP(str(place)) as client:
            refused = client.sendmail(
                "ann@example.net", ["support@acme.example", "nobody@acme.example"], mail(subject="By a socket")
            )
            assert list(refused) == ["nobody@acme.example"]
        (row,) = server.rows()
        assert (row.source, row.peer) == ("lmtp", "")
        assert place.stat().st_mode & 0o777 == 0o660
    assert not place.exists()


# ---- on another host than its MTA ----------------------------------------------------------------------------------

RELAYS = 'role = "lmtp"\ntrusted_relays = ["127.0.0.2"]'
TURNED_AWAY = b"421 4.7.1 this port is for trusted_relays alone\r\n"


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, smtp=RELAYS, listen="0.0.0.0:0") as found:
        yield found


def test_a_relay_is_let_in_and_nobody_else(far: Running) -> None:
    with far.wire(source="127.0.0.2") as wire:
        assert begun(wire, b"support@acme.example") == [b"250"]
        assert wire.say(b"DATA").startswith(b"354")
        wire.send(mail() + b".\r\n")
        assert wire.reply().startswith(b"250")
    for stranger in ("127.0.0.3", "127.0.0.1"):
        with far.wire(source=stranger, greeted=False) as wire:
            assert wire.reply() == TURNED_AWAY
            assert wire.is_closed()
    assert [row.peer for row in far.rows()] == ["127.0.0.2"]


def test_a_stranger_behind_a_balancer_is_none_of_ours(far: Running) -> None:
    for client, reply in ((b"192.0.2.9", TURNED_AWAY), (b"127.0.0.2", b"250-mail.acme.example\r\n")):
        with far.wire(source="127.0.0.2") as wire:
            wire.send(b"PROXY TCP4 %s 192.0.2.1 40000 24\r\n%s\r\n" % (client, HELLO))
            assert wire.reply().startswith(reply)


def test_a_relay_may_name_its_client(far: Running) -> None:
    with far.wire(source="127.0.0.2") as wire:
        assert b"XCLIENT" in wire.say(HELLO)
        assert wire.say(b"XCLIENT ADDR=192.0.2.9").startswith(b"220")
        assert begun(wire, b"support@acme.example") == [b"250"]


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "10.0.0.5:8024", "[2001:db8::5]:8024", "gateway.acme.example:8024"])
@pytest.mark.parametrize("relays", ["", "trusted_relays = []"])
def test_elsewhere_it_has_to_be_said_who_may_speak_to_it(tmp_path: Path, listen: str, relays: str) -> None:
    with pytest.raises(ConfigError, match="name in trusted_relays who may speak to it"):
        site(tmp_path, smtp=f'role = "lmtp"\n{relays}', listen=listen)
