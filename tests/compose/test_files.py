"""What hangs on a letter: the tree of its parts, names that cannot act, and the letter once more without them."""

from email import message_from_bytes, policy

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compose.test_headers import ANN, AT, FROM, OWN, anything
from gateway.compose import files, headers
from gateway.compose.files import File
from gateway.mail import bytes_of, read
from support.fuzz import examples

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
IMAGE = File(name="logo.png", type="image/png", content=PNG, cid="logo@acme.example")
PDF = File(name="receipt.pdf", type="application/pdf", content=b"%PDF-1.4\n\r\n\0" * 99)
PAGE = '<p>Hello <img src="cid:logo@acme.example"></p>'


def build(*hung: File, html: str = "", text: str = "Hello\n") -> bytes:
    fields = [("From", FROM), ("To", ANN), ("Subject", "Hi"), ("Date", AT), ("Message-ID", OWN)]
    return headers.build(fields, text=text, html=html, files=hung)


def parse(data: bytes):
    return message_from_bytes(data, policy=policy.default)


def shape(part) -> object:
    kind = part.get_content_type()
    return (kind, *map(shape, part.iter_parts())) if part.is_multipart() and kind != "message/rfc822" else kind


@pytest.mark.parametrize(
    ("hung", "html", "tree"),
    [
        ((), "", "text/plain"),
        ((), PAGE, ("multipart/alternative", "text/plain", "text/html")),
        ((PDF,), "", ("multipart/mixed", "text/plain", "application/pdf")),
        (
            (PDF,),
            PAGE,
            ("multipart/mixed", ("multipart/alternative", "text/plain", "text/html"), "application/pdf"),
        ),
        (
            (IMAGE,),
            PAGE,
            ("multipart/alternative", "text/plain", ("multipart/related", "text/html", "image/png")),
        ),
        (
            (PDF, IMAGE),
            PAGE,
            (
                "multipart/mixed",
                ("multipart/alternative", "text/plain", ("multipart/related", "text/html", "image/png")),
                "application/pdf",
            ),
        ),
        ((IMAGE,), "", ("multipart/mixed", "text/plain", "image/png")),  # nothing shows it: a file like others
    ],
)
def test_the_tree_of_a_letter(hung, html, tree):
    assert shape(parse(build(*hung, html=html))) == tree


def test_our_own_reader_and_the_stdlib_get_every_byte_back():
    data = build(PDF, IMAGE, html=PAGE)
    mail = read(data)
    assert [(one.name, one.type, one.inline) for one in mail.attachments] == [
        ("logo.png", "image/png", True),
        ("receipt.pdf", "application/pdf", False),
    ]
    assert [bytes_of(data, one.part) for one in mail.attachments] == [PNG, PDF.content]
    found = {part.get_filename(): part.get_content() for part in parse(data).walk() if part.get_filename()}
    assert found == {"logo.png": PNG, "receipt.pdf": PDF.content}
    assert mail.defects == ()


@given(anything, st.binary(max_size=300))
@example("Účtenka č. 7 – květen.pdf", b"x")
@example("日本語" * 60 + ".png", b"")
@example("=?utf-8?q?a?=.txt", b"")
@example('a"; filename="evil.exe', b"")
@example("../../etc/passwd", b"")
@example("x" * 300 + ".pdf", b"")
@settings(max_examples=examples(200), deadline=None)
def test_any_name_reads_back_as_one_safe_name(name, content):
    data = build(File(name=name, type="application/x-thing", content=content))
    (part,) = parse(data).iter_attachments()
    assert part.get_content() == content
    assert [key for key, _ in part.items()] == ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"]
    wanted = files.safe_name(name)
    assert part.get_filename() == wanted
    assert 0 < len(wanted) <= files.NAME_CAP
    assert not set(wanted) & set('/\\"<>:|?*\r\n')
    assert max(map(len, data.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("x" * 200 + ".pdf", "x" * 116 + ".pdf"),
        ("я" * 200 + ".pdf", "я" * 116 + ".pdf"),
        ("日" * 200 + ".pdf", "日" * 78 + ".pdf"),
        ("C:\\docs\\a.txt", "C__docs_a.txt"),
        ("", "attachment"),
        (" . ", "attachment"),
    ],
)
def test_what_a_name_becomes(given, kept):
    assert files.safe_name(given) == kept


@pytest.mark.parametrize(
    ("kind", "content", "carried"),
    [
        ("image/PNG", b"x", "image/png"),
        ("text/html", b"<script>", "text/html"),
        ("x", b"x", "application/octet-stream"),
        ("a/b\r\nX: y", b"x", "application/octet-stream"),
        ("multipart/mixed; boundary=x", b"x", "application/octet-stream"),
        ("multipart/mixed", b"x", "application/octet-stream"),
        ("message/rfc822", b"From: a@b.c\r\n\r\nHi\r\n", "message/rfc822"),
        ("message/rfc822", b"From: a@b.c\n\nHi\n", "application/octet-stream"),  # may not be encoded, RFC 2046
        ("message/rfc822", b"From: a@b.c\r\n\r\n\xff\r\n", "application/octet-stream"),
    ],
)
def test_types_that_could_break_the_tree_are_carried_as_bytes(kind, content, carried):
    data = build(File(name="x", type=kind, content=content))
    (part,) = list(parse(data).iter_parts())[1:]
    assert part.get_content_type() == carried
    assert part.get_content_disposition() == "attachment"
    if carried != "message/rfc822":
        assert part.get_payload(decode=True) == content


def test_the_same_files_give_the_same_bytes_and_boundaries_are_not_in_them():
    assert build(PDF, html=PAGE) == build(PDF, html=PAGE)
    boundary = parse(build(PDF)).get_boundary().encode()
    letter = b"From: a@b.c\r\n\r\n--" + boundary + b"--\r\n"
    nested = build(File(name="x.eml", type="message/rfc822", content=letter), PDF)
    assert [part.get_content_type() for part in parse(nested).iter_parts()][1:] == ["message/rfc822", "application/pdf"]


@pytest.mark.parametrize(
    ("hung", "html"), [((PDF,), ""), ((PDF,), PAGE), ((IMAGE,), PAGE), ((PDF, IMAGE, PDF), PAGE), ((IMAGE,), "")]
)
def test_a_letter_without_its_files_says_so_and_is_else_the_same(hung, html):
    data = build(*hung, html=html, text="Grüße\n")
    light = headers.lighter(data, "Left out: receipt.pdf")
    assert b"JVBERi" not in light
    assert b"iVBOR" not in light
    before, after = parse(data), parse(light)
    assert before.items()[:-1] == after.items()[:-1]  # all but the Content-Type
    assert after.get_body(("plain",)).get_content() == before.get_body(("plain",)).get_content()
    assert [part.get_content() for part in after.walk() if part.get_content_type() == "text/plain"][-1] == (
        "Left out: receipt.pdf\r\n"
    )
    assert (after.get_body(("html",)) is None) == (html == "")
    assert "Left out" in read(light).text
    assert headers.lighter(light, "again") != light  # a mixed one has a part to leave out, the note


@pytest.mark.parametrize("html", ["", PAGE])
def test_a_letter_without_files_stays_as_it_is(html):
    data = build(html=html)
    assert headers.lighter(data, "Left out") == data
