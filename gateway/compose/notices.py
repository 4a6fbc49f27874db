"""Notices to agents: each a complete mail, so that nothing else need be looked up to act on it.

What strangers wrote stands in a block of its own, below who wrote it and whether that is proved (T145).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from markupsafe import Markup

from gateway.compose import context, dates, headers, letters, sanitise, words
from gateway.compose.files import File, is_cid, safe_name
from gateway.compose.phrases import phrase
from gateway.compose.render import Templates
from gateway.compose.values import Auto, Desk, Letter, Shown, Stamp
from gateway.mail.value import Address
from gateway.tickets import alphabets
from gateway.tickets.subject import base_subject

TEXT_CAP = 60_000  # characters of one text
THREAD_CAP = 150_000  # of a whole thread, as `_weight` counts
VALUE_CAP = 500  # characters of any single value
FILES_CAP = 100  # named
_MARKUP = 300  # characters around one article
_HEAVY = re.compile("[\n<>&'\"]")


class Verdict(StrEnum):
    """Whether a mail is from whom it says."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"  # nothing proves it
    FAILED = "failed"  # its domain says that it is not


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who wrote, and what is known of that; an empty address says that nobody knows.

    `party`: requester, watcher, agent, other, third (a word of `phrases`).
    """

    address: Address
    verdict: Verdict
    by: str = ""  # what it was verified by: "dkim example.net"
    at: datetime | None = None
    party: str = "requester"
    reply_to: str = ""  # where they want answers, where that is elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file of the mail the notice is about. `content` is None where it was not fetched: only its name is told."""

    name: str
    type: str
    size: int
    content: bytes | None = None
    cid: str = ""  # the HTML shows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """What is known of who the ticket is for."""

    address: Address
    organisation: str = ""
    other_addresses: Sequence[str] = ()
    tags: Sequence[str] = ()
    open_tickets: int = 0
    all_tickets: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """A ticket that looks like it, by its number as people see it, and why."""

    number: str
    title: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line that somebody asked us to carry out, and what became of it. `manual`: how it is rightly written."""

    said: str
    result: str
    ok: bool = True
    manual: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A contribution to the thread. `kind`: in, out, note."""

    at: datetime
    author: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """All that a notice may tell; what is empty is left out.

    `ticket` is None where it is about none. `subject`: of the ticket's first mail; without a ticket, its own.
    """

    ticket: Shown | None
    subject: str
    priority: str = ""
    assignee: str = ""  # a name
    type: str = ""
    category: str = ""
    area: str = ""
    impact: str = ""
    occurrence: int = 0
    tags: Sequence[str] = ()
    fields: Mapping[str, str] = field(default_factory=dict)  # of the site: title -> value
    copies: Sequence[str] = ()  # who gets copies
    proposed: Sequence[str] = ()  # who was copied on a mail, and gets none until somebody lets them in
    mentions: Sequence[int] = ()  # tickets that it names without proof
    note: str = ""  # what was written to it for agents alone, where the text is the customer's
    due: Mapping[str, datetime] = field(default_factory=dict)  # first_response, next_response, resolution
    customer: Customer | None = None
    writer: Writer | None = None
    text: str = ""
    html: str = ""  # as it came; it is made safe here
    attachments: Sequence[Attached] = ()
    thread: Sequence[Article] = ()  # oldest first
    similar: Sequence[Similar] = ()
    by: str = ""  # who did what the notice tells of
    reason: str = ""
    reaches: Sequence[Address] = ()  # whom an answer goes to; nobody where it becomes a note
    commands: Sequence[str] = ()  # those that fit: "#close"
    lines: Sequence[Line] = ()
    failed: Address | None = None
    failed_how: str = "failed"  # or delayed, without_files
    failed_reply: str = ""  # what the other side said


