"""Transfer encodings, well and badly written."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.text import transfer

QUOTED = [
    (b"hel=\r\nlo", b"hello"),
    (b"hel= \t\r\nlo", b"hello"),
    (b"hel=\nlo", b"hello"),
    (b"a=\rb\nc", b"ab\nc"),
    (b"gr=c3=bc=C3=9F", "grüß".encode()),
    (b"1 == 2 = 3", b"1 == 2 = 3"),
    (b"a=ZZb=", b"a=ZZb"),
    (b"50=", b"50"),
    (b"x=4", b"x=4"),
    (b"=====", b"===="),
    (b"caf\xe9 =E9", b"caf\xe9 \xe9"),
    (b"", b""),
]


@pytest.mark.parametrize(("data", "want"), QUOTED)
def test_quoted_printable(data: bytes, want: bytes) -> None:
    assert transfer.quoted_printable(data) == want


BASE64 = [
    (b"aGVsbG8=", b"hello", False),
    (b"aGVs\r\nbG8=\r\n", b"hello", False),
    (b"aGVsbG8", b"hello", False),  # only the padding is missing
    (b"aGVs*bG8", b"hello", True),
    (b"aGVsbG8a", b"hello\x1a", False),
    (b"aGVsb", b"hel", True),
    (b"a", b"", True),
    (b"YQ==\r\nYg==\r\nYw==", b"abc", False),  # encoded line by line
    (b"aGVsbG8=\r\n-- \r\nadded by a list\r\n", b"hello", True),
    (
        b"these words were never encoded, whatever is declared",
        b"these words were never encoded, whatever is declared",
        False,
    ),
    (b"", b"", False),
]


@pytest.mark.parametrize(("data", "want", "lost"), BASE64)
def test_base64(data: bytes, want: bytes, lost: bool) -> None:
    assert transfer.base64(data) == (want, lost)


@pytest.mark.parametrize(
    ("declared", "want"),
    [
        ("base64", "base64"),
        ("base-64", "base64"),
        ("base64,", "base64"),
        ("quoted printable", "quoted-printable"),
        ("quoted-printeable", "quoted-printable"),
        ("x-uuencode", "uuencode"),
        ("uue", "uuencode"),
        ("7bit", ""),
        ("nonsense", ""),
    ],
)
def test_names_are_taken_as_they_were_meant(declared: str, want: str) -> None:
    assert transfer.name_of(declared) == want


@given(st.binary(max_size=300))
def test_base64_comes_back(data: bytes) -> None:
    assert transfer.decode(base64.encodebytes(data), "base64") == (data, False)


@given(st.binary(max_size=200), st.sampled_from(["base64", "quoted-printable", "x-uuencode", "8bit", ""]))
def test_nothing_raises(data: bytes, encoding: str) -> None:
    transfer.decode(data, encoding)
