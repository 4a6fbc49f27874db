"""A letter that a server refused for its size, once more without its files; what was left out is named in the text."""

from collections.abc import Iterator

from gateway.compose import headers
from gateway.mail import tree
from gateway.mail.header import params

_NOTES = {
    "en": "A mail server refused this mail as too large, so it was sent again without:",
    "cs": "Poštovní server odmítl tuto zprávu jako příliš velkou, proto byla poslána znovu bez příloh:",
    "ru": "Почтовый сервер отклонил это письмо как слишком большое, поэтому оно отправлено ещё раз без файлов:",
}


def relieved(data: bytes, language: str) -> tuple[bytes, tuple[str, ...]] | None:
    """The mail without files and images, and their names; None where it has none.

    Message-ID and Date stay: it is the same mail.
    """
    names = tuple(_files(data))
    if not names:
        return None
    note = _NOTES.get(language.partition("-")[0], _NOTES["en"])
    return headers.lighter(data, "\n".join([note, *(f"- {name}" for name in names)])), names


def _files(data: bytes) -> Iterator[str]:
    for leaf in tree.parse(data).leaves():
        disposition, given = params.parse(leaf.fields.first("content-disposition"))
        if disposition in ("attachment", "inline"):
            yield f"{given.get('filename', leaf.type)} ({_size(leaf.end - leaf.start, leaf.encoding)})"


def _size(count: int, encoding: str) -> str:
    """About what it was before it was encoded."""
    kilobytes = count * (57 / 78 if encoding == "base64" else 1) / 1024
    return f"{kilobytes / 1024:.1f} MB" if kilobytes >= 1024 else f"{max(1, round(kilobytes))} KB"