def notice(
    templates: Templates,
    desk: Desk,
    *,
    kind: str,
    about: Notice,
    recipient: Address,
    stamp: Stamp,
    notice_max: int,
    zone: tzinfo = UTC,
    language: str = "",
    in_reply_to: str = "",
    references: Sequence[str] = (),
) -> Letter:
    """A letter of the kinds notice_*, transcript.

    Files come along, in order, as long as all of them keep within `notice_max` bytes; the others are named.
    """
    tongue = templates.tongue(kind, queue=desk.queue, language=language, then=desk.language)
    along = _along(about.attachments, notice_max)
    images = {file.cid: file.cid for file in along if file.cid and is_cid(file.cid)}
    page = sanitise.safe(about.html, images) if about.html else ""
    return letters.letter(
        templates,
        desk,
        kind=kind,
        recipient=recipient,
        ticket=about.ticket or Shown(number="", tag="", status=""),
        stamp=stamp,
        auto=Auto.GENERATED,
        language=language,
        in_reply_to=in_reply_to,
        references=references,
        writer=who if (who := about.writer and about.writer.address) and (who.addr or who.name) else None,
        context=_context(about, along, page, zone, tongue) | {"subject": base_subject(about.subject, desk.tag)},
        files=[_file(file, page) for file in along],
    )


def _along(attachments: Sequence[Attached], room: int) -> list[Attached]:
    found = []
    for file in attachments:
        if file.content is not None and file.size <= room:
            found.append(file)
            room -= file.size
    return found


def _file(file: Attached, page: str) -> File:
    assert file.content is not None
    shown = bool(file.cid) and f'"cid:{file.cid}"' in page
    return File(name=file.name, type=file.type, content=file.content, cid=file.cid if shown else "")


def _context(about: Notice, along: Sequence[Attached], page: str, zone: tzinfo, language: str) -> dict[str, object]:
    text = _cut(about.text, TEXT_CAP, language)
    customer = about.customer.address if about.customer else Address(addr="")
    return {
        "text": text,
        # A page that is too large for a template would leave the letter without any HTML.
        "html": Markup(page) if len(page) <= TEXT_CAP * 2 else "",
        "priority": about.priority,
        "assignee": about.assignee,
        "tags": list(about.tags),
        "by": words.clean(about.by, VALUE_CAP),
        "reason": words.clean(about.reason, VALUE_CAP),
        "customer": {"name": words.clean(customer.name, VALUE_CAP), "address": customer.addr},
        "writer": _writer(about.writer, zone, language),
        "attachments": [
            {"name": safe_name(file.name), "size": file.size, "here": any(file is one for one in along)}
            for file in about.attachments[:FILES_CAP]
        ],
        "articles": _thread(about.thread, zone, language),
        "similar": [
            {"number": one.number, "title": words.clean(one.title, VALUE_CAP), "why": words.clean(one.why, VALUE_CAP)}
            for one in about.similar
        ],
        "facts": _facts(about, zone, language),
        "reaches": [context.shown_address(one.name, one.addr) for one in about.reaches],
        "commands": list(about.commands),
        "lines": [
            {
                "said": words.clean(line.said, VALUE_CAP),
                "result": words.clean(line.result, VALUE_CAP),
                "ok": line.ok,
                "manual": line.manual,
            }
            for line in about.lines
        ],
        "failed": {
            "address": about.failed.addr if about.failed else "",
            "how": about.failed_how,
            "reply": words.clean(about.failed_reply, VALUE_CAP),
        },
    }


def _writer(writer: Writer | None, zone: tzinfo, language: str) -> dict[str, object]:
    if writer is None:
        return {"name": "", "address": "", "shown": "", "at": "", "verdict": "", "party": ""}
    name, address = words.clean(writer.address.name, VALUE_CAP), writer.address.addr
    return {
        "name": name,
        "address": address,
        "shown": (context.shown_address(name, address) if address else name) or phrase("party", "unknown", language),
        "at": dates.moment(writer.at, zone, language) if writer.at else "",
        "verdict": _verdict(writer, language),
        "party": phrase("party", writer.party, language),
    }


