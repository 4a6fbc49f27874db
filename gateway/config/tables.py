"""Reading tables as TOML gave them, passing over what is not of the right shape."""

from collections.abc import Iterator
from typing import Any

from gateway.config import kinds

Tables = dict[str, Any]


def table(data: Tables, *path: str) -> Tables:
    here: object = data
    for part in path:
        here = here.get(part) if isinstance(here, dict) else None
    return here if isinstance(here, dict) else {}


def named(data: Tables, section: str) -> Iterator[tuple[str, Tables]]:
    for name, part in table(data, section).items():
        if isinstance(part, dict):
            yield name, part


def arrays(data: Tables, section: str) -> Iterator[tuple[int, Tables]]:
    parts = data.get(section)
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        if isinstance(part, dict):
            yield index, part


def texts(value: object) -> Iterator[tuple[int, str]]:
    for index, part in enumerate(value if isinstance(value, list) else ()):
        if isinstance(part, str):
            yield index, part


def addr_key(text: object) -> str:
    """The address, lower case; `""` where it is none."""
    try:
        return kinds.mailbox(text).key
    except ValueError:
        return ""
