"""The HTML of an agent's words, cut out of the page they come from."""

import re
from html import escape, unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.tickets.leaving.formatted import Formatted, cut_out
from gateway.tickets.leaving.runs import words
from support.fuzz import examples

NO_PARTS: dict[str, str] = {}


def html_of(page: str, text: str) -> str:
    return cut_out(page, text, NO_PARTS).html


@pytest.mark.parametrize(
    ("page", "text", "html"),
    [
        ("<p>It left <b>us</b>.</p><blockquote>lamp</blockquote>", "It left us.", "<p>It left <b>us</b>.</p>"),
        ("<p>See <a href='https://a.example/b'>https://a.example/b</a>.</p><p>Carol</p>", "See https://a.example/b.",
         '<p>See <a href="https://a.example/b">https://a.example/b</a>.</p>'),
        ("<p>https://a.example/b</p><p>Carol</p>", "https://a.example/b", "<p>https://a.example/b</p>"),
        ("<p>It <b>left</b>! Carol</p>", "It left!", "<p>It <b>left</b>!</p>"),
        ("<p>It <b>left</b></p><p>... Carol</p>", "It left", "<p>It <b>left</b></p>"),
        ("<p>#close</p><p>It left us.</p>", "It left us.", "<p>It left us.</p>"),
        ("<div>#close<br>It left us.<br>Bye</div>", "It left us.\nBye", "<div>It left us.<br>Bye</div>"),
        ("<blockquote>lamp</blockquote><p>It left.</p><p>-- </p><p>Carol</p>", "It left.", "<p>It left.</p>"),
        ("<ul><li>one thing<li>two things</ul>", "- one thing\n- two things", "<ul><li>one thing<li>two things</li></li></ul>"),
        ("<ol><li>one</li><li>two</li></ol><p>x</p>", "1. one\n2. two", "<ol><li>one</li><li>two</li></ol>"),
        ("<p>1. one</p><p>2. two</p>", "1. one\n2. two", "<p>1. one</p><p>2. two</p>"),
        ('see <a href="https://acme.example/a?b=1&amp;c" onclick="x()">the page</a> now',
         "see the page <https://acme.example/a?b=1&c> now",
         'see <a href="https://acme.example/a?b=1&amp;c">the page</a> now'),
        ('<a href="javascript:x()">it left</a>', "it left", "<a>it left</a>"),
        ('<span style="color:red;position:fixed;background:url(x)">it left</span>', "it left", '<span style="color: red">it left</span>'),
        ("<p>it</p><!-- note --><style>p{}</style><script>x</script><p>left</p>", "it\n\nleft", "<p>it</p><p>left</p>"),
        ("<form><p>it left</p></form>", "it left", "<p>it left</p>"),
        ("<p>„It left“, he says.</p><p>Carol</p>", "„It left“, he says.", "<p>„It left“, he says.</p>"),
        ("<p>1 &lt; 2 &amp; so on</p>", "1 < 2 & so on", "<p>1 &lt; 2 &amp; so on</p>"),
        ("<p>это <i>важно</i></p>", "это важно", "<p>это <i>важно</i></p>"),
    ],
)  # fmt: skip
def test_the_words_are_cut_out_with_their_tags(page: str, text: str, html: str) -> None:
    assert html_of(page, text) == html


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("", "it left"),
        ("<p>see https://a.example/b now</p>", "see now"),
        ("<p>it has left</p>", "it left"),
        ("<p>it <span style='display:none'>secret</span> left</p>", "it left"),
        ("<p>it left</p>", ""),
        ("<p>one</p><blockquote>x</blockquote><p>two</p>", "one\n\ntwo"),
        ("<div>" * 101 + "it left", "it left"),
        ("x" * 1_000_001, "it left"),
    ],
)
def test_what_does_not_stand_there_in_one_piece_has_no_page(page: str, text: str) -> None:
    assert html_of(page, text) == ""


PARTS = {"shot@x": "2", "logo@x": "3", "theirs@x": "4"}
SHOT, LOGO, THEIRS = ('<img src="cid:shot@x" onerror="x()" width="40" alt="secret">', "<img src='cid:LOGO@x'>", "<img src=cid:theirs@x>")  # fmt: skip
KEPT = '<img src="cid:2" width="40">'


@pytest.mark.parametrize(
    ("page", "html", "elsewhere"),
    [
        (f"<p>it {SHOT} left</p>", f"<p>it {KEPT} left</p>", ()),
        (f"<p>it left</p>{SHOT}<p>Carol{LOGO}</p>", f"<p>it left<br>{KEPT}</p>", ("3",)),
        (f"{SHOT}<p>it left</p><blockquote>{THEIRS}</blockquote>", f"<p>{KEPT}it left</p>", ("4",)),
        (f"<p>it left</p><blockquote>{THEIRS}</blockquote>", "<p>it left</p>", ("4",)),
        (f"<p>it left</p><div class=gmail_signature>{LOGO}</div>", "<p>it left</p>", ("3",)),
        (f"<blockquote>lamp {THEIRS}</blockquote><p>it {SHOT} left</p>", f"<p>it {KEPT} left</p>", ("4",)),
        ("<p>it <img src=https://tracker.example/x.png> left</p>", "<p>it  left</p>", ()),
        ("<p>it <img src=cid:unknown> left</p>", "<p>it  left</p>", ()),
        (f"<p>something else {SHOT}</p><blockquote>{THEIRS}</blockquote>", "", ("4",)),
    ],
)
def test_images_go_with_the_words_around_them(page: str, html: str, elsewhere: tuple[str, ...]) -> None:
    found = cut_out(page, "it left", PARTS)
    images = frozenset({"2"} if KEPT in html else ())
    assert found == Formatted(html, images, frozenset(elsewhere))


TAGS = st.sampled_from(
    ["b", "i", "p", "div", "span", "li", "ul", "ol", "td", "tr", "table", "a href='https://x.example/'", "blockquote",
     "script", "style", "p hidden", "h1", "br", "font color=red", "o:p", "svg", "textarea", "!--", "x" * 40]
)  # fmt: skip
PIECES = st.one_of(
    st.text(alphabet="ab cdé я\n&<>\"'#1.", max_size=12).map(escape),
    TAGS.map("<{}>".format),
    TAGS.map(lambda tag: f"</{tag.split()[0]}>"),
    st.sampled_from(["&nbsp;", "<!-- a -->", "<br>", "<img src='cid:a'>", "&#x41;", "<"]),
)


@settings(max_examples=examples(300))
@given(st.lists(PIECES, max_size=12), st.lists(st.sampled_from(["it", "left", "us", "вчера", "42"]), min_size=1, max_size=6), st.lists(PIECES, max_size=12))  # fmt: skip
def test_a_page_never_says_more_than_the_text(above: list[str], said: list[str], below: list[str]) -> None:
    page = "".join([*above, "<p>", " <b>".join(said), "</p>", *below])
    html = html_of(page, " ".join(said))
    assert words(unescape(re.sub(r"<[^<>]*>", " ", html))) in ([], [word.casefold() for word in said])
    assert not re.search(r"<(?!/?(?:a|b|blockquote|br|div|font|h1|i|img|li|ol|p|span|table|td|tr|ul)\b)", html)
    assert html.count("</") == len(re.findall(r"<(?!/|br|img|hr)\w", html))  # whatever is opened is closed
