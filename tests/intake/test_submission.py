"""A submission listener over a real socket: who may log in, what they may send, and who only guesses (T27, T87)."""

import base64
import smtplib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.verify import users
from support.mails import mail
from support.smtp_listener import Running, Wire, certificate, running, site

PASSWORD = "correct horse battery"
ROLE = 'role = "submission"\nusers_file = "users"'
CAROL = "Carol <carol@acme.example>"


@pytest.fixture(scope="module")
def users_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("users") / "users"
    users.put(path, "carol", PASSWORD)
    return path.read_text()


@pytest.fixture
def server(tmp_path: Path, users_file: str) -> Iterator[Running]:
    (tmp_path / "users").write_text(users_file)
    with running(tmp_path, smtp=ROLE) as found:
        yield found


def plain(name: str = "carol", password: str = PASSWORD, acts_for: str = "") -> bytes:
    return base64.b64encode(f"{acts_for}\0{name}\0{password}".encode())


def logged_in(wire: Wire) -> Wire:
    assert wire.hello().say(b"AUTH PLAIN " + plain()) == b"235 2.7.0 logged in\r\n"
    return wire


# ---- logging in ----------------------------------------------------------------------------------------------------


def test_a_mail_of_an_agent(server: Running) -> None:
    with server.wire() as wire:
        logged_in(wire).begin(sender=b"carol@acme.example")
        wire.send(mail(sender=CAROL) + b".\r\n")
        assert wire.reply().startswith(b"250 2.0.0 queued")
    (row,) = server.rows()
    assert (row.auth_user, row.mail_from) == ("carol", "carol@acme.example")


@pytest.mark.parametrize(
    "lines",
    [
        [b"AUTH PLAIN " + plain()],
        [b"auth plain " + plain("carol@acme.example")],
        [b"AUTH PLAIN " + plain(acts_for="carol")],
        [b"AUTH PLAIN", plain()],
        [b"AUTH LOGIN", base64.b64encode(b"carol"), base64.b64encode(PASSWORD.encode())],
        [b"AUTH LOGIN " + base64.b64encode(b"CAROL@acme.example"), base64.b64encode(PASSWORD.encode())],
    ],
)
def test_ways_to_log_in(lines: list[bytes], server: Running) -> None:
    with server.wire() as wire:
        replies = [wire.hello().say(line) if number == 0 else wire.say(line) for number, line in enumerate(lines)]
    assert all(reply.startswith(b"334 ") for reply in replies[:-1])
    assert replies[-1] == b"235 2.7.0 logged in\r\n"


@pytest.mark.parametrize(
    ("lines", "reply"),
    [
        ([b"AUTH PLAIN " + plain(password="wrong")], b"535 5.7.8"),
        ([b"AUTH PLAIN " + plain("dave")], b"535 5.7.8"),
        ([b"AUTH PLAIN " + plain("")], b"535 5.7.8"),
        ([b"AUTH PLAIN " + plain(acts_for="dave")], b"501 5.5.2"),
        ([b"AUTH PLAIN " + plain() + b"\0"], b"501 5.5.2"),
        ([b"AUTH PLAIN !!!"], b"501 5.5.2"),
        ([b"AUTH PLAIN ="], b"501 5.5.2"),
        ([b"AUTH PLAIN " + base64.b64encode(b"\xff\0\xff\0\xff")], b"501 5.5.2"),
        ([b"AUTH PLAIN " + base64.b64encode(b"no nul")], b"501 5.5.2"),
        ([b"AUTH PLAIN", b"*"], b"501 5.7.0"),
        ([b"AUTH LOGIN", b"*"], b"501 5.7.0"),
        ([b"AUTH LOGIN", base64.b64encode(b"carol"), b"*"], b"501 5.7.0"),
        ([b"AUTH PLAIN", b"x" * 5000], b"500 5.5.2"),
        ([b"AUTH CRAM-MD5"], b"504 5.5.4"),
        ([b"AUTH"], b"504 5.5.4"),
        ([b"AUTH PLAIN " + plain(), b"AUTH PLAIN " + plain()], b"503 5.5.1"),
        ([b"EHLO again", b"MAIL FROM:<carol@acme.example>"], b"530 5.7.0 log in first"),
        ([b"HELO again", b"AUTH PLAIN " + plain()], b"503 5.5.1"),
    ],
)
def test_what_is_no_login(lines: list[bytes], reply: bytes, server: Running) -> None:
    with server.wire() as wire:
        wire.hello()
        assert [wire.say(line) for line in lines][-1].startswith(reply)
        assert wire.say(b"NOOP").startswith(b"250")


