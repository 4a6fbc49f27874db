"""DKIM-Signature fields by their form, and lists of tags; nothing is verified."""

import pytest

from gateway.mail.header import signature, tags, verbatim

GOOD = "v=1; a=rsa-sha256; c=relaxed/simple; d=acme.example; s=s1; h=From:Subject; bh=YWJj; b=YWJj"


def field(text: str) -> bytes:
    return f"DKIM-Signature: {text}".encode()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD, ""),
        (GOOD.replace("c=relaxed/simple; ", ""), ""),
        (GOOD.replace("a=rsa-sha256", "a=ed25519-sha256"), ""),
        (GOOD + "; x=1700000000; l=12; q=dns/txt; i=@mail.acme.example", ""),
        (GOOD.replace("d=acme.example; ", ""), "d= is missing"),
        (GOOD.replace("v=1", "v=2"), "v= is not 1"),
        (GOOD.replace("rsa-sha256", "rsa-sha1"), "a=rsa-sha1 is not believed any more"),
        (GOOD.replace("rsa-sha256", "none"), "a=none is not believed any more"),
        (GOOD.replace("From:Subject", "To:Subject"), "From is not signed"),
        (GOOD.replace("From:Subject", ":".join(["From", *["X"] * 200])), "h= is no list of header names"),
        (GOOD.replace("From:Subject", "From:Sub ject"), "h= is no list of header names"),
        (GOOD.replace("acme.example", "acme example"), "d= is no domain"),
        (GOOD.replace("acme.example", "example"), "d= is no domain"),
        (GOOD.replace("acme.example", "acme.example."), "d= is no domain"),
        (GOOD.replace("s=s1", "s=s1/../x"), "s= is no selector"),
        (GOOD + "; i=@evil.example", "i= lies outside d="),
        (GOOD + "; i=@notacme.example", "i= lies outside d="),
        (GOOD + "; l=-1", "l= is no number"),
        (GOOD + "; x=soon", "x= is no number"),
        (GOOD + "; d=evil.example", "the field is no list of tags"),
        (GOOD.replace("relaxed/simple", "nofws"), "c= names no canonical form that there is"),
        (GOOD.replace("bh=YWJj", "bh=!"), "bh= is no base64"),
        (GOOD.replace("; b=YWJj", "; b=" + "YWJj" * 400), "b= is of no length that it can have"),
        (GOOD + ";" + " " * 9000, "the field is longer than 8192 octets"),
        ("", "v= is missing"),
        ("rubbish", "the field is no list of tags"),
    ],
)
def test_form(text: str, problem: str) -> None:
    assert signature.parse(field(text)).problem == problem


def test_what_is_left_of_the_field_when_it_is_signed() -> None:
    folded = b"DKIM-Signature: v=1; a=rsa-sha256; d=acme.example; s=s1;\r\n\th=From; bh=YWJj;\r\n b = YW\r\n\tJj ; t=1"
    assert signature.parse(folded).unsigned == folded.replace(b"b = YW\r\n\tJj ", b"b =")
    assert signature.parse(folded).signature == b"abc"


def test_a_tag_that_ends_in_b_is_another() -> None:
    found = signature.parse(field(f"zb=1; {GOOD}"))
    assert found.unsigned.startswith(b"DKIM-Signature: zb=1; v=1;")
    assert found.unsigned.endswith(b"; b=")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1; b = 2 ;", {"a": "1", "b": "2"}),
        ("a=x=y", {"a": "x=y"}),
        ("", {}),
        ("a=1;; b=2", None),
        ("a=1; a=2", None),
        ("1a=1", None),
        ("a", None),
        (";".join(f"t{number}=1" for number in range(100)), None),
    ],
)
def test_tags(text: str, expected: dict[str, str] | None) -> None:
    assert tags.parse(text) == expected


@pytest.mark.parametrize(
    ("raw", "names", "body", "damage"),
    [
        (b"From: a\r\nTo: b\r\n\r\ntext", ["from", "to"], b"text", ""),
        (b"From: a\nTo: b\n\ntext", ["from", "to"], b"text", ""),
        (b"From: a\r\n\tb\r\n \r\nTo: c\r\n\r\n", ["from", "to"], b"", ""),
        (b"From carol Fri Nov 27\nFrom: a\n\nx", ["from"], b"x", ""),
        (b"From: a\r\nTo: b", ["from", "to"], b"", ""),
        (b"\r\ntext", [], b"text", ""),
        (b"", [], b"", ""),
        (b"From: a\rTo: b\r\n\r\nx", [], b"x", "it holds CR or NUL"),
        (b"From: a\0\r\n\r\nx", [], b"x", "it holds CR or NUL"),
        (b"From: a\r\nno field\r\n\r\nx", [], b"x", "a line of it is no field"),
        (b"From : a\r\n\r\nx", [], b"x", "a line of it is no field"),
        (b" folded\r\nFrom: a\r\n\r\nx", [], b"x", "a line of it is no field"),
        (b"F\xf6: a\r\n\r\nx", [], b"x", "a line of it is no field"),
        (b"X: a\r\n" * 1001 + b"\r\nx", [], b"x", "it is larger than anybody reads"),
    ],
)
def test_the_header_as_it_stands(raw: bytes, names: list[str], body: bytes, damage: str) -> None:
    header = verbatim.read(raw)
    assert [one.name for one in header.fields] == names
    assert raw[header.body :] == body
    assert header.damage == damage


def test_fields_keep_their_folding() -> None:
    (one,) = verbatim.read(b"Subject:  a\n\tb  \n\nx").fields
    assert one.raw == b"Subject:  a\r\n\tb  "
    assert one.value == "a\tb"
