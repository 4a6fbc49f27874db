"""The SMTP carrier against a server that behaves, and against one that does not (T08, T109-T114)."""

import base64
import socket
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from gateway.compose import headers
from gateway.config import Target
from gateway.delivery.answer import Failed, Reason, Retry, Sent, Unreachable
from gateway.delivery.smtp import Smarthost, Timing
from gateway.errors import Temporary
from gateway.mail.value import Address
from gateway.store.outbox import Due
from support.sink import DROP, DROP_BEFORE_DOT, STALL, Sink, tls_for

QUICK = Timing(step=5, final=0.5)
_IDS = count(1)


def due(recipient="ann@example.net", *, envelope_from="", data=None, text="Hello\r\n.dot\r\n..\r\nend\r\n"):
    number = next(_IDS)
    message_id = f"<{number}@mail.acme.example>"
    head = f"From: support@acme.example\r\nTo: {recipient}\r\nMessage-ID: {message_id}\r\n\r\n"
    return Due(
        id=number,
        fence=1,
        mail_id=number,
        ticket=None,
        recipient=recipient,
        envelope_from=envelope_from,
        automatic=True,
        attempts=1,
        created_at=datetime(2026, 11, 27, tzinfo=UTC),
        message_id=message_id,
        data=(head + text).encode() if data is None else data,
    )


@pytest.fixture
def sink():
    with Sink() as running:
        yield running


@pytest.fixture
def connect():
    hosts = []

    def make(port, *, scheme="smtp", host="127.0.0.1", user="", timing=QUICK, **options):
        target = Target(scheme=scheme, host=host, port=port, user=user)
        hosts.append(Smarthost(target, helo="mail.acme.example", timing=timing, **options))
        return hosts[-1]

    yield make
    for one in hosts:
        one.close()


def send(smarthost, one):
    (answer,) = smarthost.deliver([one])
    return answer


def test_the_bytes_and_the_envelope_arrive_as_they_are(sink, connect):
    one = due(envelope_from="")
    two = due("bo@example.net", envelope_from="support@acme.example")
    smarthost = connect(sink.port)
    assert send(smarthost, one) == Sent(reply="250 2.0.0 taken as 1")
    assert isinstance(send(smarthost, two), Sent)
    assert [(r.mail_from, r.recipients, r.data) for r in sink.received] == [
        ("", ("ann@example.net",), one.data),
        ("support@acme.example", ("bo@example.net",), two.data),
    ]


def test_two_hundred_mails_over_one_connection_with_rset_between(sink, connect):
    smarthost = connect(sink.port)
    for _ in range(200):
        assert isinstance(send(smarthost, due()), Sent)
    assert len(sink.received) == 200
    assert sink.connections == 1
    assert sink.commands.count("RSET") == 199


def test_a_connection_is_left_after_so_many_mails(sink, connect):
    smarthost = connect(sink.port, mails_per_connection=3)
    for _ in range(7):
        send(smarthost, due())
    assert [r.connection for r in sink.received] == [1, 1, 1, 2, 2, 2, 3]


def test_a_dead_connection_is_made_again_without_anybody_noticing(sink, connect):
    smarthost = connect(sink.port)
    send(smarthost, due())
    sink.drop_all()
    assert isinstance(send(smarthost, due()), Sent)
    assert sink.connections == 2


@pytest.mark.parametrize("stage", ["rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("450 4.2.0 greylisted", Retry(reply="450 4.2.0 greylisted")),
        ("554 5.7.1 looks like spam", Failed(reply="554 5.7.1 looks like spam")),
        ("550 5.1.1 no such user", Failed(reply="550 5.1.1 no such user", reason=Reason.RECIPIENT_REFUSED)),
    ],
)
def test_refusals_at_every_stage_and_the_next_mail_goes(sink, connect, stage, reply, answer):
    smarthost = connect(sink.port)
    sink.next(stage, reply)
    assert send(smarthost, due()) == answer
    assert sink.received == []
    assert isinstance(send(smarthost, due()), Sent)
    assert sink.connections == 1


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("450 4.7.1 rate limit exceeded", Retry(reply="450 4.7.1 rate limit exceeded", reason=Reason.SENDER_DELAYED)),
        ("553 5.7.1 no null sender", Retry(reply="553 5.7.1 no null sender", reason=Reason.NULL_SENDER_REFUSED)),
        ("552 5.3.4 too large", Failed(reply="552 5.3.4 too large")),
    ],
)
def test_what_is_said_to_the_sender_is_not_about_the_recipient(sink, connect, reply, answer):
    smarthost = connect(sink.port)
    sink.next("mail", reply)
    assert send(smarthost, due()) == answer
    assert isinstance(send(smarthost, due()), Sent)


