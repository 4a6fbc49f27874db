"""The recipes in docs/ as data: their fenced blocks, and our own configuration with a block of theirs in it."""

import re
from collections.abc import Mapping
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_HEADER = re.compile(r"^\s*(\[+[^\]]+\]+)", re.MULTILINE)
_KEY = re.compile(r"^([\w-]+|\"[^\"]+\")\s*=", re.MULTILINE)


def block(page: str, name: str) -> str:
    """The one block of docs/PAGE.md whose first line is ```LANGUAGE NAME."""
    (found,) = [text for _, label, text in _blocks(page) if label == name]
    return found


def blocks(page: str, language: str) -> list[str]:
    """All blocks of that language in docs/PAGE.md without a name: of TOML those that belong into config.toml."""
    return [text for found, label, text in _blocks(page) if (found, label) == (language, "")]


def pages() -> list[str]:
    return sorted(path.stem for path in DOCS.glob("*.md"))


def put(text: str, places: Mapping[str, object]) -> str:
    """`text` with places of the recipe changed for the test's own; the recipe must name every one of them."""
    for place, own in places.items():
        assert place in text, f"the recipe does not name {place}"
        text = text.replace(place, str(own))
    return text


def _blocks(page: str) -> list[tuple[str, str, str]]:
    return [(one[1], one[2] or "", one[3]) for one in _BLOCK.finditer((DOCS / f"{page}.md").read_text())]


def in_site(config: str, snippet: str) -> str:
    """`config` with what `snippet` says: keys of a section take the place of those there, the rest is added."""
    kept = _sections(config)
    for header, body in _sections(snippet):
        same = [at for at, (known, _) in enumerate(kept) if known == header]
        if header.startswith("[[") or not same:
            kept.append((header, body))
            continue
        (at,) = same
        new = set(_KEY.findall(body))
        old = [line for line in kept[at][1].splitlines(keepends=True) if not _names(line, new)]
        kept[at] = (header, body + "".join(old))
    return "".join(f"{header}\n{body}" for header, body in kept)


def _names(line: str, keys: set[str]) -> bool:
    match = _KEY.match(line)
    return match is not None and match[1] in keys


def _sections(text: str) -> list[tuple[str, str]]:
    """(header, what stands below it), in order; tables of an array each on their own."""
    pieces = _HEADER.split(text)
    assert not pieces[0].strip() or pieces[0].lstrip().startswith("#"), "keys stand before the first section"
    return list(zip(pieces[1::2], pieces[2::2], strict=True))
