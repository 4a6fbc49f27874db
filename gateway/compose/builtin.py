"""Plain texts for when a template is missing or broken: they need nothing and cannot fail.

What a person wrote (`text` of the context) always stands in them, so that no reply is lost (T140).
"""

from collections.abc import Mapping

CUSTOMER = frozenset(
    "acknowledgement reply progress resolved closed closed_for_silence reopened delayed rating known_problem".split()
)
AGENT = frozenset(
    """notice_new notice_assigned notice_answered notice_taken notice_called notice_mentioned notice_due
    notice_overdue notice_undelivered notice_held transcript digest report""".split()
)
NAMES = CUSTOMER | AGENT

_CUSTOMER_TEXTS = {
    "acknowledgement": "We have received your message. Its number is {number}.",
    "reply": "",
    "progress": "There is news about your request {number}.",
    "resolved": "We believe that your request {number} is settled. If it is not, simply reply to this mail.",
    "closed": "Your request {number} is closed. If something is left, simply reply to this mail.",
    "closed_for_silence": "We have not heard from you, so we closed your request {number}. A reply opens it again.",
    "reopened": "Your request {number} is open again.",
    "delayed": "Your request {number} takes longer than we promised. We are sorry, and we are on it.",
    "rating": "How did we do with your request {number}? Simply reply to this mail.",
    "known_problem": "Your request {number} is about a problem that we know and are working on.",
}
_AGENT_TEXTS = {
    "notice_new": "A new ticket: {number}.",
    "notice_assigned": "Ticket {number} is yours.",
    "notice_answered": "The customer wrote on ticket {number}.",
    "notice_taken": "Somebody else took ticket {number}.",
    "notice_mentioned": "A note on ticket {number}.",
    "notice_called": "Ticket {number} needs you.",
    "notice_due": "Ticket {number} is due soon.",
    "notice_overdue": "Ticket {number} is overdue.",
    "notice_undelivered": "A mail on ticket {number} did not arrive as it should have.",
    "notice_held": "Your mail was held and has not been acted upon.",
    "transcript": "What became of what you asked for:",
    "digest": "Your tickets:",
    "report": "The figures:",
}
_ABOUT_MANY = frozenset({"digest", "report"})


def render(name: str, context: Mapping[str, object]) -> tuple[str, str]:
    """Subject and text of a letter; whatever the context lacks is left out."""
    number = _text(context, "ticket", "number")
    known = {**_CUSTOMER_TEXTS, **_AGENT_TEXTS}.get(name, "This is about your request {number}.")
    intro = known.replace("{number}", f"#{number}" if number else "").replace(" .", ".")
    follows = _text(context, "follows", "number")
    written = _text(context, "writer", "shown")
    paragraphs = [
        intro,
        _text(context, "reason"),
        _looks_like(context),
        f"It follows up on #{follows}, which is closed." if follows else "",
        _listed(context, "failed", "address", "reply"),
        f"{written}: {_text(context, 'writer', 'verdict')}" if written else "",
        _text(context, "text"),
        _listed(context, "attachments", "name"),
        _listed(context, "lines", "said", "result", "manual"),
        _listed(context, "articles", "at", "author", "text"),
        *(_listed(group, "tickets", "tag", "title") for group in _rows(context, "groups")),
        *(_listed(group, "figures", "name", "value") for group in _rows(context, "groups")),
        _text(context, "signature") or _text(context, "sender"),
    ]
    return _subject(name, context, intro), "\n\n".join(filter(str.strip, paragraphs)) + "\n"


def _subject(name: str, context: Mapping[str, object], intro: str) -> str:
    """The one that all letters of a ticket have, so that none of them leaves its thread."""
    tag, subject = _text(context, "ticket", "tag"), _text(context, "subject")
    if name in _ABOUT_MANY or not tag:
        return subject or intro or "Our answer"
    if name in AGENT:
        return f"{tag} {subject or 'Without a subject'}"
    return f"Re: {tag} {subject or 'Your request'}"


def _looks_like(context: Mapping[str, object]) -> str:
    numbers = [f"#{_text(one, 'number')}" for one in _rows(context, "similar")]
    return f"It looks like {', '.join(numbers)}." if numbers else ""


def _listed(context: Mapping[str, object], name: str, *keys: str) -> str:
    """The rows of a list, or the one that stands for it, each with its values."""
    lines = (": ".join(filter(None, (_text(row, key) for key in keys))) for row in _rows(context, name))
    return "\n".join(filter(None, lines))


def _rows(context: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    value = context.get(name)
    rows = value if isinstance(value, list | tuple) else [value]
    return [row for row in rows if isinstance(row, Mapping)]


def _text(context: Mapping[str, object], *path: str) -> str:
    value: object = context
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)
