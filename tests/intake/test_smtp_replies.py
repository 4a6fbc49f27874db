"""Every reply of the table, over a real socket, and what stands in the spool afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.intake.replies import Reply, banner, duplicate, queued
from support.smtp_listener import REPLY_LINE, Running, Wire, running, token_for

MAIL = b"Subject: lamp\r\nMessage-ID: <%s@example.net>\r\n\r\nIt has not arrived.\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("site"), smtp='max_size = "64 KB"') as started:
        yield started


@pytest.fixture
def wire(server: Running) -> Iterator[Wire]:
    with server.wire() as client:
        yield client.hello()
        assert all(REPLY_LINE.fullmatch(line) for line in client.seen)


def test_the_table_is_well_formed() -> None:
    lines = [*Reply, banner("mail.acme.example"), queued(12), duplicate(12)]
    assert all(REPLY_LINE.fullmatch(line.encode() + b"\r\n") for line in lines)


def test_banner_names_no_product(server: Running) -> None:
    with server.wire(greeted=False) as client:
        assert client.reply() == b"220 mail.acme.example ESMTP\r\n"


def test_ehlo_offers_what_is_there(server: Running) -> None:
    with server.wire() as client:
        offers = client.say(b"EHLO client.example").split(b"\r\n")
    assert offers == [
        b"250-mail.acme.example",
        b"250-SIZE 65536",
        b"250-PIPELINING",
        b"250-8BITMIME",
        b"250-SMTPUTF8",
        b"250 ENHANCEDSTATUSCODES",
        b"",
    ]


def test_queued_then_duplicate(server: Running, wire: Wire) -> None:
    before = len(server.rows())
    first = wire.mail(MAIL % b"once")
    spool_id = server.rows()[-1].id
    assert first == b"250 2.0.0 queued as %d\r\n" % spool_id
    assert wire.mail(MAIL % b"once") == b"250 2.0.0 duplicate of %d\r\n" % spool_id
    assert len(server.rows()) == before + 1
    assert server.rows()[-1].copies == 1


def test_the_envelope_is_kept(server: Running, wire: Wire) -> None:
    assert wire.say(b"MAIL FROM:<Ann@example.net> SIZE=100 BODY=8BITMIME").startswith(b"250 2.1.0")
    for to in (b"support+x@acme.example", b"Billing@ACME.example", b"support+x@acme.example"):
        assert wire.say(b"RCPT TO:<%s>" % to).startswith(b"250 2.1.5")
    assert wire.say(b"DATA").startswith(b"354 ")
    wire.send(MAIL % b"envelope" + b".\r\n")
    assert wire.reply().startswith(b"250 2.0.0 queued")
    row = server.rows()[-1]
    assert (row.source, row.mail_from, row.peer, row.helo, row.tls) == (
        "smtp",
        "Ann@example.net",
        "127.0.0.1",
        "client.example",
        "",
    )
    assert row.recipients == ["support+x@acme.example", "Billing@ACME.example"]


def test_the_null_sender_is_empty(server: Running, wire: Wire) -> None:
    wire.begin(sender=b"")
    wire.send(MAIL % b"null" + b".\r\n")
    assert wire.reply().startswith(b"250 2.0.0 queued")
    assert server.rows()[-1].mail_from == ""


def test_bytes_are_kept_as_they_came(server: Running, wire: Wire) -> None:
    content = b"Subject: \xff\xfe\r\n\r\n..a\r\n.b\nc\rd\0e\r\n" + "ж".encode() + b"\r\n"
    assert wire.mail(content).startswith(b"250")
    assert server.mails()[-1] == b"Subject: \xff\xfe\r\n\r\n.a\r\nb\nc\rd\0e\r\n" + "ж".encode() + b"\r\n"


def test_an_empty_mail_is_a_mail(server: Running, wire: Wire) -> None:
    assert wire.mail(b"").startswith(b"250")
    assert server.mails()[-1] == b""


def test_smtputf8(server: Running, wire: Wire) -> None:
    sender = "анна@пример.рф".encode()
    assert wire.say(b"MAIL FROM:<%s>" % sender) == b"553 5.6.7 this address needs SMTPUTF8\r\n"
    assert wire.say(b"MAIL FROM:<%s> SMTPUTF8" % sender).startswith(b"250 2.1.0")
    assert wire.say(b"RCPT TO:<support@acme.example>").startswith(b"250 2.1.5")
    assert wire.say(b"DATA").startswith(b"354")
    wire.send("Subject: лампа\r\n\r\n.\r\n".encode())
    assert wire.reply().startswith(b"250 2.0.0 queued")
    assert server.rows()[-1].mail_from == "анна@пример.рф"
    assert server.mails()[-1] == "Subject: лампа\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("commands", "reply"),
    [
        ([b"NOOP"], "250 2.0.0"),
        ([b"noop anything"], "250 2.0.0"),
        ([b"RSET"], "250 2.0.0"),
        ([b"RSET x"], "501 5.5.4"),
        ([b"QUIT x"], "501 5.5.4"),
        ([b"EHLO"], "501 5.5.4"),
        ([b"EHLO \x1b[31m"], "501 5.5.4"),
        ([b"EHLO " + b"x" * 300], "501 5.5.4"),
        ([b"HELO client.example"], "250 mail.acme.example"),
        ([b"VRFY support@acme.example"], "502 5.5.1"),
        ([b"EXPN support"], "502 5.5.1"),
        ([b"HELP"], "502 5.5.1"),
        ([b"AUTH PLAIN AGEAYg=="], "502 5.5.1"),
        ([b"STARTTLS"], "502 5.5.1"),
        ([b"BDAT 10 LAST"], "500 5.5.1"),
        ([b"XYZZY \x1b[31m"], "500 5.5.1"),
        ([b"\xff\xfe"], "500 5.5.1"),
        ([b""], "500 5.5.1"),
        ([b"NOOP " + b"x" * 3000], "500 5.5.2"),
        ([b"RCPT TO:<support@acme.example>"], "503 5.5.1"),
        ([b"DATA"], "503 5.5.1"),
        ([b"MAIL FROM:<a@b.c>", b"DATA"], "503 5.5.1"),
        ([b"MAIL FROM:<a@b.c>", b"MAIL FROM:<a@b.c>"], "503 5.5.1"),
        ([b"MAIL FROM:<a@b.c>", b"EHLO again", b"RCPT TO:<support@acme.example>"], "503 5.5.1"),
        ([b"MAIL FROM:<a@b.c>", b"RSET", b"RCPT TO:<support@acme.example>"], "503 5.5.1"),
        ([b"MAIL FROM:<a@b.c>", b"RCPT TO:<support@acme.example>", b"DATA x"], "501 5.5.4"),
        ([b"MAIL FROM:<"], "501 5.1.7"),
        ([b"MAIL FROM:<=?utf-8?q?a=40evil=3E?=@b.c>"], "553 5.1.3"),
        ([b"MAIL FROM:<a@b.c\0>"], "553 5.1.3"),
        ([b"MAIL FROM:<a\xff@b.c> SMTPUTF8"], "553 5.1.3"),
        ([b"MAIL FROM:<a@b.c> SIZE=65536"], "250 2.1.0"),
        ([b"MAIL FROM:<a@b.c> SIZE=65537"], "552 5.3.4"),
        ([b"MAIL FROM:<a@b.c> RET=FULL"], "555 5.5.4"),
        ([b"MAIL FROM:<a@b.c> BODY=BINARYMIME"], "501 5.5.4"),
        ([b"MAIL FROM:<>", b"RCPT TO:<"], "501 5.1.3"),
        ([b"MAIL FROM:<>", b'RCPT TO:<"support"@acme.example>'], "553 5.1.3"),
        ([b"MAIL FROM:<>", b"RCPT TO:<support@acme.example> NOTIFY=NEVER"], "555 5.5.4"),
        ([b"MAIL FROM:<>", b"RCPT TO:<nobody@acme.example>"], "550 5.1.1"),
        ([b"MAIL FROM:<>", b"RCPT TO:<postmaster>"], "250 2.1.5"),
        ([b"MAIL FROM:<>", b"RCPT TO:<abuse@acme.example>"], "250 2.1.5"),
        ([b"MAIL FROM:<>", b"RCPT TO:<a@evil.example>"], "550 5.7.1"),
        ([b"MAIL FROM:<>", b"RCPT TO:<support%evil.example@acme.example>"], "553 5.1.3"),
        ([b"MAIL FROM:<>", b"RCPT TO:<@acme.example:a@evil.example>"], "553 5.1.3"),
        ([b"MAIL FROM:<>", b"RCPT TO:<support+%s@acme.example>" % token_for().encode()], "250 2.1.5"),
        ([b"MAIL FROM:<>", b"RCPT TO:<support+%s@acme.example>" % (b"a" * 32)], "550 5.1.1"),
    ],
)
def test_reply(wire: Wire, commands: list[bytes], reply: str) -> None:
    *before, last = commands
    for command in before:
        assert wire.say(command).startswith(b"250"), command
    assert wire.say(last).decode().startswith(reply)


def test_unknown_and_forged_read_the_same(wire: Wire) -> None:
    wire.say(b"MAIL FROM:<>")
    unknown = wire.say(b"RCPT TO:<nobody@acme.example>")
    assert unknown == wire.say(b"RCPT TO:<support+%s@acme.example>" % (b"a" * 32))


def test_mail_needs_a_greeting(server: Running) -> None:
    with server.wire() as client:
        assert client.say(b"MAIL FROM:<a@b.c>").startswith(b"503 5.5.1")
        assert client.say(b"HELO me").startswith(b"250 ")
        assert client.say(b"MAIL FROM:<a@b.c> SIZE=1").startswith(b"555 5.5.4")
        assert client.say(b"MAIL FROM:<a@b.c>").startswith(b"250")


def test_quit(wire: Wire) -> None:
    assert wire.say(b"QUIT") == b"221 2.0.0 bye\r\n"
    assert wire.is_closed()


def test_bare_lf_ends_a_command(wire: Wire) -> None:
    wire.send(b"NOOP\nNOOP\r\n")
    assert [wire.reply(), wire.reply()] == [b"250 2.0.0 ok\r\n"] * 2


def test_too_many_recipients(server: Running, wire: Wire) -> None:
    wire.say(b"MAIL FROM:<>")
    answers = [wire.say(b"RCPT TO:<support+%d@acme.example>" % number) for number in range(80)]
    assert answers[:50] == [b"250 2.1.5 recipient ok\r\n"] * 50
    assert {answer[:9] for answer in answers[50:]} == {b"452 4.5.3"}
    assert wire.say(b"DATA").startswith(b"354")
    wire.send(MAIL % b"many" + b".\r\n")
    assert wire.reply().startswith(b"250 2.0.0 queued")
    assert len(server.rows()[-1].recipients) == 50


@pytest.mark.parametrize(
    ("content", "reply"),
    [
        (b"Subject: x\r\n\r\n" + b"x" * 65_000 + b"\r\n", "250 2.0.0"),
        (b"Subject: x\r\n\r\n" + b"x" * 998 + b"\r\n" + b"x" * 1001 + b"\r\n", "250 2.0.0"),
        (b"Received: by a\r\n" * 30 + b"\r\nx\r\n", "250 2.0.0"),
        (b"Received: by a\r\n" * 31 + b"\r\nx\r\n", "554 5.4.6"),
        (b"\r\n" + b"Received: by a\r\n" * 40, "250 2.0.0"),
        (b"Subject: x\r\n\r\n" + b"xy\r\n" * 20_000, "552 5.3.4"),
    ],
)
def test_content(server: Running, wire: Wire, content: bytes, reply: str) -> None:
    before = len(server.rows())
    answer = wire.mail(content).decode()
    assert answer.startswith(reply)
    assert len(server.rows()) - before == answer.startswith("250 2.0.0 queued")
    assert wire.say(b"NOOP").startswith(b"250")
    assert server.used_bytes == 0


def test_a_line_too_long(tmp_path: Path) -> None:
    with running(tmp_path) as server, server.wire() as client:
        client.hello()
        assert client.mail(b"a" * 65_536 + b"\r\n").startswith(b"250 2.0.0")
        assert client.mail(b"a" * 65_537 + b"\r\n") == b"554 5.6.0 a line of the mail is too long\r\n"
        assert client.say(b"NOOP").startswith(b"250")


def test_bare_newlines_may_be_rejected(tmp_path: Path) -> None:
    with running(tmp_path, smtp='bare_newlines = "reject"') as server, server.wire() as client:
        client.hello()
        for bad in (b"a\nb\r\n", b"a\rb\r\n", b"a\r\r\nb\r\n"):
            assert client.mail(bad) == b"550 5.6.11 bare CR or LF in the mail\r\n"
        assert client.mail(b"a\r\nb\r\n").startswith(b"250")
        assert server.mails() == [b"a\r\nb\r\n"]


def test_five_unknown_commands_end_the_session(server: Running) -> None:
    with server.wire() as client:
        client.send(
            b"POST / HTTP/1.1\r\nHost: mail\r\nContent-Type: text/plain\r\nContent-Length: 9\r\nX: y\r\n\r\nEHLO x\r\n"
        )
        answers = [client.reply() for _ in range(5)]
        assert [answer[:9] for answer in answers] == [b"500 5.5.1"] * 4 + [b"421 4.7.0"]
        assert client.is_closed()


def test_talk_without_mail_ends_the_session(server: Running) -> None:
    with server.wire() as client:
        client.hello()
        client.send(b"NOOP\r\n" * 120)
        answers = [client.reply() for _ in range(100)]
        assert answers[98].startswith(b"250")
        assert answers[99].startswith(b"421 4.7.0")
        assert client.is_closed()


def test_errors_of_a_stranger_end_the_session(tmp_path: Path) -> None:
    with running(tmp_path, loopback=False) as server, server.wire() as client:
        client.hello()
        client.say(b"MAIL FROM:<>")
        answers = [client.say(b"RCPT TO:<nobody%d@acme.example>" % number) for number in range(21)]
        assert {answer[:9] for answer in answers[:20]} == {b"550 5.1.1"}
        assert answers[20].startswith(b"421 4.7.0")
        assert client.is_closed()


def test_wrong_tokens_close_the_token_door_to_a_stranger(tmp_path: Path) -> None:
    good = b"RCPT TO:<support+%s@acme.example>" % token_for().encode()
    with running(tmp_path, loopback=False) as server:
        with server.wire(source="127.0.0.2") as client:
            client.hello()
            client.say(b"MAIL FROM:<>")
            assert client.say(good).startswith(b"250")
            for number in range(10):
                token = (b"abcdefgh"[number % 8 : number % 8 + 1] * 30 + b"%d2" % (2 + number % 5))[:31] + b"a"
                assert client.say(b"RCPT TO:<support+%s@acme.example>" % token).startswith(b"550 5.1.1")
            assert client.say(good) == b"550 5.1.1 no such mailbox\r\n"
            assert client.say(b"RCPT TO:<support@acme.example>").startswith(b"250")
        with server.wire(source="127.0.0.2") as client:
            client.hello()
            client.say(b"MAIL FROM:<>")
            assert client.say(good).startswith(b"550 5.1.1")
        with server.wire(source="127.0.0.3") as client:
            client.hello()
            client.say(b"MAIL FROM:<>")
            assert client.say(good).startswith(b"250")


def test_pipelined_session_in_one_write(server: Running) -> None:
    before = len(server.rows())
    with server.wire() as client:
        client.send(
            b"EHLO c\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\n"
            + MAIL % b"pipelined-1"
            + b".\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<billing@acme.example>\r\nDATA\r\n"
            + MAIL % b"pipelined-2"
            + b".\r\nQUIT\r\n"
        )
        codes = [client.reply()[:3] for _ in range(10)]
        assert codes == [b"250"] * 3 + [b"354", b"250"] + [b"250"] * 2 + [b"354", b"250", b"221"]
        assert client.is_closed()
    assert server.mails()[before:] == [MAIL % b"pipelined-1", MAIL % b"pipelined-2"]


def test_a_large_mail_pipelined_before_354(server: Running, wire: Wire) -> None:
    content = MAIL % b"eager" + b"x" * 70 + b"\r\n" + b"y" * 40_000 + b"\r\n"
    wire.send(b"MAIL FROM:<a@b.c>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\n" + content + b".\r\nNOOP\r\n")
    assert [wire.reply()[:3] for _ in range(5)] == [b"250", b"250", b"354", b"250", b"250"]
    assert server.mails()[-1] == content


def test_a_half_closed_client_still_gets_its_replies(server: Running) -> None:
    with server.wire() as client:
        client.send(
            b"EHLO c\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\n" + MAIL % b"half" + b".\r\n"
        )
        client.sock.shutdown(1)
        assert [client.reply()[:3] for _ in range(5)] == [b"250", b"250", b"250", b"354", b"250"]
        assert client.is_closed()
    assert server.mails()[-1] == MAIL % b"half"
