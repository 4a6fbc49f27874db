"""The grammar of MAIL and RCPT: a column of arguments and a column of answers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.intake.envelope import Sender, parse_recipient, parse_sender
from gateway.intake.replies import Reply
from support.fuzz import examples

_LOCAL_64 = "a" * 64
_DOMAIN_LONG = ".".join(["d" * 60] * 4)

SENDERS = [
    ("FROM:<>", Sender(address="")),
    ("FROM:<ann@example.net>", Sender(address="ann@example.net")),
    ("from:<ann@example.net>", Sender(address="ann@example.net")),
    ("FROM: <ann@example.net>", Sender(address="ann@example.net")),
    ("FROM:<Ann@Example.NET>", Sender(address="Ann@Example.NET")),
    ("FROM:<a.b.c@example.net>", Sender(address="a.b.c@example.net")),
    ("FROM:<ann+tag@example.net>", Sender(address="ann+tag@example.net")),
    ("FROM:<SRS0=HHH=TT=example.org=ann@example.net>", Sender(address="SRS0=HHH=TT=example.org=ann@example.net")),
    ("FROM:<bounce!x%y@example.net>", Sender(address="bounce!x%y@example.net")),
    ("FROM:<#$&'*/?^_`{|}~-@example.net>", Sender(address="#$&'*/?^_`{|}~-@example.net")),
    (f"FROM:<{'v' * 100}@example.net>", Sender(address=f"{'v' * 100}@example.net")),
    ('FROM:<"ann smith"@example.net>', Sender(address='"ann smith"@example.net')),
    (r'FROM:<"a\"b"@example.net>', Sender(address=r'"a\"b"@example.net')),
    ('FROM:<"a>b"@example.net>', Sender(address='"a>b"@example.net')),
    ("FROM:<ann@localhost>", Sender(address="ann@localhost")),
    ("FROM:<ann@my_host.example>", Sender(address="ann@my_host.example")),
    ("FROM:<ann@xn--bcher-kva.example>", Sender(address="ann@xn--bcher-kva.example")),
    ("FROM:<ann@[192.0.2.1]>", Sender(address="ann@[192.0.2.1]")),
    ("FROM:<ann@[IPv6:2001:db8::1]>", Sender(address="ann@[IPv6:2001:db8::1]")),
    ("FROM:<ann@example.net> SIZE=1000", Sender(address="ann@example.net", size=1000)),
    ("FROM:<ann@example.net> size=0", Sender(address="ann@example.net", size=0)),
    ("FROM:<ann@example.net> BODY=8BITMIME", Sender(address="ann@example.net")),
    ("FROM:<ann@example.net> body=7bit", Sender(address="ann@example.net")),
    ("FROM:<ann@example.net> SMTPUTF8", Sender(address="ann@example.net", utf8=True)),
    ("FROM:<> SIZE=5 BODY=8BITMIME SMTPUTF8", Sender(address="", size=5, utf8=True)),
    ("FROM:<анна@пример.рф> SMTPUTF8", Sender(address="анна@пример.рф", utf8=True)),
    ("FROM:<анна@пример.рф>", Reply.ADDRESS_NEEDS_UTF8),
    # the shape of the command
    ("", Reply.SENDER_SYNTAX),
    ("FROM", Reply.SENDER_SYNTAX),
    ("FROM:", Reply.SENDER_SYNTAX),
    ("FROM:<", Reply.SENDER_SYNTAX),
    ("FROM:>", Reply.SENDER_SYNTAX),
    ("FROM:<a@b", Reply.SENDER_SYNTAX),
    ("FROM:a@b.c", Reply.SENDER_SYNTAX),
    ("FROM:a@b.c>", Reply.SENDER_SYNTAX),
    ("FROM:<<a@b.c>>", Reply.SENDER_SYNTAX),
    ("FROM:<a@b.c>x", Reply.SENDER_SYNTAX),
    ("FROM:<a@b.c>SIZE=1", Reply.SENDER_SYNTAX),
    ("FROM:<a@b.c><d@e.f>", Reply.SENDER_SYNTAX),
    ("FROM:Ann <a@b.c>", Reply.SENDER_SYNTAX),
    ("FROM\t:<a@b.c>", Reply.SENDER_SYNTAX),
    ("TO:<a@b.c>", Reply.SENDER_SYNTAX),
    ("<a@b.c>", Reply.SENDER_SYNTAX),
    # the address in it
    ("FROM:<a>", Reply.BAD_ADDRESS),
    ("FROM:<@>", Reply.BAD_ADDRESS),
    ("FROM:<a@>", Reply.BAD_ADDRESS),
    ("FROM:<@b.c>", Reply.BAD_ADDRESS),
    ("FROM:< >", Reply.BAD_ADDRESS),
    ("FROM:< a@b.c >", Reply.BAD_ADDRESS),
    ("FROM:<a b@c.d>", Reply.BAD_ADDRESS),
    ("FROM:<a@b c>", Reply.BAD_ADDRESS),
    ("FROM:<a@b@c.d>", Reply.BAD_ADDRESS),
    ("FROM:<.a@b.c>", Reply.BAD_ADDRESS),
    ("FROM:<a.@b.c>", Reply.BAD_ADDRESS),
    ("FROM:<a..b@c.d>", Reply.BAD_ADDRESS),
    ("FROM:<a@.b.c>", Reply.BAD_ADDRESS),
    ("FROM:<a@b.c.>", Reply.BAD_ADDRESS),
    ("FROM:<a@b..c>", Reply.BAD_ADDRESS),
    ("FROM:<a@-b.c>", Reply.BAD_ADDRESS),
    ("FROM:<a@b-.c>", Reply.BAD_ADDRESS),
    ("FROM:<a@b/c.d>", Reply.BAD_ADDRESS),
    ("FROM:<a@b\\c.d>", Reply.BAD_ADDRESS),
    ("FROM:<a(comment)@b.c>", Reply.BAD_ADDRESS),
    ("FROM:<a,b@c.d>", Reply.BAD_ADDRESS),
    ("FROM:<a;b@c.d>", Reply.BAD_ADDRESS),
    ("FROM:<a:b@c.d>", Reply.BAD_ADDRESS),
    ("FROM:<@x,@y:a@b.c>", Reply.BAD_ADDRESS),
    ("FROM:<@x.example:a@b.c>", Reply.BAD_ADDRESS),
    ("FROM:<a@b.c\0>", Reply.BAD_ADDRESS),
    ("FROM:<a\0@b.c>", Reply.BAD_ADDRESS),
    ("FROM:<a\r@b.c>", Reply.BAD_ADDRESS),
    ("FROM:<a\n@b.c>", Reply.BAD_ADDRESS),
    ("FROM:<a\x1b[31m@b.c>", Reply.BAD_ADDRESS),
    ("FROM:<a\x7f@b.c>", Reply.BAD_ADDRESS),
    ("FROM:<a\x85@b.c> SMTPUTF8", Reply.BAD_ADDRESS),
    ("FROM:<a\xa0@b.c> SMTPUTF8", Reply.BAD_ADDRESS),
    ("FROM:<a\u2028@b.c> SMTPUTF8", Reply.BAD_ADDRESS),
    ("FROM:<a\u202eb@c.d> SMTPUTF8", Reply.BAD_ADDRESS),
    ("FROM:<a\udcff@b.c> SMTPUTF8", Reply.BAD_ADDRESS),
    ("FROM:<a@b\udcff.c> SMTPUTF8", Reply.BAD_ADDRESS),
    ("FROM:<=?utf-8?q?a=40evil=3E?=@b.c>", Reply.BAD_ADDRESS),
    ("FROM:<a@=?utf-8?q?b.c?=>", Reply.BAD_ADDRESS),
    ('FROM:<"=?utf-8?q?a?="@b.c>', Reply.BAD_ADDRESS),
    ('FROM:<"a\0b"@c.d>', Reply.BAD_ADDRESS),
    ('FROM:<"a"b"@c.d>', Reply.BAD_ADDRESS),
    ('FROM:<"ab@c.d>', Reply.BAD_ADDRESS),
    ('FROM:<"a".b@c.d>', Reply.BAD_ADDRESS),
    ("FROM:<a@[192.0.2.300]>", Reply.BAD_ADDRESS),
    ("FROM:<a@[192.0.2.1>", Reply.BAD_ADDRESS),
    ("FROM:<a@[IPv6:fe80::1%eth0]>", Reply.BAD_ADDRESS),
    ("FROM:<a@[x]>", Reply.BAD_ADDRESS),
    ("FROM:<a@[]>", Reply.BAD_ADDRESS),
    (f"FROM:<{'a' * 400}@b.c>", Reply.BAD_ADDRESS),
    (f"FROM:<a@{'d' * 64}.example>", Reply.BAD_ADDRESS),
    (f"FROM:<a@{_DOMAIN_LONG}.{_DOMAIN_LONG}>", Reply.BAD_ADDRESS),
    # parameters
    ("FROM:<a@b.c> SIZE=", Reply.SYNTAX),
    ("FROM:<a@b.c> SIZE", Reply.SYNTAX),
    ("FROM:<a@b.c> SIZE=x", Reply.SYNTAX),
    ("FROM:<a@b.c> SIZE=-1", Reply.SYNTAX),
    ("FROM:<a@b.c> SIZE=١٢", Reply.SYNTAX),
    ("FROM:<a@b.c> SIZE=" + "9" * 21, Reply.SYNTAX),
    ("FROM:<a@b.c> SIZE=1 SIZE=2", Reply.SYNTAX),
    ("FROM:<a@b.c> =1", Reply.SYNTAX),
    ("FROM:<a@b.c> S_=1", Reply.SYNTAX),
    ("FROM:<a@b.c> X=a=b", Reply.SYNTAX),
    ("FROM:<a@b.c> X=\0", Reply.SYNTAX),
    ("FROM:<a@b.c> SMTPUTF8=yes", Reply.SYNTAX),
    ("FROM:<a@b.c> BODY=BINARYMIME", Reply.SYNTAX),
    ("FROM:<a@b.c> BODY", Reply.SYNTAX),
    ("FROM:<a@b.c> RET=FULL", Reply.UNKNOWN_PARAMETER),
    ("FROM:<a@b.c> ENVID=x", Reply.UNKNOWN_PARAMETER),
    ("FROM:<a@b.c> AUTH=<>", Reply.UNKNOWN_PARAMETER),
    ("FROM:<a@b.c> AUTH=x", Reply.UNKNOWN_PARAMETER),
    ("FROM:<a@b.c> XYZZY", Reply.UNKNOWN_PARAMETER),
]

RECIPIENTS = [
    ("TO:<support@acme.example>", "support@acme.example"),
    ("to: <Support@Acme.Example>", "Support@Acme.Example"),
    ("TO:<support+abc@acme.example>", "support+abc@acme.example"),
    ("TO:<support+a=b@acme.example>", "support+a=b@acme.example"),
    ("TO:<postmaster>", "postmaster"),
    ("TO:<Postmaster>", "Postmaster"),
    (f"TO:<{_LOCAL_64}@acme.example>", f"{_LOCAL_64}@acme.example"),
    ("TO:<a@[192.0.2.1]>", "a@[192.0.2.1]"),
    ("", Reply.RECIPIENT_SYNTAX),
    ("TO:", Reply.RECIPIENT_SYNTAX),
    ("TO:<>", Reply.RECIPIENT_SYNTAX),
    ("TO:<", Reply.RECIPIENT_SYNTAX),
    ("TO:<support@acme.example", Reply.RECIPIENT_SYNTAX),
    ("TO:support@acme.example", Reply.RECIPIENT_SYNTAX),
    ("TO:Support <support@acme.example>", Reply.RECIPIENT_SYNTAX),
    ("TO:<a@b.c>, <d@e.f>", Reply.RECIPIENT_SYNTAX),
    ("TO:<a@b.c>x", Reply.RECIPIENT_SYNTAX),
    ("FROM:<a@b.c>", Reply.RECIPIENT_SYNTAX),
    ("TO:<support>", Reply.BAD_ADDRESS),
    ("TO:< support@acme.example >", Reply.BAD_ADDRESS),
    ("TO:<support@acme.example\0>", Reply.BAD_ADDRESS),
    ("TO:<sup\0port@acme.example>", Reply.BAD_ADDRESS),
    ("TO:<sup\tport@acme.example>", Reply.BAD_ADDRESS),
    ("TO:<support%evil.example@acme.example>", Reply.BAD_ADDRESS),
    ("TO:<evil.example!support@acme.example>", Reply.BAD_ADDRESS),
    ("TO:<@acme.example:victim@evil.example>", Reply.BAD_ADDRESS),
    ("TO:<@acme.example,@b:victim@evil.example>", Reply.BAD_ADDRESS),
    ("TO:<support@evil.example@acme.example>", Reply.BAD_ADDRESS),
    ('TO:<"support"@acme.example>', Reply.BAD_ADDRESS),
    ('TO:<"a@evil.example"@acme.example>', Reply.BAD_ADDRESS),
    ("TO:<=?utf-8?q?support?=@acme.example>", Reply.BAD_ADDRESS),
    ("TO:<support+=?x@acme.example>", Reply.BAD_ADDRESS),
    ("TO:<support@acme.example.>", Reply.BAD_ADDRESS),
    ("TO:<support@@acme.example>", Reply.BAD_ADDRESS),
    ("TO:<sup\udcffport@acme.example>", Reply.BAD_ADDRESS),
    (f"TO:<{_LOCAL_64}a@acme.example>", Reply.BAD_ADDRESS),
    ("TO:<a@b.c> NOTIFY=NEVER", Reply.UNKNOWN_PARAMETER),
    ("TO:<a@b.c> ORCPT=rfc822;a", Reply.UNKNOWN_PARAMETER),
    ("TO:<a@b.c> =", Reply.SYNTAX),
]


@pytest.mark.parametrize(("arg", "answer"), SENDERS)
def test_sender(arg: str, answer: Sender | Reply) -> None:
    assert parse_sender(arg, extended=True) == answer


@pytest.mark.parametrize(("arg", "answer"), RECIPIENTS)
def test_recipient(arg: str, answer: str) -> None:
    assert parse_recipient(arg) == answer


def test_parameters_need_ehlo() -> None:
    assert parse_sender("FROM:<a@b.c>", extended=False) == Sender(address="a@b.c")
    assert parse_sender("FROM:<a@b.c> SIZE=1", extended=False) is Reply.UNKNOWN_PARAMETER


_SHAPED = st.one_of(st.text(), st.text(alphabet='FROMTO:<>@."\\ =?a\0\r\n%!,[]+').map("FROM:<".__add__))


@settings(max_examples=examples(400), deadline=None)
@given(_SHAPED)
def test_whatever_is_accepted_is_one_clean_address(text: str) -> None:
    for answer in (parse_sender(text, extended=True), parse_recipient(text), parse_recipient(f"TO:<{text}>")):
        if isinstance(answer, Reply):
            assert answer[0] == "5"
            continue
        address = answer.address if isinstance(answer, Sender) else answer
        assert not set(address) & set("\0\r\n\t")
        assert "=?" not in address
        assert len(address.encode()) <= 254
        if not address.startswith('"'):
            assert not set(address) & set('<> ,;"\\')
            assert address.count("@") == (address.lower() not in ("", "postmaster"))
