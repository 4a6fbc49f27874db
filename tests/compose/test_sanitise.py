"""HTML of others in our letters: the formatting stays, and nothing acts, hides or is fetched (T141)."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.compose import sanitise
from gateway.compose.sanitise import MAX_DEPTH, MAX_HTML, safe, says_no_more
from support.fuzz import examples

IMAGES = {"logo@theirs": "logo@ours"}

KEPT = [
    ("<p>Hello <b>you</b></p>", "<p>Hello <b>you</b></p>"),
    ('<a href="https://x.example/a?b=1&amp;c">x</a>', '<a href="https://x.example/a?b=1&amp;c">x</a>'),
    ('<a href="mailto:a@b.c">x</a>', '<a href="mailto:a@b.c">x</a>'),
    ('<span style="color: RED; font-size:14px">x</span>', '<span style="color:red;font-size:14px">x</span>'),
    ('<font color="#ff0000" size="2">x</font>', '<font color="#ff0000" size="2">x</font>'),
    ('<ol start="3"><li value="5">x</li></ol>', '<ol start="3"><li value="5">x</li></ol>'),
    ('<table border="1"><tr><td colspan="2">x</td></tr></table>', None),
    ('x<img src="cid:logo@theirs" width="20" alt="a>b">', 'x<img src="cid:logo@ours" width="20" alt="a&gt;b">'),
    ('<img src="cid:logo@theirs">', '<img src="cid:logo@ours">'),
    ("<html><head><title>t</title><style>p{}</style></head><body><p>x</p></body></html>", "<p>x</p>"),
    ("<p>unclosed", "<p>unclosed</p>"),
    ("&lt;script&gt;", "&lt;script&gt;"),
]


@pytest.mark.parametrize(("html", "want"), KEPT)
def test_formatting_stays(html, want):
    made = safe(html, IMAGES)
    assert made == want if want else "<td" in made


GONE = [
    "<script>alert(1)</script>", "<scr<script>ipt>alert(1)</script>", '<img src=x onerror="alert(1)">', "<svg onload=alert(1)>",
    '<a href="javascript:alert(1)">x</a>', '<a href="JaVa&#x53;cript:alert(1)">x</a>', '<a href="data:text/html,x">x</a>',
    '<a href="vbscript:x">x</a>', '<a href="//evil.example/">x</a>', '<a href="/relative">x</a>', '<a href="cid:logo@theirs">x</a>',
    '<img src="https://evil.example/pixel.png">', '<img src="//evil.example/p.png">', '<img src="data:image/png;base64,AA">',
    '<img src="cid:other@theirs">', '<img srcset="https://evil.example/p.png 1x">', "<body background='https://evil.example/p'>",
    '<p style="background:url(https://evil.example/p)">x</p>', '<p style="background-image:url(//evil.example)">x</p>',
    '<p style="color:expression(alert(1))">x</p>', '<p style="width:\\65xpression(alert(1))">x</p>',
    '<p style="position:fixed;top:0">x</p>', '<p style="display:none">x</p>', '<p style="font-size:0">x</p>',
    '<p style="font-size:1px">x</p>', '<p style="text-indent:-9999px">x</p>', '<p style="margin-left:-9999px">x</p>',
    '<link rel="stylesheet" href="https://evil.example/x.css">', "<style>@import url(https://evil.example/x.css)</style>",
    '<meta http-equiv="refresh" content="0;url=https://evil.example">', '<iframe src="https://evil.example"></iframe>',
    '<form action="https://evil.example"><input name=a><button>x</button></form>', "<object data=x></object>", "<embed src=x>",
    '<base href="https://evil.example/">', '<video src="https://evil.example/v">', '<p id="x" class="y" onclick="z">x</p>',
    "<!--[if mso]><img src=https://evil.example/p><![endif]-->", "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>", "<textarea><img src=x onerror=alert(1)></textarea>",
    '<table background="https://evil.example/p"><tr><td>x</td></tr></table>', '<img src="cid:logo@theirs" style="background:url(//e)">',
]  # fmt: skip
_ACTS = re.compile(
    r"(?i)script|\son\w+=|evil|expression|url\(|data:|src=\"(?!cid:logo@ours)|srcset|position|display|-9999|<(?:style|link"
    r"|meta|iframe|form|input|button|object|embed|base|video|math|svg|textarea|noscript)|class=|id=|href=\"(?:/|cid)|font-size"
)


@pytest.mark.parametrize("html", GONE)
def test_what_acts_hides_or_is_fetched_goes(html):
    assert not _ACTS.search(safe(f"<p>before</p>{html}<p>after</p>", IMAGES))
    assert "<p>before</p>" in safe(f"<p>before</p>{html}", IMAGES)


pieces = st.sampled_from(
    [*GONE, *(html for html, _ in KEPT), '"', ">", "<", "</p>", "<p ", "style=", "&#", "\x00", "\ud7ff"]
)


@given(st.lists(pieces | st.text(max_size=8), max_size=12).map("".join))
@example("&#1")
@settings(max_examples=examples(300), deadline=None)
def test_whatever_is_mixed_comes_out_harmless_and_settled(html):
    made = safe(html, IMAGES)
    for tag in re.findall(r"<[^>]*>", made):
        assert not re.search(r"(?i)script|\son\w+=|expression|url\(|srcset|<(?:style|link|meta|iframe|form|svg)", tag)
        assert not re.search(r"src=\"(?!cid:logo@ours\")", tag)
    assert safe(made, {"logo@ours": "logo@ours"}) == made


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * (MAX_DEPTH + 1) + "x",
        "<b><p>" * 20_000 + "x",
        "x" * (MAX_HTML + 1),
        "",
        "   ",
        "<p></p>",
        "<style>x</style>",
    ],
)
@pytest.mark.timeout(20)
def test_what_is_too_much_or_nothing_is_no_page(html):
    assert safe(html) == ""


def test_cells_items_and_paragraphs_left_open_are_not_deep():
    assert safe("<p>x" * 2_000).count("<p>") == 2_000
    assert safe("<ul>" + "<li>x" * 2_000 + "</ul>").count("<li>") == 2_000


@pytest.mark.parametrize(
    ("html", "text", "holds"),
    [
        ("<p>Hello <b>you</b></p>", "Hello you", True),
        ("<p>H<b>el</b>lo</p>", "Hello", True),
        ("<div>one</div><div>two</div>", "one\ntwo", True),
        ("<p>Hello</p>", "Hello and more", True),
        ("<p>Hello</p><p>#note he is rude</p>", "Hello", False),
        ('<p>Hello</p><p style="display:none">secret</p>', "Hello", False),
        ("<p>no no</p>", "no", False),
        ("<p>caf&eacute; a&shy;b</p>", "Café ab", True),
        ('<a href="https://x.example/secret">here</a>', "here", True),
        ("", "Hello", True),
    ],
)
def test_a_page_says_no_more_than_the_text(html, text, holds):
    assert says_no_more(safe(html), text) is holds


def test_the_words_of_a_page_are_parted_as_its_tags_part_them():
    assert sanitise.text("<p>a</p><p>b<i>c</i></p><br>d &lt;e").split() == ["a", "bc", "d", "<e"]
