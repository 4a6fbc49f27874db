"""What a file is by its first bytes: the kinds that policy and people need. Never opened, never unpacked (T64)."""

import re
from collections.abc import Mapping

_OFFICE = {
    b"word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_WITH_MACROS = {
    b"word/": "application/vnd.ms-word.document.macroenabled.12",
    b"xl/": "application/vnd.ms-excel.sheet.macroenabled.12",
    b"ppt/": "application/vnd.ms-powerpoint.presentation.macroenabled.12",
}
_PROGRAMS = {
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
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "application/onenote"),
    (b"MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"),
    (b"ITSF", "application/vnd.ms-htmlhelp"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
)
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,200}(?:<\?xml[^>]{0,200}>\s{0,200})?(?:<!--[^>]{0,500}-->\s{0,200})?"
    rb"(?:<!doctype (html|svg)|<(html|svg)[\s>])",
    re.I,
)
_TEXTS = ("text/", "message/")  # a page that is said to be text stays what its sender calls it
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_ISO_VOLUME = 0x8001
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_KINDS = ("application/msword", "application/vnd.ms-", "application/x-msi", "application/vnd.visio")
_OLE_STREAMS = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
    "__nameid_version1.0": "application/vnd.ms-outlook",
    "VisioDocument": "application/vnd.visio",
    "EncryptedPackage": "application/x-ole-storage",
}
_ISO_MEDIA: Mapping[bytes, str] = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"avif": "image/avif",
    b"isom": "video/mp4",
    b"iso2": "video/mp4",
    b"mp41": "video/mp4",
    b"mp42": "video/mp4",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
}

EXTENSIONS: Mapping[str, str] = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/ms-tnef": ".dat",
    "application/pgp-encrypted": ".asc",
    "application/pgp-signature": ".asc",
    "application/x-pgp-signature": ".asc",
    "application/x-pkcs7-mime": ".p7m",
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
        return _ole_kind(data, declared)
    if head.startswith(b"MZ") and len(data) >= 64:
        return "application/vnd.microsoft.portable-executable"
    if head.startswith(b"RIFF") and data[8:12] in _RIFF:
        return _RIFF[data[8:12]]
    if head.startswith(b"BM") and len(data) > 26 and int.from_bytes(data[2:6], "little") <= len(data) + 2:
        return "image/bmp"
    if head[4:] == b"ftyp" and data[8:12] in _ISO_MEDIA:
        return _ISO_MEDIA[data[8:12]]
    if data[_ISO_VOLUME : _ISO_VOLUME + 5] == b"CD001":
        return "application/x-iso9660-image"
    if not declared.startswith(_TEXTS) and (page := _PAGE.match(data)) is not None:
        return "image/svg+xml" if (page[1] or page[2]).lower() == b"svg" else "text/html"
    return declared


def _zip_kind(data: bytes, declared: str) -> str:
    if data[30:38] == b"mimetype":
        kind = data[38:120].split(b"PK")[0].decode("ascii", "ignore")
        if kind.startswith(("application/vnd.oasis.", "application/epub+zip")) and kind.isprintable():
            return kind
    names = data[:8192] + data[-8192:]  # local headers in front, the directory at the end
    kinds = _PROGRAMS
    if b"[Content_Types].xml" in names:
        kinds = _WITH_MACROS if b"vbaProject.bin" in names else _OFFICE
    other = declared if declared.endswith("+zip") else "application/zip"
    return next((kind for mark, kind in kinds.items() if mark in names), other)


def _ole_kind(data: bytes, declared: str) -> str:
    """By the names in the first sector of its directory (MS-CFB 2.6), else as declared where that can be."""
    sector = 1 << min(int.from_bytes(data[30:32], "little"), 12)
    start = (int.from_bytes(data[48:52], "little") + 1) * sector
    names = data[start : start + 2048].decode("utf-16-le", "replace")
    found = next((kind for name, kind in _OLE_STREAMS.items() if f"{name}\0" in names), "")
    return found or (declared if declared.startswith(_OLE_KINDS) else "application/x-ole-storage")
