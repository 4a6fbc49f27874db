"""What a server's refusal of a mail means: whose fault it is, and whether trying again is of any use. Pure."""

import re
from enum import StrEnum

from gateway.delivery.answer import Failed, Reason, Retry
from gateway.tickets.bounces import is_too_large, points, refused


class Stage(StrEnum):
    """At which command it was said; the final dot counts as DATA."""

    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"


# "You may not send as this address": Microsoft 365, Postfix, Amazon SES and their like, at MAIL or after the dot.
_MAY_NOT_SEND_AS = re.compile(
    r"5\.7\.60\b|5\.2\.252\b|send ?as ?denied|permissions? to send as|not (?:allowed|authori[sz]ed|permitted) to send "
    r"(?:as|from)|sender address rejected: not (?:owned|logged)|address is not verified|"
    r"(?:sender|from)(?: address)?(?: is)? not (?:allowed|authori[sz]ed|permitted)",
    re.IGNORECASE,
)
# Some take MAIL FROM:<> and refuse the recipients of such mail.
_NO_NULL_SENDER = re.compile(
    r"(?:null|empty|blank) (?:envelope |return |reverse )?(?:sender|path|reverse-?path|return-?path|from)|"
    r"<> not allowed",
    re.IGNORECASE,
)


def refusal(text: str, stage: Stage, *, by_null_sender: bool = False) -> Retry | Failed:
    """A reply of 400 to 599 to a mail, as one line.

    At MAIL nothing is known yet but who sends, so it says nothing of the recipient: for now it is too much of ours, or
    our domain is not found; for good our address is not wanted there. That is for the admin to mend, so the mail waits
    as long as mail may.
    """
    for_good = text.startswith("5")
    if is_too_large("", text):
        return Failed(reply=text, reason=Reason.REFUSED) if for_good else Retry(reply=text)
    if stage is Stage.MAIL:
        if not for_good:
            return Retry(reply=text, reason=Reason.SENDER_DELAYED)
        return Retry(reply=text, reason=Reason.NULL_SENDER_REFUSED if by_null_sender else Reason.SENDER_REFUSED)
    if for_good and by_null_sender and _NO_NULL_SENDER.search(text):
        return Retry(reply=text, reason=Reason.NULL_SENDER_UNWANTED)
    # A recipient's own server may speak alike of whom it lets write to a group: that is no matter of ours.
    if for_good and stage is Stage.DATA and _MAY_NOT_SEND_AS.search(text):
        return Retry(reply=text, reason=Reason.SENDER_REFUSED)
    if not for_good:
        return Retry(reply=text)
    is_the_recipient = _is_about_the_recipient(text, stage)
    return Failed(reply=text, reason=Reason.RECIPIENT_REFUSED if is_the_recipient else Reason.REFUSED)


def _is_about_the_recipient(text: str, stage: Stage) -> bool:
    """Not what a server says at RCPT of us: that it does not relay for us, or that our name is on a list."""
    status, hard = refused(text)
    return hard or (stage is Stage.RCPT and points(status, hard=hard) > 0)
