"""The one choke point for text."""

import pytest

from gateway.mail import clean

LINES = [
    ("a\r\nb\rc\u2028d", "a\nb\nc\nd", "a b c d"),
    ("a\tb", "a\tb", "a b"),
    ("a\x00b\x1bc\x7f", "a\ufffdb\ufffdc\ufffd", "a\ufffdb\ufffdc\ufffd"),
    ("é\x85\x9f", "é\ufffd\ufffd", "é\ufffd\ufffd"),
    ("a\udc80b", "a\ufffdb", "a\ufffdb"),
    ("e\u0301", "é", "é"),
    ("a\u202eb\u2066c", "a\u202eb\u2066c", "abc"),
    ("e\u202e\u0301", "e\u202e\u0301", "é"),
    ("  a  ", "  a  ", "a"),
    ("日本", "日本", "日本"),
]


@pytest.mark.parametrize(("raw", "text", "line"), LINES)
def test_text_and_line(raw: str, text: str, line: str) -> None:
    assert (clean.text(raw), clean.line(raw)) == (text, line)
    assert clean.text(text) == text
    assert clean.is_clean(text)


@pytest.mark.timeout(10)
def test_stacked_marks_are_cut() -> None:
    """Put in order one by one, so many marks would take minutes."""
    assert len(clean.text("a" + "\u0300\u0316" * 200_000)) < 100
