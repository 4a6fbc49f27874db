"""Names that are safe to show and to save under, types by content, what the page shows, and every path to its bytes."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail import Attachment, bytes_of, read
from gateway.mail.attached import attachments, signatures

NAMES = [
    ("report.pdf", "report.pdf"),
    ("../../etc/cron.d/x", "x"),
    ("..\\..\\windows\\x.dll", "x.dll"),
    ("C:\\temp\\a.txt", "a.txt"),
    ("/etc/passwd", "passwd"),
    ("a\x00b.txt", "a_b.txt"),
    ("a\r\nX-Evil: b.txt", "a X-Evil_ b.txt"),
    ("gpj\u202eexe.txt", "gpjexe.txt"),
    (".htaccess", "htaccess"),
    ("...", ""),
    ("..", ""),
    ("a..b", "a.b"),
    ("con", "_con"),
    ("NUL.txt", "_NUL.txt"),
    ("com1.pdf", "_com1.pdf"),
    ("console.pdf", "console.pdf"),
    ('a<b>:"c|?*.txt', "a_b___c___.txt"),
    ("trailing. ", "trailing"),
    ("folder/", "folder"),
    ("Résumé.pdf", "Résumé.pdf"),
    ("日本語.txt", "日本語.txt"),
    ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ("x" * 300, "x" * 120),
    ("x" * 114 + ". " + "y" * 9 + ".pdf", "x" * 114 + ".pdf"),
    ("日" * 100 + ".pdf", "日" * 78 + ".pdf"),
    ("in\u200bvoice\ufeff.pdf", "invoice.pdf"),
    ("da\u00adtei.pdf", "datei.pdf"),
    ("می\u200cخواهم.txt", "می\u200cخواهم.txt"),
    ("con .txt", "_con .txt"),
    ("CON\u00a0.txt", "_CON .txt"),
    ("COM¹.txt", "_COM¹.txt"),
    ("lpt³", "_lpt³"),
    ("conin$", "_conin$"),
    ("CONOUT$.txt", "_CONOUT$.txt"),
    ("console.txt", "console.txt"),
    ("invoice.pdf" + " " * 90 + ".exe", "invoice.pdf .exe"),
    ("invoice.pdf\u3000\u2003\u00a0.exe", "invoice.pdf .exe"),
    ("-rf", "_-rf"),
    ("~root", "_~root"),
    ("a-b~c.txt", "a-b~c.txt"),
    ("\u3164-rf", "_-rf"),
    ("pay\u3164\U000e0041\u115f\uffa0\u2800ment.pdf", "payment.pdf"),
    ("co\u034fn", "_con"),
    ("", ""),
]


def compound(stream: str) -> bytes:
    """The head of an OLE file and the directory sector behind it."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + (9).to_bytes(2, "little") + bytes(16) + bytes(4)
    return head.ljust(512, b"\xff") + (f"Root Entry\0{stream}\0").encode("utf-16-le").ljust(512, b"\0")


