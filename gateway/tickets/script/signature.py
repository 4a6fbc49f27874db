"""Whether what stands below the commands is nothing but the agent's signature, which clients add without a mark.

Commands with a signature below them are commands alone: nobody is to get a mail that says "Carol Reyes, Acme Support".
"""

from gateway.mail.reply.phrases import CLOSINGS
from gateway.mail.reply.signoff import is_sentence
from gateway.tickets.commands import Names
from gateway.tickets.commands.folding import fold, seen

MAX_LINES = 12
MAX_CLOSING = 60  # characters
_ENDS = " ,.;:!-–—_*|~"


def signs_only(text: str, names: Names) -> bool:
    """True for a closing, if any, the agent's own name, and a card below it. Without the name it may be an answer."""
    lines = [line for line in map(seen, text.split("\n")) if line.strip(_ENDS)]
    if not names.me or not lines or len(lines) > MAX_LINES:
        return False
    at = 0
    if _is_closing(lines[0]) and not _is_name(lines[0], names):
        at = 1
    return at < len(lines) and _is_name(lines[at], names) and not any(map(is_sentence, lines[at + 1 :]))


def _is_closing(line: str) -> bool:
    return len(line) <= MAX_CLOSING and line.casefold().lstrip(_ENDS).startswith(CLOSINGS)


def _is_name(line: str, names: Names) -> bool:
    """The name of the agent, or a part of it, perhaps behind the words of a closing: `Best, Carol`."""
    own = {*fold(names.agents.get(names.me, "")).split(), names.me}
    closing, comma, name = line.rpartition(",")
    said = [word.strip(_ENDS) for word in fold(name if comma and _is_closing(closing) else line).split()]
    return bool(said) and own.issuperset(filter(None, said))
