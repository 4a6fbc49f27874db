"""One mail in is one mail stored, whatever stands between its lines; STARTTLS starts afresh."""

import socket
import ssl
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from gateway.errors import ConfigError
from gateway.intake.smtp_dialogue import Timing
from support.smtp_listener import Running, certificate, running
from support.wait import wait_for

ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r\n.\r",
    b"\n.\r",
    b"\r.\r\n",
    b"\r.\n",
    b"\r\r\n.\r\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n.\r\0\n",
]
_SECOND = b"MAIL FROM:<ceo@acme.example>\r\nRCPT TO:<billing@acme.example>\r\nDATA\r\nSubject: forged\r\n\r\nPay.\r\n"


@pytest.fixture(scope="module")
def authority_and_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[trustme.CA, Running]]:
    folder = tmp_path_factory.mktemp("site")
    authority, lines = certificate(folder)
    with running(folder, smtp=lines) as started:
        yield authority, started


@pytest.fixture
def authority(authority_and_server: tuple[trustme.CA, Running]) -> trustme.CA:
    return authority_and_server[0]


@pytest.fixture
def server(authority_and_server: tuple[trustme.CA, Running]) -> Running:
    return authority_and_server[1]


@pytest.mark.parametrize("is_secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_only_crlf_dot_crlf_ends_a_mail(server: Running, authority: trustme.CA, end: bytes, is_secure: bool) -> None:
    before = len(server.rows())
    content = b"Subject: outer\r\nX-Way: %s\r\n\r\nfirst" % (b"tls" if is_secure else b"plain") + end + _SECOND
    with server.wire() as client:
        client.hello()
        if is_secure:
            client.start_tls(authority).hello()
        assert client.mail(content).startswith(b"250 2.0.0 queued")
        assert client.say(b"NOOP").startswith(b"250")
        assert client.say(b"QUIT").startswith(b"221")
        assert client.is_closed()
    rows = server.rows()[before:]
    assert [(row.mail_from, row.recipients) for row in rows] == [("ann@example.net", ["support@acme.example"])]
    # A dot behind CRLF is transparent (RFC 5321 section 4.5.2) wherever it stands; nothing else changes.
    assert server.mails()[before:] == [content.replace(b"\r\n.", b"\r\n")]


def test_the_true_end_does_split(server: Running) -> None:
    """The same bytes with a true end are two mails: what the cases above would look like if we were wrong."""
    before = len(server.rows())
    with server.wire() as client:
        client.hello().begin()
        client.send(b"Subject: outer\r\n\r\nfirst\r\n.\r\n" + _SECOND + b".\r\n")
        assert [client.reply()[:3] for _ in range(5)] == [b"250", b"250", b"250", b"354", b"250"]
    assert [row.mail_from for row in server.rows()[before:]] == ["ann@example.net", "ceo@acme.example"]


def test_tls_is_recorded_and_ehlo_needed_again(server: Running, authority: trustme.CA) -> None:
    with server.wire() as client:
        assert b"STARTTLS" in client.say(b"EHLO before")
        assert client.say(b"MAIL FROM:<before@example.net>").startswith(b"250")
        client.start_tls(authority)
        assert client.say(b"MAIL FROM:<a@b.c>").startswith(b"503 5.5.1")
        assert client.say(b"RCPT TO:<support@acme.example>").startswith(b"503 5.5.1")
        assert b"STARTTLS" not in client.say(b"EHLO after")
        assert client.say(b"STARTTLS").startswith(b"503 5.5.1")
        assert client.mail(b"Subject: sealed\r\n\r\n").startswith(b"250 2.0.0 queued")
    row = server.rows()[-1]
    assert row.tls in ("TLSv1.2", "TLSv1.3")
    assert row.helo == "after"


def test_commands_injected_before_the_handshake_are_dropped(server: Running, authority: trustme.CA) -> None:
    with server.wire() as client:
        client.hello()
        client.send(b"STARTTLS\r\nEHLO injected\r\nMAIL FROM:<evil@example.net>\r\nRCPT TO:<support@acme.example>\r\n")
        assert client.reply().startswith(b"220")
        client.wrap(authority)
        # The very next reply belongs to the very next command.
        assert client.say(b"RCPT TO:<support@acme.example>") == b"503 5.5.1 say MAIL first\r\n"
        assert client.say(b"MAIL FROM:<a@b.c>") == b"503 5.5.1 say EHLO first\r\n"
        client.hello()
        assert client.say(b"DATA").startswith(b"503 5.5.1")


def test_a_large_mail_over_tls(server: Running, authority: trustme.CA) -> None:
    content = b"Subject: large\r\n\r\n" + b"z" * 70 + b"\r\n" + b"0123456789abcdef\r\n" * 100_000
    with server.wire() as client:
        client.hello().start_tls(authority).hello()
        assert client.mail(content).startswith(b"250 2.0.0 queued")
    assert server.mails()[-1] == content


def test_tls_below_1_2_is_refused(server: Running, authority: trustme.CA) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with server.wire() as client:
        client.hello()
        assert client.say(b"STARTTLS").startswith(b"220")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(client.sock, server_hostname="mail.acme.example").close()


def test_a_client_that_leaves_within_the_handshake(server: Running) -> None:
    for parting in (b"", b"EHLO in plain text\r\n", b"\x16\x03\x01\x02\x00\x01"):
        with server.wire() as client:
            client.hello()
            assert client.say(b"STARTTLS").startswith(b"220")
            client.send(parting)
            client.sock.shutdown(socket.SHUT_WR)
            while client.sock.recv(4096):
                pass
    wait_for(lambda: not server.listener._sessions, what="every session ended")


def test_a_client_that_is_silent_within_the_handshake(tmp_path: Path) -> None:
    _, lines = certificate(tmp_path)
    timing = Timing(first_mail=0.3, linger=0.1, sweep=0.05)
    with running(tmp_path, smtp=lines, timing=timing) as server, server.wire() as client:
        client.hello()
        assert client.say(b"STARTTLS").startswith(b"220")
        wait_for(lambda: not server.listener._sessions, what="the session ended")


def test_starttls_takes_no_argument(server: Running) -> None:
    with server.wire() as client:
        client.hello()
        assert client.say(b"STARTTLS now").startswith(b"501 5.5.4")


def _broken(folder: Path, what: str) -> str:
    certificate(folder)
    if what == "missing":
        (folder / "cert.pem").unlink()
    elif what == "no certificate":
        (folder / "cert.pem").write_text("hello\n")
    elif what == "another key":
        other = folder / "other"
        other.mkdir()
        certificate(other)
        (folder / "key.pem").write_bytes((other / "key.pem").read_bytes())
    return 'tls_cert = "cert.pem"\ntls_key = "key.pem"'


@pytest.mark.parametrize("what", ["missing", "no certificate", "another key"])
def test_a_certificate_that_cannot_be_used_is_a_configuration_error(tmp_path: Path, what: str) -> None:
    with pytest.raises(ConfigError, match=r"tls_cert"), running(tmp_path, smtp=_broken(tmp_path, what)):
        pass


def test_a_renewed_certificate_is_taken_up(tmp_path: Path) -> None:
    first, lines = certificate(tmp_path)
    with running(tmp_path, smtp=lines) as server:
        with server.wire() as client:
            client.hello().start_tls(first).hello()
        second, _ = certificate(tmp_path)
        server.listener.reload_certificate()
        with server.wire() as client:
            client.hello().start_tls(second).hello()
        (tmp_path / "cert.pem").write_text("broken")
        with pytest.raises(ConfigError):
            server.listener.reload_certificate()
        with server.wire() as client:
            client.hello().start_tls(second).hello()
