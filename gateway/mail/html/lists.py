"""What stands before the items of a list: a bullet, or the number or letter that the page counts to."""

from collections.abc import Mapping
from dataclasses import dataclass

BULLET = "* "
MAX_DIGITS = 6


@dataclass(slots=True)
class Counter:
    """How a list counts; `next` is the number of its next item."""

    is_numbered: bool = False
    next: int = 1
    letter: str = ""  # the first one: `a`, `A`; `""` where numbers are shown

    def marker(self, attributes: Mapping[str, str]) -> str:
        """What stands before the item with these attributes."""
        if not self.is_numbered:
            return BULLET
        number = _number(attributes, "value", self.next)
        self.next = number + 1
        return f"{chr(ord(self.letter) + number - 1)}. " if self.letter and 0 < number <= 26 else f"{number}. "


def counter(name: str, attributes: Mapping[str, str]) -> Counter:
    """How the list with this tag and attributes counts."""
    if name != "ol":
        return Counter()
    letter = attributes.get("type", "")
    return Counter(True, _number(attributes, "start", 1), letter if letter in ("a", "A") else "")


def _number(attributes: Mapping[str, str], name: str, default: int) -> int:
    value = attributes.get(name, "")
    return int(value) if value.isdecimal() and len(value) <= MAX_DIGITS else default
