"""What templates may name. One vocabulary for letters to customers, one for letters to agents; both documented here.

Nothing of the second may reach the first: `checked` refuses it where a letter is composed, `check` where it is edited.
"""

from collections.abc import Mapping

from gateway.compose import headers, words
from gateway.compose.phrases import phrase
from gateway.compose.render import Context
from gateway.compose.values import Desk, Shown
from gateway.mail.value import Address
from gateway.tickets.wishes import Wish, word

# Of every letter.
_ALL: Context = {
    "subject": "",  # of the ticket's first mail, without prefixes: the same in all its letters
    "text": "",  # what a person wrote
    "html": "",  # the same with its formatting, made safe; of a person's reply and of a customer's mail
}
# Of letters to customers.
_CUSTOMER: Context = {
    "follows": None,  # {number, tag} of the closed ticket that this one continues
    "answer_by": "",  # when we answer at the latest
    "closes_on": "",  # the day on which it is closed unless somebody writes
    "waited": "",  # how long nobody wrote
    "problem": "",  # the title of the known problem
    "step": "",  # what progress is made: assigned, started, waiting, moved
    "moved_from": "",  # the queue that had it before
    "sender_moved": False,  # our mails come from another address than before
    "history": (),  # what was done, oldest first: {at, kind, what}
    "rates": (),  # where a rating is asked for, best first: {value, label, link}
}
# Of letters to agents.
_AGENT: Context = {
    "priority": "",
    "assignee": "",
    "tags": (),
    "due": "",
    "by": "",  # who did it
    "reason": "",
    # Of the text; `shown` is name and address as they are written side by side, or words for nobody known.
    "writer": {"name": "", "address": "", "shown": "", "at": "", "verdict": "", "party": ""},
    "quoted": "",  # the text with a sign before each line
    "attachments": (),  # of the text: {name, size, here}; `here` is false for what was too large to come along
    "articles": (),  # the whole thread, oldest first: {at, author, kind, text, quoted}
    "similar": (),  # tickets that look like it: {number, title, why}
    "facts": (),  # all that is known of the ticket and its customer: {label, value}
    "reaches": (),  # whom an answer to this letter goes to; nobody: it becomes a note
    "commands": (),  # those that fit: "#close"
    # Where a letter did not arrive, what the other side said, and how it is: failed, delayed, without_files.
    "failed": {"address": "", "reply": "", "how": "failed"},
    "lines": (),  # what was asked of us, line by line: {said, result, ok, manual}
    "groups": (),  # of a digest: {title, tickets}; of a report: {title, figures: {name, value, share}}
    "period": "",
}
_VALUE_CAP = 500  # characters of one fact
INTERNAL_NAMES = frozenset(_AGENT)


def base(desk: Desk, ticket: Shown, recipient: Address, language: str, *, for_agent: bool) -> dict[str, object]:
    """Every name a template may use, with what is known of it from the start."""
    seen: dict[str, object] = {
        **_ALL,
        "ticket": {"number": ticket.number, "tag": ticket.tag, "title": ticket.title, "status": ticket.status},
        "queue": desk.title,
        "sender": desk.sender.name or desk.tag,
        "signature": desk.signature,
        "language": language,
    }
    person = {"name": words.clean(recipient.name, headers.NAME_CAP), "address": recipient.addr}
    if for_agent:
        return {**seen, **_AGENT, "agent": person, "customer": {"name": "", "address": ""}}
    teaches = {str(wish): word(wish, language) for wish in Wish}
    return {**seen, **_CUSTOMER, "customer": person, "agent": {"name": ""}, "words": teaches}


def known_names(*, for_agent: bool) -> frozenset[str]:
    """The names of one vocabulary."""
    beside = {"ticket", "queue", "sender", "signature", "language", "customer", "agent"}
    return frozenset({*_ALL, *beside, *(_AGENT if for_agent else {*_CUSTOMER, "words"})})


def checked(context: Context, *, for_agent: bool) -> Context:
    """The context; ValueError where it holds what templates of this sort do not know."""
    strange = sorted(context.keys() - known_names(for_agent=for_agent))
    if strange:
        raise ValueError(f"not for a letter to {'agents' if for_agent else 'customers'}: {', '.join(strange)}")
    return context


def complete(seen: dict[str, object], language: str) -> None:
    """What is told in two ways is told in both: the text with its quote signs, single values as facts."""
    if not seen["quoted"]:
        seen["quoted"] = quoted(str(seen["text"]))
    if not seen["facts"]:
        seen["facts"] = _facts(seen, language)


def quoted(text: str) -> str:
    """Each line with `> ` before it."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip("\n").split("\n")) if text.strip() else ""


def fact(label: str, value: str, language: str) -> Mapping[str, str]:
    """One line of the facts."""
    return {"label": phrase("fact", label, language), "value": words.clean(value, _VALUE_CAP)}


def _facts(seen: Context, language: str) -> list[Mapping[str, str]]:
    customer, tags = seen["customer"], seen["tags"]
    values: dict[str, str] = {}
    if isinstance(customer, Mapping) and customer.get("address"):
        values["customer"] = shown_address(str(customer.get("name", "")), str(customer["address"]))
    values["queue"] = str(seen["queue"])
    values["priority"] = phrase("priority", str(seen["priority"]), language)
    values |= {name: str(seen[name]) for name in ("assignee", "due")}
    values["tags"] = ", ".join(map(str, tags)) if isinstance(tags, list | tuple) else ""
    values["reason"] = str(seen["reason"])
    return [fact(name, value, language) for name, value in values.items() if value]


def shown_address(name: str, address: str) -> str:
    """`Ann Example <ann@example.net>`, or the address alone."""
    return f"{words.clean(name)} <{address}>" if name else address
