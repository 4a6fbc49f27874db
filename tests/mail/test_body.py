"""Which parts are the text, which hang on the mail, and in what form."""

import base64

import pytest

from gateway.mail import bytes_of, read, tree
from gateway.mail.text import body


def part(kind: str, body: bytes, *headers: str) -> bytes:
    return "\r\n".join([f"Content-Type: {kind}", *headers, "", ""]).encode() + body


def multi(kind: str, *parts: bytes, boundary: str = "b") -> bytes:
    mark = b"--" + boundary.encode()
    joined = b"".join(mark + b"\r\n" + one + b"\r\n" for one in parts)
    return f"Content-Type: multipart/{kind}; boundary={boundary}\r\n\r\n".encode() + joined + mark + b"--\r\n"


PLAIN = part("text/plain; charset=utf-8", b"plain words")
HTML = part("text/html; charset=utf-8", b"<p>rich <b>words</b></p>")
PDF = part("application/pdf; name=a.pdf", b"%PDF-1.7 x", "Content-Disposition: attachment; filename=a.pdf")
IMAGE = part("image/png", b"\x89PNG\r\n\x1a\n", "Content-ID: <logo@x>")
MAIL = part("message/rfc822", b"Subject: inner\r\n\r\nwords of another")
EXCUSE = part("text/plain", b"This mail is in HTML, which your program cannot show.")
ABOUT = part("text/html", b"<p>My HTML fails</p>")
ALTERNATIVE = multi("alternative", PLAIN, HTML, boundary="alt")

CASES = [
    ("plain", PLAIN, "plain words", []),
    ("html", HTML, "rich words", []),
    ("alternative", ALTERNATIVE, "plain words", []),
    ("empty plain beside html", multi("alternative", part("text/plain", b" \r\n"), HTML), "rich words", []),
    ("mixed", multi("mixed", PLAIN, PDF), "plain words", ["a.pdf"]),
    ("alternative in mixed", multi("mixed", ALTERNATIVE, PDF), "plain words", ["a.pdf"]),
    ("two texts", multi("mixed", PLAIN, part("text/plain", b"more words")), "plain words\nmore words", []),
    ("text after html", multi("mixed", HTML, part("text/plain", b"footer")), "rich words\nfooter", []),
    ("named text", multi("mixed", PLAIN, part("text/plain; name=n.txt", b"x")), "plain words", ["n.txt"]),
    ("attached text", part("text/plain", b"x", "Content-Disposition: attachment"), "x", ["attachment-1.txt"]),
    ("attached mail", multi("mixed", PLAIN, MAIL), "plain words", ["inner.eml"]),
    ("only a mail", MAIL, "", ["inner.eml"]),
    ("only an image", IMAGE, "", ["attachment-1.png"]),
    ("related", multi("related", HTML, IMAGE), "rich words", ["attachment-2.png"]),
    (
        "calendar",
        multi("alternative", PLAIN, part("text/calendar", b"BEGIN:VCALENDAR")),
        "plain words",
        ["attachment-2.ics"],
    ),
    ("csv", multi("mixed", PLAIN, part("text/csv", b"a,b")), "plain words", ["attachment-2.csv"]),
    ("broken type", part("text", b"words"), "words", []),
    (
        "a page called plain",
        part("text/plain", b"<html><body><p>rich <b>words</b></p></body></html>"),
        "rich words",
        [],
    ),
    ("tags called plain", part("text/plain", b"<div>rich <b>words</b></div>"), "rich words", []),
    ("an address in brackets", part("text/plain", b"<b@c.example> wrote"), "<b@c.example> wrote", []),
    ("nbsp beside html", multi("alternative", part("text/plain", b"&nbsp;\r\n\xc2\xa0"), HTML), "rich words", []),
    ("excuse beside html", multi("alternative", EXCUSE, HTML), "rich words", []),
    ("html both ways", multi("alternative", part("text/plain", b"<p>rich words</p>"), HTML), "rich words", []),
    ("about html", multi("alternative", part("text/plain", b"My HTML fails"), ABOUT), "My HTML fails", []),
    ("both forms in mixed", multi("mixed", part("text/plain", b"rich words"), HTML), "rich words", []),
    (
        "related in alternative",
        multi("alternative", PLAIN, multi("related", HTML, IMAGE, boundary="r")),
        "plain words",
        ["attachment-2.2.png"],
    ),
    ("alternative in related", multi("related", ALTERNATIVE, IMAGE), "plain words", ["attachment-2.png"]),
    ("texts around a file", multi("mixed", PLAIN, PDF, part("text/plain", b"more")), "plain words\nmore", ["a.pdf"]),
    ("enriched", part("text/enriched", b"<bold>plain</bold>\r\nwords\r\n\r\n<<3"), "plain words\n<3", []),
    (
        "enriched beside plain",
        multi("alternative", PLAIN, part("text/enriched", b"<bold>x</bold>")),
        "plain words",
        ["attachment-2.bin"],
    ),
    ("unknown text alone", part("text/x-notes", b"words"), "words", []),
    (
        "unknown text beside plain",
        multi("mixed", part("text/x-notes", b"n"), PLAIN),
        "plain words",
        ["attachment-1.bin"],
    ),
    ("markdown", part("text/markdown", b"*words*"), "*words*", []),
    ("no end boundary", multi("mixed", PLAIN, PDF).rstrip(b"-\r\n"), "plain words", ["a.pdf"]),
    ("boundary misnamed", multi("mixed", PLAIN, PDF).replace(b"boundary=b", b"boundary=c"), "plain words", ["a.pdf"]),
    ("no boundary at all", b"Content-Type: multipart/mixed; boundary=b\r\n\r\nwords", "words", []),
    ("text around empty parts", multi("mixed", PDF).replace(b"--b\r\n", b"words\r\n--b\r\n", 1), "words", ["a.pdf"]),
    (
        "the usual preamble",
        multi("mixed", PDF).replace(b"--b\r\n", b"A message in MIME format.\r\n--b\r\n", 1),
        "",
        ["a.pdf"],
    ),
    ("flowed", part("text/plain; format=flowed", b"plain \r\nwords\r\n"), "plain words\n", []),
    (
        "flowed in the charset",
        part('text/plain; charset="utf-8; format=flowed"', b"plain \r\nwords"),
        "plain words",
        [],
    ),
    ("no type", b"From: a@b.example\r\n\r\nwords", "words", []),
    ("nothing", b"From: a@b.example\r\n\r\n", "", []),
    ("no body", b"From: a@b.example\r\nSubject: s", "", []),
]


