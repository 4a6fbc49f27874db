"""Sizes, times and numbers of connections: what is cut, what may go on, and that others are still served."""

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from gateway.intake.smtp_dialogue import Timing
from support.smtp_listener import QUICK, Running, running
from support.wait import wait_for

_KIB = 1024
_MIB = 1024 * 1024


def _pour(sock: socket.socket, total: int) -> int:
    """Send up to `total` bytes of mail without an end; how many the server took before it cut us off."""
    sock.settimeout(20)
    chunk = b"0123456789abcde\r\n" * 3_855  # 64 KiB
    sent = 0
    try:
        while sent < total:
            sock.sendall(chunk)
            sent += len(chunk)
    except (ConnectionError, TimeoutError):
        pass
    return sent


# ---- size ----------------------------------------------------------------------------------------------------------


def test_too_big_is_told_at_the_dot_within_the_overrun(tmp_path: Path) -> None:
    with running(tmp_path, smtp='max_size = "64 KB"', overrun=_MIB) as server, server.wire() as client:
        client.hello().begin()
        _pour(client.sock, 512 * _KIB)
        client.send(b"\r\n.\r\n")
        assert client.reply() == b"552 5.3.4 mail too big\r\n"
        assert client.mail(b"Subject: small\r\n\r\n").startswith(b"250")
        assert len(server.rows()) == 1


def test_far_too_big_is_cut(tmp_path: Path) -> None:
    with running(tmp_path, smtp='max_size = "64 KB"', overrun=_MIB) as server, server.wire() as client:
        client.hello().begin()
        sent = _pour(client.sock, 200 * _MIB)
        assert sent < 40 * _MIB  # what kernel buffers and the moment of lingering may hold, not what we were sent
        assert client.reply() == b"552 5.3.4 mail too big\r\n"
        assert client.is_closed()
        wait_for(lambda: server.used_bytes == 0)
        assert server.rows() == []


def test_mail_under_way_has_a_budget(tmp_path: Path) -> None:
    with running(tmp_path, limits='inflight = "1 MB"') as server, ExitStack() as stack:
        first, second, third = (stack.enter_context(server.wire()) for _ in range(3))
        first.hello().begin()
        second.hello().begin()
        first.send(b"x" * 998 + b"\r\n" + (b"y" * 98 + b"\r\n") * 8_000)
        wait_for(lambda: server.used_bytes > 700_000)
        second.send((b"y" * 98 + b"\r\n") * 8_000 + b".\r\n")
        assert second.reply() == b"452 4.3.1 out of space for now, try again later\r\n"
        third.hello()
        assert third.say(b"MAIL FROM:<a@b.c> SIZE=900000").startswith(b"452 4.3.1")
        first.send(b".\r\n")
        assert first.reply().startswith(b"250")
        wait_for(lambda: server.used_bytes == 0)
        assert third.say(b"MAIL FROM:<a@b.c> SIZE=900000").startswith(b"250")
        assert second.mail((b"y" * 98 + b"\r\n") * 8_000).startswith(b"250")


