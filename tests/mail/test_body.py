"""Which parts are the text, which hang on the mail, and in what form."""

import base64

import pytest

from gateway.mail import bytes_of, read


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
    ("attached text", part("text/plain", b"x", "Content-Disposition: attachment"), "", ["attachment-1.txt"]),
    ("attached mail", multi("mixed", PLAIN, MAIL), "plain words", ["attachment-2.eml"]),
    ("only a mail", MAIL, "", ["attachment-1.eml"]),
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


@pytest.mark.parametrize(
    ("encoding", "body", "data", "lossy"),
    [
        ("base64", b"aGVsbG8=", b"hello", False),
        ("BASE64", b"aGVs\r\nbG8=\r\n", b"hello", False),
        ("base64", b"aGVsbG8", b"hello", True),
        ("base64", b"aGVsbG8=\r\n-- \r\nadded by a list\r\n", b"hello", True),
        ("base64", b"a", b"", True),
        ("quoted-printable", b"hel=\r\nlo =C3=A9", b"hello \xc3\xa9", False),
        ("quoted-printable", b"a=ZZb=", b"a=ZZb", False),
        ("x-uuencode", b"begin 644 x\r\n%:&5L;&\\\r\n`\r\nend\r\n", b"hello", False),
        ("7bit", b"hello", b"hello", False),
        ("nonsense", b"hello", b"hello", False),
    ],
)
def test_transfer_encodings(encoding: str, body: bytes, data: bytes, lossy: bool) -> None:
    raw = part("application/octet-stream", body, f"Content-Transfer-Encoding: {encoding}")
    mail = read(raw)
    assert bytes_of(raw, "1") == data
    assert mail.attachments[0].size == len(data)
    assert ("lossy_decode" in mail.defects) is lossy


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
