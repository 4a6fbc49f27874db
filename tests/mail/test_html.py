"""HTML as a person reads it."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mail.html import MAX_PAGE, Page, to_text

PAGES = [
    ("plain", "hello", "hello"),
    ("paragraphs", "<p>one</p><p>two</p>", "one\n\ntwo"),
    ("divs", "<div>one</div><div>two</div>", "one\ntwo"),
    ("gmail lines", "<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
    ("breaks", "one<br>two<br><br>three", "one\ntwo\n\nthree"),
    ("break at the end of a block", "<p>one<br></p><div>two<br></div>three", "one\n\ntwo\nthree"),
    ("break between blocks", "<div>one</div><br><div>two</div>", "one\n\ntwo"),
    ("many breaks", "one<br><br><br><br>two", "one\n\ntwo"),
    ("end tag of a break", "one</br>two", "one\ntwo"),
    ("blanks", "a  \n b\t<b>c</b> <i> d </i>e", "a b c d e"),
    ("inline words", "un<b>believ</b>able", "unbelievable"),
    (
        "entities",
        "5 &lt; 6 &amp; 7&nbsp;&euro; &#8364; &#x20AC; &bogus; &#99999999999;",
        "5 < 6 & 7 € € € &bogus; \ufffd",
    ),
    ("windows entities", "it&#146;s", "it’s"),
    ("soft marks", "super&shy;cali\u200bfragi\ufefflistic", "supercalifragilistic"),
    ("joiners stay in words", "می\u200cخواهم", "می\u200cخواهم"),
    ("ideographic blank", "<p>\u3000氏名\u3000太郎</p>", "\u3000氏名\u3000太郎"),
    ("headings", "<h1>Title</h1>text<h2>More</h2>", "Title\n\ntext\n\nMore"),
    ("list", "<ul><li>one<li>two</ul>", "* one\n* two"),
    ("numbers", "<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
    ("numbers from", '<ol start="3"><li>c<li value=7>g<li>h</ol>', "3. c\n7. g\n8. h"),
    ("letters", "<ol type=a><li>x<li>y</ol>", "a. x\nb. y"),
    ("nested list", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "* a\n  * b\n* c"),
    ("list between words", "a<ul><li>b</ul>c", "a\n\n* b\n\nc"),
    ("paragraph in item", "<ul><li><p>one</p></li></ul>", "* one"),
    ("item without list", "<li>one<li>two", "* one\n* two"),
    ("definitions", "<dl><dt>a<dd>b</dl>", "a\nb"),
    ("rule", "a<hr>b", "a\n\n--------------------\n\nb"),
    ("preformatted", "<pre>\na  b\n  c\n\n\nd</pre>", "a  b\n  c\n\n\nd"),
    ("kept blanks", 'x <span style="white-space:pre-wrap">a  b\n c</span>', "x a  b\n c"),
    ("old preformatted", "<xmp>a  b</xmp><listing>c  d</listing>", "a  b\n\nc  d"),
    ("script and style", "<style>p{}</style><script>if(a<b)x('</p>')</script><title>t</title>a", "a"),
    ("unclosed title", "<head><title>t</head><body>a", "a"),
    ("unclosed style", "a<style>p{", "a"),
    ("comment", "<!-- no -->a<!--[if mso]>no<![endif]-->", "a"),
    ("for others than Outlook", "<!--[if !mso]><!-->a<!--<![endif]--><![if !vml]>b<![endif]>", "ab"),
    ("short comments", "<!-->a<!--->b<!-- - -- no --!>c", "abc"),
    ("prologue", '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD"><html><body>a</body></html>b', "ab"),
    ("Word's XML", "<xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><o:p>a</o:p>", "a"),
    ("never closed", "<div><p><b>a", "a"),
    ("misnested", "<b>a<i>b</b>c</i><p>d</div>e</p>f", "abc\n\nde\n\nf"),
    ("capitals", "<P>a<BR>b</P><UL><LI>c</UL>", "a\nb\n\n* c"),
    ("a tag over two lines", '<a\nhref="https://x.example"\n>a</a\n>', "a <https://x.example>"),
    ("angle in an attribute", '<p title="1 > 0">a</p>', "a"),
    ("quote in an attribute", '<p title=it\'s>a</p><p title="a"b">c</p>', "a\n\nc"),
    ("not HTML", "5 < 6 and 7 > 2", "5 < 6 and 7 > 2"),
    ("frames", "<frameset><frame src=x><noframes>no frames</noframes></frameset>", "no frames"),
    ("form", "<form>a<select><option>b<option>c</select><textarea>d</textarea><button>e</button></form>", "ade"),
    ("no text", "<p></p><img src=x>", ""),
    ("empty", "", ""),
]

OUTLOOK = [
    ("paragraphs are lines", "<p class=MsoNormal>a<o:p></o:p></p><p class=MsoNormal>b</p>", "a\nb"),
    (
        "an empty one is an empty line",
        "<p class=MsoNormal>a</p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p>b</p>",
        "a\n\nb",
    ),
    ("margin in the style", '<p style="margin:0">a</p><p style="margin:0cm;margin-bottom:.0001pt">b</p>', "a\nb"),
    ("margin of both sides", '<p style="margin-top:0;margin-bottom:0">a</p><p>b</p>', "a\n\nb"),
    ("some margin", '<p style="margin:0 0 1em 0">a</p><p style="margin:auto">b</p>', "a\n\nb"),
    ("style sheet of a webmail", "<style>P {margin-top:0;margin-bottom:0;}</style><p>a</p><p>b</p>", "a\nb"),
    (
        "Apple's classes",
        "<style>p.p1 {margin: 0.0px 0.0px 0.0px 0.0px; font: 12px}</style><p class=p1>a</p><p class=p1>b</p>",
        "a\nb",
    ),
    (
        "list numbers",
        "<p class=MsoListParagraph><![if !supportLists]><span style='mso-list:Ignore'>1.<span>&nbsp;&nbsp; </span>"
        "</span><![endif]>one</p>",
        "1. one",
    ),
]

TABLES = [
    ("cells", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a\tb\nc\td"),
    ("nothing closed", "<table><tr><td>a<td>b<tr><td>c<td>d</table>e", "a\tb\nc\td\ne"),
    ("no rows", "<table><td>a<td>b</table>", "a\tb"),
    ("layout", "<table><tr><td><img src=x></td><td>a</td><td>&nbsp;</td></tr></table>b", "a\nb"),
    ("spacer", "<table><tr><td>a<td>&nbsp;<td>b</table>", "a\tb"),
    ("grid", "<table border=1><tr><td>a<td><td>c</table>", "a\t\tc"),
    ("head of a grid", "<table><tr><th>a<th>b<th>c<tr><td>1<td><td>3</table>", "a\tb\tc\n1\t\t3"),
    ("paragraphs in cells", "x<table><tr><td><p>a</p></td><td><p>b</p></td></tr></table>y", "x\na\tb\ny"),
    ("lines in a cell", "<table><tr><td>a:<td>b<br>c</table>", "a:\nb\nc"),
    ("columns of text", f"<table><tr><td>{'a ' * 90}<td>{'b ' * 90}</table>", f"{'a ' * 89}a\n{'b ' * 89}b"),
    ("nested", "<table><tr><td><table><tr><td>a<td>b</table><td>c</table>", "a\tb\tc"),
    ("caption", "<table><caption>t</caption><tr><td>a<td>b</table>", "t\na\tb"),
    ("stray end in a cell", "<div>x<table><tr><td>a</div></p><td>b</table>y", "x\na\tb\ny"),
    ("cells without table", "<td>a</td><td>b</td>", "a\nb"),
    ("list in a cell", "<ul><li>x<table><tr><td>a<li>b</table><li>y</ul>", "* x\na\n* b\n* y"),
]

LINKS = [
    ("named", '<a href="https://x.example/p">here</a>!', "here <https://x.example/p>!"),
    (
        "unclosed",
        "<a href=https://x.example/1>a <a href=https://x.example/2>b",
        "a <https://x.example/1> b <https://x.example/2>",
    ),
    ("shows itself", '<a href="https://x.example/">https://x.example</a>', "https://x.example"),
    ("shows the host", "<a href=http://www.x.example/>x.example</a>", "x.example"),
    ("entities", "<a href='https://x.example/?a=1&amp;b=2'>a</a>", "a <https://x.example/?a=1&b=2>"),
    ("image", "a<a href=https://x.example><img src=y alt=logo></a>", "a"),
    ("block", "<a href=https://x.example><div>press</div></a>b", "press <https://x.example>\nb"),
    ("table", "<a href=https://x.example><table><tr><td>press</table></a>", "press <https://x.example>"),
    ("mail", '<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
    ("named mail", '<a href="mailto:a%40x.example?subject=s">Ann</a>', "Ann <a@x.example>"),
    ("mail of another", '<a href="mailto:a@x.example">Ann (b@x.example)</a>', "Ann (b@x.example)"),
    ("phone", '<a href="tel:+49123">+49 123</a>', "+49 123"),
    ("script", '<a href="javascript:alert(1)">x</a>', "x"),
    ("anchor", "<a name=top>x</a><a href=#top>y</a>", "xy"),
    ("too long", f"<a href=https://x.example/{'a' * 2000}>x</a>", "x"),
    (
        "Safe Links",
        '<a href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fx.example%2Fa%0Ab&amp;data=1">'
        "x.example/ab</a>",
        "x.example/ab",
    ),
]

HIDDEN = [
    ("display", '<div style="display:none">no</div><p style="Display : NONE ">no</p>a', "a"),
    ("attribute", "<span hidden>no</span>a", "a"),
    ("visibility", '<span style="visibility:hidden">no</span>a', "a"),
    ("preheader", '<span style="font-size:0;max-height:0px">no</span>a', "a"),
    ("one pixel", '<div style="font-size:1px;color:#fff">no</div>a', "a"),
    ("no size for blanks", '<td style="font-size:0px"><div style="font-size:0">no<b style="font-size:13px">a</b></div>', "a"),
    ("folded", '<div style="height:0;overflow:hidden">no</div>a', "a"),
    ("transparent", '<div style="opacity:0">no</div>a', "a"),
    ("Outlook alone hides it", '<div style="mso-hide:all">yes</div>a', "yes\na"),
    ("no size, but it overflows", '<div style="max-height:0">yes</div>a', "yes\na"),
    ("out of the line", '<p style="text-indent:-9999px">no</p>a', "a"),
    ("out of the window", '<div style="position:absolute; left:-9999px">no</div>a', "a"),
    ("hanging", '<p style="text-indent:-18pt;margin-left:18pt">a</p>', "a"),
    ("in the window", '<div style="position:absolute; left:10px; top:-20px">a</div>', "a"),
    ("see through", '<span style="color:transparent">no</span>a', "a"),
    ("see through behind", '<span style="background-color:transparent">a</span>', "a"),
    ("no size", '<div style="max-height:0;overflow:hidden">no</div>a', "a"),
    ("the last of two counts", '<div style="display:none;display:block">yes</div>a', "yes\na"),
    ("a word that is no declaration", """<div style="x:'display:none'">yes</div>a""", "yes\na"),
    ("another opacity", '<div style="fill-opacity:0">yes</div>a', "yes\na"),
    ("a sheet for paper", "<style media=print>.n{display:none}</style><p class=n>yes</p>a", "yes\n\na"),
    ("a sheet for screens", '<style media="screen">.n{display:none}</style><p class=n>no</p>a', "a"),
    ("a drawing with words", "<svg><title>no</title><text>yes</text></svg>", "yes"),
    ("unknown elements", "<xml>yes</xml><applet>it is</applet>", "yesit is"),
    ("button that Outlook gets otherwise", '<a href="https://x.example" style="mso-hide:all">a</a>', "a <https://x.example>"),
    ("class", "<style>.pre, td.x { display:none !important }</style><div class='y pre'>no</div>a", "a"),
    ("id", "<style><!-- #pre{display:none} --></style><div id=pre>no</div>a", "a"),
    ("on small screens", "<style>@media (max-width:9px){.a{display:none}} .b{display:none} .b{display:block}</style><i class=a>a</i><i class=b>b</i>", "ab"),
    ("for Outlook", "<!--[if mso]><style>.a{display:none}</style><![endif]--><i class=a>a</i>", "a"),
    ("not hidden", '<p style="max-height:100px;font-size:0.9em;opacity:0.8;line-height:0">a</p>', "a"),
    ("ends with its parent", "<div><span hidden>no</div>a", "a"),
    ("ends with its cell", "<table><tr><td><span style=display:none>no<td>a</table>", "a"),
    ("ends with its paragraph", "<p hidden>no<div>a</div>", "a"),
    ("holds others", "<div hidden><p>no</p><table><tr><td>no</table><div>no</div><img alt='☺'><br>no</div>a", "a"),
    ("leaves no line", "a<div hidden>no</div>b", "ab"),
]  # fmt: skip

IMAGES = [
    (
        "nothing else",
        '<a href="https://x.example"><img alt="Sale" src=a></a><img alt="" src=b>',
        "Sale <https://x.example>",
    ),
    ("words beside", "<p>a</p><img alt=logo src=x>", "a"),
    ("sign", 'fine <img alt="\U0001f600" src=x>', "fine \U0001f600"),
    ("typed sign", 'fine <img alt=":-)" src=x>', "fine :-)"),
    ("bar", 'a<img alt="|" src=x>b', "ab"),
    ("pixel", '<img alt="spy" width="1" height="1" src="http://x">', ""),
]

BROKEN = [
    ("quote", '<p>one</p><a href="https://x.example>two</a><p>three</p>', "one\n\ntwo three"),
    ("words with an angle", "if a <b then", "if a <b then"),
    ("cut in a tag", '<p>one</p><p class="x', "one"),
    ("cut in an attribute", "<p>one</p><a href='https://x.exam", "one"),
]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        pytest.param(*case[1:], id=f"{kind}: {case[0]}")
        for kind, cases in {
            "page": PAGES,
            "outlook": OUTLOOK,
            "table": TABLES,
            "link": LINKS,
            "hidden": HIDDEN,
            "image": IMAGES,
        }.items()
        for case in cases
    ],
)
def test_what_is_read(page: str, text: str) -> None:
    assert to_text(page) == Page(text)


@pytest.mark.parametrize(("page", "text"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_words_in_a_tag_that_never_ends_are_kept(page: str, text: str) -> None:
    assert to_text(page) == Page(text, defects=("html_plain",))


def test_a_page_too_long_is_cut() -> None:
    page = to_text("<p>hello</p>" * (MAX_PAGE // 10))
    assert page.defects[0] == "html_cut"
    assert page.text.startswith("hello\n\nhello")


WORDS = 20_000
BOMBS = {
    **{
        f"nested {tag}": f"<{tag}>" * 20_000 + "hello"
        for tag in "div table b blockquote ul font a p li td button ruby dd tr form h1 span".split()
    },
    "closed div": "<div>" * 20_000 + "hello" + "</div>" * 20_000,
    "nested cells": "<table><tr><td>a<td>" * 10_000 + "hello" + "</table>" * 10_000,
    "nested items": "<ul><li>" * 20_000 + "hello",
    "lists": "<ul><li>hello" * 10_000,
    "formats that a browser opens again": "".join(f"<b id={n}>" for n in range(3_000)) + "<p>hello" * 3_000,
    "end tags of nothing": "<i>" * WORDS + "</b>" * 100_000 + "hello",
    "formats closed through blocks": "<b>" * WORDS + "<div>" * WORDS + "</b>" * WORDS + "hello",
    "attributes": "<p " + " ".join(f"a{number}=1" for number in range(100_000)) + ">hello",
    "attributes of one name": "<p " + "class=a " * 100_000 + ">hello",
    "names": "".join(f"<t{number}>" for number in range(100_000)) + "hello",
    "equals": "<a " + "=" * 1_000_000 + ">hello",
    "quotes of both kinds": "<a b='\"<a b=\"'" * 100_000 + ">hello",
    "open quotes": 'hello<a b="' * 100_000,
    "angles": "<" * 1_000_000 + "p>hello",
    "open tags": "hello" + "<a " * 600_000,
    "open comments": "hello" + "<!--" * 400_000,
    "dashes": "hello<!--" + "-" * 1_000_000,
    "entities": "&amp;" * 200_000 + "hello",
    "broken entities": "&am" * 300_000 + "hello",
    "digits": "&#" + "9" * 500_000 + ";" + "&#" + "0" * 500_000 + "65;hello",
    "breaks": "<br>" * 200_000 + "hello",
    "links": "<a href=http://x.example/>hello" * 100_000,
    "options": "<select>" + "<option>a" * 100_000 + "</select>hello",
    "cells": "<table><tr>" + "<td>hello" * 100_000,
    "rows": "<table>" + "<tr><td>hello<td>b" * 50_000,
    "declarations": "<p style='" + "a:b;" * 400_000 + "'>hello",
    "blanks in a declaration": "<p style='display" + " " * 1_000_000 + ":block'>hello",
    "classes": "<p class='" + "a " * 500_000 + "'>hello",
    "rules": "<style>" + ".x{display:none}" * 50_000 + "</style><p class=y>hello",
    "selectors": "<style>" + ".x," * 300_000 + "{display:none}</style>hello",
    "open rules": "<style>display" + "a{" * 500_000 + "</style>hello",
    "quotes": "<blockquote>hello<br>" * 20_000,
    "forwards": "<blockquote>From: a@b<br>To: c<br>hello</blockquote>" * 5_000,
    "labels": "<blockquote>" + "From: a@b<br>" * 50_000 + "hello",
    "no-break spaces": "&nbsp;" * 200_000 + "hello",
    "lines": "<pre>" + "\n" * 500_000 + "hello",
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("page", BOMBS.values(), ids=BOMBS.keys())
def test_bombs_end_with_their_text(page: str) -> None:
    assert "hello" in to_text(page).text


TAGS = "div p span b a ul ol li table tr td th blockquote h1 dd center pre br hr font img select style script".split()
SOURCES = ("", "", " hidden", " class=gmail_quote", " type=cite", ' style="display:none"', " href=http://x", " id=Signature",
           " id=divRplyFwdMsg", ' style="font-size:0"', ' style="white-space:pre"', ' x="', " x='>'", "/")  # fmt: skip
PIECES = st.one_of(
    st.builds(lambda tag, source: f"<{tag}{source}>", st.sampled_from(TAGS), st.sampled_from(SOURCES)),
    st.builds("</{}>".format, st.sampled_from(TAGS)),
    st.sampled_from(
        ["word ", "\n", "&nbsp;", "&#13;", "&#10;", "&#8232;", "&lt;", "<!--", "-->", "<", ">", '"', "&#1;", "\u200b"]
    ),
    st.text(max_size=5),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_whatever_the_tags_are_lines_are_whole(page: str) -> None:
    read = to_text(page)
    count = len(read.text.split("\n"))
    assert all(0 <= number < count for number in read.boxed.quoted | read.boxed.signed)
    assert not read.boxed.quoted & read.boxed.signed
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", read.text)


INLINE = st.sampled_from(["b", "i", "span", "font", "u", "em", "o:p"])
BLOCK = st.sampled_from(["div", "p", "h2", "blockquote", "ul", "td", "li", "center"])
WORD = st.from_regex(r"[a-zé]{1,8}", fullmatch=True)
TREE = st.recursive(
    WORD,
    lambda inner: st.builds(
        lambda tag, content: f"<{tag}> {' '.join(content)} </{tag}>", INLINE | BLOCK, st.lists(inner, max_size=4)
    ),
    max_leaves=30,
)


@settings(max_examples=300, deadline=None)
@given(TREE)
def test_no_word_is_lost_doubled_or_moved(page: str) -> None:
    shown = [word for word in to_text(page).text.split() if word not in ("*", ">")]
    assert shown == re.sub("<[^>]*>", " ", page).split()
