"""Message-IDs by our own pattern on the raw field (T71): printable ASCII, at most 512 characters, brackets kept."""

import re

from gateway.mail.header import headers

MAX_ID = 512
MAX_IDS = 100

_ID = re.compile(r"<([^<>]*)>?")
_BLANK = re.compile(r"\s+")
_PRINTABLE = re.compile(r"[!-;=?-~]{1,510}\Z")
_BARE = re.compile(r"[^\s<>@]+@[^\s<>@]+\Z")


def message_id(raw: str) -> str:
    """The id of a Message-ID field as `<...>`, `""` where it is missing or unusable."""
    found = ids([raw])
    return found[0] if found else ""


def is_doubtful(fields: list[str]) -> bool:
    """True where other readers may take another id from the Message-ID fields: it is mended, or there are two."""
    if len(fields) == 1 and fields[0][:1] == "<" and fields[0] == message_id(fields[0]):
        return False
    return len(set(fields)) > 1 or any(value.strip("<> ") != message_id(value)[1:-1] for value in fields)


def ids(values: list[str]) -> tuple[str, ...]:
    """The ids of In-Reply-To or References fields in order, each once, the last hundred; wrapped ones joined again."""
    found: dict[str, None] = {}
    for value in values:
        if "=?" in value:
            value = headers.decode(value)
        inner = _ID.findall(value) if "<" in value else _bare(value)
        for text in inner:
            text = _BLANK.sub("", text)
            if _PRINTABLE.match(text):
                found[f"<{text}>"] = None
    return tuple(found)[-MAX_IDS:]


def _bare(value: str) -> list[str]:
    """Ids without brackets, where the field holds nothing else; one that lacks the @ too, where it stands alone."""
    words = value.replace(">", " ").split()
    return words if len(words) == 1 or all(_BARE.match(word) for word in words) else []
