"""Paragraphs that were broken to be sent are whole again (RFC 3676)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.text.flowed import unflow

CASES = [
    ("one line", "one line"),
    ("broken \nto be \nsent", "broken to be sent"),
    ("first\nsecond", "first\nsecond"),
    ("first \n\nsecond", "first\n\nsecond"),  # an empty line stays one
    (" stuffed", "stuffed"),
    (" > no quote", "> no quote"),
    (" From the start", "From the start"),
    ("> quoted \n> on", "> quoted on"),
    ("> quoted \nnot quoted", "> quoted\nnot quoted"),  # depth changes: never joined
    (">> two \n> one", ">> two\n> one"),
    (">>stuffed not", ">> stuffed not"),
    ("the end \n-- \nAnn", "the end\n-- \nAnn"),
    ("> the end \n> -- \n> Ann", "> the end\n> -- \n> Ann"),
    ("-- \nAnn \nArdent", "-- \nAnn Ardent"),
    (">", ">"),
    ("last \n", "last\n"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "want"), CASES)
def test_paragraphs(text: str, want: str) -> None:
    assert unflow(text, delsp=False) == want


def test_delsp_takes_the_blank_that_broke_the_line() -> None:
    assert unflow("すべて \nの行", delsp=True) == "すべての行"
    assert unflow("two  \nwords", delsp=True) == "two words"
    assert unflow("end \n-- \nA", delsp=True) == "end\n-- \nA"


@given(st.text(alphabet="ab >-\n", max_size=200), st.booleans())
def test_no_word_is_lost(text: str, delsp: bool) -> None:
    letters = [char for char in text if char in "ab-"]
    assert [char for char in unflow(text, delsp=delsp) if char in "ab-"] == letters


@given(st.lists(st.text(alphabet="ab", min_size=1, max_size=9), min_size=1, max_size=20), st.integers(0, 3))
def test_what_was_flowed_comes_back(words: list[str], depth: int) -> None:
    paragraph = " ".join(words)
    mark = ">" * depth + " " if depth else ""
    sent = "\n".join(mark + word + " " for word in words[:-1]) + "\n" * (len(words) > 1) + mark + words[-1]
    assert unflow(sent, delsp=False) == mark + paragraph
