"""Ticket numbers as agents type them, one or several: `1042`, `#1042 and #1043`, `[Acme #1042], [Acme #1043]`."""

import re

from gateway.tickets.commands.values import Kind, Unreadable, shown
from gateway.tickets.subject import NumberFormat

MAX_NUMBERS = 50
LARGEST = 2**63 - 1  # what a database holds

_BETWEEN = re.compile(r"\s*[,;&+]\s*|\s+(?:and|a|и)\s+|\s+(?=[#№\[(\d])|(?<=[\])])")


def all_numbers(text: str, numbers: NumberFormat) -> tuple[int, ...]:
    """Every number of a text that holds nothing else, each once; Unreadable names the piece that is none."""
    found: dict[int, None] = {}
    example = f"1042 or [{numbers.tag} #1042]"
    for piece in _pieces(text, numbers.tag):
        one = numbers.read(piece.rstrip("."))
        if one is None or not 0 < one <= LARGEST:
            raise Unreadable(Kind.ARGUMENT, f'"{shown(piece)}" is no ticket number; write such as {example}')
        found[one] = None
    if not found:
        raise Unreadable(Kind.MISSING, f"needs the number of a ticket, such as {example}")
    if len(found) > MAX_NUMBERS:
        raise Unreadable(Kind.ARGUMENT, f"names {len(found)} tickets; at most {MAX_NUMBERS} at once")
    return tuple(found)


def _pieces(text: str, tag: str) -> list[str]:
    """A list of numbers taken apart; the tag stays with the number behind it."""
    joined = re.sub(rf"({re.escape(tag)}|[#№])\s+(?=[#№\d])", r"\1", text, flags=re.IGNORECASE)
    return [piece for piece in (part.strip() for part in _BETWEEN.split(joined)) if piece]