def test_only_a_submission_listener_offers_it(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.wire() as wire:
        assert b"AUTH" not in wire.say(b"EHLO x")
        assert wire.say(b"AUTH PLAIN " + plain()).startswith(b"502")


def test_a_password_never_passes_in_the_clear(tmp_path: Path, users_file: str) -> None:
    (tmp_path / "users").write_text(users_file)
    authority, lines = certificate(tmp_path)
    text = f"{ROLE}\n{lines}"
    with running(tmp_path, smtp=text) as server:
        server.listener._terms.logins.may_be_clear = False  # type: ignore[union-attr] # as on any address but loopback
        with server.wire() as wire:
            assert b"AUTH" not in wire.say(b"EHLO x")
            assert wire.say(b"AUTH PLAIN " + plain()) == b"530 5.7.0 say STARTTLS first\r\n"
            wire.start_tls(authority)
            assert b"AUTH PLAIN LOGIN" in wire.say(b"EHLO x")
            assert wire.say(b"AUTH PLAIN " + plain()).startswith(b"235")
            assert b"AUTH" not in wire.say(b"EHLO x")


def test_tls_begins_anew(tmp_path: Path, users_file: str) -> None:
    """Who was logged in before TLS may have been somebody in between (RFC 3207 section 4.2)."""
    (tmp_path / "users").write_text(users_file)
    authority, lines = certificate(tmp_path)
    with running(tmp_path, smtp=f"{ROLE}\n{lines}") as server, server.wire() as wire:
        logged_in(wire).start_tls(authority).hello()
        assert wire.say(b"MAIL FROM:<carol@acme.example>").startswith(b"530")


def test_a_mail_program(tmp_path: Path, users_file: str) -> None:
    (tmp_path / "users").write_text(users_file)
    authority, lines = certificate(tmp_path, "127.0.0.1")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with running(tmp_path, smtp=f"{ROLE}\n{lines}") as server:
        with smtplib.SMTP("127.0.0.1", server.listener.port, timeout=30) as client:
            client.starttls(context=context)
            client.login("carol@acme.example", PASSWORD)
            client.sendmail("carol@acme.example", ["support@acme.example"], mail(sender=CAROL))
        (row,) = server.rows()
        assert row.auth_user == "carol"
        assert row.tls.startswith("TLS")


# ---- what may be sent (T87) ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sender", [b"dave@acme.example", b"", b"support@acme.example", b"carol@evil.example"])
def test_an_envelope_of_somebody_else(sender: bytes, server: Running) -> None:
    with server.wire() as wire:
        assert logged_in(wire).say(b"MAIL FROM:<%s>" % sender) == b"550 5.7.1 not your address\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"From: dave@acme.example\r\n",
        b"From: carol@acme.example, dave@acme.example\r\n",
        b"From: carol@acme.example\r\nFrom: dave@acme.example\r\n",
        b"From: carol@acme.example <dave@acme.example>\r\n",
        b"From: carol@acme.example\r\nno field\r\n",
        b"Subject: no From\r\n",
        b"",
    ],
)
def test_a_from_of_somebody_else(head: bytes, server: Running) -> None:
    with server.wire() as wire:
        logged_in(wire).begin(sender=b"carol@acme.example")
        wire.send(head + b"\r\ntext\r\n.\r\n")
        assert wire.reply() == b"550 5.7.1 not your address\r\n"
    assert server.rows() == []