def test_one_recipient_is_refused_and_the_others_are_not(sink, connect):
    sink.refused["gone@example.net"] = "550 5.1.1 gone"
    smarthost = connect(sink.port)
    answers = smarthost.deliver([due("ann@example.net"), due("gone@example.net"), due("bo@example.net")])
    assert [type(answer) for answer in answers] == [Sent, Failed, Sent]


def test_going_away_on_a_kept_connection_is_tried_again_on_a_new_one(sink, connect):
    smarthost = connect(sink.port)
    send(smarthost, due())
    sink.next("mail", "421 4.7.0 too many mails on this connection")
    assert isinstance(send(smarthost, due()), Sent)
    assert sink.connections == 2


def test_going_away_on_a_fresh_connection_says_nothing_about_the_mail(sink, connect):
    sink.next("mail", "421 4.3.2 shutting down")
    answer = send(connect(sink.port), due())
    assert answer == Unreachable(reply="421 4.3.2 shutting down", reason=Reason.SLOW_DOWN)


@pytest.mark.parametrize("fault", [STALL, DROP])
def test_no_verdict_after_the_dot_is_a_doubt(sink, connect, fault):
    smarthost = connect(sink.port)
    sink.next("dot", fault)
    one = due()
    answer = send(smarthost, one)
    assert isinstance(answer, Retry)
    assert answer.reason is Reason.NO_VERDICT
    assert isinstance(send(smarthost, one), Sent)
    assert {r.data for r in sink.received} == {one.data}
    assert len(sink.received) == (2 if fault == DROP else 1)


def test_a_connection_that_breaks_before_the_dot(sink, connect):
    sink.next("data", DROP_BEFORE_DOT)
    answer = send(connect(sink.port), due())
    assert isinstance(answer, Retry)
    assert answer.reason in (Reason.CUT_OFF, Reason.NO_VERDICT)  # all of it may have left before we noticed
    assert sink.received == []


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("fault", [STALL, DROP])
def test_a_server_that_lets_us_in_and_fails_over_a_mail_may_take_others(sink, connect, stage, fault):
    sink.next(stage, fault)
    answer = send(connect(sink.port, timing=Timing(step=0.3, final=0.3)), due())
    assert isinstance(answer, Retry)
    assert answer.reason is Reason.CUT_OFF


def test_going_away_at_a_recipient_is_about_that_mail(sink, connect):
    sink.next("rcpt", "421 4.7.0 not now")
    assert send(connect(sink.port), due()) == Retry(reply="421 4.7.0 not now", reason=Reason.SLOW_DOWN)


def test_nobody_listens(connect):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    answer = send(connect(port), due())
    assert isinstance(answer, Unreachable)
    assert f"127.0.0.1:{port}" in answer.reply


def test_a_host_that_does_not_exist(connect):
    answer = send(connect(25, host="no-such-host.invalid"), due())
    assert isinstance(answer, Unreachable)


def test_a_long_wild_reply_is_one_clean_line(sink, connect):
    sink.next("rcpt", "550-" + "x" * 400 + "\x1b[31m\r\n550 \xff" + "y" * 400)
    answer = send(connect(sink.port), due())
    assert isinstance(answer, Failed)
    assert len(answer.reply) == 500
    assert answer.reply.isprintable()


