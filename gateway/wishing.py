"""Customers' mail of one word or one digit: a rating, the wish to close or reopen, or to hear no more of progress."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway import filing
from gateway.config import Config
from gateway.plan import Draft
from gateway.store.surroundings import Surroundings
from gateway.tickets.actions import Action, Change, NoProgress, Note
from gateway.tickets.reason import Reason
from gateway.tickets.status import Happening, Status
from gateway.tickets.token import Role
from gateway.tickets.wishes import Wish, rating_of, wish_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """What a mail asks for: a wish, or a rating with the words that stand below it."""

    wish: Wish | None = None
    rating: int | None = None
    words: str = ""


def wished(draft: Draft, row: Mapping[str, Any], around: Surroundings, cfg: Config) -> Wished | None:
    """None for ordinary mail. A machine wishes nothing, nor does anybody whom the ticket does not know."""
    incoming, number = draft.incoming, int(row["number"])
    mail = incoming.mail
    if mail.is_automatic or incoming.spool.quiet or incoming.is_refuted or mail.attachments:
        return None
    if incoming.sender not in around.participants.get(number, frozenset()):
        return None
    if draft.thread.reason is Reason.SUBJECT_NUMBER and not incoming.is_proved:
        return None  # anybody writes a number and a From: what else they say may be read, and changes little
    wish = wish_of(mail.reply)
    if wish is not None:
        return Wished(wish=wish)
    is_asked = cfg.status_table.is_ended(row["status"]) or any(
        claim.role is Role.RATING and claim.ticket == number for claim, _ in incoming.clues.claims
    )
    rated = rating_of(mail.reply) if is_asked else None
    return Wished(rating=rated[0], words=rated[1]) if rated else None


def fulfilled(
    asked: Wished, draft: Draft, row: Mapping[str, Any], around: Surroundings, cfg: Config, at: datetime
) -> Iterator[Action]:
    """What the mail makes of its ticket; a rating changes no status, and calls nobody unless it has words."""
    number, incoming = int(row["number"]), draft.incoming
    yield filing.article(incoming, number, tells=asked.rating is None or bool(asked.words))
    yield Change(
        ticket=number,
        seen_version=row["version"],
        values={name: value for name, value in _values(asked, row, cfg, at).items() if value != row[name]},
        before=row,
        reason=draft.thread.reason,
    )
    if asked.wish is Wish.UNSUBSCRIBE and incoming.mail.from_:
        yield NoProgress(ticket=number, address=incoming.mail.from_)
    told = str(asked.wish) if asked.wish else "rating"
    yield Note(ticket=number, kind="wish", data={"wish": told, "rating": asked.rating}, reason=Reason.BY_PERSON)
    yield filing.remember(incoming.mail, number, around, cfg)


def _values(asked: Wished, row: Mapping[str, Any], cfg: Config, at: datetime) -> dict[str, Any]:
    if asked.rating is not None:
        return {"rating": asked.rating, "rated_at": at}
    statuses = cfg.status_table
    if asked.wish is Wish.CLOSE and statuses.like(row["status"]) is not Status.CLOSED:
        return {
            "status": statuses.next(row["status"], Happening.CLOSED),
            "resolved_at": row["resolved_at"] or at,
            "closed_at": at,
            "last_customer_at": at,
        }
    if asked.wish is Wish.REOPEN:
        opened = statuses.next(row["status"], Happening.OPENED)
        return {"status": opened, "resolved_at": None, "closed_at": None, "last_customer_at": at}
    return {"last_customer_at": at}
