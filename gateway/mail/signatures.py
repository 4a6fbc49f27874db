"""What a file is by its first bytes: the twenty kinds that policy needs."""

from collections.abc import Mapping

_OFFICE = {
    b"word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    b"AndroidManifest.xml": "application/vnd.android.package-archive",
    b"META-INF/MANIFEST.MF": "application/java-archive",
}
_STARTS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe", "application/x-mach-binary"),
    (b"#!", "text/x-script"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_KINDS = ("application/msword", "application/vnd.ms-", "application/x-msi", "application/vnd.visio")
_ISO_MEDIA: Mapping[bytes, str] = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"avif": "image/avif",
}

EXTENSIONS: Mapping[str, str] = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/ms-tnef": ".dat",
    "application/pgp-signature": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/x-pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "application/rtf": ".rtf",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/svg+xml": ".svg",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    "message/delivery-status": ".txt",
    "message/disposition-notification": ".txt",
    "message/global": ".eml",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/rfc822-headers": ".txt",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf",
    _OFFICE[b"word/"]: ".docx",
    _OFFICE[b"xl/"]: ".xlsx",
    _OFFICE[b"ppt/"]: ".pptx",
}


def type_of(data: bytes, declared: str) -> str:
    """The media type by content where the first bytes tell it, else the declared one."""
    head = data[:8]
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(data, declared)
    if head == _OLE:
        return declared if declared.startswith(_OLE_KINDS) else "application/x-ole-storage"
    if head.startswith(b"MZ") and len(data) >= 64:
        return "application/vnd.microsoft.portable-executable"
    if head.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"BM") and len(data) > 26 and int.from_bytes(data[2:6], "little") <= len(data) + 2:
        return "image/bmp"
    if data[4:8] == b"ftyp" and data[8:12] in _ISO_MEDIA:
        return _ISO_MEDIA[data[8:12]]
    return declared


def _zip_kind(data: bytes, declared: str) -> str:
    if data[30:38] == b"mimetype":
        kind = data[38:120].split(b"PK")[0].decode("ascii", "ignore")
        if kind.startswith(("application/vnd.oasis.", "application/epub+zip")) and kind.isprintable():
            return kind
    names = data[:8192] + data[-8192:]  # local headers in front, the directory at the end
    return next(
        (kind for mark, kind in _OFFICE.items() if mark in names),
        "application/zip" if not declared.endswith("+zip") else declared,
    )
