"""Customers' mail of one word or one digit: a rating, the wish to close or reopen, or to hear no more of progress."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway import filing
from gateway.compose.progress import ASKING
from gateway.config import Config
from gateway.plan import Draft
from gateway.site import Site
from gateway.store.surroundings import Surroundings
from gateway.tickets.actions import Action, Change, NoProgress, Note
from gateway.tickets.reason import Reason
from gateway.tickets.status import Happening, Status
from gateway.tickets.token import Claim, Role
from gateway.tickets.wishes import Wish, rating_of, wish_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """What a mail asks for: a wish, or a rating with the words that stand below it."""

    wish: Wish | None = None
    rating: int | None = None
    words: str = ""


def wished(draft: Draft, row: Mapping[str, Any], around: Surroundings, site: Site) -> Wished | None:
    """None for ordinary mail, such as the same word of a machine or of anybody but the requester: an agent reads that.

    A rating is asked for by a letter, so it answers one, or carries the token which that letter's links write.
    """
    incoming, mail = draft.incoming, draft.incoming.mail
    if mail.is_automatic or incoming.spool.quiet or incoming.is_refuted or mail.attachments:
        return None
    wish = wish_of(mail.reply)
    if wish is not None:
        may = _takes_part(draft, row, around) if wish is Wish.UNSUBSCRIBE else _is_requesters(draft, row, around, site)
        return Wished(wish=wish) if may else None
    rated = rating_of(mail.reply)
    return Wished(rating=rated[0], words=rated[1]) if rated and _is_asked(draft, row, around, site) else None


def _takes_part(draft: Draft, row: Mapping[str, Any], around: Surroundings) -> bool:
    """Anybody writes a number and a From: what else they say may be read, and changes nothing."""
    if draft.incoming.sender not in around.participants.get(int(row["number"]), frozenset()):
        return False
    return draft.thread.reason is not Reason.SUBJECT_NUMBER or draft.incoming.is_proved


def _is_requesters(draft: Draft, row: Mapping[str, Any], around: Surroundings, site: Site) -> bool:
    """Whether it is from whom the ticket is for: that is proved, or it answers a letter that we wrote to them."""
    incoming = draft.incoming
    person = around.people.get(incoming.sender)
    if person is None or person.id != row["requester_id"]:
        return False
    return incoming.is_proved or _answers_our_letter(draft, row, around, site)


def _answers_our_letter(draft: Draft, row: Mapping[str, Any], around: Surroundings, site: Site) -> bool:
    """Whether it carries the token of a letter to the requester, to the very address that it comes from."""
    return any(
        claim.role in (Role.REQUESTER, Role.RATING) and site.keys.is_for(claim, draft.incoming.sender)
        for claim in _claims(draft, row, around)
    )


def _claims(draft: Draft, row: Mapping[str, Any], around: Surroundings) -> Iterator[Claim]:
    """Its tokens for this ticket, or for one that this took in."""
    for claim, _ in draft.incoming.clues.claims:
        named = around.tickets.get(claim.ticket)
        if named is not None and row["number"] in (named["number"], named["merged_into"]):
            yield claim


def _is_asked(draft: Draft, row: Mapping[str, Any], around: Surroundings, site: Site) -> bool:
    """Whoever has the links may press them, in whatever mailbox; an answer must be of whom the letter went to."""
    if any(claim.role is Role.RATING for claim in _claims(draft, row, around)):
        return True
    letters = (one for named in draft.incoming.mail.in_reply_to for one in around.stored.get(named, ()))
    asks = any(one.direction == "out" and one.kind in ASKING and one.ticket == row["number"] for one in letters)
    return asks and _answers_our_letter(draft, row, around, site)


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
