"""Header blocks and values: what is well formed and what senders make of it."""

import pytest

from gateway.mail import scan
from gateway.mail.header import headers

VALUES = [
    ("plain", "plain"),
    ("=?utf-8?q?J=C3=B6rg?=", "Jörg"),
    ("=?UTF-8?B?SsO2cmc=?=", "Jörg"),
    ("=?iso-8859-1?Q?J=F6rg?=", "Jörg"),
    ("=?utf-8*en?q?J=C3=B6rg?=", "Jörg"),
    ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
    ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
    ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
    ("Re: =?utf-8?q?a_b?= c", "Re: a b c"),
    ("=?utf-8?q?a b?=", "a b"),
    ("=?utf-8?q?what?_so?=", "what? so"),
    # one character split over two words, in both encodings
    ("=?utf-8?q?J=C3?= =?utf-8?q?=B6rg?=", "Jörg"),
    ("=?utf-8?B?SsM=?= =?utf-8?B?tnJn?=", "Jörg"),
    # a word split inside a group of four base64 letters
    ("=?utf-8?B?SsO2c?= =?utf-8?B?mc=?=", "Jörg"),
    ("=?utf-8?B?SsO2cmc?=", "Jörg"),
    ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
    ("=?gb2312?B?xOO6ww==?=", "你好"),
    ("=?koi8-r?B?1MXT1A==?=", "тест"),
    ("=?unknown-charset?q?abc?=", "abc"),
    ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
    ("=?utf-8?q?never closed", "=?utf-8?q?never closed"),
    ("=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"),
    # glued, cut, with blanks inside, or never closed
    ("Re:=?utf-8?q?J=C3=B6rg?=:x", "Re:Jörg:x"),
    ("=? utf-8 ?q? J=C3=B6rg ?=", "Jörg"),
    ("=?utf-8?B?SsO2 cmc=?=", "Jörg"),
    ("=?utf-8?B?SsO2cmc=", "Jörg"),
    ("=?utf-8?B?SsO2cmc=?", "Jörg"),
    ("=?utf-8?B?SsO2cmc= =?utf-8?B?IEE=?=", "Jörg A"),
    ("=?utf-8?q?J=C3=B6rg =?utf-8?q?_A?=", "Jörg A"),
    ("=?utf-8?q?Kann_das_sein?=20oder_nicht?=", "Kann das sein? oder nicht"),
    ("=?utf-8?q?what??=", "what?"),
    ("=?utf-8?q?=F0=9F=98?=\t=?utf-8?q?=80?=", "😀"),
    ('"=?utf-8?q?J=C3=B6rg?="', '"Jörg"'),
    ("=?x-user-defined?q?J=C3=B6rg?=", "Jörg"),
    ("=?utf-8?q?J=F6rg?=", "Jörg"),
    ("=?us-ascii?q?J=F6rg?=", "Jörg"),
    ("=?iso-2022-jp?B?GyRCRnwbKEI=?= =?iso-2022-jp?B?GyRCS1wbKEI=?=", "日本"),
    ("\x1b$BF|K\\\x1b(B!", "日本!"),  # as it was before there were encoded words
    ("a\x00b\x0bc", "a\ufffdb\ufffdc"),
    ("\u202eevil\u202c", "evil"),
]


@pytest.mark.parametrize(("raw", "text"), VALUES)
def test_values(raw: str, text: str) -> None:
    assert headers.decode(raw.encode().decode("ascii", "surrogateescape")) == text


def test_raw_8bit_is_utf8_then_the_bodys_charset_then_western() -> None:
    def raw(data: bytes) -> str:
        return data.decode("ascii", "surrogateescape")

    assert headers.decode(raw("Grüße".encode())) == "Grüße"
    assert headers.decode(raw("тест".encode("koi8-r")), "koi8_r") == "тест"
    assert headers.decode(raw("Grüße".encode("cp1252"))) == "Grüße"
    assert headers.decode(raw("Grüße ".encode("cp1252") + b"=?utf-8?q?=C3=B6?="), "") == "Grüße ö"


