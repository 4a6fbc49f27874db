"""What each letter carries: its headers, its envelope, the words of its template.

Automatic letters say so in their headers (RFC 3834), and no letter to a customer quotes the mail it answers.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from gateway.compose import body, builtin, context, dates, faces, headers, marking, phrases, rating, words
from gateway.compose.files import File
from gateway.compose.headers import is_address
from gateway.compose.render import Context, Rendered, Templates
from gateway.compose.values import Auto, Desk, Letter, Shown, Stamp
from gateway.config import Config
from gateway.mail.value import Address, Mail
from gateway.tickets.actions import Send
from gateway.tickets.subject import base_subject

__all__ = [
    "Auto",
    "Desk",
    "Letter",
    "Shown",
    "Stamp",
    "acknowledgement",
    "admin_notice",
    "desk",
    "letter",
    "plain_notice",
    "send",
    "shown",
]


def send(
    letter: Letter, ticket: int | None, *, wait: timedelta = timedelta(), reason: str = "", is_alarm: bool = False
) -> Send:
    """The action that puts a letter into the outbox, on its ticket; for so long it stays there, for that reason."""
    return Send(
        ticket=ticket,
        kind=letter.kind,
        recipient=letter.recipient,
        envelope_from=letter.envelope_from,
        message_id=letter.message_id,
        subject=letter.subject,
        data=letter.data,
        automatic=letter.automatic,
        sender=letter.sender.addr,
        is_alarm=is_alarm,
        wait=wait,
        reason=reason,
    )


def shown(cfg: Config, row: Mapping[str, Any], language: str) -> Shown:
    """A ticket as people see it, by its row: `number`, `created_at`, `title`, `status`."""
    number, opened, status = row["number"], row["created_at"], row["status"]
    own = cfg.statuses.get(status)
    label = own.labels.get(language) if own else None
    if label is None and status in phrases.known("status") and not (own and own.labels):
        label = phrases.phrase("status", status, language)
    return Shown(
        number=cfg.numbers.show(number, opened),
        tag=cfg.numbers.tagged(number, opened),
        title=row["title"],
        status=label or cfg.status_label(status, language),
    )


def desk(cfg: Config, queue: str) -> Desk:
    """The desk of a queue; with `""`, or a queue that is gone, the site's own."""
    own = cfg.queues.get(queue)
    sender = (own.from_ if own else None) or cfg.mail.from_
    automatic_from = cfg.way_of(sender.key).automatic_from
    return Desk(
        queue=queue,
        title=(own.title if own else "") or queue,
        sender=sender,
        automatic_from="" if automatic_from == "null" else automatic_from,
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
    answer_by: datetime | None = None,
    zone: tzinfo = UTC,
) -> Letter:
    """The answer to a customer's first mail. `neutral`: nothing the sender wrote stands in it, not even a name.

    `answer_by`: when we answer at the latest, told by the clocks of `zone`.
    """
    if neutral:
        recipient = Address(addr=recipient.addr)
        ticket = Shown(number=ticket.number, tag=ticket.tag, status=ticket.status)
    tongue = templates.tongue(template, queue=desk.queue, language=language, then=desk.language)
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
        context={
            "subject": "" if neutral else base_subject(mail.subject, desk.tag),
            "follows": {"number": follows.number, "tag": follows.tag} if follows else None,
            "answer_by": dates.moment(answer_by, zone, tongue) if answer_by else "",
        },
    )


def readers(requester: Address, copies: Sequence[Address], cfg: Config) -> Sequence[Address]:
    """Whom a reply names, so that each of them knows who else reads it; of us nobody, for that is our own matter."""
    others = [one for one in copies if not cfg.whose(one.key) and is_address(one.addr)]
    return (requester, *others) if others else ()


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
    writer: Address | None = None,
    files: Sequence[File] = (),
    named: Sequence[Address] = (),
) -> Letter:
    """Any letter by a template (its kind where none is named); `context` adds to what every template sees.

    `writer`: whose words it brings to an agent, named in its From. `named`: whom its To and then its Cc name, where
    that is not the recipient alone; nobody gets it for that. Permanent where the recipient is no address we write
    to; ValueError where `context` holds what is not for this sort of letter.
    """
    name = template or kind
    rendered, tongue = _rendered(templates, desk, name, recipient, ticket, language, context or {})
    subject = _subject(rendered, ticket)
    fields: list[tuple[str, headers.Value]] = [
        ("From", faces.sender(desk, writer)),
        ("To", named[0] if named else recipient),
        ("Cc", named[1:]),
        ("Reply-To", faces.answers_to(desk, stamp.token) or ()),
        ("Subject", subject),
        ("Date", stamp.at),
        ("Message-ID", stamp.message_id),
        ("In-Reply-To", in_reply_to or stamp.anchor),
        ("References", (stamp.anchor, *references)),
        *_automatic(auto),
    ]
    page = rendered.html and marking.marked_page(rendered.html, stamp.token, title=subject, language=tongue)
    text = marking.marked_text(rendered.text, stamp.token)
    return Letter(
        kind=kind,
        template=rendered.file,
        sender=desk.sender,
        recipient=recipient,
        envelope_from=desk.automatic_from if auto else (faces.answers_to(desk, stamp.token) or desk.sender).addr,
        message_id=stamp.message_id,
        at=stamp.at,
        subject=subject,
        data=headers.build(fields, text=text, html=page, files=files),
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
    subject = marking.disarmed(words.clean(f"[{home.tag}] {subject}", headers.SUBJECT_CAP))
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
        data=headers.build(fields, text=marking.disarmed(body.clean(text))),
        automatic=True,
        fallback="",
    )


def _rendered(
    templates: Templates, desk: Desk, name: str, recipient: Address, ticket: Shown, language: str, more: Context
) -> tuple[Rendered, str]:
    """What the letter says, and in which language its small words are."""
    for_agent = name in builtin.AGENT
    tongue = templates.tongue(name, queue=desk.queue, language=language, then=desk.language)
    seen = context.base(desk, ticket, recipient, tongue, for_agent=for_agent)
    seen.update(context.checked(more, for_agent=for_agent))
    seen["subject"] = words.clean(str(seen["subject"]), headers.SUBJECT_CAP)  # empty where nothing of it is left
    if for_agent:
        context.complete(seen, tongue)
    elif name == "rating" and not seen["rates"]:
        seen["rates"] = rating.links(desk, ticket, str(seen["subject"]), "", tongue)
    return templates.render(name, queue=desk.queue, language=language, then=desk.language, context=seen), tongue


def _subject(rendered: Rendered, ticket: Shown) -> str:
    subject = marking.disarmed(words.clean(rendered.subject, headers.SUBJECT_CAP))
    if ticket.tag and ticket.tag not in subject:  # a template cannot lose it: relays that rewrite ids leave only this
        subject = words.clean(f"{ticket.tag} {subject}", headers.SUBJECT_CAP)
    return subject


def _automatic(auto: Auto) -> list[tuple[str, headers.Value]]:
    if not auto:
        return []
    # No Precedence: RFC 3834 section 3.1.8 leaves it to lists, and filters take "bulk" for advertising.
    return [("Auto-Submitted", str(auto)), ("X-Auto-Response-Suppress", "All")]
