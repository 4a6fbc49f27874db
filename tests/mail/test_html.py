"""HTML as a person reads it."""

import pytest

from gateway.mail.html import to_text

PAGES = [
    ("plain", "hello", "hello"),
    ("paragraphs", "<p>one</p><p>two</p>", "one\n\ntwo"),
    ("divs", "<div>one</div><div>two</div>", "one\ntwo"),
    ("gmail lines", "<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
    ("breaks", "one<br>two<br><br>three", "one\ntwo\n\nthree"),
    ("blanks", "a  \n b\t<b>c</b> <i> d </i>e", "a b c d e"),
    ("inline words", "un<b>believ</b>able", "unbelievable"),
    ("entities", "5 &lt; 6 &amp; 7&nbsp;&euro;", "5 < 6 & 7 €"),
    ("headings", "<h1>Title</h1>text<h2>More</h2>", "Title\n\ntext\n\nMore"),
    ("list", "<ul><li>one<li>two</ul>", "* one\n* two"),
    ("numbers", "<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
    ("numbers from", '<ol start="3"><li>c</li></ol>', "3. c"),
    ("nested list", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "* a\n\n  * b\n\n* c"),
    ("paragraph in item", "<ul><li><p>one</p></li></ul>", "* one"),
    ("table", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a\tb\nc\td"),
    ("link", '<a href="https://x.example/p">here</a>', "here <https://x.example/p>"),
    ("link that shows itself", '<a href="https://x.example/">https://x.example</a>', "https://x.example"),
    ("mail link", '<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
    ("script link", '<a href="javascript:alert(1)">x</a>', "x"),
    ("quote", "<p>yes</p><blockquote><p>no</p><p>never</p></blockquote>", "yes\n\n> no\n>\n> never"),
    ("quote in quote", "<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"),
    ("preformatted", "<pre>a  b\n  c</pre>", "a  b\n  c"),
    ("rule", "a<hr>b", "a\n\n--------------------\n\nb"),
    ("image", '<img alt="a lamp" src="cid:x">', "a lamp"),
    ("pixel", '<img alt="spy" width="1" height="1" src="http://x">a', "a"),
    ("script and style", "<style>p{}</style><script>x()</script><title>t</title>a", "a"),
    ("comment", "<!-- no -->a<!--[if mso]>no<![endif]-->", "a"),
    ("hidden", '<div style="display:none">no</div><p style="Display : NONE ">no</p><span hidden>no</span>a', "a"),
    ("preheader", '<span style="font-size:0;max-height:0px">no</span>a', "a"),
    ("not hidden", '<p style="max-height:100px;font-size:0.9em;opacity:0.8">a</p>', "a"),
    ("outlook hidden", '<div style="mso-hide:all">no</div>a', "a"),
    ("never closed", "<div><p><b>a", "a"),
    ("no text", "<p></p><img src=x>", ""),
    ("empty", "", ""),
    ("not HTML", "5 < 6 and 7 > 2", "5 < 6 and 7 > 2"),
]


@pytest.mark.parametrize(("page", "text"), [case[1:] for case in PAGES], ids=[case[0] for case in PAGES])
def test_pages(page: str, text: str) -> None:
    assert to_text(page) == text


BOMBS = {
    "20,000 nested div": "<div>" * 20_000 + "hello" + "</div>" * 20_000,
    "300,000 nested div": "<div>" * 300_000 + "hello",
    "blockquotes": "<blockquote>hello" * 20_000,
    "lists": "<ul><li>hello" * 10_000,
    "attributes": "<p " + " ".join(f"a{number}=1" for number in range(100_000)) + ">hello",
    "formatting": "".join(f"<b id={number}>" for number in range(3_000)) + "<p>hello" * 3_000,
    "angles": "<" * 300_000 + "p>hello",
    "links": "<a href=http://x.example/>hello" * 30_000,
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("page", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_end_with_their_text(page: str) -> None:
    assert "hello" in to_text(page)
