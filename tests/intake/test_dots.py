"""The bytes of one mail: its end, however they are cut into chunks, and against a plain reading line by line."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.intake.admission import Budget
from gateway.intake.dots import Dots, has_line_over
from gateway.intake.smtp_dialogue import has_bare_newline, hops
from support.fuzz import examples

_MIB = 1024 * 1024


def dots(limit: int = _MIB, budget: int = 10 * _MIB) -> Dots:
    return Dots(limit=limit, upload=Budget(budget).upload("192.0.2.1"))


def line_by_line(stream: bytes) -> tuple[bytes, bytes] | None:
    """What RFC 5321 section 4.5.2 says, read literally: the mail and the rest behind its end."""
    mail = b""
    while True:
        line, end, stream = stream.partition(b"\r\n")
        if not end:
            return None
        if line == b".":
            return mail, stream
        mail += line.removeprefix(b".") + end


_PIECES = st.lists(
    st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"a", b"\0", b"..", b"\r\n.\r\n"]), max_size=30
)


@settings(max_examples=examples(600), deadline=None)
@given(_PIECES.map(b"".join), st.lists(st.integers(0, 80), max_size=12))
def test_any_stream_in_any_chunks_reads_as_line_by_line(stream: bytes, cuts: list[int]) -> None:
    collector = dots()
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[start:end] for start, end in pairwise(edges)]
    wanted = line_by_line(stream)
    for index, chunk in enumerate(chunks):
        rest = collector.feed(chunk)
        if rest is not None:
            assert wanted == (collector.take(), rest + b"".join(chunks[index + 1 :]))
            return
    assert wanted is None


def test_byte_by_byte() -> None:
    collector = dots()
    stream = b"a\r\n..b\r\n.c\r\n\r\n.\r\n"
    answers = [collector.feed(bytes([byte])) for byte in stream]
    assert answers == [None] * (len(stream) - 1) + [b""]
    assert collector.take() == b"a\r\n.b\r\nc\r\n\r\n"


def test_a_mail_over_the_limit_is_not_kept_but_its_end_is_found() -> None:
    collector = dots(limit=100)
    for _ in range(50):
        assert collector.feed(b"x" * 48 + b"\r\n") is None
    assert collector.feed(b".\r\nQUIT\r\n") == b"QUIT\r\n"
    assert collector.is_too_big
    assert not collector.is_over_budget
    assert collector.take() == b""
    assert collector.received == 2503


@pytest.mark.parametrize(("size", "is_too_big"), [(98, False), (100, False), (101, True)])
def test_the_limit_counts_the_mail_without_its_dot(size: int, is_too_big: bool) -> None:
    collector = dots(limit=100)
    assert collector.feed(b"x" * (size - 2) + b"\r\n.\r\n") == b""
    assert collector.is_too_big is is_too_big


def test_refused_bytes_are_given_back_to_the_budget() -> None:
    budget = Budget(1000)
    collector = Dots(limit=_MIB, upload=budget.upload("192.0.2.1"))
    assert collector.feed(b"x" * 900) is None
    assert budget.used == 900
    assert collector.feed(b"x" * 200) is None
    assert budget.used == 0
    assert collector.feed(b"\r\n.\r\n") == b""
    assert collector.is_over_budget
    assert budget.used == 0


@pytest.mark.parametrize(
    ("mail", "is_over"),
    [
        (b"", False),
        (b"x" * 10 + b"\r\n", False),
        (b"x" * 11 + b"\r\n", True),
        (b"a\r\n" * 9 + b"x" * 10 + b"\r\n" + b"b\r\n", False),
        (b"a\r\n" * 9 + b"x" * 11 + b"\r\n" + b"b\r\n", True),
        (b"x" * 10 + b"\n" + b"y" * 10 + b"\n", False),
        (b"x" * 12 + b"\n", True),
        (b"x" * 11, True),
    ],
)
def test_long_lines(mail: bytes, is_over: bool) -> None:
    assert has_line_over(mail, 10) is is_over


@pytest.mark.parametrize(
    ("mail", "answer"),
    [
        (b"a\r\nb\r\n", False),
        (b"a\nb\r\n", True),
        (b"a\rb\r\n", True),
        (b"a\r\r\n", True),
        (b"a\n\r\n", True),
        (b"", False),
    ],
)
def test_bare_newlines(mail: bytes, answer: bool) -> None:
    assert has_bare_newline(mail) is answer


def test_hops_are_counted_in_the_header_only() -> None:
    header = b"Received: by a\r\n\twith b\r\nreceived: by c\r\nX-Received: by d\r\nSubject: x\r\n"
    assert hops(header + b"\r\nReceived: quoted\r\n") == 2
    assert hops(header.replace(b"\r\n", b"\n") + b"\nReceived: quoted\n") == 2
    assert hops(b"\r\nReceived: in the body\r\n") == 0
    assert hops(b"") == 0
