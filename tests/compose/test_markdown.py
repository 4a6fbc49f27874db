"""Markdown of a person: what becomes formatting, what stays as it was written."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.compose import markdown, sanitise
from gateway.compose.markdown import MAX_TEXT, to_html
from support.fuzz import examples

FORMATTED = [
    ("one\ntwo", "<p>one<br />\ntwo</p>\n"),
    ("one\n\ntwo", "<p>one</p>\n<p>two</p>\n"),
    ("**bold** and *light*", "<p><strong>bold</strong> and <em>light</em></p>\n"),
    ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
    ("3. a\n5. b", '<ol start="3">\n<li value="3">a</li>\n<li value="5">b</li>\n</ol>\n'),
    ("# Head", "<h1>Head</h1>\n"),
    ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>\n"),
    ("`a  b`", "<p><code>a  b</code></p>\n"),
    ("```\nx <y>\n```", "<pre><code>x &lt;y&gt;\n</code></pre>\n"),
    ("[here](https://x.example/a)", '<p><a href="https://x.example/a">here</a></p>\n'),
    ("see https://x.example/a_(b).", '<p>see <a href="https://x.example/a_(b)">https://x.example/a_(b)</a>.</p>\n'),
    ("(https://x.example/a)", '<p>(<a href="https://x.example/a">https://x.example/a</a>)</p>\n'),
    ("<https://x.example/>", '<p><a href="https://x.example/">https://x.example/</a></p>\n'),
    ("[https://x.example](https://y.example)", '<p><a href="https://y.example">https://x.example</a></p>\n'),
    ("a   b", "<p>a&nbsp;&nbsp; b</p>\n"),
]
AS_WRITTEN = [
    r"\\server\share\*.txt", r"C:\temp\[x]", "#1042 is yours", "a_b_c snake_case_name", "2 * 3 * 4", "5 < 6 > 4 & so on", "&amp; &copy;",
    "<b>bold</b>", "<script>alert(1)</script>", "[1]: https://x.example", "+420 777 123 456", "[x](javascript:alert(1))",
    "[x](data:text/html,x)", "1042", "-5 degrees", "a -- b", "Regards\n-----\nCarol", "    four blanks", "|a|b|\n|-|-|", "**", "`",
]  # fmt: skip


@pytest.mark.parametrize(("text", "html"), FORMATTED)
def test_what_is_formatted(text, html):
    assert to_html(text) == html


@pytest.mark.parametrize("text", AS_WRITTEN)
def test_what_stays_as_it_was_written(text):
    made = sanitise.text(to_html(text))
    lines = [line.strip() for line in text.split("\n") if line.strip("- ")]
    for line in lines:
        assert line in made.replace("\xa0", " ")
    assert not any(
        tag in to_html(text) for tag in ("<script", "<b>", "<pre>", "<h1", "<h2", "<em>", 'javascript:alert(1)"')
    )


def test_no_image_is_fetched():
    assert "<img" not in to_html("![x](https://evil.example/p.png)")


@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200)
    | st.text("*_`[]()<>#-+.!&\\ \n1aé:/", max_size=80)
)
@example("`0`0")
@example("**a**1")
@settings(max_examples=examples(300), deadline=None)
def test_any_text_makes_harmless_html_that_says_no_more(text):
    made = to_html(text)
    clean = sanitise.safe(made)
    assert sanitise.says_no_more(clean, text)
    assert "<img" not in made


@pytest.mark.timeout(20)
def test_a_text_that_is_long_or_made_to_be_slow():
    assert to_html("x" * (MAX_TEXT + 1)).startswith("<p>xxx")
    for text in (
        "[" * 50_000,
        "*a " * 30_000,
        "> " * 40_000,
        "`" * 50_000,
        "https://" * 10_000,
        "- " * 40_000,
        "a\n" * 50_000,
    ):
        assert to_html(text)


def test_the_address_of_a_page_in_plain_text_is_a_link():
    assert markdown.as_it_stands("a <b>\nhttps://x.example/?a=1&b") == (
        'a &lt;b&gt;<br>\n<a href="https://x.example/?a=1&amp;b">https://x.example/?a=1&amp;b</a>'
    )