def _verdict(writer: Writer, language: str) -> str:
    """Whether they are who they say, and whether they may look like somebody else."""
    verdict = phrase("verdict", writer.verdict, language)
    told = f"{verdict} ({writer.by})" if writer.by else verdict
    if alphabets.is_mixed(writer.address.name) or alphabets.is_mixed(writer.address.addr):
        told = f"{told}; {phrase('verdict', 'mixed', language)}"
    plain = alphabets.in_ascii(writer.address)
    return f"{told}: {plain}" if plain else told


def _facts(about: Notice, zone: tzinfo, language: str) -> list[Mapping[str, str]]:
    """All that is known, each under its label, in the order agents ask for it."""
    known = {
        "title": about.ticket.title if about.ticket and about.ticket.title != about.subject else "",
        "status": about.ticket.status if about.ticket else "",
        "priority": phrase("priority", about.priority, language),
        "assignee": about.assignee,
        **{clock: dates.moment(at, zone, language) for clock, at in about.due.items()},
        "type": phrase("type", about.type, language),
        "category": about.category,
        "area": about.area,
        "impact": phrase("impact", about.impact, language),
        "occurrence": str(about.occurrence) if about.occurrence > 1 else "",
        "tags": ", ".join(about.tags),
        "copies": ", ".join(about.copies),
        "proposed": f"{', '.join(about.proposed)} (#cc +ADDR)" if about.proposed else "",
        "mentions": ", ".join(f"#{one} (#join {one})" for one in about.mentions),
        "note": about.note,
        "reason": about.reason,
        "reply_to": about.writer.reply_to if about.writer else "",
        "files": str(len(about.attachments)) if len(about.attachments) > FILES_CAP else "",
    }
    facts = [context.fact(label, value, language) for label, value in known.items() if value]
    facts += [{"label": title, "value": value} for title, value in about.fields.items() if value]
    return facts + (_of_customer(about.customer, zone, language) if about.customer else [])


def _of_customer(customer: Customer, zone: tzinfo, language: str) -> list[Mapping[str, str]]:
    counts = phrase("count", "tickets", language).format(open=customer.open_tickets, all=customer.all_tickets)
    known = {
        "customer": context.shown_address(customer.address.name, customer.address.addr),
        "organisation": customer.organisation,
        "known_as": ", ".join(customer.other_addresses),
        "known_tags": ", ".join(customer.tags),
        "tickets": counts if customer.all_tickets else "",
        "known_since": dates.day(customer.since, zone, language) if customer.since else "",
    }
    return [context.fact(label, value, language) for label, value in known.items() if value]


def _thread(thread: Sequence[Article], zone: tzinfo, language: str) -> list[dict[str, str]]:
    """The newest that fit, oldest first; how many earlier ones are left out stands above the first."""
    told: list[dict[str, str]] = []
    room = THREAD_CAP
    for article in reversed(thread):
        text = _cut(article.text, TEXT_CAP, language)
        author = words.clean(article.author, headers.NAME_CAP)
        room -= _weight(text) + _weight(author) + _MARKUP
        if told and room < 0:
            break
        told.append(
            {
                "at": dates.moment(article.at, zone, language),
                "author": author,
                "kind": phrase("article", article.kind, language),
                "text": text,
                "quoted": context.quoted(text),
            }
        )
    left = len(thread) - len(told)
    if left:
        earlier = phrase("count", "earlier", language).format(left=left)
        told[-1] |= {"text": f"{earlier}\n\n{told[-1]['text']}", "quoted": f"{earlier}\n\n{told[-1]['quoted']}"}
    return told[::-1]


def _cut(text: str, cap: int, language: str) -> str:
    if _weight(text[:cap]) > 2 * cap:
        cap //= 3
    if len(text) <= cap:
        return text
    return f"{text[:cap]}\n\n{phrase('count', 'cut', language).format(left=len(text) - cap)}"


def _weight(text: str) -> int:
    """How many characters of HTML it becomes, at most: templates have a limit, and no letter is to be lost to it."""
    return len(text) + 4 * len(_HEAVY.findall(text))
