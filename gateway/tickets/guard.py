"""May this mail become a ticket, may anything automatic answer it? Code, not rules: no admin can reorder it away."""

import re
from dataclasses import dataclass

from gateway.mail import Envelope, Kind, Mail
from gateway.tickets.reason import Reason, Verdict

MAX_HOPS = 30
_NO_REPLY = re.compile(
    r"(?:no|do[-_.]?not|dont)[-_.]?reply(?:[+=].*)?|mailer-daemon|postmaster|bounces?(?:[-+_=.].*)?|.*-bounces|nobody|daemon|"
    r"(?:ne|ni)[-_.]?(?:pas[-_.]?)?(?:repondre|odpovidat)|nicht[-_.]?antworten",
    re.IGNORECASE,
)
# Of envelope senders this alone: people's mail leaves under bounces@ and the like.
_DAEMON = re.compile(r"mailer[-_.]?daemon(?:[+=-][^@]*)?(?:@|\Z)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and the reason for it; `detail` is the header or address that decided."""

    verdict: Verdict
    reason: Reason
    detail: str = ""


def judge(
    mail: Mail,
    envelope: Envelope,
    *,
    from_ourselves: bool,
    own_mail: bool,
    names_our_mail: bool,
    quiet: bool,
    answer_to: str = "",
    answers_ourselves: bool = False,
    is_probe: bool = False,
    max_hops: int = MAX_HOPS,
) -> Judgement:
    """The verdict on a mail.

    `from_ourselves`: its From is an address we answer to; `own_mail`: its Message-ID is one that we signed;
    `names_our_mail`: it names a mail we sent, by token or Message-ID; `quiet`: it was filed as old mail; `answer_to`:
    whom an automatic answer would reach, if not its From, and whether that is ourselves; `is_probe`: one of us sent it
    to be answered, at whatever address.
    """
    if own_mail:
        return Judgement(verdict=Verdict.IGNORE, reason=Reason.OUR_OWN_MAIL, detail=mail.message_id)
    if mail.received_count > max_hops:
        return Judgement(verdict=Verdict.QUARANTINE, reason=Reason.HOPS, detail=str(mail.received_count))
    if mail.kind is Kind.BOUNCE and names_our_mail:
        return Judgement(verdict=Verdict.BOUNCE, reason=Reason.BOUNCE_OF_OURS, detail=mail.auto_reason)
    silence = _silence(mail, envelope, from_ourselves=from_ourselves, quiet=quiet)
    if silence is None and answers_ourselves:
        silence = Reason.OURSELVES, answer_to
    if is_probe and silence and silence[0] is Reason.NO_REPLY_ADDRESS:
        silence = None
    if silence is None and takes_no_mail(answer_to) and not is_probe:
        silence = Reason.NO_REPLY_ADDRESS, answer_to
    if silence:
        return Judgement(verdict=Verdict.QUIET, reason=silence[0], detail=silence[1])
    return Judgement(verdict=Verdict.ACCEPT, reason=Reason.ORDINARY)


BY_HAND = frozenset((Reason.ANSWERED_DIRECTLY, Reason.WROTE_TO_OTHERS))  # what one of us sent past the gateway


def judge_sent(mail: Mail, *, own_mail: bool, is_recorded: bool, ticket: int | None, is_to_them: bool) -> Judgement:
    """The verdict on a mail that lay among the sent ones of a mailbox of ours.

    `own_mail`: the gateway wrote it; `is_recorded`: it is known already as one that was sent by hand; `is_to_them`:
    somebody who takes part in its `ticket` got it.
    """
    if own_mail:
        return Judgement(verdict=Verdict.IGNORE, reason=Reason.OUR_OWN_MAIL, detail=mail.message_id)
    if is_recorded:
        return Judgement(verdict=Verdict.IGNORE, reason=Reason.COPY, detail=mail.message_id)
    if mail.is_automatic or mail.is_autoreply:
        return Judgement(verdict=Verdict.IGNORE, reason=Reason.AUTOMATIC, detail=mail.auto_reason)
    if ticket is None:
        return Judgement(verdict=Verdict.IGNORE, reason=Reason.NOTHING_NAMED)
    reason = Reason.ANSWERED_DIRECTLY if is_to_them else Reason.WROTE_TO_OTHERS
    return Judgement(verdict=Verdict.ACCEPT, reason=reason)


def _silence(mail: Mail, envelope: Envelope, *, from_ourselves: bool, quiet: bool) -> tuple[Reason, str] | None:
    """Why nothing automatic may answer, or None (RFC 3834 section 2)."""
    if mail.from_ is None:
        return Reason.NO_SENDER, mail.from_problem
    if from_ourselves:
        return Reason.OURSELVES, mail.from_.addr
    if mail.kind is Kind.LIST:
        return Reason.LIST, mail.auto_reason
    if mail.is_automatic:
        return Reason.AUTOMATIC, mail.auto_reason
    if mail.silence:
        return Reason.ASKS_FOR_SILENCE, mail.silence
    if envelope.mail_from == "":
        return Reason.NULL_SENDER, "<>"
    if envelope.mail_from and _DAEMON.match(envelope.mail_from):
        return Reason.NO_REPLY_ADDRESS, f"envelope {envelope.mail_from}"
    if takes_no_mail(mail.from_.addr):
        return Reason.NO_REPLY_ADDRESS, mail.from_.addr
    if quiet:
        return Reason.IMPORTED, ""
    return None


def takes_no_mail(addr: str) -> bool:
    """Is this an address like no-reply@, MAILER-DAEMON@ or x-bounces@ that nobody reads?"""
    return bool(_NO_REPLY.fullmatch(addr.rpartition("@")[0]))
