"""Sessions that nobody would write: every reply is a line of the table's shape, nothing raises, others are served."""

import itertools
import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.fuzz import examples
from support.smtp_listener import REPLY_LINE, Running, running
from support.wait import wait_for

_WORDS = [
    b"EHLO", b"HELO", b"MAIL", b"RCPT", b"DATA", b"RSET", b"NOOP", b"VRFY", b"HELP", b"AUTH", b"BDAT", b"STARTTLS",
    b"FROM:", b"TO:", b"<", b">", b"@", b"a", b"support@acme.example", b"<support@acme.example>", b"<a@b.c>", b"<>",
    b"SIZE=", b"10", b"BODY=8BITMIME", b"SMTPUTF8", b" ", b"  ", b"\t", b"\0", b"\r", b"\n", b"\r\n", b"\r\n.\r\n", b".",
    b"\xff", b"=?utf-8?q?a?=", b"\x1b[2J", b"x" * 600, b'"', b"\\", b":", b"\xd0\xb6", b"%s", b"{}",
]  # fmt: skip
_GARBAGE = st.lists(st.sampled_from(_WORDS) | st.binary(max_size=12), max_size=12).map(b"".join)
_COMMANDS = st.sampled_from(
    [
        b"EHLO c",
        b"MAIL FROM:<a@b.c>",
        b"MAIL FROM:<> SIZE=10",
        b"RCPT TO:<support@acme.example>",
        b"RCPT TO:<nobody@acme.example>",
        b"DATA",
        b"Subject: x\r\n\r\nbody\r\n.",
        b".",
        b"RSET",
        b"QUIT",
    ]
)
_SESSION = st.lists(_COMMANDS | _GARBAGE, min_size=1, max_size=12).map(b"\r\n".join).map(b"%s\r\n".__mod__)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("site")) as started:
        yield started


@settings(max_examples=examples(250), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(session=_SESSION, cuts=st.lists(st.integers(1, 400), max_size=4))
def test_any_session(server: Running, caplog: pytest.LogCaptureFixture, session: bytes, cuts: list[int]) -> None:
    caplog.set_level(logging.INFO, "gateway")
    with server.wire() as client:
        edges = sorted({0, len(session), *(cut for cut in cuts if cut < len(session))})
        try:
            for start, end in itertools.pairwise(edges):
                client.send(session[start:end])
            client.sock.shutdown(1)
        except OSError:
            pass  # it has closed already, as it may
        while client.reply():
            pass
        assert all(REPLY_LINE.fullmatch(line) for line in client.seen), client.seen
    assert "smtp_failed" not in {record.getMessage() for record in caplog.records}


def test_a_thousand_bad_lines_and_a_good_client(server: Running, caplog: pytest.LogCaptureFixture) -> None:
    """They end each session after a few; the log stays short; the client beside them is served."""
    caplog.set_level(logging.INFO, "gateway")
    with server.wire() as good:
        good.hello()
        for number in range(200):
            with server.wire() as bad:
                bad.send(b"X%d\r\nMAIL FROM:<\r\nFOO\r\nRCPT TO:<\r\nBAR\r\nBAZ\r\nQUX\r\n" % number)
                while bad.reply():
                    pass
                assert all(REPLY_LINE.fullmatch(line) for line in bad.seen)
        assert good.mail(b"Subject: beside\r\n\r\n").startswith(b"250 2.0.0 queued")
    wait_for(lambda: not server.listener._sessions)
    assert len(caplog.records) < 150
