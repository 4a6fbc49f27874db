"""LMTP (RFC 2033) over TCP and a unix socket: as SMTP, but for the hello and one reply a recipient."""

import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.mails import mail
from support.smtp_listener import Running, Wire, running

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
