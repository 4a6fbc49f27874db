"""Tickets of one customer or of one matter: link, unlink and merge.

Everything here decides by values and raises Permanent with the reason where a thing cannot be done.
"""

from collections.abc import Sequence
from datetime import datetime

from gateway.errors import Permanent
from gateway.mail import Address
from gateway.tickets.actions import Link, Participate, Unlink
from gateway.tickets.effect import Effect, change, concerned, done, in_order, instant, listed, moved
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot
from gateway.tickets.status import Status

MAX_MERGES = 8  # in a row; threading follows ten
_LOOSE = ("similar", "mentions", "common")  # what `unlink` takes away


def link(one: Snapshot, others: Sequence[Snapshot]) -> Effect:
    """`one` is similar to each of the others."""
    there = {frozenset((link.ticket, link.other)) for link in one.links if link.kind == "similar"}
    new, skipped = [], []
    for other in others:
        if other.number == one.number:
            raise Permanent(f"#{one.number} cannot be linked to itself")
        if frozenset((one.number, other.number)) in there:
            skipped.append((other.number, "is linked already"))
        else:
            new.append(other.number)
    if not new:
        return Effect(actions=(), said="nothing to do", skipped=tuple(skipped))
    return Effect(
        actions=(
            moved(one),
            *(Link(ticket=one.number, other=number, kind="similar", reason=Reason.BY_PERSON) for number in new),
            done(one, "linked", {"with": new}, {"with": new}),
            *(concerned(number, "linked", {"with": [one.number]}) for number in new),
        ),
        said=f"linked to {listed(new)}",
        tickets=tuple(new),
        skipped=tuple(skipped),
    )


def unlink(one: Snapshot, others: Sequence[Snapshot]) -> Effect:
    """Between `one` and the others nothing holds any more but what only `undo` takes back."""
    away = [
        (link, other.number)
        for other in others
        for link in one.links
        if link.kind in _LOOSE and {link.ticket, link.other} == {one.number, other.number}
    ]
    if not away:
        raise Permanent(f"#{one.number} has no such link to {listed([other.number for other in others])}")
    numbers = tuple(dict.fromkeys(number for _, number in away))
    links = [[link.ticket, link.other, link.kind] for link, _ in away]
    skipped = tuple((other.number, "was not linked") for other in others if other.number not in numbers)
    return Effect(
        actions=(
            moved(one),
            *(Unlink(ticket=link.ticket, other=link.other, kind=link.kind) for link, _ in away),
            done(one, "unlinked", {"from": list(numbers)}, {"links": links}),
            *(concerned(number, "unlinked", {"from": [one.number]}) for number in numbers),
        ),
        said=f"unlinked from {listed(numbers)}",
        tickets=numbers,
        skipped=skipped,
    )


def merge(one: Snapshot, others: Sequence[Snapshot], at: datetime, *, mentioned: bool = False) -> Effect:
    """The others become part of `one`: their mail goes there from now on, their articles stay where they are.

    `mentioned`: also those of another requester that mention it, as an agent decides.
    Who took part in them is proposed on `one` and has no say there yet: the mail that named them may be forged (T82).
    """
    not_merged(one)
    for other in others:
        _may_merge(one, other, mentioned=mentioned)
    joining = _joining(one, others)
    before = [
        {
            "ticket": other.number,
            "status": other.row["status"],
            "closed_at": instant(other.row["closed_at"]),
            "merged_at": instant(at),
        }
        for other in others
    ]
    numbers = tuple(other.number for other in others)
    undo = {"tickets": before, "joined": [address.key for address in joining], "articles": one.articles}
    return Effect(
        actions=(
            *in_order(
                [moved(one)]
                + [
                    change(other, {"merged_into": one.number, "status": str(Status.CLOSED), "closed_at": at})
                    for other in others
                ]
            ),
            *(Link(ticket=number, other=one.number, kind="merged", reason=Reason.BY_PERSON) for number in numbers),
            *(Participate(ticket=one.number, address=address, role="proposed") for address in joining),
            done(one, "merged", {"took_in": list(numbers)}, undo),
            *(concerned(number, "merged", {"into": one.number}) for number in numbers),
        ),
        said=f"took in {listed(numbers)}",
        tickets=numbers,
    )


def _joining(one: Snapshot, others: Sequence[Snapshot]) -> list[Address]:
    """Whoever takes part in the others and not in `one`, by address key."""
    members = {address.key for address, _ in one.participants}
    theirs = {address.key: address for other in reversed(others) for address, _ in other.participants}
    return [theirs[key] for key in sorted(theirs) if key not in members]


def _may_merge(one: Snapshot, other: Snapshot, *, mentioned: bool) -> None:
    if other.number == one.number:
        raise Permanent(f"#{one.number} cannot be merged with itself")
    not_merged(other)
    is_same = one.row["requester_id"] is not None and one.row["requester_id"] == other.row["requester_id"]
    mentions = any(link.kind == "mentions" and link.other == one.number for link in other.links)
    if mentioned and not mentions:
        raise Permanent(f"#{other.number} does not mention #{one.number}")
    if not is_same and not mentioned:
        raise Permanent(f"different requesters are never joined; link {other.number} to #{one.number} instead")
    if other.children:
        raise Permanent(f"#{other.number} is a common ticket; merge #{one.number} into it instead")
    if max(other.merges + 1, one.merges) > MAX_MERGES:
        raise Permanent(f"too many merges in a row already lead to #{other.number}")


def not_merged(one: Snapshot) -> None:
    """Permanent where the ticket is part of another now."""
    into = one.row["merged_into"]
    if into is not None:
        raise Permanent(f"#{one.number} was merged into #{into}; use that")