@pytest.mark.parametrize(
    "recipient",
    ["<a@b.c>, evil@x.y", "a@b.c>\r\nRCPT TO:<evil@x.y", "a\x00@b.c", "", "ann", "a@b.c\nDATA", "a b@c.d"],
)
def test_what_is_no_address_never_reaches_the_server(sink, connect, recipient):
    answer = send(connect(sink.port), due(recipient, data=due().data))
    assert isinstance(answer, Failed)
    assert answer.reason is Reason.NOT_AN_ADDRESS
    answer = send(connect(sink.port), due(envelope_from=recipient or "x@", data=due().data))
    assert isinstance(answer, Failed)
    assert sink.connections == 0


@pytest.mark.parametrize("text", ["bare\nLF\r\n", "bare\rCR\r\n", "end without CRLF", "x" * 999 + "\r\n", "nul\0\r\n"])
def test_unsound_bytes_are_never_sent(sink, connect, text):
    answer = send(connect(sink.port), due(text=text))
    assert isinstance(answer, Failed)
    assert answer.reason is Reason.UNSOUND
    assert sink.connections == 0


def test_an_address_with_odd_dots_goes_in_quotes(sink, connect):
    assert isinstance(send(connect(sink.port), due("a..b@docomo.example", data=due().data)), Sent)
    assert sink.received[0].recipients == ("a..b@docomo.example",)


def test_an_address_beyond_ascii_with_and_without_smtputf8(connect):
    one = due("jürgen@bücher.example")
    with Sink() as able:
        assert isinstance(send(connect(able.port), one), Sent)
        assert able.received[0].recipients == ("jürgen@bücher.example",)
        assert "SMTPUTF8" in able.received[0].options
    with Sink(utf8=False) as unable:
        smarthost = connect(unable.port)
        answer = send(smarthost, one)
        assert isinstance(answer, Failed)
        assert answer.reason is Reason.NO_SMTPUTF8
        assert "SMTPUTF8" in answer.reply
        assert isinstance(send(smarthost, due()), Sent)


@pytest.mark.parametrize(
    ("recipient", "written"),
    [
        ("info@bücher.example", "info@xn--bcher-kva.example"),
        ("info@BÜCHER.example", "info@xn--bcher-kva.example"),
        ("a..b@bücher.example", "a..b@xn--bcher-kva.example"),
        ("अ@उदाहरण.example", ""),
        ("info@faß.example", ""),  # not fass.example, which is somebody else's
    ],
)
def test_where_only_the_domain_is_beyond_ascii_no_server_has_to_know_more(connect, recipient, written):
    fields = [("From", Address(addr="support@bücher.example")), ("To", Address(addr=recipient))]
    fields += [("Date", datetime(2026, 11, 27, tzinfo=UTC)), ("Message-ID", "<one@mail.acme.example>")]
    with Sink(utf8=False) as unable:
        data = headers.build(fields, text="Hello\n")
        answer = send(connect(unable.port), due(recipient, envelope_from="support@bücher.example", data=data))
        if not written:
            assert isinstance(answer, Failed)
            assert answer.reason is Reason.NO_SMTPUTF8
            return
        assert isinstance(answer, Sent)
        (got,) = unable.received
        assert (got.mail_from, got.recipients) == ("support@xn--bcher-kva.example", (written,))
        assert "bücher".encode() not in got.data


