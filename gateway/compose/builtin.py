"""Plain texts for when a template is missing or broken: they need nothing and cannot fail.

What a person wrote (`text` of the context) always stands in them, so that no reply is lost (T140).
"""

from collections.abc import Mapping

CUSTOMER = frozenset(
    "acknowledgement reply progress resolved closed closed_for_silence reopened delayed rating known_problem".split()
)
AGENT = frozenset(
    """notice_new notice_assigned notice_answered notice_taken notice_due notice_overdue notice_undelivered notice_held
    transcript digest report""".split()
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
    "notice_due": "Ticket {number} is due soon.",
    "notice_overdue": "Ticket {number} is overdue.",
    "notice_undelivered": "A mail on ticket {number} could not be delivered.",
    "notice_held": "Your mail was held and has not been acted upon.",
    "transcript": "Ticket {number}, all of it:",
    "digest": "Your tickets:",
    "report": "The figures:",
}


def render(name: str, context: Mapping[str, object]) -> tuple[str, str]:
    """Subject and text of a letter; whatever the context lacks is left out."""
    number = _text(context, "ticket", "number")
    tag = _text(context, "ticket", "tag")
    subject = _text(context, "subject")
    known = {**_CUSTOMER_TEXTS, **_AGENT_TEXTS}.get(name, "This is about your request {number}.")
    intro = known.replace("{number}", f"#{number}")
    title = f"Re: {tag} {subject}" if subject else f"{tag} {intro or 'Our answer'}"
    follows = _text(context, "follows", "number")
    paragraphs = [
        intro,
        _text(context, "reason"),
        f"It follows up on #{follows}, which is closed." if follows else "",
        _text(context, "text"),
        _text(context, "signature") or _text(context, "sender"),
    ]
    return title, "\n\n".join(paragraph for paragraph in paragraphs if paragraph.strip()) + "\n"


def _text(context: Mapping[str, object], *path: str) -> str:
    value: object = context
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return "" if value is None else str(value)
