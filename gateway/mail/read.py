"""The one page: the bytes of a mail -> Mail. Never raises on content; what is odd or damaged is named in `defects`."""

from dataclasses import replace

from gateway.mail import clean, forward, language, reply, tree
from gateway.mail.attached import attachments, invitation, sealed
from gateway.mail.forward import Forward, subject_prefix
from gateway.mail.header import addresses, dates, headers, ids, received
from gateway.mail.header.headers import Fields
from gateway.mail.machine import kind
from gateway.mail.reply import markers
from gateway.mail.text import body, charset
from gateway.mail.tree import Tree
from gateway.mail.value import Address, Kind, Mail

MAX_DEFECTS = 50
MAX_SUBJECT = 2_000  # characters; what is longer is no subject

_ONCE = ("from", "sender", "subject", "to", "date", "message-id", "mime-version", "content-type", "reply-to", "cc")
_PERSONAL = (Kind.NORMAL, Kind.LIST)  # machines quote header blocks too, and forward nothing
_UNFORESEEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RecursionError)


def read(raw: bytes) -> Mail:
    """Read one mail. Whatever the bytes are, the answer is a Mail: a fault of ours costs structure, not the mail."""
    try:
        return _read(tree.parse(raw), raw)
    except _UNFORESEEN as fault:
        return unparsed(raw, fault)


def _read(mail: Tree, raw: bytes) -> Mail:
    fields = mail.root.fields
    content, seal = sealed.read(mail, body.read(mail))
    invited, damage = invitation.read(mail)
    content.defects += damage
    if invited and not content.text.strip():
        content.text = invitation.in_words(invited)
        content.trail.append("text: from the calendar, there is no other")
    body_charset = content.codec
    from_, problem = addresses.sender(fields.all("from"), body_charset)
    subject = headers.decode(fields.first("subject"), body_charset)[:MAX_SUBJECT]
    sent = kind.judge(mail, from_, subject, content.text)
    found = forward.find(mail, content.text, subject, content.boxed.quoted) if sent.kind in _PERSONAL else None
    parts = _parts(content, found, is_answer=subject_prefix.answers(fields, subject))
    forwarded = found or forward.Forward()
    above_quote = parts.elided.lstrip("> \n").partition("\n")[0]
    spoken = language.language_of(fields.first("content-language"), f"{subject}\n{parts.reply}", above_quote)
    senders = addresses.mailboxes(fields.first("sender"), body_charset) if "sender" in fields.by_name else ()
    defects = [*mail.defects, *_repeated(fields), *_ambiguous(fields), *content.defects]
    degraded = any(defect.startswith("degraded") for defect in defects)
    attached = [*content.attachments, attachments.whole(raw)] if degraded else content.attachments
    return Mail(
        from_=from_,
        from_problem=problem,
        from_claimed=None if from_ else next(iter(addresses.mailboxes(fields.first("from"), body_charset)), None),
        sender=senders[0] if senders else None,
        reply_to=_addresses(fields, "reply-to", body_charset),
        to=_addresses(fields, "to", body_charset),
        cc=_addresses(fields, "cc", body_charset),
        delivered_to=_delivered_to(fields),
        subject=subject,
        message_id=ids.message_id(fields.first("message-id")),
        in_reply_to=ids.ids(fields.all("in-reply-to")),
        references=ids.ids(fields.all("references")),
        date=dates.instant(fields.first("date")),
        text=content.text,
        main_text=content.main,
        html=content.html,
        text_forms=content.forms,
        reply=parts.reply,
        elided=parts.elided,
        signature=parts.signature,
        attachments=tuple(attached),
        kind=sent.kind,
        auto_reason=clean.line(sent.reason),
        silence=kind.silence(fields),
        headers=headers.decode_all(fields, body_charset),
        markers=markers.markers(content.text, content.html, subject),
        queue_ids=received.queue_ids(fields.all("received")),
        received_count=len(fields.all("received")),
        language=spoken,
        notice=sent.notice,
        away_until=sent.away_until,
        reported=sent.report.recipients,
        reported_ids=sent.report.ids,
        is_forward=found is not None,
        fwd_from=forwarded.from_,
        fwd_to=forwarded.to,
        fwd_cc=forwarded.cc,
        fwd_date=forwarded.date,
        fwd_subject=forwarded.subject,
        fwd_body=forwarded.body,
        fwd_message=forwarded.message,
        invitation=invited,
        sealed=seal,
        defects=tuple(dict.fromkeys(defects))[:MAX_DEFECTS],
        trail=(
            *content.trail,
            *(map(clean.line, sent.trail) if sent.trail else ("kind: normal, nothing says that a machine sent it",)),
            *([f"away until {sent.away_until}"] if sent.away_until else []),
            *([found.reason] if found else []),
            *([f"reply: {cut}" for cut in parts.cuts] or ([] if found else ["reply: all of it, nothing was cut"])),
            f"language: {spoken or 'unsure'}",
        ),
    )


def _parts(content: body.Body, found: Forward | None, *, is_answer: bool) -> reply.Split:
    """What the sender wrote. Of a forward that is the covering note; without one, all there is."""
    if found is None or not found.rest:
        boxed = content.boxed
        return reply.split(content.text, quoted=boxed.quoted, signed=boxed.signed, is_answer=is_answer)
    if not found.message:
        return reply.Split(content.text.strip("\n"))
    note = reply.split(found.message, is_answer=is_answer)
    return replace(note, elided="\n".join(filter(None, (note.elided, found.rest))))


def unparsed(raw: bytes, fault: Exception) -> Mail:
    """A mail as plain text with itself attached (T51): kept and shown, though only the `fault` is known of it."""
    text = clean.text(charset.decode(raw[:65_536], "").text)
    return Mail(
        from_problem="unparsed",
        text=text,
        reply=text,
        attachments=(attachments.whole(raw),),
        defects=(f"unparsed:{type(fault).__name__}",),
    )


def _addresses(fields: Fields, name: str, body_charset: str) -> tuple[Address, ...]:
    values = fields.all(name)
    if len(values) == 1:
        return addresses.mailboxes(values[0], body_charset)
    found = [address for value in values for address in addresses.mailboxes(value, body_charset)]
    return tuple(found)[: addresses.MAX_ADDRESSES]


def _delivered_to(fields: Fields) -> tuple[str, ...]:
    values = (*fields.all("delivered-to"), *fields.all("x-original-to"))
    return tuple(clean.line(headers.decode(value)).strip("<> ") for value in values[:20] if value.strip())


def _ambiguous(fields: Fields) -> list[str]:
    """What other readers may read otherwise (T74): nothing may rest on it. The boundary is judged in `tree`."""
    found = ["from"] if fields.is_doubtful("from") or addresses.is_doubtful(fields.all("from")) else []
    if fields.is_doubtful("message-id") or ids.is_doubtful(fields.all("message-id")):
        found.append("message-id")
    return [f"ambiguous:{name}" for name in found]


def _repeated(fields: Fields) -> list[str]:
    """Fields that may stand once and stand twice (T69)."""
    return [f"dup_header:{name}" for name in _ONCE if len(fields.by_name.get(name, ())) > 1]