def test_a_block() -> None:
    fields, body = headers.split(b"From: a@b\r\nSubject: one\r\n two\r\n\tthree\r\nX-Empty:\r\nfrom : c\r\n")
    assert fields.raw == [("From", "a@b"), ("Subject", "one two three"), ("X-Empty", ""), ("from", "c")]
    assert fields.all("from") == ["a@b", "c"]
    assert (fields.first("x-none"), body, fields.defects) == ("", None, [])


def test_one_bad_line_does_not_end_the_header() -> None:
    fields, body = headers.split(b"From: a@b\nthis is no field\nSubject: s\n")
    assert (fields.first("subject"), body, fields.defects) == ("s", None, ["bad_header_line"])


def test_a_forgotten_blank_line() -> None:
    block = b"From: a@b\nSubject: folded\n over two\nDear all,\nhello\nthere\nagain\n"
    fields, body = headers.split(block)
    assert (fields.first("subject"), fields.defects) == ("folded over two", ["missing_blank_line"])
    assert body is not None
    assert block[body:] == b"Dear all,\nhello\nthere\nagain\n"


def bad_line(block: bytes) -> headers.Fields:
    """The fields of a block that is header to its end and has a bad line in it."""
    fields, body = headers.split(block, is_root=True)
    assert (body, set(fields.defects)) == (None, {"bad_header_line"})
    return fields


def test_many_bad_lines_do_not_end_the_header() -> None:
    fields = bad_line(b"From: a@b\n" + b"AbCd/+==\n" * 20 + b"Message-ID: <x@y>\n")
    assert fields.first("message-id") == "<x@y>"


@pytest.mark.parametrize(
    ("block", "name", "value"),
    [
        (b'Content-Type: multipart/mixed;\nboundary="b"\n', "content-type", 'multipart/mixed; boundary="b"'),
        (b'Content-Type: multipart/mixed;\nboundary="a:b"\nTo: x\n', "content-type", 'multipart/mixed; boundary="a:b"'),
        (b"Subject: =?utf-8?q?a?=\n=?utf-8?q?b?=\n", "subject", "=?utf-8?q?a?= =?utf-8?q?b?="),
        (b"To: a@x.example,\nb@x.example\n", "to", "a@x.example, b@x.example"),
        (b"References: <a@x>\n<b@x>\n", "references", "<a@x> <b@x>"),
    ],
)
def test_a_folded_line_that_lost_its_blank(block: bytes, name: str, value: str) -> None:
    assert bad_line(block).all(name) == [value]


@pytest.mark.parametrize(
    "block",
    [
        b"Subject: s\nHello there\nhttp://x.example/a\nNote: all of this is text\nSee also - http://x.example\n",
        b"Subject: s\nHello there\nSubject: is a word of the text\n",
        b"Content-Type: multipart/mixed; boundary=b\n--b\nContent-Disposition: inline\n",
        b"Subject: s\n \nHello there\n",
    ],
)
def test_text_is_no_header(block: bytes) -> None:
    fields, body = headers.split(block, is_root=True)
    assert (len(fields.raw), body) == (1, max(block.find(b"Hello"), block.find(b"--b")))


def test_words_above_the_header() -> None:
    assert bad_line(b"+OK 512 octets\nReturn-Path: <a@b>\nFrom: a@b\n").all("from") == ["a@b"]
    fields, body = headers.split(b"Hello there\nNote: text\nPS: more\n", is_root=True)
    assert (fields.raw, body) == ([], 0)
    fields, body = headers.split(b"Hello there\nFrom: a@b\nTo: c@d\n")  # a part without fields
    assert (fields.raw, body) == ([], 0)


def test_a_lone_carriage_return_ends_a_line_where_a_field_follows() -> None:
    fields, _ = headers.split(b"Subject: one\rtwo\rFrom: a@b\r\nTo: c@d\r\n")
    assert fields.raw == [("Subject", "one two"), ("From", "a@b"), ("To", "c@d")]


