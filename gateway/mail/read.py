"""The one page: the bytes of a mail -> Mail. Never raises on content; what is odd or damaged is named in `defects`."""

from gateway.mail import (
    addresses,
    attachments,
    body,
    charset,
    clean,
    dates,
    headers,
    ids,
    kind,
    language,
    markers,
    quotes,
    received,
    reports,
    tree,
)
from gateway.mail.headers import Fields
from gateway.mail.tree import Tree
from gateway.mail.value import Address, Kind, Mail

MAX_DEFECTS = 50
MAX_SUBJECT = 2_000  # characters; what is longer is no subject

_ONCE = ("from", "sender", "subject", "to", "date", "message-id", "mime-version", "content-type", "reply-to", "cc")
_UNFORESEEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RecursionError)


def read(raw: bytes) -> Mail:
    """Read one mail. Whatever the bytes are, the answer is a Mail: a fault of ours costs structure, not the mail."""
    try:
        return _read(tree.parse(raw), raw)
    except _UNFORESEEN as fault:
        return _unparsed(raw, fault)


def _read(mail: Tree, raw: bytes) -> Mail:
    fields = mail.root.fields
    content = body.read(mail)
    body_charset = content.codec
    from_, problem = addresses.sender(fields.all("from"), body_charset)
    subject = headers.decode(fields.first("subject"), body_charset)[:MAX_SUBJECT]
    sort, reason = kind.judge(mail, from_, subject)
    report = reports.read(mail, fields.first("x-failed-recipients")) if sort is Kind.BOUNCE else reports.Report()
    parts = quotes.split(content.text)
    senders = addresses.mailboxes(fields.first("sender"), body_charset) if "sender" in fields.by_name else ()
    defects = [*mail.defects, *_repeated(fields), *content.defects]
    degraded = any(defect.startswith("degraded") for defect in defects)
    attached = [*content.attachments, attachments.whole(raw)] if degraded else content.attachments
    return Mail(
        from_=from_,
        from_problem=problem,
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
        html=content.html,
        reply=parts.reply,
        elided=parts.elided,
        signature=parts.signature,
        attachments=tuple(attached),
        kind=sort,
        auto_reason=clean.line(reason),
        silence=kind.silence(fields),
        headers=headers.decode_all(fields, body_charset),
        markers=markers.markers(content.text, content.html, subject),
        queue_ids=received.queue_ids(fields.all("received")),
        received_count=len(fields.all("received")),
        language=language.language_of(fields.first("content-language"), f"{subject}\n{parts.reply}"),
        reported=report.recipients,
        reported_ids=report.ids,
        defects=tuple(dict.fromkeys(defects))[:MAX_DEFECTS],
    )


def _unparsed(raw: bytes, fault: Exception) -> Mail:
    """The mail as plain text with itself attached (T51): kept and shown, though nothing is known of it."""
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


def _repeated(fields: Fields) -> list[str]:
    """Fields that may stand once and stand twice (T69)."""
    return [f"dup_header:{name}" for name in _ONCE if len(fields.by_name.get(name, ())) > 1]
