"""Whatever strangers wrote leaves as one header that says the same, and adds none (T08, T94, T112, T113)."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from unicodedata import normalize

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.compose import body, headers, words
from gateway.errors import Permanent
from gateway.mail.value import Address
from support.fuzz import examples

AT = datetime(2026, 11, 27, 9, 12, 5, tzinfo=UTC)
FROM = Address(addr="support@acme.example", name="Acme Support")
ANN = Address(addr="ann@example.net")
OWN = "<7k2m.abc@mail.acme.example>"

nasty = st.sampled_from(
    [
        "\r\nBcc: evil@x.y", "\n\nbody", "\r", "\n", "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u202e", "\ud800",
        "=?utf-8?q?a?=", "=?", "?=", '"', "\\", "<", ">", ",", ";", "@", "(", ")", ":", ".", "  ", "\t", "é", "Привет",
        "日本語", "👩‍👩‍👧", "a" * 80, "é" * 90, "Evil, Long <agent@corp.x>", "Re:", "=\r\n", "_", "=20",
    ]
)  # fmt: skip
anything = st.lists(st.one_of(nasty, st.text(st.characters(exclude_categories=()), max_size=12)), max_size=30).map(
    "".join
)


def compose(
    *, subject="Hello", to=ANN, references=(), in_reply_to="", message_id=OWN, sender=FROM, text="Hi\n", html=""
):
    fields = [
        ("From", sender),
        ("To", to),
        ("Subject", subject),
        ("Date", AT),
        ("Message-ID", message_id),
        ("In-Reply-To", in_reply_to),
        ("References", references),
        ("Auto-Submitted", "auto-replied"),
    ]
    return headers.build(fields, text=text, html=html)


def parse(data: bytes) -> EmailMessage:
    return message_from_bytes(data, policy=policy.default)


def as_utf8(text: str) -> str:
    """Raw UTF-8 in a header (RFC 6532), which the stdlib keeps as surrogates."""
    return text.encode("ascii", "surrogateescape").decode()


def as_unicode(domain: str) -> str:
    """A domain in A-labels (RFC 5890) as people write it."""
    return domain.encode("ascii").decode("idna") if "xn--" in domain else domain


def raw_headers(data: bytes) -> list[tuple[str, bytes]]:
    """Names and unfolded values, read in the plainest way there is."""
    head = data[: data.index(b"\r\n\r\n")]
    unfolded = head.replace(b"\r\n ", b" ")
    pairs = [line.split(b":", 1) for line in unfolded.split(b"\r\n")]
    return [(name.decode(), value.strip()) for name, value in pairs]


def shown_name(data: bytes) -> str:
    """The display name in To. The default policy of Python 3.11 keeps the blank between two encoded words of a name; RFC 2047 does not."""
    name = (
        dict(raw_headers(data))["To"]
        .decode()
        .removesuffix(">")
        .removesuffix("ann@example.net")
        .removesuffix("<")
        .strip()
    )
    if name.startswith('"'):
        assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', name)
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return str(make_header(decode_header(name))) if "=?" in name else name


EXPECTED = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
]


@given(anything)
@example("Hi\r\nBcc: evil@x.y")
@example("=?utf-8?q?a?= =?utf-8?q?b?=")
@example("x" * 400)
@example("ä" * 400)
@settings(max_examples=examples(400), deadline=None)
def test_any_subject_reads_back_as_itself_and_adds_no_header(subject):
    data = compose(subject=subject)
    wanted = words.clean(subject, headers.SUBJECT_CAP)
    names = [name for name, _ in raw_headers(data)]
    assert names == [name for name in EXPECTED if name != "Subject" or wanted]
    assert (parse(data)["Subject"] or "") == wanted
    assert len(wanted) <= 250
    assert max(map(len, data.split(b"\r\n"))) <= 78


@given(anything)
@example("Evil, Long " + "x" * 60 + " <agent@corp.x>")
@example("Ünï, <agent@corp.x>")
@example('"; agent@corp.x')
@settings(max_examples=examples(400), deadline=None)
def test_any_display_name_stays_a_display_name(name):
    data = compose(to=Address(addr="ann@example.net", name=name))
    mail = parse(data)
    assert [n for n, _ in raw_headers(data)] == EXPECTED
    (only,) = mail["To"].addresses
    assert only.addr_spec == "ann@example.net"
    assert shown_name(data) == words.clean(name, headers.NAME_CAP)
    if dict(raw_headers(data))["To"].count(b"=?") <= 1:
        # The stdlib takes any run of Unicode blanks for one.
        assert only.display_name.split() == words.clean(name, headers.NAME_CAP).split()


@given(anything)
@settings(max_examples=examples(300), deadline=None)
def test_ids_from_a_stranger_pass_unchanged_or_not_at_all(tail):
    data = compose(in_reply_to=f"<{tail}@x>", references=[f"<{tail}>", "<ok@x>", tail])
    names = [n for n, _ in raw_headers(data)]
    assert [n for n in names if n not in ("In-Reply-To", "References")] == EXPECTED
    allowed = {f"<{tail}>".encode("utf-8", "replace"), b"<ok@x>", tail.encode("utf-8", "replace")}
    assert set(dict(raw_headers(data))["References"].split()) <= allowed


@given(anything, anything)
@settings(max_examples=examples(200), deadline=None)
def test_any_text_reads_back_as_itself(text, more):
    mail = parse(compose(text=text))
    assert mail.get_content().replace("\r\n", "\n") == body.clean(text)
    both = parse(compose(text=text, html=f"<p>{more}</p>"))
    assert both.get_content_type() == "multipart/alternative"
    plain, rich = both.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == body.clean(text)
    assert rich.get_content_type() == "text/html"
    assert rich.get_content().replace("\r\n", "\n") == body.clean(f"<p>{more}</p>")


@pytest.mark.parametrize("length", [60, 78, 84, 120, 250])
def test_long_ids_are_never_encoded_or_cut(length):
    long = "<" + "a" * (length - 12) + "@long.test>"
    assert len(long) == length
    values = dict(raw_headers(compose(in_reply_to=long, references=["<first@x>", long], message_id=long)))
    assert values["Message-ID"] == values["In-Reply-To"] == long.encode()
    assert values["References"] == b"<first@x> " + long.encode()


def test_references_keep_the_first_and_the_last_nineteen_and_drop_giants():
    ids = [f"<{n}@x>" for n in range(50)]
    giant = "<" + "g" * 260 + "@x>"
    values = dict(raw_headers(compose(references=[*ids[:25], giant, *ids[25:], ids[-1]])))
    assert values["References"].decode().split() == [ids[0], *ids[-19:]]


@pytest.mark.parametrize(
    "bad", ["", "x@y", "<a b@x>", "<a@x", "<a@x>\r\nBcc: e@x.y", "<ä@x>", "<a@x><b@x>", "<" + "a" * 260 + ">"]
)
def test_our_own_message_id_must_be_sound(bad):
    with pytest.raises(Permanent, match="not a Message-ID"):
        compose(message_id=bad)


@pytest.mark.parametrize(
    "addr",
    [
        "ann@example.net", "a.b+c@example.net", "o'hara@sub.example.co.uk", "x@localhost", '"a b,c@d"@example.net', "1@2.example",
        "user_name@my_host.example", "a..b@docomo.example", ".a.@docomo.example", "a" * 64 + "@example.net", "ünal@example.net", "ann@bücher.example", "अ@उदाहरण.example",
    ],
)  # fmt: skip
def test_addresses_we_write_to(addr):
    assert headers.is_address(addr)
    (only,) = parse(compose(to=Address(addr=addr, name="N")))["To"].addresses
    assert f"{as_utf8(only.username)}@{as_unicode(as_utf8(only.domain))}" == addr.replace('"', "")


NOT_ADDRESSES = [
    "", "ann", "@x", "a@", "a@b@c", "<a@b.c>, evil@x.y", "<a@b.c>", "a@b.c>\r\nRCPT TO:<evil@x.y", "a\x00@b.c", "a b@c.d",
    "a@b..c", "a@-b.c", "a@b-.c", "a@[1.2.3.4]", "a@b.c ", " a@b.c", "a@b.c\n", "a@b.c,d@e.f", "a;b@c.d", "a:b@c.d",
    '"a"b"@c.d', '"a\\"b"@c.d', '"a<b>"@c.d', '""@c.d', "a(b)@c.d", "a" * 65 + "@x.y", "a@" + "b." * 130 + "c", "a\u3000@b.c", "a\u200b@b.c",
    "a@b\u2024c", "a＠b.c", "a\ud800@b.c", "=?utf-8?q?a=40b?=@c.d", "a\u2028@b.c",
]  # fmt: skip


@pytest.mark.parametrize("addr", NOT_ADDRESSES)
def test_what_is_not_an_address_is_refused(addr):
    assert not headers.is_address(addr)
    with pytest.raises(Permanent, match="not an address"):
        compose(to=Address(addr=addr))


@given(anything, anything)
@settings(max_examples=examples(300), deadline=None)
def test_an_accepted_address_is_one_address_to_everybody(local, domain):
    addr = f"{local}@{domain}"
    if headers.is_address(addr):
        (only,) = parse(compose(to=Address(addr=addr, name="N")))["To"].addresses
        assert as_utf8(only.domain) == domain or as_unicode(only.domain) == normalize("NFC", domain).lower()
        assert re.search(r"[\s<>\x00-\x1f]", addr.replace(" ", "")) is None


def test_several_recipients_stay_several():
    many = [Address(addr=f"p{n}@example.net", name=f"Person, {n}") for n in range(12)]
    mail = parse(compose(to=many))
    assert [(a.addr_spec, a.display_name) for a in mail["To"].addresses] == [(a.addr, a.name) for a in many]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Ann Example", b"Ann Example <ann@example.net>"),
        ("Example, Ann", b'"Example, Ann" <ann@example.net>'),
        ("Ann (Acme)", b'"Ann (Acme)" <ann@example.net>'),
        ('Ann "A" \\', b'"Ann \\"A\\" \\\\" <ann@example.net>'),
        ("=?utf-8?q?x?=", b"=?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <ann@example.net>"),
        ("Änn", b"=?utf-8?b?w4Rubg==?= <ann@example.net>"),
        ("Jürgen von der Lahn zu Weidenau", b"=?utf-8?q?J=C3=BCrgen_von_der_Lahn_zu_Weidenau?= <ann@example.net>"),
        ("", b"ann@example.net"),
        ("\r\n\x00", b"ann@example.net"),
    ],
)
def test_how_a_name_is_written(name, written):
    value = dict(raw_headers(compose(to=Address(addr="ann@example.net", name=name))))["To"]
    assert value == written


def test_the_date_is_utc_and_reads_back():
    zone = timezone(timedelta(hours=-5))
    data = headers.build([("From", FROM), ("Date", AT.astimezone(zone)), ("Message-ID", OWN)], text="x")
    assert b"Date: Fri, 27 Nov 2026 09:12:05 +0000\r\n" in data
    assert parse(data)["Date"].datetime == AT


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\nlines\n", "7bit"),
        ("x" * 998, "7bit"),
        ("x" * 999, "quoted-printable"),
        ("Grüße aus Köln, und sonst nur gewöhnliche Buchstaben in diesem Brief\n", "quoted-printable"),
        ("Здравствуйте\n", "base64"),
        ("日本語の手紙\n" * 50, "base64"),
    ],
)
def test_the_encoding_is_the_lightest_that_is_safe(text, encoding):
    data = compose(text=text)
    assert parse(data)["Content-Transfer-Encoding"] == encoding
    assert data.isascii()


@pytest.mark.parametrize(
    "name",
    ["Bcc", "bcc", "Content-Type", "MIME-Version", "X-A\r\nB", "X A", "", "X:", "x-lower", "Return-Path", "Délai"],
)
def test_headers_nobody_may_set(name):
    with pytest.raises(ValueError, match="not a header"):
        headers.build([("From", FROM), ("Date", AT), ("Message-ID", OWN), (name, "x")], text="x")


def test_a_mail_without_sender_date_or_id_is_not_ready():
    with pytest.raises(ValueError, match="needs"):
        headers.build([("From", FROM), ("Date", AT)], text="x")


def test_addresses_come_only_as_addresses():
    with pytest.raises(ValueError):
        compose(to="ann@example.net, evil@x.y")
    with pytest.raises(ValueError):
        compose(to=["ann@example.net"])


GOOD = b"From: a@b.c\r\nTo: d@e.f\r\n\r\nHi\r\n"


@pytest.mark.parametrize(
    "bad",
    [
        GOOD.replace(b"Hi\r\n", b"Hi\n"),
        GOOD.replace(b"Hi", b"H\ri"),
        GOOD.replace(b"To:", b"\r\nTo:"),
        GOOD.replace(b"To:", b"Bcc: x@y.z\r\nTo:"),
        GOOD.replace(b"To: d", b" \r\nTo: d"),
        GOOD.replace(b"To: d@e.f\r\n", b""),
        GOOD.replace(b"Hi", b"H" * 999),
        GOOD.replace(b"Hi", b"H\0"),
        GOOD.removesuffix(b"\r\n"),
        b"Hi\r\n",
    ],
)
def test_the_last_check_sees_unsound_bytes(bad):
    headers.check(GOOD, ["From", "To"])
    with pytest.raises(Permanent, match="unsound"):
        headers.check(bad, ["From", "To"])


def test_the_same_fields_give_the_same_bytes():
    assert compose(text="ä", html="<p>ä</p>") == compose(text="ä", html="<p>ä</p>")