def test_nothing_is_relayed(server: Running) -> None:
    with server.wire() as wire:
        logged_in(wire).say(b"MAIL FROM:<carol@acme.example>")
        assert wire.say(b"RCPT TO:<ann@example.net>") == b"550 5.7.1 no relaying\r\n"


# ---- guessing (T27) ------------------------------------------------------------------------------------------------


def test_three_wrong_passwords_end_a_session(server: Running) -> None:
    with server.wire() as wire:
        wire.hello()
        for reply in (b"535", b"535", b"421 4.7.0"):
            assert wire.say(b"AUTH PLAIN " + plain(password="wrong")).startswith(reply)
        assert wire.is_closed()


def test_ten_an_hour_whoever_asks_about_whom(server: Running) -> None:
    """After ten failures the right password is not even looked at: neither for this peer nor for this agent."""
    for number in range(5):
        with server.wire(source=f"127.0.0.{number + 2}") as wire:
            for _ in range(2):
                assert wire.hello().say(b"AUTH PLAIN " + plain(password="wrong")).startswith(b"535")
    with server.wire(source="127.0.0.99") as wire:
        assert wire.hello().say(b"AUTH PLAIN " + plain()).startswith(b"454 4.7.0")


def test_a_peer_that_guesses_names(server: Running) -> None:
    for start in range(0, 10, 2):
        with server.wire() as wire:
            for number in range(start, start + 2):
                assert wire.hello().say(b"AUTH PLAIN " + plain(f"user{number}", "wrong")).startswith(b"535")
    with server.wire() as wire:
        assert wire.hello().say(b"AUTH PLAIN " + plain()).startswith(b"454")
    with server.wire(source="127.0.0.2") as wire:
        logged_in(wire)


def test_a_file_that_is_gone_is_our_trouble(server: Running, tmp_path: Path) -> None:
    (tmp_path / "users").unlink()
    with server.wire() as wire:
        assert wire.hello().say(b"AUTH PLAIN " + plain()).startswith(b"454")


def test_who_has_left_or_come_counts_at_once(server: Running) -> None:
    cfg = server.cfg
    gone = cfg.model_copy(update={"agents": {}})
    gone.__dict__.pop("_agents_by_address", None)
    server.listener.know_agents(gone)
    with server.wire() as wire:
        assert wire.hello().say(b"AUTH PLAIN " + plain()).startswith(b"535")
    server.listener.know_agents(cfg)
    with server.wire() as wire:
        logged_in(wire)


def test_tls_from_the_first_byte(tmp_path: Path, users_file: str) -> None:
    (tmp_path / "users").write_text(users_file)
    authority, lines = certificate(tmp_path)
    with running(tmp_path, smtp=f"{ROLE}\n{lines}\ntls_at_once = true", loopback=False) as found:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        context.check_hostname = False
        with smtplib.SMTP_SSL("127.0.0.1", found.listener.port, timeout=20, context=context) as client:
            client.ehlo()
            assert not client.has_extn("starttls")
            client.login("carol", PASSWORD)
            client.sendmail("carol@acme.example", ["support@acme.example"], mail(sender=CAROL))
        (row,) = found.rows()
        assert (row.auth_user, row.tls) == ("carol", "TLSv1.3")
        with found.wire(greeted=False) as wire:  # somebody who speaks in the clear
            wire.send(b"EHLO client.example\r\n")
            assert not wire.reply().startswith(b"2")
    assert len(found.complaints) == 0


def test_the_log_says_what_listens(tmp_path: Path, users_file: str, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "users").write_text(users_file)
    caplog.set_level("INFO")
    for more in (ROLE, "", 'role = "lmtp"'):
        with running(tmp_path, smtp=more):
            pass
    told = [one.gateway_fields["what"] for one in caplog.records if one.message == "listening"]
    assert told == ["submission", "smtp", "lmtp"]


def test_port_465_needs_a_certificate(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="port 465 speaks TLS"):
        site(tmp_path, smtp="", listen="127.0.0.1:465")
