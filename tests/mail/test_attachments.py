"""Names that are safe to show and to save under, types by content."""

import pytest

from gateway.mail import attachments, signatures

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
    ("", ""),
]

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
    (b"PK\x03\x04" + bytes(26) + b"word/document.xml", "", signatures._OFFICE[b"word/"]),
    (
        b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.textPK",
        "",
        "application/vnd.oasis.opendocument.text",
    ),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/vnd.ms-excel", "application/vnd.ms-excel"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "image/png", "application/x-ole-storage"),
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