def test_a_mail_over_the_servers_limit_is_not_offered(connect):
    with Sink(size_limit=1000) as small:
        answer = send(connect(small.port), due(text="line\r\n" * 300))
        assert isinstance(answer, Failed)
        assert answer.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_tls_and_a_login(tmp_path: Path, connect, scheme):
    context = tls_for("127.0.0.1", ca_file=tmp_path / "ca.pem")
    with Sink(tls=context, implicit=scheme == "smtps", login=("gate", "s3cret")) as secure:
        smarthost = connect(
            secure.port, scheme=scheme, user="gate", password=lambda: "s3cret", ca_file=tmp_path / "ca.pem"
        )
        assert isinstance(send(smarthost, due()), Sent)
        assert isinstance(send(smarthost, due()), Sent)
        assert [(r.tls, r.user) for r in secure.received] == [(True, "gate")] * 2
        assert secure.logins == [("gate", "s3cret", True)]


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
@pytest.mark.parametrize("wrong", ["host", "authority"])
def test_a_wrong_certificate_is_refused_before_the_login(tmp_path: Path, connect, scheme, wrong):
    ca_file = tmp_path / "ca.pem"
    context = tls_for("other.example" if wrong == "host" else "127.0.0.1", ca_file=ca_file)
    with Sink(tls=context, implicit=scheme == "smtps", login=("gate", "s3cret")) as secure:
        trusted = ca_file if wrong == "host" else None
        smarthost = connect(secure.port, scheme=scheme, user="gate", password=lambda: "s3cret", ca_file=trusted)
        answer = send(smarthost, due())
        assert isinstance(answer, Unreachable)
        assert "certificate" in answer.reply
        assert secure.logins == []
        assert secure.received == []


def test_starttls_that_is_not_offered_is_not_done_without(sink, connect):
    answer = send(connect(sink.port, scheme="smtp+starttls"), due())
    assert isinstance(answer, Unreachable)
    assert "STARTTLS" in answer.reply
    assert sink.received == []


def test_a_wrong_password_is_not_the_mails_fault(tmp_path: Path, connect):
    context = tls_for("127.0.0.1", ca_file=tmp_path / "ca.pem")
    with Sink(tls=context, login=("gate", "s3cret")) as secure:
        smarthost = connect(
            secure.port,
            scheme="smtp+starttls",
            user="gate",
            password=lambda: "wrong",
            ca_file=tmp_path / "ca.pem",
        )
        answer = send(smarthost, due())
        assert isinstance(answer, Unreachable)
        assert "535" in answer.reply
        assert "wrong" not in answer.reply


CANARY = "c4nary-of.Acme!"


def parts(secret: bytes) -> list[bytes]:
    """What of a secret must stand nowhere: pieces of it, and of its base64 at each of the three places it may have."""
    whole = [secret, *(base64.b64encode(b"\0" * before + secret)[2:-4] for before in range(3))]
    return [one[at : at + 8] for one in whole for at in range(len(one) - 7)]


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "XOAUTH2"])
def test_a_server_that_quotes_our_login(connect, mechanism):
    """T147."""
    with Sink(quotes=mechanism) as rude:
        how = {"token": lambda refused: CANARY} if mechanism == "XOAUTH2" else {"password": lambda: CANARY}
        answer = send(connect(rude.port, user="gate", **how), due())
        assert answer.reason is Reason.LOGIN_REFUSED
        assert "535 5.7.8" in answer.reply or "535-5.7.8" in answer.reply
        assert "go away" in answer.reply
        assert "***" in answer.reply
        assert [part for part in parts(CANARY.encode()) if part in answer.reply.encode()] == []


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize("code", ["450", "550", "421"])
def test_a_server_that_quotes_our_login_later(connect, stage, code):
    with Sink(login=("gate", CANARY)) as rude:
        smarthost = connect(rude.port, user="gate", password=lambda: CANARY)
        coded = base64.b64encode(b"\0gate\0" + CANARY.encode()).decode()
        rude.next(stage, f"{code} 4.0.0 {CANARY} {coded[:24]} says gate")
        answer = send(smarthost, due())
        assert answer.reply.startswith(f"{code} 4.0.0 *** ")
        assert answer.reply.endswith(" says gate")
        assert [part for part in parts(CANARY.encode()) if part in answer.reply.encode()] == []


def test_a_password_that_cannot_be_read_is_not_the_mails_fault(sink, connect):
    def unreadable():
        raise Temporary("cannot read the secret file")

    answer = send(connect(sink.port, user="gate", password=unreadable), due())
    assert isinstance(answer, Unreachable)
    assert "secret file" in answer.reply


def test_a_server_that_wants_a_login_first(connect):
    with Sink(login=("gate", "s3cret")) as strict:
        answer = send(connect(strict.port), due())
        assert isinstance(answer, Unreachable)
        assert "530" in answer.reply
