"""Message-IDs by our own pattern on the raw field (T71): printable ASCII, at most 512 characters, brackets kept."""

import re

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


def ids(values: list[str]) -> tuple[str, ...]:
    """The ids of In-Reply-To or References fields in order, each once, the last hundred; wrapped ones joined again."""
    found: dict[str, None] = {}
    for value in values:
        inner = _ID.findall(value) if "<" in value else _bare(value)
        for text in inner:
            text = _BLANK.sub("", text)
            if _PRINTABLE.match(text):
                found[f"<{text}>"] = None
    return tuple(found)[-MAX_IDS:]


def _bare(value: str) -> list[str]:
    """Ids without brackets, where the field holds nothing else."""
    words = value.split()
    return words if all(_BARE.match(word) for word in words) else []
