"""MIME trees: well formed, damaged, and built to hurt."""

import pytest

from gateway.mail import read, scan, tree


def shape(raw: bytes) -> list[tuple[str, str, bytes]]:
    mail = tree.parse(raw)
    return [(part.path, part.type, mail.body(part)[0]) for part in mail.leaves()]


def mixed(*parts: bytes, boundary: str = "b", end: bytes = b"--b--\r\n") -> bytes:
    head = f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\npreamble\r\n".encode()
    return head + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end


PLAIN = b"Content-Type: text/plain\r\n\r\nhello"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", [("1", "text/plain", b"")]),
        (b"A: b\n\nbody", [("1", "text/plain", b"body")]),
        (b"A: b\r\n\r\nbody", [("1", "text/plain", b"body")]),
        (b"A: b\r\rbody", [("1", "text/plain", b"body")]),
        (b"A: b\r\n\nbody", [("1", "text/plain", b"body")]),
        (b"A: b", [("1", "text/plain", b"")]),
        (b"\nbody", [("1", "text/plain", b"body")]),
        (b"just words", [("1", "text/plain", b"just words")]),
        (mixed(PLAIN), [("1", "text/plain", b"hello")]),
        (mixed(PLAIN, b"\r\nno fields"), [("1", "text/plain", b"hello"), ("2", "text/plain", b"no fields")]),
        (mixed(PLAIN, end=b""), [("1", "text/plain", b"hello\r\n")]),
        (mixed(PLAIN, end=b"--b--"), [("1", "text/plain", b"hello")]),
        (mixed(PLAIN, end=b"--b--  \r\nepilogue\r\n--b\r\n\r\nlate"), [("1", "text/plain", b"hello")]),
        (mixed(b"\r\n--bb\r\n--b2"), [("1", "text/plain", b"--bb\r\n--b2")]),
        (mixed(PLAIN, boundary="other"), [("1", "text/plain", b"hello")]),
        (mixed(PLAIN).replace(b"; boundary=b", b""), [("1", "text/plain", b"hello")]),
        (mixed(PLAIN).replace(b"mixed", b"*"), [("1", "text/plain", b"hello")]),
        (b"Content-Type: multipart/mixed; boundary=b\n\nno parts", [("1", "text/plain", b"no parts")]),
        (b"Content-Type: multipart/mixed; boundary=b\n\n--b--", [("1", "text/plain", b"--b--")]),
        (b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: b\n--b--", [("1", "message/rfc822", b"A: b")]),
        (
            mixed(b"Content-Type: message/rfc822\r\n\r\n" + mixed(PLAIN).replace(b"--b", b"--c")),
            [("1", "message/rfc822", mixed(PLAIN).replace(b"--b", b"--c"))],
        ),
    ],
)
def test_shapes(raw: bytes, expected: list[tuple[str, str, bytes]]) -> None:
    assert shape(raw) == expected


def test_paths_of_nested_parts() -> None:
    inner = b"Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\none\r\n--c\r\n\r\ntwo\r\n--c--"
    assert [(path, body) for path, _, body in shape(mixed(inner, PLAIN))] == [
        ("1.1", b"one"),
        ("1.2", b"two"),
        ("2", b"hello"),
    ]


def test_an_outer_boundary_closes_an_inner_part() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\none"
    assert [body for _, _, body in shape(mixed(inner, PLAIN))] == [b"one", b"hello"]


def nested(depth: int) -> bytes:
    heads = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(depth)
    )
    return b"From: a@b.example\r\nSubject: deep\r\n" + heads + b"\r\ninnermost"


@pytest.mark.parametrize(
    "head",
    [
        b"\xef\xbb\xbfSubject: s\nFrom: a@b.example\n\n",
        b"\r\n\r\nSubject: s\r\nFrom: a@b.example\r\n\r\n",
        b" \n Subject: s\nFrom: a@b.example\n\n",
        b"Subject: s\rFrom: a@b.example\r\r",
        b"Subject: s\r\r\nFrom: a@b.example\r\r\n\r\r\n",
        b"Subject: s\nFrom: a@b.example\n \n",
    ],
)
def test_a_header_that_begins_late_or_has_odd_line_ends(head: bytes) -> None:
    mail = read(head + b"one\n\ntwo\n")
    assert (mail.subject, mail.from_ and mail.from_.addr) == ("s", "a@b.example")
    assert mail.text.strip() == "one\n\ntwo"


