"""Files in the text: taken out with their names, and nothing that only looks like one."""

import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail import bytes_of, read
from gateway.mail.text import uu

DATA = bytes(range(256)) * 3


def encoded(data: bytes, name: bytes = b"a.bin", *, end: bytes = b"`\nend\n") -> bytes:
    lines = [binascii.b2a_uu(data[at : at + 45], backtick=True) for at in range(0, len(data), 45)]
    return b"begin 644 " + name + b"\n" + b"".join(lines) + end


def yenc(data: bytes) -> bytes:
    out = bytearray()
    for byte in data:
        code = (byte + 42) % 256
        out += b"=" + bytes([(code + 64) % 256]) if code in (0, 10, 13, 61) else bytes([code])
    return b"=ybegin line=128 size=%d name=an y.bin\n" % len(data) + bytes(out) + b"\n=yend size=%d\n" % len(data)


def test_blocks_leave_the_text_in_order() -> None:
    text, files = uu.split(b"before\n" + encoded(DATA, b"one two.png") + b"between\n" + encoded(b"x") + b"after")
    assert text == b"before\nbetween\nafter"
    assert [(file.name, file.data, file.damaged) for file in files] == [
        (b"one two.png", DATA, False),
        (b"a.bin", b"x", False),
    ]


WORDS = [
    b"begin 644 words\nhello there\nend\n",
    b"begin 644 fox\nTHE QUICK BROWN FOX\nJUMPS\n",
    b"begin now\nM\nend\n",
    b"begin at the begin\n",
    b"we begin 644 x\n" + encoded(b"x").split(b"\n", 1)[1],
    b"begin 644 empty\n`\nend\n",
    b"begin 644",
]


@pytest.mark.parametrize("text", WORDS)
def test_the_word_begin_begins_nothing(text: bytes) -> None:
    assert uu.split(text) == (text, [])


def test_a_block_without_end_stops_where_words_begin() -> None:
    text, (file,) = uu.split(encoded(DATA, end=b"") + b"\nRegards, Ann\nSales\n")
    assert text == b"\nRegards, Ann\nSales\n"
    assert (file.data, file.damaged) == (DATA, True)


def test_a_bad_line_inside_costs_that_line() -> None:
    lines = encoded(DATA).splitlines(keepends=True)
    lines[3] = b"oops, this line was damaged\n"
    text, (file,) = uu.split(b"".join(lines))
    assert (text, file.data, file.damaged) == (b"", DATA[:90] + DATA[135:], True)


def test_crlf_and_lost_blanks_at_line_ends() -> None:
    data = b"abc" + bytes(42)
    block = encoded(data).replace(b"`", b" ").replace(b"\n", b"\r\n")
    stripped = b"\r\n".join(line.rstrip() for line in block.split(b"\r\n"))
    assert uu.split(block)[1][0].data == data
    assert uu.split(stripped) == (stripped, [])  # nothing left to tell it from words


def test_base64_and_yenc_blocks() -> None:
    block = b"begin-base64 644 b.bin\n" + binascii.b2a_base64(DATA[:57]) * 2 + b"====\n"
    text, files = uu.split(b"hi\n" + block + yenc(DATA) + b"bye")
    assert text == b"hi\nbye"
    assert [(file.name, file.data, file.damaged) for file in files] == [
        (b"b.bin", DATA[:57] * 2, False),
        (b"an y.bin", DATA, False),
    ]


@given(st.binary(min_size=1, max_size=500), st.sampled_from([b"\n", b"\r\n"]))
def test_any_file_comes_back(data: bytes, end: bytes) -> None:
    text, (file,) = uu.split(b"a\n" + encoded(data).replace(b"\n", end) + b"b")
    assert (text, file.data, file.damaged) == (b"a\nb", data, False)


@given(st.binary(max_size=300).map(lambda data: b"begin 644 x\n" + data))
def test_nothing_raises(data: bytes) -> None:
    uu.split(data)


def test_in_a_mail() -> None:
    raw = b"Content-Type: text/plain; charset=koi8-r\n\nhi\n" + encoded(DATA, "лампа.bin".encode("koi8-r")) + b"bye"
    mail = read(raw)
    assert mail.text == "hi\nbye"
    (file,) = mail.attachments
    assert (file.name, file.size) == ("лампа.bin", len(DATA))
    assert bytes_of(raw, file.part) == DATA


@pytest.mark.parametrize(
    "text",
    [b"begin 644 x\n" * 50_000, (b"begin 644 x\n" + b"\n" * 500) * 500, b"=ybegin name=x\n" * 50_000],
    ids=["begins", "blanks", "ybegins"],
)
def test_many_beginnings_are_linear(text: bytes) -> None:
    assert uu.split(text)[1] == []
