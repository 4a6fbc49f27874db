"""winmail.dat: its files and texts, mails inside it, and what damage and lies about lengths lead to."""

import base64
import hashlib
import struct
import time

import pytest
import tnefparse
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail import bytes_of, mail_from_json, mail_to_json, read
from gateway.mail.attached import rtf, tnef

STRING, UNICODE, OBJECT, BINARY, LONG, SHORT = 0x1E, 0x1F, 0x0D, 0x102, 3, 2
SAMPLE_RTF = bytes.fromhex(  # "hello world", the example of MS-OXRTFCP
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)


def stream(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def attribute(name: int, value: bytes, level: int = 1) -> bytes:
    return struct.pack("<BII", level, name, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def properties(*values: tuple[int, int, bytes]) -> bytes:
    return struct.pack("<I", len(values)) + b"".join(prop(*value) for value in values)


def prop(name: int, kind: int, value: bytes) -> bytes:
    head = struct.pack("<HH", kind, name)
    if kind in (LONG, SHORT):
        return head + value.ljust(4, b"\0")
    return head + struct.pack("<II", 1, len(value)) + value + bytes(-len(value) % 4)


def message(*values: tuple[int, int, bytes], codepage: int = 1252) -> bytes:
    return attribute(0x69007, struct.pack("<II", codepage, 0)) + attribute(0x69003, properties(*values))


def file(name: str, data: bytes, *values: tuple[int, int, bytes], title: str = "SHORT~1.PDF") -> bytes:
    return (
        attribute(0x69002, bytes(14), 2)
        + attribute(0x18010, title.encode() + b"\0", 2)
        + (attribute(0x6800F, data, 2) if data else b"")
        + attribute(0x69005, properties((0x3707, UNICODE, f"{name}\0".encode("utf-16-le")), *values), 2)
    )


PLAIN = stream(message((0x1000, UNICODE, "Grüße\0".encode("utf-16-le"))), file("Bericht ä.pdf", b"%PDF-1.7"))


def named(unpacked: tnef.Unpacked) -> list[tuple[str, bytes]]:
    return [(one.name, one.data) for one in unpacked.files]


def test_files_and_text() -> None:
    found = tnef.unpack(PLAIN)
    assert (found.text, found.html, named(found)) == ("Grüße", "", [("Bericht ä.pdf", b"%PDF-1.7")])


TEXTS = [
    ("old body", stream(attribute(0x2800C, b"hello\0")), "hello", ""),
    ("code page", stream(message((0x1000, STRING, "Привет".encode("cp1251")), codepage=1251)), "Привет", ""),
    ("page", stream(message((0x3FDE, LONG, struct.pack("<I", 28595)), (0x1013, BINARY, "<p>Ж".encode("iso-8859-5")))), "", "<p>Ж"),
    ("page in Unicode", stream(message((0x1013, UNICODE, "<p>Ж".encode("utf-16-le")))), "", "<p>Ж"),
    ("rich text", stream(message((0x1009, BINARY, SAMPLE_RTF))), "hello world", ""),
    ("rich text beside text", stream(message((0x1009, BINARY, SAMPLE_RTF), (0x1000, STRING, b"other"))), "other", ""),
    ("nothing", stream(), "", ""),
    ("padding", stream(message((0x1000, STRING, b"a"))) + bytes(40), "a", ""),
]  # fmt: skip


@pytest.mark.parametrize(("data", "text", "html"), [case[1:] for case in TEXTS], ids=[case[0] for case in TEXTS])
def test_texts(data: bytes, text: str, html: str) -> None:
    found = tnef.unpack(data)
    assert (found.text, found.html) == (text, html)


def test_all_kinds_of_properties_are_passed_over() -> None:
    before = [(0x10, SHORT, b"\1\0"), (0x11, LONG, b"\1\0\0\0"), (0x12, STRING, b"odd"), (0x13, BINARY, b"12345")]
    many_shorts = struct.pack("<HHI", SHORT | 0x1000, 0x14, 3) + bytes(8)
    many_texts = (
        struct.pack("<HHI", STRING | 0x1000, 0x15, 2) + struct.pack("<I", 1) + b"a\0\0\0" + struct.pack("<I", 0)
    )
    eight = struct.pack("<HH", 0x40, 0x16) + bytes(8)
    sixteen = struct.pack("<HH", 0x48, 0x17) + bytes(16)
    by_number = struct.pack("<HH", LONG, 0x8001) + bytes(16) + struct.pack("<II", 0, 7) + bytes(4)
    by_name = struct.pack("<HH", LONG, 0x8002) + bytes(16) + struct.pack("<II", 1, 6) + b"a\0b\0\0\0\0\0" + bytes(4)
    reached = prop(0x1000, STRING, b"reached")
    value = b"".join(
        [*(prop(*one) for one in before), many_shorts, many_texts, eight, sixteen, by_number, by_name, reached]
    )
    data = stream(attribute(0x69003, struct.pack("<I", 11) + value))
    assert tnef.unpack(data).text == "reached"


def test_the_data_of_a_file_in_its_properties() -> None:
    data = stream(
        file("a.bin", b"", (0x3701, OBJECT, bytes(16) + b"object")), file("b.bin", b"", (0x3701, BINARY, b"x"))
    )
    assert named(tnef.unpack(data)) == [("a.bin", b"object"), ("b.bin", b"x")]


def test_a_mail_attached_inside() -> None:
    inner = stream(message((0x37, STRING, b"Re: lamp"), (0x1000, STRING, b"inner words")), file("deep.pdf", b"%PDF-1"))
    embedded = bytes.fromhex("0703020000000000c000000000000046") + inner
    outer = stream(file("Re lamp", b"", (0x3701, OBJECT, embedded)), file("top.pdf", b"%PDF-2"))
    assert named(tnef.unpack(outer)) == [
        ("Re: lamp.txt", b"inner words"),
        ("deep.pdf", b"%PDF-1"),
        ("top.pdf", b"%PDF-2"),
    ]


def nest(depth: int) -> bytes:
    data = stream(message((0x1000, STRING, b"core")))
    for _ in range(depth):
        embedded = bytes.fromhex("0703020000000000c000000000000046") + data
        data = stream(file("m", b"", (0x3701, OBJECT, embedded)))
    return data


def test_mails_in_mails_in_mails_end() -> None:
    assert len(tnef.unpack(nest(500)).files) == tnef.MAX_DEPTH


def test_another_reader_reads_the_same() -> None:
    data = stream(
        message((0x1000, UNICODE, "Grüße\0".encode("utf-16-le"))),
        file("Bericht ä.pdf", b"%PDF-1.7"),
        file("b.bin", b"", (0x3701, BINARY, b"data")),
    )
    other = tnefparse.TNEF(data)
    ours = tnef.unpack(data)
    assert ours.text == other.body
    assert named(ours) == [(one.long_filename(), one.data) for one in other.attachments]


# ---- damage and bombs ----------------------------------------------------------------------------------------------

LIES = {
    "no TNEF": b"x" * 100,
    "empty": b"",
    "cut in a file": PLAIN[:-60],
    "length": stream(struct.pack("<BII", 1, 0x69003, 0xFFFFFFFF) + b"abc"),
    "many values": stream(attribute(0x69003, struct.pack("<IHHI", 1, STRING | 0x1000, 0x1000, 0xFFFFFFFF) + bytes(400_000))),
    "value too long": stream(attribute(0x69003, struct.pack("<IHHII", 1, STRING, 0x1000, 1, 0xFFFFFFFF))),
    "attributes": stream(attribute(0x69006, b"") * 20_000),
    "files": stream(file("a", b"x") * 500),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_damaged_ones_are_refused_at_once(lie: str) -> None:
    start = time.monotonic()
    with pytest.raises(tnef.Damaged):
        tnef.unpack(LIES[lie])
    assert time.monotonic() - start < 1


def test_counts_that_lie_cost_nothing() -> None:
    many_shorts = struct.pack("<IHHI", 0xFFFFFFFF, SHORT | 0x1000, 0x14, 0xFFFFFFFF)
    start = time.monotonic()
    tnef.unpack(stream(attribute(0x69003, many_shorts), attribute(0x69004, struct.pack("<I", 0xFFFFFFFF))))
    assert time.monotonic() - start < 1


@given(st.binary(max_size=200), st.integers(0, len(PLAIN)))
def test_any_damage_is_read_or_refused(junk: bytes, at: int) -> None:
    try:
        tnef.unpack(PLAIN[:at] + junk + PLAIN[at + len(junk) :])
    except tnef.Damaged:
        pass


# ---- in whole mails ------------------------------------------------------------------------------------------------


def mail(data: bytes, text: str = "", kind: str = "application/ms-tnef") -> bytes:
    head = "From: a@example.org\nContent-Type: multipart/mixed; boundary=edge\n\n--edge\nContent-Type: text/plain\n\n"
    part = f"\n--edge\nContent-Type: {kind}; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
    return (head + text + part).encode() + base64.encodebytes(data) + b"--edge--\n"


@pytest.mark.parametrize("kind", ["application/ms-tnef", "application/octet-stream"])
def test_the_files_stand_for_the_tnef(kind: str) -> None:
    raw = mail(
        stream(file("../a.pdf", b"%PDF-1.7", (0x370E, STRING, b"application/x-pdf")), file("", b"GIF89a", title="")),
        kind=kind,
    )
    found = read(raw).attachments
    assert [(one.name, one.type, one.declared, one.part) for one in found] == [
        ("a.pdf", "application/pdf", "application/x-pdf", "2!1"),
        ("attachment-2-2.gif", "image/gif", "", "2!2"),
    ]
    for one in found:
        assert hashlib.sha256(bytes_of(raw, one.part)).hexdigest() == one.sha256
    for path in ("2!0", "2!3", "2!x", "1!1"):
        with pytest.raises(KeyError):
            bytes_of(raw, path)


def test_its_text_is_that_of_a_mail_without_one() -> None:
    assert read(mail(PLAIN)).text == "Grüße"
    assert read(mail(PLAIN, "own words")).text == "own words"
    page = stream(message((0x1013, BINARY, b"<p>from the <b>page</b></p>")))
    assert (read(mail(page)).text, read(mail(page)).html) == ("from the page", "<p>from the <b>page</b></p>")


def test_an_image_its_page_shows_is_inline() -> None:
    page = message((0x1013, BINARY, b"<img src='cid:logo@x'>"))
    logo = file("l.gif", b"GIF89a", (0x3712, STRING, b"logo@x"))
    found = read(mail(stream(page, logo, file("b.gif", b"GIF87a")))).attachments
    assert [one.inline for one in found] == [True, False]


@pytest.mark.parametrize("data", [LIES["cut in a file"], LIES["attributes"], PLAIN[:20]])
def test_a_damaged_one_stays_as_it_is(data: bytes) -> None:
    found = read(mail(data, "own words"))
    assert [(one.name, one.size) for one in found.attachments] == [("winmail.dat", len(data))]
    assert "tnef_damaged" in found.defects


def test_a_mail_of_very_many_files_keeps_what_it_has() -> None:
    one = stream(*[file("a", b"x")] * 200)
    part = b"--e\nContent-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(one)
    raw = b"From: a@example.org\nContent-Type: multipart/mixed; boundary=e\n\n" + part * 20 + b"--e--\n"
    found = read(raw)
    assert len(found.attachments) < 1100
    assert "degraded:parts" in found.defects
    assert found.attachments[-1].part == "0"


def test_one_without_files_stays_as_it_is() -> None:
    found = read(mail(stream(message((0x1000, STRING, b"only text"))), "own words"))
    assert [one.name for one in found.attachments] == ["winmail.dat"]
    assert found.defects == ()


# ---- rich text -----------------------------------------------------------------------------------------------------

RICH = [
    (rb"{\rtf1\ansi one\par two\tab three}", "one\ntwo\tthree"),
    (rb"{\rtf1{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}{\stylesheet{\s0 Normal;}}{\*\generator Riched20;}text}", "text"),
    (rb"{\rtf1\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}", "Привет"),
    (rb"{\rtf1\ansicpg932 \'93\'fa\'96\'7b}", "日本"),
    (rb"{\rtf1\uc1 \u8364?5 \u-10179?\u-8704?}", "€5 😀"),
    (rb"{\rtf1\uc2 \u8364\'80\'80x{\uc0 \u8364}y}", "€x€y"),
    (rb"{\rtf1 a\{b\}\\c\~d\_e\-f}", "a{b}\\c\u00a0d-ef"),
    (rb"{\rtf1 \lquote x\rquote  \emdash}", "‘x’ —"),
    (b"{\\rtf1 one\r\n two\\\nthree", "one two\nthree"),
    (rb"{\rtf1\fromhtml1 {\*\htmltag64 <p>}\htmlrtf \par\htmlrtf0 words{\*\htmltag84 <b>}}", "words"),
    (rb"no rich text", "no rich text"),
    (rb"}}}{{{\'", ""),
    (b"", ""),
]  # fmt: skip


@pytest.mark.parametrize(("data", "text"), RICH)
def test_what_rich_text_says(data: bytes, text: str) -> None:
    assert rtf.text_of(data) == text


def test_compressed_rich_text() -> None:
    assert rtf.decompress(SAMPLE_RTF) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    crossing = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert rtf.decompress(crossing) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    assert rtf.decompress(struct.pack("<II4sI", 17, 5, b"MELA", 0) + b"plain") == b"plain"


def test_a_bomb_of_compressed_rich_text_is_cut() -> None:
    runs = b"\xfe" + b"a" + b"\x0c\xff" * 7 + b"".join(b"\xff" + b"\x10\x0f" * 8 for _ in range(100_000))
    assert len(rtf.decompress(struct.pack("<II4sI", 0, 0xFFFFFFFF, b"LZFu", 0) + runs)) <= rtf.MAX_RTF


@given(st.binary(max_size=300))
def test_any_bytes_are_rich_text_or_refused(data: bytes) -> None:
    rtf.text_of(data)
    rtf.decompress(struct.pack("<II4sI", 0, 1000, b"LZFu", 0) + data)
    if len(data) < 16:
        with pytest.raises(ValueError, match="no compressed RTF"):
            rtf.decompress(data)


@pytest.mark.parametrize(
    "declared", ["text/\x01plain", "x" * 100_000, "a/" + "b" * 100_000, "\u2028", "text/plain; a=b"]
)
def test_a_declared_type_is_one_or_none(declared: str) -> None:
    found = read(mail(stream(file("a.xyz", b"words", (0x370E, UNICODE, declared.encode("utf-16-le"))))))
    assert [one.type for one in found.attachments] in (
        ["application/octet-stream"],
        ["text/plain"],
        ["a/" + "b" * 100],
    )
    assert mail_from_json(mail_to_json(found)) == found


def test_of_many_rich_texts_one_counts_and_few_are_unpacked() -> None:
    page = b"{\\rtf1 " + b"a " * 240_000 + b"}"
    rich = struct.pack("<II4sI", len(page) + 12, len(page), b"MELA", 0) + page
    one = stream(*[message((0x1009, BINARY, rich))] * 10)
    begun = time.process_time()
    assert tnef.unpack(one).text.startswith("a a")
    inner = bytes.fromhex("0703020000000000c000000000000046") + stream(message((0x1009, BINARY, rich)))
    found = tnef.unpack(stream(*[file("m", b"", (0x3701, OBJECT, inner)) for _ in range(20)]))
    assert sum(len(one.data) for one in found.files) <= rtf.MAX_RTF
    assert time.process_time() - begun < 3


def test_of_many_tnefs_few_are_opened() -> None:
    one = stream(file("a.pdf", b"%PDF-1.7"))
    part = b"--e\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
    raw = b"From: a@example.org\nContent-Type: multipart/mixed; boundary=e\n\n" + (part + base64.encodebytes(one)) * 5
    found = read(raw + b"--e--\n")
    assert [item.name for item in found.attachments] == ["a.pdf"] * 3 + ["winmail.dat"] * 2 + ["message.eml"]
    assert [bytes_of(raw, item.part) for item in found.attachments[:4]] == [b"%PDF-1.7"] * 3 + [one]
