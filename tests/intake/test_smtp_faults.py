"""When things break: the client leaves, the store cannot write, the loop is told to stop. No yes without a row."""

import asyncio
import logging
import random
import shutil
import smtplib
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway import now
from gateway.config import load
from gateway.errors import ConfigError, Permanent
from gateway.intake import smtp_session
from gateway.intake.recipients import Recipient
from gateway.intake.smtp_dialogue import Timing
from support.smtp_listener import Running, running
from support.wait import wait_for

MAIL = b"Subject: lamp\r\nMessage-ID: <%s@example.net>\r\n\r\nIt has not arrived.\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("site")) as started:
        yield started


@contextmanager
def locked(server: Running) -> Iterator[None]:
    """Somebody else holds the write lock of the spool's database."""
    path = server.cfg.gateway.data_dir / "spool.db"
    other = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


# ---- the store -----------------------------------------------------------------------------------------------------


def test_a_locked_database_is_451_and_the_retry_is_taken(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.wire() as client:
        client.hello()
        with locked(server):
            assert client.mail(MAIL % b"locked") == b"451 4.3.0 temporary failure, try again later\r\n"
        assert client.mail(MAIL % b"locked").startswith(b"250 2.0.0 queued")
        assert len(server.rows()) == 1


def test_no_reply_before_the_commit_and_others_are_served_meanwhile(tmp_path: Path) -> None:
    """A lock that is let go in time delays the 250; a new client is greeted while it is held (T26)."""
    with running(tmp_path) as server, server.wire() as client:
        client.hello().begin()
        with locked(server):
            client.send(MAIL % b"late" + b".\r\n")
            client.sock.settimeout(0.3)
            with pytest.raises(TimeoutError):
                client.reply()
            with server.wire() as other:
                assert other.hello().say(b"NOOP").startswith(b"250")
        client.sock.settimeout(30)
        assert client.reply().startswith(b"250 2.0.0 queued")


def test_a_slow_spool_is_451_and_its_late_commit_absorbs_the_retry(tmp_path: Path) -> None:
    with running(tmp_path, timing=Timing(commit=0.2, sweep=0.05)) as server, server.wire() as client:
        client.hello()
        with locked(server):
            assert client.mail(MAIL % b"slow").startswith(b"451 4.3.0")
        wait_for(server.rows)
        assert client.mail(MAIL % b"slow").startswith(b"250 2.0.0 duplicate of")
        assert len(server.rows()) == 1
        wait_for(lambda: server.used_bytes == 0)


def test_a_store_whose_table_is_gone_is_451_without_a_word_of_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(tmp_path) as server, server.wire() as client:
        broken = sqlite3.connect(server.cfg.gateway.data_dir / "spool.db")
        broken.execute("ALTER TABLE delivery_key RENAME TO gone")
        broken.close()
        client.hello()
        assert client.mail(MAIL % b"broken") == b"451 4.3.0 temporary failure, try again later\r\n"
        assert client.say(b"NOOP").startswith(b"250")
    assert "It has not arrived" not in caplog.text


def test_a_raw_store_that_is_gone_is_4xx(tmp_path: Path) -> None:
    large = MAIL % b"large" + b"0123456789\r\n" * 100_000
    with running(tmp_path) as server, server.wire() as client:
        shutil.rmtree(server.cfg.gateway.data_dir / "raw", ignore_errors=True)
        (server.cfg.gateway.data_dir / "raw").write_text("a file stands in the way")
        client.hello()
        assert client.mail(large)[:1] == b"4"
        (server.cfg.gateway.data_dir / "raw").unlink()
        (server.cfg.gateway.data_dir / "raw").mkdir()
        assert client.mail(large).startswith(b"250 2.0.0 queued")
        assert server.mails() == [large]


def test_a_stopped_spool_is_451(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.wire() as client:
        server.spool.stop()
        assert client.hello().mail(MAIL % b"stopped").startswith(b"451 4.3.0")


_ERRORS = [
    RuntimeError("db password=hunter2"),
    ValueError("bad\r\n250 2.0.0 queued as 1"),
    KeyError("x"),
    OSError(28, "No space left on device"),
    ConnectionResetError("database went away"),
    TimeoutError(),
    MemoryError(),
    UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    sqlite3.OperationalError("disk I/O error"),
    Permanent("never\r\n250 ok"),
    AssertionError(),
]


@pytest.mark.parametrize("error", _ERRORS, ids=lambda error: type(error).__name__)
def test_any_exception_is_451_and_constant(server: Running, error: Exception) -> None:
    def broken(addr: str) -> Recipient:
        raise error

    judge = server.listener._terms.judge
    with server.wire() as client:
        client.hello().say(b"MAIL FROM:<>")
        server.listener.judge_by(broken)
        assert client.say(b"RCPT TO:<support@acme.example>") == b"451 4.3.0 temporary failure, try again later\r\n"
        server.listener.judge_by(judge)
        assert client.say(b"RCPT TO:<support@acme.example>").startswith(b"250")


def test_an_exception_at_the_dot_is_451(server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server.wire() as client:
        client.hello()
        monkeypatch.setattr(now, "_CLOCK_FILE", str(tmp_path / "no such file"))
        assert client.mail(MAIL % b"clock") == b"451 4.3.0 temporary failure, try again later\r\n"
        monkeypatch.undo()
        assert client.mail(MAIL % b"clock").startswith(b"250 2.0.0 queued")
        assert server.used_bytes == 0


def test_a_disk_that_fills_up_within_the_mail_is_452(server: Running) -> None:
    with server.wire() as client:
        client.hello().begin()
        server.spool._min_free = 1 << 60
        client.send(MAIL % b"full" + b".\r\n")
        assert client.reply() == b"452 4.3.1 out of space for now, try again later\r\n"
        server.spool._min_free = 0
        assert client.mail(MAIL % b"full").startswith(b"250 2.0.0 queued")


def test_tracebacks_do_not_flood_the_log(server: Running, caplog: pytest.LogCaptureFixture) -> None:
    def broken(addr: str) -> Recipient:
        raise RuntimeError("again")

    caplog.set_level(logging.INFO, "gateway")
    judge = server.listener._terms.judge
    server.listener.judge_by(broken)
    with server.wire() as client:
        client.hello().say(b"MAIL FROM:<>")
        for _ in range(40):
            assert client.say(b"RCPT TO:<support@acme.example>").startswith(b"451")
    server.listener.judge_by(judge)
    assert sum(record.getMessage() == "smtp_failed" for record in caplog.records) <= 10


# ---- the client ----------------------------------------------------------------------------------------------------


def test_a_disconnect_at_the_dot_still_commits(tmp_path: Path) -> None:
    """Both ways of leaving, while the commit is held up: the mail is there, the retry is a duplicate."""
    with running(tmp_path) as server:
        for way in ("close", "reset"):
            with server.wire() as client:
                client.hello().begin()
                with locked(server):
                    client.send(MAIL % way.encode() + b".\r\n")
                    wait_for(lambda: server.used_bytes > 0)
                    wait_for(lambda: any(s.phase is smtp_session.Phase.COMMIT for s in server.listener._sessions))
                    if way == "reset":
                        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    client.sock.close()
                    if way == "reset":
                        wait_for(lambda: not server.listener._sessions)
            wait_for(lambda way=way: MAIL % way.encode() in server.mails())
            with server.wire() as client:
                assert client.hello().mail(MAIL % way.encode()).startswith(b"250 2.0.0 duplicate")
        assert len(server.rows()) == 2
        wait_for(lambda: server.used_bytes == 0)


def test_disconnects_at_random_offsets(tmp_path: Path) -> None:
    """Every mail answered 250 is there once; one cut short is not there; one cut behind its dot may be."""
    chance = random.Random(20261127)
    with running(tmp_path) as server:
        sure, possible = set(), set()
        for number in range(150):
            content = MAIL % b"cut-%d" % number
            session = (
                b"EHLO c\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\n"
                + content
                + b".\r\nQUIT\r\n"
            )
            cut = chance.randrange(len(session) + 1)
            with server.wire() as client:
                client.send(session[:cut])
                if chance.random() < 0.5:
                    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                elif chance.random() < 0.5:
                    client.sock.shutdown(socket.SHUT_WR)
                    replies = list(iter(client.reply, b""))
                    if any(reply.startswith(b"250 2.0.0 queued") for reply in replies):
                        sure.add(content)
            if cut >= len(session) - len(b"QUIT\r\n"):
                possible.add(content)
        wait_for(lambda: not server.listener._sessions)
        wait_for(lambda: server.used_bytes == 0)
        stored = server.mails()
        assert len(stored) == len(set(stored))
        assert sure
        assert sure <= set(stored) <= possible | sure


# ---- the end -------------------------------------------------------------------------------------------------------


def test_a_graceful_stop(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.wire() as idle, server.wire() as waiting, server.wire() as busy:
        idle.hello()
        waiting.hello().say(b"MAIL FROM:<a@b.c>")
        busy.hello().begin()
        busy.send(b"Subject: under way\r\n\r\n")
        port = server.listener.port
        stopping = asyncio.run_coroutine_threadsafe(server.listener.stop(grace=20), server.loop)
        for client in (idle, waiting):
            assert client.reply() == b"421 4.3.2 going down, try again later\r\n"
            assert client.is_closed()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 5)
        assert not stopping.done()
        busy.send(b"the rest\r\n.\r\n")
        assert busy.reply().startswith(b"250 2.0.0 queued")
        assert busy.reply() == b"421 4.3.2 going down, try again later\r\n"
        assert busy.is_closed()
        stopping.result(10)
        assert server.mails() == [b"Subject: under way\r\n\r\nthe rest\r\n"]


def test_a_stop_does_not_wait_for_ever(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.wire() as client:
        client.hello().begin()
        client.send(b"Subject: never ends\r\n")
        server.run(server.listener.stop(grace=0.2), timeout=10)
        assert client.reply() == b""
        assert server.rows() == []


def test_stop_under_load_loses_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        accepted: list[bytes] = []

        def pump(name: int) -> None:
            try:
                with server.wire() as client:
                    client.hello()
                    for number in range(10_000):
                        content = MAIL % b"%d-%d" % (name, number)
                        if not client.mail(content).startswith(b"250 2.0.0 queued"):
                            return
                        accepted.append(content)
            except (OSError, AssertionError):
                return  # told 421 in the middle of a dialogue, or too late to come in

        threads = [threading.Thread(target=pump, args=(name,)) for name in range(5)]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(accepted) > 50)
        server.run(server.listener.stop(grace=20))
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
        stored = server.mails()
        assert set(accepted) <= set(stored)
        assert len(stored) == len(set(stored))


# ---- other clients, and start ---------------------------------------------------------------------------------------


def test_smtplib_agrees(tmp_path: Path) -> None:
    with running(tmp_path) as server, smtplib.SMTP("127.0.0.1", server.listener.port, "client.example", 20) as client:
        client.sendmail("ann@example.net", ["support@acme.example"], "Subject: hi\n\n.dot\n..dots\n")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("ann@example.net", ["nobody@acme.example"], b"x")
        assert server.mails() == [b"Subject: hi\r\n\r\n.dot\r\n..dots\r\n"]


def test_a_port_in_use_is_a_configuration_error(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        other = tmp_path / "other"
        other.mkdir()
        text = (tmp_path / "config.toml").read_text().replace("127.0.0.1:0", f"127.0.0.1:{server.listener.port}")
        (other / "config.toml").write_text(text)
        with pytest.raises(ConfigError, match=r"config\.toml:\d+: smtp\[1\]\.listen: cannot listen"):
            Running(load(other / "config.toml", secrets=False))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("__version__", "1.5.0", "needs 1.4.6"), ("__version__", "1.4.5", "needs 1.4.6")],
)
def test_another_aiosmtpd_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setattr(smtp_session.aiosmtpd, name, value)
    with pytest.raises(ConfigError, match=told), running(tmp_path):
        pass


def test_an_aiosmtpd_without_its_private_names_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(smtp_session.SMTP, "_reset_timeout")
    with pytest.raises(ConfigError, match="_reset_timeout"), running(tmp_path):
        pass
