"""Header blocks and values: what is well formed and what senders make of it."""

import pytest

from gateway.mail import headers

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


def test_an_mbox_line_in_front_is_passed_over() -> None:
    assert headers.split(b"From ann@x Fri Nov 27 09:00:00 2026\nFrom: a@b\n")[0].raw == [("From", "a@b")]


def test_a_value_with_ten_thousand_words() -> None:
    assert headers.decode("=?utf-8?q?a?= " * 10_000) == "a" * 10_000
    assert headers.decode("=?a?q?" * 10_000).startswith("=?a?q?")