@pytest.mark.parametrize("declared", ["", "; boundary=wrong", "; boundary='b'"])
def test_the_boundary_is_found_where_the_header_is_wrong(declared: str) -> None:
    raw = f"Content-Type: multipart/mixed{declared}\n\n--text\n--b\n\none\n--b\n\ntwo\n--b--\n".encode()
    assert [body for _, _, body in shape(raw)] == [b"one", b"two"]
    assert "ambiguous:boundary" in tree.parse(raw).defects


def test_a_line_with_dashes_is_no_boundary_where_none_is_declared() -> None:
    raw = b"Content-Type: multipart/mixed\n\nDear all,\n--Ann\nP.S.: --\n"
    assert [body for _, _, body in shape(raw)] == [b"Dear all,\n--Ann\nP.S.: --\n"]


@pytest.mark.parametrize("inner", [b"b", b"b--"])
def test_a_boundary_used_twice_is_ambiguous(inner: bytes) -> None:
    part = b"Content-Type: multipart/mixed; boundary=" + inner + b"\n\n--" + inner + b"\n\none\n--" + inner + b"--\n"
    assert "ambiguous:boundary" in tree.parse(mixed(part, PLAIN)).defects


@pytest.mark.parametrize(("depth", "degraded"), [(49, False), (50, False), (51, True), (2_000, True), (20_000, True)])
def test_depth(depth: int, degraded: bool) -> None:
    mail = read(nested(depth))
    assert mail.subject == "deep"
    assert ("degraded:depth" in mail.defects) is degraded
    assert (mail.text == "innermost") is not degraded
    assert [item.name for item in mail.attachments if item.part == "0"] == (["message.eml"] if degraded else [])


@pytest.mark.parametrize(("count", "degraded"), [(999, False), (1_000, True), (200_000, True)])
def test_number_of_parts(count: int, degraded: bool) -> None:
    raw = b"Subject: many\r\n" + mixed(b"\r\nfirst", *[b"\r\nx"] * (count - 1))
    mail = read(raw)
    assert (mail.subject, mail.text.startswith("first")) == ("many", True)
    assert ("degraded:parts" in mail.defects) is degraded


BOMBS = {
    "degraded:header_size": b"".join(b"X-%d: y\r\n" % number for number in range(900))
    + b"X: "
    + b"z\r\n " * 100_000
    + b"z\r\n",
    "degraded:field_size": b"X-Long: " + b"z" * 70_000 + b"\r\n",
    "degraded:fields": b"".join(b"X-%d: y\r\n" % number for number in range(1_100)),
    "degraded:encoded_words": b"X-Words: " + b"=?utf-8?q?a?=\r\n " * 2_100 + b"z\r\n",
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("scale", [1, 10])
@pytest.mark.parametrize(("defect", "header"), BOMBS.items())
def test_bombs_in_the_header_are_read_in_part(defect: str, header: bytes, scale: int) -> None:
    raw = b"From: ann@x.example\r\nSubject: s\r\n" + header * scale + b"\r\nthe text"
    mail = read(raw)
    assert defect in mail.defects
    assert mail.from_ is not None
    assert (mail.subject, mail.text) == ("s", "the text")
    assert [(item.name, item.size, item.part) for item in mail.attachments] == [("message.eml", len(raw), "0")]
    assert len(mail.headers) <= scan.MAX_FIELDS
    assert sum(len(value) for _, value in mail.headers) <= scan.HEADER_KEPT


def test_a_long_list_of_recipients_is_no_bomb() -> None:
    raw = b"To: " + b",\r\n ".join(b"person%d@x.example" % number for number in range(800)) + b"\r\n\r\ntext"
    mail = read(raw)
    assert (len(mail.to), mail.defects) == (800, ())
