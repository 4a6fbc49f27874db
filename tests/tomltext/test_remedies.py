"""tomllib's errors in words for people: the line of the mistake, and what to write instead."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.rules.load import FORM
from gateway.tomltext import Form, TomlProblem, parse

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
    ("straße = 1", 1, 'a key with other than Latin letters stands in quotes: "straße"'),
    ("*@x.example = 1", 1, 'a key with * stands in quotes: "*@x.example"'),
    ("[bill ing]", 1, "a name with a space stands in quotes"),
    ("[ü]", 1, "a name with other than Latin letters stands in quotes"),
    ("[a..b]", 1, "a part of the name is missing"),
    ("a = 1\n[a.b]", 2, "a has a value already, see line"),
    ("[a.b]\nc = 1\n[a]\nb.d = 1", 4, "b.d adds to a table with a heading of its own above"),
    ("a = 1 b # “x”", 1, '"1 b"'),
    ('a = """\nhe said “hi”', 1, '""" is missing'),
    ("a = 1 # \x00", 1, "control character"),
]


def problem_of(text: str, form: Form = FORM) -> TomlProblem:
    with pytest.raises(TomlProblem) as caught:
        parse(text, form)
    return caught.value


@pytest.mark.parametrize(("text", "line", "wanted"), CASES, ids=[text for text, _, _ in CASES])
@pytest.mark.parametrize("above", [0, 3])
def test_each_error_names_its_line_and_remedy(text: str, line: int, wanted: str, above: int) -> None:
    problem = problem_of("# remark\n" * above + text)
    assert problem.line == line + above, problem
    assert wanted in problem.what


def test_good_text_is_parsed() -> None:
    assert parse("\ufeffa = 1") == {"a": 1}


def test_nesting_without_end_is_told() -> None:
    problem = problem_of("a = " + "[" * 100_000)
    assert (problem.line, problem.what) == (1, "lists or tables are nested too deeply")


def test_a_mistake_at_the_end_of_a_large_file_is_told_in_good_time() -> None:
    rows = "".join(f'key{number} = "x"\n' for number in range(50_000))
    started = time.monotonic()
    assert problem_of(f"{rows}list = [1").line == 50_001
    assert problem_of(f'{rows}key7 = "y"').what.startswith("key7 is given twice, see line 8")
    assert time.monotonic() - started < 20


# text, what is said of a file of no special form, what of one with [[rule]] blocks
FORMS = [
    ("[rule", "write [rule]", "write [[rule]]"),
    ("[rule]\n[rule]", "under one heading", "write [[rule]] with two brackets, each time"),
    ("[rule]\n[[rule]]", "has a value already, see line 1", "write [[rule]] with two brackets, each time"),
    ("[rule.when]\n[rule.when]", "under one heading", "or begin a new [[rule]]"),
    ("a.b = 1\na.b.c = 2", "(lines 1 and 2): keep one of the two", "write `a.b.contains = ...`"),
]


@pytest.mark.parametrize(("text", "plain", "rules"), FORMS)
def test_a_remedy_suits_the_form_of_the_file(text: str, plain: str, rules: str) -> None:
    assert plain in problem_of(text, Form()).what
    assert rules in problem_of(text, FORM).what


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
    problem = None
    try:
        parse(text, FORM)
    except TomlProblem as caught:
        problem = caught
    if problem:
        assert 1 <= problem.line <= len(text.splitlines()) + 1
        assert problem.what