def test_a_full_disk_is_told_at_mail(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.wire() as client:
        server.spool._min_free = 1 << 60
        assert client.hello().say(b"MAIL FROM:<a@b.c>") == b"452 4.3.1 out of space for now, try again later\r\n"
        server.spool._min_free = 0
        assert client.mail(b"Subject: later\r\n\r\n").startswith(b"250")


# ---- time ----------------------------------------------------------------------------------------------------------


def test_silence_before_the_first_mail(tmp_path: Path) -> None:
    with running(tmp_path, timing=Timing(first_mail=0.3, sweep=0.05)) as server, server.wire() as client:
        client.hello()
        assert client.reply() == b"421 4.4.2 timed out\r\n"
        assert client.is_closed()


def test_silence_within_a_command_counts_too(tmp_path: Path) -> None:
    with running(tmp_path, timing=Timing(first_mail=0.4, sweep=0.05)) as server, server.wire() as client:
        client.sock.settimeout(0.1)
        answer = b""
        for _ in range(100):  # a byte every 0.1 s would hold a timer off that is armed by any byte
            client.send(b"N")
            try:
                answer = client.reply()
                break
            except TimeoutError:
                pass
        assert answer == b"421 4.4.2 timed out\r\n"


def test_after_a_mail_a_client_may_be_silent_longer(tmp_path: Path) -> None:
    with running(tmp_path, timing=Timing(first_mail=0.2, idle=1.0, sweep=0.05)) as server, server.wire() as client:
        client.hello().mail(b"Subject: x\r\n\r\n")
        began = time.monotonic()
        assert client.reply() == b"421 4.4.2 timed out\r\n"
        assert time.monotonic() - began > 0.9


def test_silence_within_data(tmp_path: Path) -> None:
    with running(tmp_path, timing=Timing(idle=0.3, linger=0.3, sweep=0.05)) as server, server.wire() as client:
        client.hello().begin()
        client.send(b"Subject: half\r\n")
        assert client.reply() == b"421 4.4.2 timed out\r\n"
        assert client.is_closed()
        assert server.rows() == []


def _trickle(server: Running, *, size: int, every: float, count: int) -> bytes:
    """Send `count` pieces of `size` bytes, one each `every` seconds, then the dot; the reply, or what cut us off."""
    with server.wire() as client:
        client.hello().begin()
        client.sock.settimeout(every)
        for _ in range(count):
            try:
                client.send(b"x" * (size - 2) + b"\r\n")
                answer = client.reply()
            except TimeoutError:
                continue
            except ConnectionError:
                answer = b""
            return answer
        client.sock.settimeout(10)
        client.send(b".\r\n")
        return client.reply()


_PATIENCE = Timing(idle=0.5, slow_after=0.6, slow_rate=1000, data=30, linger=0.3, sweep=0.05)


def test_a_slow_honest_sender_passes(tmp_path: Path) -> None:
    """Longer in all than any silence allowed, at 5 kB/s."""
    with running(tmp_path, timing=_PATIENCE) as server:
        assert _trickle(server, size=500, every=0.1, count=25).startswith(b"250 2.0.0 queued")


def test_a_drip_feed_is_cut(tmp_path: Path) -> None:
    with running(tmp_path, timing=_PATIENCE) as server:
        assert _trickle(server, size=3, every=0.1, count=200) == b"421 4.4.2 timed out\r\n"
        assert server.rows() == []


def test_data_has_an_end(tmp_path: Path) -> None:
    with running(tmp_path, timing=Timing(data=0.8, linger=0.3, sweep=0.05)) as server:
        assert _trickle(server, size=500, every=0.1, count=200) == b"421 4.4.2 timed out\r\n"


def test_guessing_mailboxes_is_slowed(tmp_path: Path) -> None:
    with running(tmp_path, timing=Timing(unknown_delay=0.3, unknown_free=3)) as server, server.wire() as client:
        client.hello().say(b"MAIL FROM:<>")
        spans = []
        for number in range(5):
            began = time.monotonic()
            assert client.say(b"RCPT TO:<nobody%d@acme.example>" % number).startswith(b"550")
            spans.append(time.monotonic() - began)
        assert min(spans[3:]) >= 0.29
        with server.wire() as other:  # nobody else waits
            assert other.hello().mail(b"Subject: x\r\n\r\n").startswith(b"250")


def test_a_client_that_reads_nothing_is_dropped(tmp_path: Path) -> None:
    """It pipelines until our replies fill every buffer, and goes silent."""
    timing = Timing(first_mail=0.5, idle=0.5, linger=0.3, sweep=0.05)
    with running(tmp_path, timing=timing) as server:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", server.listener.port))
        with sock:
            sock.settimeout(1)
            try:
                for _ in range(2_000):
                    sock.sendall(b"EHLO client.example\r\n" * 50 + b"MAIL FROM:<a@b.c>\r\n" * 50)
            except (TimeoutError, ConnectionError):
                pass
            wait_for(lambda: not server.listener._sessions)


# ---- connections ---------------------------------------------------------------------------------------------------


@contextmanager
def many_files(wanted: int) -> Iterator[int]:
    """Raise the limit of open files as far as we may; how many sockets that leaves."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, limit), hard))
    try:
        yield resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_legitimate_client_among_3000_idle_sockets(tmp_path: Path) -> None:
    with many_files(8_000) as files, running(tmp_path, timing=QUICK) as server, ExitStack() as stack:
        count = min(3_000, (files - 1_500) // 2)
        for _ in range(count):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.listener.port), 10))
        with server.wire() as client:
            assert client.hello().mail(b"Subject: among many\r\n\r\n").startswith(b"250 2.0.0 queued")
            # While it talks, more come; having said MAIL it does not give way.
            for _ in range(600):
                stack.enter_context(socket.create_connection(("127.0.0.1", server.listener.port), 10))
            assert client.mail(b"Subject: still here\r\n\r\n").startswith(b"250 2.0.0 queued")
            assert sum(server.listener._sessions.values()) == 500


def test_who_was_idle_longest_gives_way_and_is_told(tmp_path: Path) -> None:
    with running(tmp_path, limits="connections = 3") as server, ExitStack() as stack:
        talker, oldest, younger = (stack.enter_context(server.wire()) for _ in range(3))
        talker.hello().begin()
        newcomer = stack.enter_context(server.wire())
        assert oldest.reply() == b"421 4.7.0 too many connections, try again later\r\n"
        assert oldest.is_closed()
        assert newcomer.hello().mail(b"Subject: x\r\n\r\n").startswith(b"250")
        assert younger.say(b"NOOP").startswith(b"250")
        talker.send(b"Subject: y\r\n\r\n.\r\n")
        assert talker.reply().startswith(b"250")


def test_a_house_full_of_mail_turns_newcomers_away(tmp_path: Path) -> None:
    with running(tmp_path, limits="connections = 3") as server, ExitStack() as stack:
        talkers = [stack.enter_context(server.wire()) for _ in range(3)]
        for talker in talkers:
            talker.hello().say(b"MAIL FROM:<a@b.c>")
        with server.wire(greeted=False) as client:
            assert client.reply() == b"421 4.7.0 too many connections, try again later\r\n"
            assert client.is_closed()
        assert talkers[0].say(b"QUIT").startswith(b"221")
        wait_for(lambda: len(server.listener._sessions) == 2)
        with server.wire() as client:
            assert client.hello().mail(b"Subject: x\r\n\r\n").startswith(b"250")


def test_a_peer_has_a_limit_and_others_do_not_suffer(tmp_path: Path) -> None:
    limits = 'connections_per_peer = 2\nnew_per_peer = "5/min"'
    with running(tmp_path, limits=limits, loopback=False) as server, ExitStack() as stack:
        first, _ = (stack.enter_context(server.wire(source="127.0.0.2")) for _ in range(2))
        with server.wire(source="127.0.0.2", greeted=False) as third:
            assert third.reply() == b"421 4.7.0 too many connections, try again later\r\n"
            assert third.is_closed()
        stack.enter_context(server.wire(source="127.0.0.3"))
        assert first.say(b"QUIT").startswith(b"221")
        wait_for(lambda: len(server.listener._sessions) == 2)
        for _ in range(3):
            with server.wire(source="127.0.0.2") as client:
                assert client.say(b"QUIT").startswith(b"221")
                assert client.is_closed()
        with server.wire(source="127.0.0.2", greeted=False) as sixth:
            assert sixth.reply().startswith(b"421 4.7.0")


@pytest.mark.parametrize("smtp", ["", 'trusted_relays = ["127.0.0.0/8"]'])
def test_loopback_and_trusted_relays_have_no_limit_of_their_own(tmp_path: Path, smtp: str) -> None:
    limits = 'connections_per_peer = 2\nnew_per_peer = "5/min"'
    with running(tmp_path, smtp=smtp, limits=limits, loopback=not smtp) as server, ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(server.wire()).hello()
