"""Signed and encrypted mails: recognised, read through where that can be, their parts kept."""

import base64
import hashlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail import bytes_of, read
from gateway.mail.attached import cms
from gateway.mail.attached.sealed import without_armour

SIGNED, ENVELOPED = bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("06092a864886f70d010703")
AUTH_ENVELOPED = bytes.fromhex("060b2a864886f70d0109100117")
DATA = bytes.fromhex("06092a864886f70d010701")
ENTITY = (
    b"Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"signed w\xc3\xb6rds\r\n--in\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.7\r\n--in--\r\n"
)


def der(tag: int, *values: bytes) -> bytes:
    value = b"".join(values)
    size = len(value)
    more = b"" if size < 128 else size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(more) if more else size]) + more + value


def endless(tag: int, *values: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(values) + b"\0\0"


DIGESTS = der(0x31, der(0x30, bytes.fromhex("0609608648016503040201")))
REST = der(0x31, der(0x30, b"\2\1\1"))
IN_ONE = der(
    0x30,
    SIGNED,
    der(0xA0, der(0x30, b"\2\1\1", DIGESTS, der(0x30, DATA, der(0xA0, der(0x04, ENTITY))), REST)),
)
IN_PIECES = endless(
    0x30,
    SIGNED,
    endless(
        0xA0,
        endless(
            0x30,
            b"\2\1\1",
            endless(0x31, endless(0x30, bytes.fromhex("0609608648016503040201"))),
            endless(0x30, DATA, endless(0xA0, endless(0x24, der(0x04, ENTITY[:50]), der(0x04, ENTITY[50:])))),
            REST,
        ),
    ),
)
NO_CONTENT = der(0x30, SIGNED, der(0xA0, der(0x30, b"\2\1\1", DIGESTS, der(0x30, DATA), REST)))
SEALED = der(0x30, ENVELOPED, der(0xA0, der(0x30, b"\2\1\0")))


def test_the_content_of_a_signature() -> None:
    assert cms.signed_content(IN_ONE) == ENTITY
    assert cms.signed_content(IN_PIECES) == ENTITY
    for other in (NO_CONTENT, SEALED, b"", b"0", b"text", IN_ONE[:40], IN_ONE[:-1000]):
        assert cms.signed_content(other) is None


def test_kinds_of_cms() -> None:
    auth = der(0x30, AUTH_ENVELOPED, b"")
    found = [cms.kind_of(one) for one in (IN_ONE[:60], IN_PIECES, SEALED, auth, b"MIME", b"0\x80\x06", der(0x30, DATA))]
    assert found == ["signed", "signed", "encrypted", "encrypted", "", "", ""]


@given(st.integers(0, len(IN_PIECES)), st.binary(max_size=20))
def test_any_bytes_are_cms_or_not(at: int, junk: bytes) -> None:
    cms.signed_content(IN_PIECES[:at] + junk + IN_PIECES[at + len(junk) :])
    cms.signed_content(junk)


@pytest.mark.parametrize("bomb", [b"0\x80" * 500_000, b"\x24\x80" * 500_000, SIGNED[:1] + b"\x84\xff\xff\xff\xff"])
def test_bombs_of_cms(bomb: bytes) -> None:
    head = b"\x30\x80" + SIGNED + b"\xa0\x80\x30\x80\2\1\1"
    start = time.monotonic()
    for data in (bomb, head + bomb, head + DIGESTS + b"\x30\x80" + DATA + b"\xa0\x80" + bomb):
        cms.signed_content(data)
    assert time.monotonic() - start < 1


# ---- whole mails ---------------------------------------------------------------------------------------------------


def mail(fields: str, body: bytes) -> bytes:
    return f"From: a@example.org\r\nSubject: s\r\n{fields}\r\n\r\n".encode() + body


def parts(kind: str, *found: tuple[str, bytes]) -> bytes:
    body = b"".join(b"--e\r\nContent-Type: " + head.encode() + b"\r\n\r\n" + data + b"\r\n" for head, data in found)
    return mail(f"Content-Type: multipart/{kind}; boundary=e", body + b"--e--\r\n")


def envelope(data: bytes, kind: str) -> bytes:
    return mail(f"Content-Type: {kind}\r\nContent-Transfer-Encoding: base64", base64.encodebytes(data))


WORDS = ("text/plain", b"words")
CLEAR = (
    b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nwords\r\n- -- \r\n- dash\r\n"
    b"-----BEGIN PGP SIGNATURE-----\r\n\r\niQEz\r\n-----END PGP SIGNATURE-----\r\n"
)
ARMOUR = b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQIO\r\n-----END PGP MESSAGE-----\r\n"
LONG = ARMOUR.replace(b"hQIO", b"hQIOAfakefakefakefakefakefakefakefakefakefake\r\n" * 20)
QUESTION = b"I get this since Monday, and all of us do: what is it, and how do I open it? I have Outlook.\r\n" + ARMOUR
SEALS = [
    ("plain", mail("Content-Type: text/plain", b"words"), ""),
    ("pgp detached", parts("signed", WORDS, ("application/pgp-signature", b"x")), "pgp signed"),
    ("smime detached", parts("signed", WORDS, ("application/pkcs7-signature; name=smime.p7s", b"x")), "smime signed"),
    ("old smime", parts("signed", WORDS, ("application/x-pkcs7-signature", b"x")), "smime signed"),
    ("through a list", parts("mixed", WORDS, ("application/pkcs7-signature", b"x")), "smime signed"),
    (
        "pgp encrypted",
        parts("encrypted", ("application/pgp-encrypted", b"Version: 1"), ("application/octet-stream", ARMOUR)),
        "pgp encrypted",
    ),
    (
        "mangled by Exchange",
        parts("mixed", ("text/plain", b""), ("application/pgp-encrypted", b"1"), ("application/octet-stream", ARMOUR)),
        "pgp encrypted",
    ),
    ("opaque", envelope(IN_ONE, "application/pkcs7-mime; smime-type=signed-data"), "smime signed"),
    ("opaque, unsaid", envelope(IN_ONE, "application/x-pkcs7-mime; name=smime.p7m"), "smime signed"),
    ("enveloped", envelope(SEALED, "application/pkcs7-mime; smime-type=enveloped-data"), "smime encrypted"),
    ("enveloped, unsaid", envelope(SEALED, "application/pkcs7-mime"), "smime encrypted"),
    ("auth", envelope(SEALED, "application/pkcs7-mime; smime-type=authEnveloped-data"), "smime encrypted"),
    ("by name", envelope(SEALED, "application/octet-stream; name=SMIME.P7M"), "smime encrypted"),
    ("by name, other", envelope(SEALED, "application/octet-stream; name=a.bin"), ""),
    ("certificates", envelope(b"0\x03\x06\x01\x01", "application/pkcs7-mime; smime-type=certs-only"), ""),
    ("clear", mail("Content-Type: text/plain", CLEAR), "pgp signed"),
    ("armour", mail("Content-Type: text/plain", b"hi\r\n" + ARMOUR), "pgp encrypted"),
    ("both", mail("Content-Type: text/plain", LONG + CLEAR), "pgp encrypted"),
    (
        "armour and a note",
        mail("Content-Type: text/plain", b"Hello, sorry for this.\r\n" + LONG + b"Ann"),
        "pgp encrypted",
    ),
    ("cut armour", mail("Content-Type: text/plain", LONG.partition(b"-----END")[0]), ""),
    ("a question about one", mail("Content-Type: text/plain", QUESTION), ""),
    ("a beginning", mail("Content-Type: text/plain", b"I get this:\r\n-----BEGIN PGP MESSAGE-----\r\nWhy?"), ""),
    ("protected", parts("mixed", WORDS, ("application/x-microsoft-rpmsg-message", b"x")), "microsoft encrypted"),
    (
        "protected, by name",
        parts("mixed", WORDS, ('application/octet-stream; name="message_v2.rpmsg"', b"x")),
        "microsoft encrypted",
    ),
    ("quoted", mail("Content-Type: text/plain", b"> " + ARMOUR.replace(b"\n", b"\n> ")), ""),
    ("a word on it", mail("Content-Type: text/plain", b"it begins -----BEGIN PGP MESSAGE-----"), ""),
    ("a key", mail("Content-Type: text/plain", ARMOUR.replace(b"MESSAGE", b"PUBLIC KEY BLOCK")), ""),
    ("attached", parts("mixed", WORDS, ("message/rfc822", b"Content-Type: application/pkcs7-signature\r\n\r\nx")), ""),
]


@pytest.mark.parametrize(("raw", "seal"), [case[1:] for case in SEALS], ids=[case[0] for case in SEALS])
def test_seals(raw: bytes, seal: str) -> None:
    found = read(raw)
    assert found.sealed == seal
    assert (f"sealed: {seal}" in found.trail) == bool(seal)


def test_what_is_signed_is_the_text_and_the_signature_is_kept() -> None:
    found = read(parts("signed", WORDS, ("application/pgp-signature; name=signature.asc", b"x")))
    assert (found.text, [one.name for one in found.attachments]) == ("words", ["signature.asc"])


@pytest.mark.parametrize("data", [IN_ONE, IN_PIECES])
def test_an_opaque_signature_is_read_through(data: bytes) -> None:
    raw = envelope(data, "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m")
    found = read(raw)
    assert (found.text, found.reply, found.subject) == ("signed wörds", "signed wörds", "s")
    assert [(one.name, one.part) for one in found.attachments] == [("a.pdf", "1!2"), ("smime.p7m", "1")]
    for one in found.attachments:
        assert hashlib.sha256(bytes_of(raw, one.part)).hexdigest() == one.sha256
    with pytest.raises(KeyError):
        bytes_of(raw, "1!3")


def test_what_a_list_put_below_an_opaque_signature_stays_below() -> None:
    kind = "application/pkcs7-mime; smime-type=signed-data\r\nContent-Transfer-Encoding: base64"
    found = read(parts("mixed", (kind, base64.encodebytes(IN_ONE)), ("text/plain", b"footer")))
    assert (found.text, found.sealed) == ("signed wörds\nfooter", "smime signed")


def test_encrypted_mail_keeps_its_parts() -> None:
    found = read(SEALS[5][1])
    assert (found.text, [one.part for one in found.attachments]) == ("", ["1", "2"])


def armoured(text: str) -> str:
    end = "-----BEGIN PGP SIGNATURE-----\n\niQEz\n=abcd\n-----END PGP SIGNATURE-----"
    return f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\n{text}\n{end}"


ARMOURED = [
    (armoured("one\ntwo"), "one\ntwo"),
    (armoured("- -- \n- - item\n-- \n- "), "-- \n- item\n-- \n"),
    (f"above\n{armoured('one')}\nbelow", "above\none\nbelow"),
    (f"{armoured('one')}\n\n{armoured('two')}", "one\n\ntwo"),
    (armoured("one").replace("-----\n", "----- \n"), "one"),
    (armoured("one\n\n> -----BEGIN PGP SIGNED MESSAGE-----"), "one\n\n> -----BEGIN PGP SIGNED MESSAGE-----"),
    ("-----BEGIN PGP SIGNED MESSAGE-----\n\nwithout an end", "-----BEGIN PGP SIGNED MESSAGE-----\n\nwithout an end"),
    (armoured("one").rpartition("\n")[0], armoured("one").rpartition("\n")[0]),
    ("no armour", "no armour"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "bare"), ARMOURED)
def test_armour_is_taken_off(text: str, bare: str) -> None:
    assert without_armour(text) == bare


@given(st.lists(st.sampled_from([*armoured("- a").split("\n"), "words", "> quoted", ""]), max_size=30))
def test_only_lines_of_armour_are_lost(lines: list[str]) -> None:
    kept = without_armour("\n".join(lines)).split("\n")
    assert kept.count("words") <= lines.count("words")
    if "-----END PGP SIGNATURE-----" not in lines:
        assert kept == "\n".join(lines).split("\n")


def test_very_much_armour() -> None:
    start = time.monotonic()
    without_armour("\n".join([armoured("x")] * 20_000))
    without_armour("-----BEGIN PGP SIGNED MESSAGE-----\n" * 100_000)
    assert time.monotonic() - start < 1
