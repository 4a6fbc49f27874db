"""tomllib's errors in words for people: the line of the mistake, and what to write instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.toml_errors import parse

# text, line, what is said
CASES = [
    ("a = 'x\nb = 1", 1, "a closing ' is missing in this line"),
    ("a = '''x''\n", 1, "''' is missing"),
    ('a = """x\n\n', 1, '""" is missing'),
    ("a = 'x\nb = 'y'", 1, "a closing ' is missing"),
    ('a = "x', 1, 'a closing " is missing'),
    ('a = "\x01"', 1, "control character"),
    ('a = "c:\\users"', 1, "single quotes"),
    ('a = "\\uD800"', 1, "single quotes"),
    ("a = \\bx", 1, "a pattern stands in single quotes: '\\bx'"),
    ("t = [1,,2]", 1, "two commas in a row"),
    ("t = [refund, invoice]", 1, '"refund"'),
    ('t = ["a"', 1, "] is missing"),
    ('t = [\n "a",\n "b"\n[[rule]]', 4, "is not closed: ] is missing before this"),
    ('t = [\n "a",\n "b"\nname = "x"', 4, "is not closed: ] is missing before this"),
    ("a = { b = 1 c = 2 }", 1, "a comma is missing before c"),
    ("a = {b=1, b=2}", 1, "the same key stands twice"),
    ('s = {contains = "x"}\ns.matches = "y"', 2, "inside its braces"),
    ("[[rule]]\ntest = []\n[[rule.test]]\n", 3, "delete that line and keep the [[rule.test]] blocks"),
    ("[rule.when]\n[rule.when]\n", 2, "[rule.when] stands twice"),
    ("a == 1", 1, "write one = only"),
    ("= 1", 1, "the key is missing before ="),
    ("a.b = 1\na.b.c = 2", 2, "a.b has a plain value"),
    ("when = 1\nwhen.subject.matches = 'x'", 2, "when has a plain value"),
    ('name = "x"; why = "y"', 1, "without ;"),
    ('name = "x" why = "y"', 1, "every key stands in a line of its own"),
    ("a = 'it's'", 1, 'double quotes, "..."'),
    ("a = true stop", 1, "something stands after the value: stop"),
    ('x@y.example = "a"', 1, "a key with @ stands in quotes"),
    ("когда = 1", 1, '"когда"'),
    ("a..b = 1", 1, "a part of the key is missing"),
    ("a. = 1", 1, "a part of the key is missing"),
    ("[ [rule] ]", 1, "without spaces between them"),
    ("[rule", 1, "write [[rule]]"),
    ("[mail", 1, "write [mail]"),
    ("a = 2026-13-40", 1, '"2026-13-40"'),
    ("a = 01", 1, '"01"'),
    ("a = .5", 1, "is no value"),
    ("a = <b>", 1, "square brackets"),
    ("a = “b”", 1, "curly quotes"),
    ("a = «b»", 1, "curly quotes"),
    ('a = "fine “quoted”" b', 1, "something stands after"),
    ("ü.b = 1", 1, "Latin letters"),
    ("a.ü = 1", 1, "Latin letters"),
]


@pytest.mark.parametrize(("text", "line", "wanted"), CASES, ids=[text for text, _, _ in CASES])
@pytest.mark.parametrize("above", [0, 3])
def test_each_error_names_its_line_and_remedy(text: str, line: int, wanted: str, above: int) -> None:
    table, mistake = parse("# remark\n" * above + text)
    assert table is None
    assert mistake is not None
    assert mistake[0] == line + above, mistake
    assert wanted in mistake[1]


def test_good_text_is_parsed() -> None:
    assert parse("\ufeffa = 1") == ({"a": 1}, None)


def test_nesting_without_end_is_told() -> None:
    assert parse("a = " + "[" * 100_000)[1] == (1, "lists or tables are nested too deeply")


_PIECES = st.sampled_from(
    [
        "a",
        ".",
        "=",
        " = ",
        '"',
        "'",
        '"""',
        "'''",
        "[",
        "]",
        "[[",
        "{",
        "}",
        ",",
        "#",
        "\n",
        "\\",
        "1",
        "“",
        "\r",
        "é",
        "\x00",
    ]
)


@given(st.lists(_PIECES, max_size=30).map("".join))
def test_no_text_makes_it_fail(text: str) -> None:
    table, mistake = parse(text)
    assert (table is None) is (mistake is not None)
    if mistake:
        assert 1 <= mistake[0] <= len(text.splitlines()) + 1
        assert mistake[1]
