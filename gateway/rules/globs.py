"""Patterns with `*` for addresses: `"*@acme.example"`. Linear in the length of the text, whatever the pattern."""

from collections.abc import Callable


def glob(pattern: str) -> Callable[[str], bool]:
    """A test for a whole text; `*` stands for anything, also nothing. The pattern and the text are lower case."""
    first, *others = pattern.split("*")
    if not others:
        return pattern.__eq__
    *middle, last = others
    if not first and not any(middle):
        return lambda text: text.endswith(last)
    return lambda text: _holds(text, first, middle, last)


def _holds(text: str, first: str, middle: list[str], last: str) -> bool:
    if not text.startswith(first):
        return False
    at = len(first)
    for part in middle:  # the leftmost place is always as good as any later one
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(text) - at >= len(last) and text.endswith(last)