@pytest.mark.parametrize(("raw", "text", "names"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_text_and_attachments(raw: bytes, text: str, names: list[str]) -> None:
    mail = read(raw)
    assert (mail.text, [item.name for item in mail.attachments]) == (text, names)


def test_the_html_is_kept_as_sent() -> None:
    assert read(ALTERNATIVE).html == "<p>rich <b>words</b></p>"


def test_an_image_shown_by_the_html_is_inline() -> None:
    html = part("text/html", b'<img src="cid:logo@x">')
    assert [item.inline for item in read(multi("related", html, IMAGE, PDF)).attachments] == [True, False]
    assert [item.inline for item in read(multi("related", HTML, IMAGE)).attachments] == [False]


def test_an_attachment_that_lost_bytes_is_marked() -> None:
    raw = part("application/octet-stream", b"aGVsb", "Content-Transfer-Encoding: base64")
    assert bytes_of(raw, "1") == b"hel"
    assert "lossy_decode" in read(raw).defects


def test_attachments_come_back_by_their_path() -> None:
    data = bytes(range(256)) * 40
    encoded = part("image/x-any", base64.encodebytes(data), "Content-Transfer-Encoding: base64")
    raw = multi("mixed", ALTERNATIVE, multi("related", HTML, encoded, boundary="rel"), PDF)
    for item in read(raw).attachments:
        assert len(bytes_of(raw, item.part)) == item.size
    assert bytes_of(raw, "2.2") == data
    assert bytes_of(raw, "0") == raw
    with pytest.raises(KeyError):
        bytes_of(raw, "9")


def test_a_text_too_long_is_cut_and_attached_whole() -> None:
    mail = read(part("text/plain", b"words " * 500_000))
    assert len(mail.text) == 2_000_000
    assert [(item.name, item.size) for item in mail.attachments] == [("attachment-1.txt", 3_000_000)]
    assert "text_cut" in mail.defects


def test_what_no_charset_could_read_is_attached_as_it_came() -> None:
    body = "ж".encode() * 300 + b"\xd0"
    mail = read(part("text/plain; charset=utf-8", body))
    assert "lossy_decode" in mail.defects
    assert [(item.part, item.size) for item in mail.attachments] == [("1", len(body))]


def test_where_a_text_lost_bytes_the_mail_is_attached() -> None:
    raw = part("text/plain", b"aGVsbG8=\r\n-- \r\nadded by a list\r\n", "Content-Transfer-Encoding: base64")
    mail = read(raw)
    assert mail.text == "hello"
    assert [(item.part, item.size) for item in mail.attachments] == [("0", len(raw))]


def test_the_trail_tells_which_text_in_which_charset() -> None:
    raw = multi("alternative", part("text/plain; charset=gb2312", "镕".encode("gbk")), HTML)
    assert read(raw).trail[:2] == (
        "text: part 1 text/plain, gb2312 read as gb18030",
        "text: part 2 text/html, utf-8 read as utf_8",
    )


def test_lines_quoted_in_the_html_are_counted_through_all_texts() -> None:
    page = part("text/html", b"<p>new</p><blockquote type=cite><p>old</p></blockquote>")
    content = body.read(tree.parse(multi("mixed", PLAIN, page)))
    lines = content.text.split("\n")
    assert {lines[number].strip("> ") for number in content.boxed.quoted} - {""} == {"old"}


FOOTER = part("text/plain", b"a list's footer")
SIDE_BY_SIDE = [
    ("one", PLAIN, ""),
    ("a footer", multi("mixed", PLAIN, FOOTER), "plain words"),
    ("a footer below two forms", multi("mixed", ALTERNATIVE, FOOTER), "plain words"),
    ("a picture between", multi("mixed", PLAIN, PDF, FOOTER), ""),
    ("a picture between, and a footer", multi("mixed", PLAIN, PDF, PLAIN, FOOTER), "plain words\nplain words"),
    ("a picture below the footer", multi("mixed", PLAIN, FOOTER, PDF, PLAIN), "plain words"),
    ("an empty text above", multi("mixed", part("text/plain", b"\r\n"), PLAIN), ""),
]


@pytest.mark.parametrize(("raw", "main"), [case[1:] for case in SIDE_BY_SIDE], ids=[case[0] for case in SIDE_BY_SIDE])
def test_the_main_text_goes_on_around_a_picture_and_ends_at_a_text_beside_it(raw: bytes, main: str) -> None:
    assert read(raw).main_text == main


FORMS = [
    ("plain", PLAIN, ("1",)),
    ("html", HTML, ("1",)),
    ("alternative", ALTERNATIVE, ("1", "2")),
    ("alternative in mixed", multi("mixed", ALTERNATIVE, PDF), ("1.1", "1.2")),
    ("empty plain beside html", multi("alternative", part("text/plain", b" \r\n"), HTML), ("2",)),
    ("a page called plain", part("text/plain", b"<html><body><p>rich</p></body></html>"), ("1",)),
    ("a page below a text", multi("mixed", PLAIN, HTML), ("1",)),
    ("an empty text above another", multi("mixed", part("text/plain", b"\r\n"), PLAIN), ("2",)),
    ("a file that is all there is", part("text/plain", b"x", "Content-Disposition: attachment"), ()),
    ("only a mail", MAIL, ()),
]


@pytest.mark.parametrize(("raw", "forms"), [case[1:] for case in FORMS], ids=[case[0] for case in FORMS])
def test_which_parts_the_text_begins_in(raw: bytes, forms: tuple[str, ...]) -> None:
    assert read(raw).text_forms == forms