def test_folds_with_blank_lines() -> None:
    assert headers.split(b"Subject: one\n \n\t\n two\n")[0].raw == [("Subject", "one two")]


def test_what_stands_in_or_below_damage_is_doubtful() -> None:
    fields, _ = headers.split(b"From: a@b\nSubject : s\nMessage-ID: <x@y>\nFrom: c@d\n")
    assert [fields.is_doubtful(name) for name in ("from", "subject", "message-id", "to")] == [False, True, True, False]
    fields, _ = headers.split(b"Subject: s\ntext at once\nFrom: a@b\n\n"[:-1].replace(b"From", b"--\nFrom"))
    assert (fields.all("from"), fields.is_doubtful("from")) == ([], True)


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "block",
    [
        b"A: b\n" + b"bad\n" * 60_000,
        b"A: b\n" + b"bad\nX-Y: z\n" * 20_000,
        b"A: =?\n" + b"=?\n" * 60_000,
        b"A: b\n" + b"From: x\nbad\n" * 20_000,
        b"\n ".join([b"A: b"] * 60_000),
        b"A: b\r" * 60_000,
        b"A" * 250_000,
        b" " * 250_000,
    ],
)
def test_hostile_blocks_end(block: bytes) -> None:
    assert len(headers.split(block, is_root=True)[0].raw) <= scan.MAX_FIELDS


def test_an_mbox_line_in_front_is_passed_over() -> None:
    for mark in (b"", b">"):
        block = mark + b"From ann@x Fri Nov 27 09:00:00 2026\nFrom: a@b\n"
        assert headers.split(block)[0].raw == [("From", "a@b")]


def test_a_value_with_ten_thousand_words() -> None:
    assert headers.decode("=?utf-8?q?a?= " * 10_000) == "a" * 10_000
    assert headers.decode("=?a?q?" * 10_000).startswith("=?a?q?")
    assert headers.decode("=?a?q?x " * 10_000) == "x" * 10_000
    assert headers.decode("=?a?q?x?=20" * 10_000).startswith("x")
    assert headers.decode("?=" * 30_000 + "=?") == "?=" * 30_000 + "=?"
    assert headers.decode("=?a?q?" + "?" * 60_000).startswith("=?a?q?")


DOUBTFUL = [
    (b"Subject: x\rFrom: Ann <e@c.example>\r\nMessage-ID: <a@b.example>\r\n", {"from", "message-id"}),
    (b"From: Ann <e@c.example>\r\nSubject: x\rTo: b@c.example\r\nMessage-ID: <a@b.example>\r\n", {"message-id"}),
    (b"Subject: x\r\n \r\nFrom: Ann <e@c.example>\r\nMessage-ID: <a@b.example>\r\n", {"from", "message-id"}),
    (b"From: Ann <e@c.example>\n\t\nMessage-ID: <a@b.example>\n", {"message-id"}),
    (b"Subject: x\n \n y\nFrom: Ann <e@c.example>\n", {"from"}),
    (b"From: Ann <e@c.example>\r\nMessage-ID: <a@b.example>\r\nSubject: x\r\n \r\n", set()),
    (b"From: Ann\r\n\t<e@c.example>\r\nMessage-ID:\r\n <a@b.example>\r\nSubject: \r\n", set()),
]


@pytest.mark.parametrize(("block", "doubtful"), DOUBTFUL)
def test_what_stands_below_what_some_take_for_an_end_is_doubtful(block: bytes, doubtful: set[str]) -> None:
    fields, _ = headers.split(block, is_root=True)
    assert {name for name in ("from", "message-id") if fields.is_doubtful(name)} == doubtful


@pytest.mark.parametrize("raw", ["Büro", "=?utf-8?q?B=C3=BCro?= Büro", "=?utf-8?q?Büro?=", "=?utf-8?b?QsO8cm8=ü?="])
def test_what_is_decoded_already_is_left_as_it_is(raw: str) -> None:
    assert headers.decode(raw).startswith("Büro")
