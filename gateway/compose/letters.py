"""What each kind of letter says and carries: the context its template sees, its headers, its envelope.

Automatic letters say so in their headers (RFC 3834), and no letter quotes the body of the mail it answers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape

from gateway.compose import body, builtin, headers, words
from gateway.compose.render import Context, Rendered, Templates
from gateway.config import Config
from gateway.mail.value import Address, Mail
from gateway.tickets.actions import Send
from gateway.tickets.subject import base_subject

_LOCAL_CAP = 64  # octets of a local part (RFC 5321 section 4.5.3.1)
# A marker in what others wrote, in every spelling our reader knows: it must not pass for ours.
_MARKER = re.compile(
    r"(?:\[|&#91;|&#x5b;|&lbrack;|&lsqb;)(\s{0,8}ref\s{0,8}(?::|&#58;|&colon;))",
    re.IGNORECASE,
)


class Auto(StrEnum):
    """Who wrote it, as Auto-Submitted says (RFC 3834 section 5)."""

    NO = ""  # a person
    REPLIED = "auto-replied"  # at once, to a mail
    GENERATED = "auto-generated"  # by the clock, or to an agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A composed mail to one recipient. `template`: the file used, "": built-in text; `fallback`: why that was used."""

    kind: str
    template: str
    sender: Address
    recipient: Address
    envelope_from: str  # "" is the null sender
    message_id: str
    at: datetime
    subject: str
    data: bytes
    automatic: bool
    fallback: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What all letters of one queue share: who writes, in which language, under which envelope."""

    queue: str
    title: str
    sender: Address
    automatic_from: str  # "" is the null sender
    tag: str  # the word in `[Acme #1042]`
    language: str
    signature: str = ""
    plus_addressing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the caller freezes for one recipient: Message-ID, Date, and the signed token ("" for none)."""

    message_id: str
    at: datetime
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A ticket as people see it: `1042`, `[Acme #1042]`, and its title."""

    number: str
    tag: str
    title: str = ""
    status: str = "new"


def send(letter: Letter, ticket: int | None) -> Send:
    """The action that puts a letter into the outbox, on its ticket."""
    return Send(
        ticket=ticket,
        kind=letter.kind,
        recipient=letter.recipient,
        envelope_from=letter.envelope_from,
        message_id=letter.message_id,
        subject=letter.subject,
        data=letter.data,
        automatic=letter.automatic,
    )


def desk(cfg: Config, queue: str) -> Desk:
    """The desk of a queue; with `""`, or a queue that is gone, the site's own."""
    own = cfg.queues.get(queue)
    null = cfg.delivery.automatic_from == "null"
    return Desk(
        queue=queue,
        title=(own.title if own else "") or queue,
        sender=(own.from_ if own else None) or cfg.mail.from_,
        automatic_from="" if null else cfg.delivery.automatic_from,
        tag=cfg.mail.subject_tag,
        language=(own.language if own else None) or cfg.mail.language,
        signature=own.signature if own else "",
        plus_addressing=cfg.mail.plus_addressing,
    )


def acknowledgement(
    templates: Templates,
    desk: Desk,
    *,
    mail: Mail,
    recipient: Address,
    ticket: Shown,
    stamp: Stamp,
    language: str = "",
    neutral: bool = False,
    follows: Shown | None = None,
    template: str = "acknowledgement",
) -> Letter:
    """The answer to a customer's first mail. `neutral`: nothing the sender wrote stands in it, not even a name."""
    if neutral:
        recipient = Address(addr=recipient.addr)
    context: dict[str, object] = {
        "subject": "" if neutral else base_subject(mail.subject, desk.tag),
        "customer": {"name": recipient.name, "address": recipient.addr},
    }
    if neutral:
        ticket = Shown(number=ticket.number, tag=ticket.tag, status=ticket.status)
    if follows is not None:
        context["follows"] = {"number": follows.number, "tag": follows.tag}
    return letter(
        templates,
        desk,
        kind="acknowledgement",
        template=template,
        recipient=recipient,
        ticket=ticket,
        stamp=stamp,
        auto=Auto.REPLIED,
        language=language,
        in_reply_to=mail.message_id,
        references=(*(mail.references or mail.in_reply_to[:1]), mail.message_id),
        context=context,
    )


