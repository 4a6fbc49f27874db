"""The line of every key and element, whatever stands in the strings between."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import tomltext
from gateway.config.show import toml_value
from gateway.tomltext.writing import toml_key

TEXT = '''\
top = 1
"quoted key" = "x"

[a.b]            # comment with "quotes' and [brackets]
c.d = 2
text = """
[not.a.table]
e = 3
"""
raw = \'\'\'
f = 4\'\'\'
list = [
  "one",  # ]
  { g = 5, h = ["x", "y"] },
  [1,
   2],
]
"k.l" = { m = "} # no", n = 'it''s' }
'''.replace("it''s", "its")  # fmt: skip

ARRAYS = """\
[[rule]]
name = "a"
  [[rule.test]]
  mail.from = "x"
  [[rule.test]]
  mail.from = "y"
[[rule]]
name = "b"
  [rule.deep]
  key = 1
  [[rule.test]]
  mail.from = "z"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1), (("quoted key",), 2), (("a", "b"), 4), (("a", "b", "c", "d"), 5), (("a", "b", "text"), 6),
        (("a", "b", "raw"), 10), (("a", "b", "list"), 12), (("a", "b", "list", 0), 13), (("a", "b", "list", 1, "h", 1), 14),
        (("a", "b", "list", 2, 1), 16), (("a", "b", "k.l", "n"), 18),
    ],
)  # fmt: skip
def test_lines(path: tuple[str | int, ...], line: int) -> None:
    found = tomltext.lines(TEXT)
    assert found[path] == line
    assert ("not", "a", "table") not in found
    assert ("a", "b", "e") not in found


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("rule",), 1), (("rule", 0), 1), (("rule", 0, "test", 0, "mail", "from"), 4),
        (("rule", 0, "test", 1, "mail", "from"), 6), (("rule", 1), 7), (("rule", 1, "deep", "key"), 10),
        (("rule", 1, "test", 0), 11), (("rule", 1, "test", 0, "mail", "from"), 12),
    ],
)  # fmt: skip
def test_lines_of_arrays_of_tables(path: tuple[str | int, ...], line: int) -> None:
    assert tomltext.lines(ARRAYS)[path] == line


def test_a_missing_path_has_the_line_of_what_is_around_it() -> None:
    found = tomltext.lines(ARRAYS)
    assert tomltext.line_of(found, ("rule", 1, "nothing", "here")) == 7
    assert tomltext.line_of(found, ("other",)) == 1


def paths(value: Any, above: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, part in parts for path in [(*above, key), *paths(part, (*above, key))]]


keys = st.sampled_from(["a", "b", "c", "d-e", "f g", 'h"i', "#", "=", ""])
leaves = st.one_of(st.integers(), st.booleans(), st.text(max_size=8), st.dates())
trees = st.dictionaries(
    keys,
    st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
        max_leaves=8,
    ),
    max_size=4,
)


@given(trees)
def test_every_path_of_any_text_has_its_line(tree: dict[str, Any]) -> None:
    rows = [f"{toml_key(key)} = {toml_value(part)}" for key, part in tree.items()]
    text = "# first\n" + "\n".join(rows)
    data = tomltext.parse(text)
    found = tomltext.lines(text)
    for path in paths(data):
        assert found[path] == 2 + list(data).index(path[0])


def test_nested_too_deeply_and_numbers_without_end() -> None:
    for text in ("a = " + "[" * 5_000, "a = " + "9" * 5_000):
        with pytest.raises(tomltext.TomlProblem):
            tomltext.parse(text)


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert tomltext.parse(tomltext.decode(b"\xef\xbb\xbfa = 1")) == {"a": 1}
