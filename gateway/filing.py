"""What of a mail is filed on its ticket, whatever kind of mail it is: its text, its people, what to find it by."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.config import Config
from gateway.incoming import Incoming, envelope_json
from gateway.mail import Address, Mail
from gateway.mail.attached.invitation import in_words
from gateway.store.surroundings import Surroundings
from gateway.store.written_from import ANSWER_TO
from gateway.tickets.actions import AddArticle, Remember
from gateway.tickets.reason import Verdict
from gateway.tickets.subject import base_subject

MAX_NAMED = 30  # Message-IDs a mail is remembered to name
MAX_NAMINGS = 20  # mails that one Message-ID is remembered to be named by
MAX_WATCHERS = 50  # people whom mail brings to a ticket; more is an announcement, not a conversation


def title_of(mail: Mail, tag: str) -> str:
    """The subject without its ornaments, else the first line of the text."""
    lines = (line.strip() for line in mail.text.splitlines())
    return base_subject(mail.subject, tag) or next((line[:80] for line in lines if line), "(no subject)")


def shown_text(mail: Mail) -> str:
    """What the ticket shows of a mail: never nothing, and of an encrypted one why it cannot be read.

    Of a forward all of it, for what was forwarded is the matter; of an invitation what, when, where and who as well.
    """
    names = ", ".join(one.name for one in mail.attachments)
    words = mail.text if mail.is_forward or not mail.reply.strip() else mail.reply
    parts = [words] if words.strip() else []
    if mail.sealed.endswith("encrypted"):
        way = {"pgp": "PGP", "smime": "S/MIME"}.get(mail.sealed.partition(" ")[0], "Microsoft's rights management")
        parts.insert(0, f"(encrypted with {way}: the gateway cannot read it{f'; attached: {names}' if names else ''})")
    if mail.invitation and (told := in_words(mail.invitation)) not in words:
        parts.append(told)
    return "\n\n".join(parts) or (f"(no text; attached: {names})" if names else "(no text)")


def mail_row(
    incoming: Incoming,
    *,
    verdict: Verdict,
    reason: str,
    ticket: int | None,
    facts: Mapping[str, Any] | None = None,
    auth: Mapping[str, Any],
    trace: Sequence[Mapping[str, Any]],
    rule_set_id: int | None,
) -> dict[str, Any]:
    """The row that records a mail which came in, and what was decided on it."""
    mail, spool, opened_by = incoming.mail, incoming.spool, incoming.opened_by
    return {
        "direction": "in",
        "spool_id": spool.id,
        "ticket": ticket,
        "kind": str(mail.kind),
        "message_id": opened_by.message_id if opened_by else mail.message_id,
        "from_addr": opened_by.address if opened_by else incoming.sender,
        "recipient": incoming.recipient,
        "subject": mail.subject,
        "queue_ids": " ".join(mail.queue_ids),
        "at": spool.received_at,
        "size": spool.size,
        "sha256": spool.sha256,
        "content": incoming.content,
        "verdict": str(verdict),
        "reason": reason,
        "facts": {
            **(facts or {}),
            "envelope": envelope_json(spool.envelope),
            "trail": list(mail.trail),
            **_answered_elsewhere(incoming),
        },
        "auth": auth,
        "trace": list(trace),
        "rule_set_id": rule_set_id,
    }


def _answered_elsewhere(incoming: Incoming) -> dict[str, str]:
    """Where answers to it go, if that is not where it came from."""
    to = incoming.answer_to
    return {ANSWER_TO: to.addr} if to is not None and to.key != incoming.sender else {}


def article(
    incoming: Incoming, number: int, direction: str = "in", *, author: str = "", tells: bool = True
) -> AddArticle:
    """The mail as a contribution to the ticket."""
    mail = incoming.mail
    return AddArticle(
        ticket=number,
        direction=direction,
        author=author or (mail.from_.addr if mail.from_ else "unknown"),
        subject=mail.subject,
        text=shown_text(mail),
        elided="" if mail.is_forward else mail.elided,
        language=mail.language,
        is_auto=mail.is_automatic,
        attachments=mail.attachments,
        tells=tells,
    )


def others(mail: Mail, cfg: Config) -> list[Address]:
    """Whom else the mail was written to: not us, not our agents, no list or form that writes to us, not its author.

    Nobody where it does not show that we have it too: a hidden copy is not told to those it was hidden from (T115).
    """
    author = mail.from_.key if mail.from_ else ""
    found = {address.key: address for address in (*mail.to, *mail.cc) if address.key != author}
    if not any(cfg.is_ours(key) or cfg.is_source(key) for key in found):
        return []
    people = [one for key, one in found.items() if not cfg.whose(key) and not cfg.is_source(key)]
    return people[:MAX_WATCHERS]


def remember(mail: Mail, number: int, around: Surroundings, cfg: Config) -> Remember:
    """What later mails may find this one by. What very many mails name is no evidence, so no more of it is kept."""
    author = mail.from_.key if mail.from_ else ""
    parties = tuple(address.key for address in (*mail.to, *mail.cc) if not cfg.is_ours(address.key))
    named = dict.fromkeys((*mail.in_reply_to, *reversed(mail.references)))
    rare = tuple(one for one in named if len(around.refs.get(one, ())) < MAX_NAMINGS)
    return Remember(
        ticket=number, own=mail.message_id, named=rare[:MAX_NAMED], author=author, parties=parties[:MAX_WATCHERS]
    )