def letter(
    templates: Templates,
    desk: Desk,
    *,
    kind: str,
    recipient: Address,
    ticket: Shown,
    stamp: Stamp,
    auto: Auto,
    template: str = "",
    language: str = "",
    in_reply_to: str = "",
    references: Sequence[str] = (),
    context: Context | None = None,
) -> Letter:
    """Any letter by a template (its kind where none is named); `context` adds to what every template sees.

    Permanent where the recipient is no address we write to.
    """
    name = template or kind
    seen = base_context(desk, ticket, recipient, for_agent=name in builtin.AGENT)
    seen.update(context or {})
    rendered = templates.render(name, queue=desk.queue, language=language or desk.language, context=seen)
    subject = _disarmed(words.clean(rendered.subject, headers.SUBJECT_CAP))
    if ticket.tag and ticket.tag not in subject:  # a template cannot lose it: relays that rewrite ids leave only this
        subject = words.clean(f"{ticket.tag} {subject}", headers.SUBJECT_CAP)
    text, html = _marked(rendered, stamp.token)
    fields: list[tuple[str, headers.Value]] = [
        ("From", desk.sender),
        ("To", recipient),
        ("Reply-To", _reply_to(desk, stamp.token)),
        ("Subject", subject),
        ("Date", stamp.at),
        ("Message-ID", stamp.message_id),
        ("In-Reply-To", in_reply_to),
        ("References", references),
        *_automatic(auto),
    ]
    return Letter(
        kind=kind,
        template=rendered.file,
        sender=desk.sender,
        recipient=recipient,
        envelope_from=desk.automatic_from if auto else desk.sender.addr,
        message_id=stamp.message_id,
        at=stamp.at,
        subject=subject,
        data=headers.build(fields, text=text, html=html),
        automatic=bool(auto),
        fallback=rendered.fallback,
    )


def admin_notice(cfg: Config, *, subject: str, text: str, stamp: Stamp) -> Letter:
    """A letter to the admin."""
    recipient = Address(addr=cfg.gateway.admin)
    return plain_notice(cfg, kind="admin_notice", recipient=recipient, subject=subject, text=text, stamp=stamp)


def plain_notice(cfg: Config, *, kind: str, recipient: Address, subject: str, text: str, stamp: Stamp) -> Letter:
    """A letter to one of us in built-in words: it may be about what is broken, so it needs nothing of it."""
    home = desk(cfg, "")
    subject = _disarmed(words.clean(f"[{home.tag}] {subject}", headers.SUBJECT_CAP))
    fields: list[tuple[str, headers.Value]] = [
        ("From", home.sender),
        ("To", recipient),
        ("Subject", subject),
        ("Date", stamp.at),
        ("Message-ID", stamp.message_id),
        *_automatic(Auto.GENERATED),
    ]
    return Letter(
        kind=kind,
        template="",
        sender=home.sender,
        recipient=recipient,
        envelope_from=home.automatic_from,
        message_id=stamp.message_id,
        at=stamp.at,
        subject=subject,
        data=headers.build(fields, text=_disarmed(body.clean(text))),
        automatic=True,
        fallback="",
    )


def hourly_key(what: str, which: str, at: datetime) -> str:
    """The step key that lets one notice of a sort out once an hour: `notice:template:reply:2026-11-27T09`."""
    return f"notice:{what}:{which}:{at:%Y-%m-%dT%H}"


def base_context(desk: Desk, ticket: Shown, recipient: Address, *, for_agent: bool) -> dict[str, object]:
    """What every template sees; what single ones see besides stands in `samples`. Nothing internal for customers."""
    seen: dict[str, object] = {
        "ticket": {"number": ticket.number, "tag": ticket.tag, "title": ticket.title, "status": ticket.status},
        "queue": desk.title,
        "sender": desk.sender.name or desk.tag,
        "signature": desk.signature,
        "subject": "",
        "text": "",
    }
    person = {"name": words.clean(recipient.name, headers.NAME_CAP), "address": recipient.addr}
    if not for_agent:
        return seen | {"customer": person, "agent": {"name": ""}, "follows": None, "answer_by": ""}
    internal = {"priority": "", "assignee": "", "tags": [], "due": "", "by": "", "reason": "", "attachments": []}
    return seen | internal | {"agent": person, "customer": {"name": "", "address": ""}}


def _automatic(auto: Auto) -> list[tuple[str, headers.Value]]:
    if not auto:
        return []
    # No Precedence: RFC 3834 section 3.1.8 leaves it to lists, and filters take "bulk" for advertising.
    return [("Auto-Submitted", str(auto)), ("X-Auto-Response-Suppress", "All")]


def _reply_to(desk: Desk, token: str) -> headers.Value:
    if not desk.plus_addressing or not token:
        return ()
    local, _, domain = desk.sender.addr.rpartition("@")
    if len(local) + 1 + len(token) > _LOCAL_CAP:
        return ()  # Message-ID and marker line carry the token too
    return Address(addr=f"{local}+{token}@{domain}", name=desk.sender.name)


def _disarmed(text: str) -> str:
    return _MARKER.sub(r"(\1", text)


def _marked(rendered: Rendered, token: str) -> tuple[str, str]:
    """Text and HTML with the marker line at the end, by which an answer is known when a relay rewrote the ids."""
    text = _disarmed(body.clean(rendered.text))
    html = _disarmed(body.clean(rendered.html)) if rendered.html else ""
    if not token:
        return text, html
    marker = f"[ref:{token}]"
    text = f"{text.rstrip()}\n\n{marker}\n"
    if html:
        line = f'<p style="color:#888888;font-size:11px">{escape(marker)}</p>\n'
        cut = html.lower().rfind("</body>")
        html = html + line if cut < 0 else html[:cut] + line + html[cut:]
    return text, html