CONTENT = [
    (b"%PDF-1.7", "application/octet-stream", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/jpeg", "image/png"),
    (b"\xff\xd8\xff\xe0", "", "image/jpeg"),
    (b"GIF89a", "", "image/gif"),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "", "image/webp"),
    (b"BM\x1e\x00\x00\x00" + bytes(24), "", "image/bmp"),
    (b"BMW owners", "text/plain", "text/plain"),
    (b"\x00\x00\x00\x18ftypheic", "", "image/heic"),
    (b"II*\x00", "", "image/tiff"),
    (b"{\\rtf1", "application/msword", "application/rtf"),
    (b"MZ" + bytes(64), "image/png", "application/vnd.microsoft.portable-executable"),
    (b"MZ is a word", "text/plain", "text/plain"),
    (b"\x7fELF", "", "application/x-executable"),
    (b"#!/bin/sh\n", "text/plain", "text/x-script"),
    (b"\x1f\x8b\x08", "", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07\x00", "", "application/vnd.rar"),
    (b"\x78\x9f\x3e\x22", "", "application/ms-tnef"),
    (b"PK\x03\x04" + bytes(40), "application/pdf", "application/zip"),
    (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml  word/document.xml", "", signatures._OFFICE[b"word/"]),
    (
        b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml  word/vbaProject.bin",
        signatures._OFFICE[b"word/"],
        "application/vnd.ms-word.document.macroenabled.12",
    ),
    (b"PK\x03\x04" + bytes(26) + b"password/list.txt", "", "application/zip"),
    (b"PK\x03\x04" + bytes(26) + b"META-INF/MANIFEST.MF", "application/zip", "application/java-archive"),
    (
        b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.textPK",
        "",
        "application/vnd.oasis.opendocument.text",
    ),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/vnd.ms-excel", "application/vnd.ms-excel"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "image/png", "application/x-ole-storage"),
    (compound("WordDocument"), "application/octet-stream", "application/msword"),
    (compound("__nameid_version1.0"), "", "application/vnd.ms-outlook"),
    (compound("Workbook"), "application/msword", "application/vnd.ms-excel"),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "", "application/onenote"),
    (bytes(0x8001) + b"CD001", "image/png", "application/x-iso9660-image"),
    (b"\x00\x00\x00\x20ftypisom", "", "video/mp4"),
    (b"RIFF\x00\x00\x00\x00WAVE", "", "audio/wav"),
    (b"<!DOCTYPE html><html>", "application/octet-stream", "text/html"),
    (b"\xef\xbb\xbf \n<HTML lang=de>", "image/png", "text/html"),
    (b"<?xml version='1.0'?><!-- x --><svg onload=x>", "image/png", "image/svg+xml"),
    (b"<htmlx>", "image/png", "image/png"),
    (b"<html>", "text/plain", "text/plain"),
    (b"anything else", "text/csv", "text/csv"),
    (b"", "text/csv", "text/csv"),
]


@pytest.mark.parametrize(("name", "safe"), NAMES)
def test_names(name: str, safe: str) -> None:
    assert attachments.safe_name(name) == safe
    assert attachments.safe_name(safe) == safe


@pytest.mark.parametrize(("data", "declared", "kind"), CONTENT)
def test_types_by_content(data: bytes, declared: str, kind: str) -> None:
    assert signatures.type_of(data, declared) == kind


@given(st.text(max_size=300))
def test_any_name_becomes_a_safe_one(name: str) -> None:
    safe = attachments.safe_name(name)
    assert len(safe) <= 120
    assert len(safe.encode()) <= 240
    assert not set(safe) & set('/\\:*?"<>|\n\r\t\0')
    assert safe == safe.strip(". ")
    assert attachments.safe_name(safe) == safe


# ---- in whole mails ------------------------------------------------------------------------------------------------


def mail(*parts: bytes, kind: str = "mixed") -> bytes:
    head = f"From: a@example.org\r\nContent-Type: multipart/{kind}; boundary=edge\r\n\r\n".encode()
    return head + b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"


def part(fields: str, data: bytes = b"data") -> bytes:
    return f"{fields}\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() + base64.b64encode(data)


TEXT = b"Content-Type: text/plain\r\n\r\nwords"
PNG = b"\x89PNG\r\n\x1a\n"
INNER = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe=3A_alles/nichts?=\r\n\r\ninner words"

NAMED = [
    ("Content-Type: a/b; name=x.pdf", b"", "x.pdf"),
    ("Content-Type: a/b; name=x.pdf\r\nContent-Disposition: attachment; filename=y.pdf", b"", "y.pdf"),
    ('Content-Type: a/b; name=x.pdf\r\nContent-Disposition: attachment; filename=""', b"", "x.pdf"),
    ("Content-Type: a/b\r\nContent-Disposition: attachment; name=y.pdf", b"", "y.pdf"),
    ("Content-Type: a/b; filename=y.pdf", b"", "y.pdf"),
    ("Content-Type: a/b\r\nContent-Disposition: filename=y.pdf", b"", "y.pdf"),
    ('Content-Type: a/b; name="=?utf-8?b?w6QucGRm?="', b"", "ä.pdf"),
    ("Content-Type: a/b\r\nContent-Disposition: attachment; filename*=utf-8''%C3%A4.pdf", b"", "ä.pdf"),
    ("Content-Type: a/b\r\nContent-Description: =?utf-8?q?=C3=A4?=.doc", b"", "ä.doc"),
    ("Content-Type: text/csv\r\nContent-Description: All of May", b"", "All of May.csv"),
    ("Content-Type: image/png\r\nContent-Location: file:///C:/tmp/a%20b.png?x=1", PNG, "a b.png"),
    ("Content-Type: image/png\r\nContent-Location: http://example.org/", PNG, "attachment-2.png"),
    ("Content-Type: message/rfc822", INNER, "Grüße_ alles_nichts.eml"),
    ("Content-Type: message/rfc822; name=x.eml", INNER, "x.eml"),
    ("Content-Type: message/rfc822\r\nContent-Description: A mail", b"X: y\r\n\r\n", "A mail.eml"),
    ("Content-Type: message/rfc822", b"X: y\r\n\r\n", "attachment-2.eml"),
    ("Content-Type: application/octet-stream", b"%PDF-1.4", "attachment-2.pdf"),
    ("Content-Type: application/x-unknown", b"?", "attachment-2.bin"),
    ('Content-Type: a/b; name="../../x/.y"', b"", "y"),
]


@pytest.mark.parametrize(("fields", "data", "name"), NAMED)
def test_whence_a_name_comes(fields: str, data: bytes, name: str) -> None:
    raw = mail(TEXT, part(fields, data))
    assert [one.name for one in read(raw).attachments] == [name]
    assert read(raw) == read(raw)


def test_the_type_its_sender_gave_is_kept_beside_that_by_content() -> None:
    found = read(mail(TEXT, part("Content-Type: image/png", b"MZ" + bytes(64)), part("Content-Type: a/b", b"x")))
    kinds = [(one.type, one.declared) for one in found.attachments]
    assert kinds == [("application/vnd.microsoft.portable-executable", "image/png"), ("a/b", "")]


SHOWN = [
    ("<img src='cid:logo@x'>", "Content-ID: <logo@x>", True),
    ("<img src=CID:Logo@X>", "Content-ID: <logo@x>", True),
    ("<img src='cid:<logo@x>'>", "Content-ID: <logo@x>", True),
    ("<img src='cid:logo%40x'>", "Content-ID: <logo@x>", True),
    ("<img src='cid:logo@x'>", "Content-ID: <logo%40x>", True),
    ("<img src='cid:a&amp;b@x'>", "Content-ID: <a&b@x>", True),
    ("<img src='cid:logo@x'>", "Content-ID: logo@x", True),
    ("<div style='background: url(cid:logo@x)'>", "Content-ID: <logo@x>", True),
    ("<td background = cid:logo@x >", "Content-ID: <logo@x>", True),
    ("<img src='cid:logo@x'>", "Content-ID: <logo@x>\r\nContent-Disposition: attachment", True),
    ("<img src='pics/logo.png'>", "Content-Location: pics/logo.png", True),
    ("<img src='cid:logo@xy'>", "Content-ID: <logo@x>", False),
    ("logo@x", "Content-ID: <logo@x>", False),
    ("<img src='cid:'>", "Content-ID: <>", False),
    ("no image", "Content-Disposition: inline", True),
    ("no image", "Content-Disposition: attachment", False),
]


@pytest.mark.parametrize(("page", "fields", "inline"), SHOWN)
def test_images_that_the_page_shows(page: str, fields: str, inline: bool) -> None:
    html = f"Content-Type: text/html\r\n\r\n<p>words</p>{page}".encode()
    raw = mail(html, part(f"Content-Type: image/png; name=l.png\r\n{fields}", PNG), kind="related")
    assert [one.inline for one in read(raw).attachments] == [inline]


def test_what_people_open_is_not_inline() -> None:
    raw = mail(TEXT, part("Content-Type: application/pdf\r\nContent-Disposition: inline; filename=a.pdf", b"%PDF-1"))
    assert [one.inline for one in read(raw).attachments] == [False]


def test_a_logo_shown_twice_is_listed_once() -> None:
    html = b"Content-Type: text/html\r\n\r\n<p>words</p><img src=cid:1><img src=cid:2><img src=cid:3>"
    logos = [part(f"Content-Type: image/png; name={n}.png\r\nContent-ID: <{n}>", PNG + b"logo") for n in (1, 2)]
    other = part("Content-Type: image/png; name=3.png\r\nContent-ID: <3>", PNG + b"other")
    sent = part("Content-Type: image/png; name=4.png\r\nContent-Disposition: attachment", PNG + b"logo")
    found = read(mail(html, *logos, other, sent, kind="related")).attachments
    assert [one.name for one in found] == ["1.png", "3.png", "4.png"]


def test_a_named_text_is_shown_and_listed() -> None:
    raw = mail(b"Content-Type: text/plain\r\nContent-Disposition: inline; filename=note.txt\r\n\r\nwords")
    found = read(raw)
    assert (found.text, [one.name for one in found.attachments]) == ("words", ["note.txt"])


def test_paths_that_lead_nowhere() -> None:
    raw = mail(TEXT, part("Content-Type: a/b"))
    for path in ("3", "2!1", "2!uu1", "1!uu0", "2!", "", "!", "2!x", "1!uu\u00b2"):
        if path == "2!":  # nothing inside: the part itself
            continue
        with pytest.raises(KeyError):
            bytes_of(raw, path)


def test_files_in_a_text_are_found_again() -> None:
    raw = b"From: a@example.org\n\nbefore\n\nbegin 644 a.txt\n%:&5L;&\\\n`\nend\n"
    check_paths(raw, ["a.txt"])


def check_paths(raw: bytes, names: list[str]) -> list[Attachment]:
    """What the mail has attached, each with the bytes that its path leads to."""
    found = read(raw).attachments
    assert [one.name for one in found] == names
    for one in found:
        assert hashlib.sha256(bytes_of(raw, one.part)).hexdigest() == one.sha256
    return list(found)
