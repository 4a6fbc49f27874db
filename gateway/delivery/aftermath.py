"""What follows from the outcome of a delivery: the journal's line, a lighter mail, a failure on the address's score."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from gateway import act
from gateway.compose.relief import relieved
from gateway.config import Config
from gateway.delivery.answer import Answer, Failed, Reason, Retry
from gateway.store import outbox
from gateway.store.outbox import Due, Outcome
from gateway.tickets.actions import Action, Actor, Note
from gateway.tickets.bounces import is_too_large, refused
from gateway.undelivered import Undelivered, counted, is_one_of_us, language_of, undelivered

# Refusals by the other side; what fails on ours (an address, a size, bytes) says nothing of the mailbox.
_FOR_GOOD = (Reason.REFUSED, Reason.RECIPIENT_REFUSED)
_OF_THE_MAILBOX = (*_FOR_GOOD, Reason.GAVE_UP)
_SAID = (*_FOR_GOOD, Reason.REFUSED_FOR_NOW)  # that nobody answers is about our way out as often as about theirs


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One delivery and what comes of it. `lighter`: what is sent instead, and the names of what was left out."""

    due: Due
    outcome: Outcome
    undelivered: Undelivered | None = None
    lighter: tuple[bytes, tuple[str, ...]] | None = None


def aftermath(due: Due, answer: Answer, outcome: Outcome, cfg: Config, at: datetime) -> Done:
    """With its consequences: what is too large for the other side goes once more, without its files."""
    if outcome.state != "failed":
        return Done(due=due, outcome=outcome)
    says_why = outcome.reason in _OF_THE_MAILBOX and isinstance(answer, Failed | Retry) and answer.reason in _SAID
    status, hard = refused(outcome.reply) if says_why else ("", False)
    failed = Undelivered(
        outbox=due.id,
        mail_id=due.mail_id,
        ticket=due.ticket,
        kind=due.kind,
        recipient=due.recipient,
        automatic=due.automatic,
        status=status,
        reply=outcome.reply,
        hard=hard,
        of_the_mailbox=says_why,
    )
    if outcome.reason == Reason.TOO_LARGE or is_too_large(status, outcome.reply):
        lighter = relieved(due.data, language_of(failed.key, cfg))
        if lighter is not None:
            again = replace(outcome, state="pending", reason=str(Reason.WITHOUT_FILES), next_try_at=at)
            return Done(due=due, outcome=again, lighter=lighter)
    return Done(due=due, outcome=outcome, undelivered=failed)


def write(conn: Connection, one: Done, cfg: Config, at: datetime) -> None:
    """Beside the recorded outcome, in the same transaction; a retry is told by the row itself."""
    actions: list[Action] = []
    if one.lighter is not None:
        data, names = one.lighter
        outbox.replace_bytes(conn, one.due.mail_id, data)
        kept = {
            "outbox": one.due.id,
            "recipient": one.due.recipient,
            "files": list(names),
            "reply": one.outcome.reply,
            "to_customer": not is_one_of_us(one.due.recipient.lower(), cfg),
        }
        actions.append(Note(ticket=one.due.ticket, kind="files_left_out", data=kept))
    elif one.outcome.state != "pending":
        actions.append(_line(one))
    if one.undelivered is not None:
        actions += counted(one.undelivered, cfg)
        actions += undelivered(one.undelivered, cfg, at)
    act.apply(conn, actions, Actor(name="delivery", at=at, mail_id=one.due.mail_id))


def _line(one: Done) -> Note:
    due, outcome = one.due, one.outcome
    data = {
        "outbox": due.id,
        "recipient": due.recipient,
        "message_id": due.message_id,
        "attempts": due.attempts,
        "reply": outcome.reply,
    }
    kind = "sent" if outcome.state == "sent" else "delivery_failed"
    return Note(ticket=due.ticket, kind=kind, data=data, reason=str(outcome.reason))
