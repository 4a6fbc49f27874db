"""A common ticket and those that have it in common: made such, resolved together.

Everything here decides by values and raises Permanent with the reason where a thing cannot be done.
"""

from collections.abc import Sequence
from datetime import datetime

from gateway.errors import Permanent
from gateway.tickets.actions import Link
from gateway.tickets.effect import Effect, change, concerned, done, in_order, instant, listed, moved
from gateway.tickets.linking import not_merged
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Snapshot
from gateway.tickets.status import Happening, Statuses

_ALREADY = "is one of them already"


def common(one: Snapshot, others: Sequence[Snapshot], statuses: Statuses, *, picky: bool) -> Effect:
    """`one` becomes what the others have in common. What cannot be is an error, unless not `picky`: then left out."""
    not_merged(one)
    if one.parent is not None:
        raise Permanent(f"#{one.number} is part of the common ticket #{one.parent} itself")
    taken: list[Snapshot] = []
    skipped: list[tuple[int, str]] = []
    for other in others:
        why = _why_not_common(one, other, statuses)
        if why:
            skipped.append((other.number, why))
        else:
            taken.append(other)
    wrong = [f"#{number} {why}" for number, why in skipped if why != _ALREADY]
    if picky and wrong:
        raise Permanent(f"nothing was done: {'; '.join(wrong)}")
    if not taken:
        return Effect(actions=(), said="nothing to do", skipped=tuple(skipped))
    numbers = tuple(sorted(other.number for other in taken))
    return Effect(
        actions=(
            *in_order([moved(one), *(moved(other) for other in taken)]),
            *(Link(ticket=number, other=one.number, kind="common", reason=Reason.BY_PERSON) for number in numbers),
            done(one, "made_common", {"of": list(numbers)}, {"of": list(numbers)}),
            *(concerned(number, "made_common", {"with": one.number}) for number in numbers),
        ),
        said=f"is common to {listed(numbers)}",
        tickets=numbers,
        skipped=tuple(skipped),
    )


def _why_not_common(one: Snapshot, other: Snapshot, statuses: Statuses) -> str:
    if other.number == one.number:
        return "cannot be common to itself"
    if other.parent == one.number:
        return _ALREADY
    if other.row["merged_into"] is not None:
        return f"was merged into #{other.row['merged_into']}"
    if other.parent is not None:
        return f"is part of the common ticket #{other.parent}"
    if other.children:
        return "is a common ticket itself"
    if statuses.is_ended(other.row["status"]):
        return f"is {other.row['status']}"
    return ""


def resolve(one: Snapshot, children: Sequence[Snapshot], statuses: Statuses, at: datetime) -> Effect:
    """`one` is resolved, and with it all that have it in common."""
    not_merged(one)
    if statuses.is_ended(one.row["status"]):
        return Effect(actions=(), said=f"is {one.row['status']} already")
    if why := _why_not_resolved(one, statuses):
        raise Permanent(f"#{one.number} {why}")
    left_out = {child.number: why for child in children if (why := _why_not_resolved(child, statuses))}
    ending = [one, *(child for child in children if child.number not in left_out)]
    before = [[each.number, each.row["status"]] for each in ending]
    changes = [
        change(each, {"status": statuses.next(each.row["status"], Happening.RESOLVED), "resolved_at": at})
        for each in ending
    ]
    numbers = tuple(each.number for each in ending[1:])
    return Effect(
        actions=(
            *in_order(changes),
            done(one, "resolved", {"together": list(numbers)}, {"at": instant(at), "tickets": before}),
            *(concerned(number, "resolved", {"with": one.number}) for number in numbers),
        ),
        said=f"resolved{' with ' + listed(numbers) if numbers else ''}",
        tickets=numbers,
        skipped=tuple(left_out.items()),
    )


def _why_not_resolved(one: Snapshot, statuses: Statuses) -> str:
    status = one.row["status"]
    if statuses.is_ended(status):
        return f"is {status}"
    refusal = statuses.refusal(status, statuses.next(status, Happening.RESOLVED))
    return f"is {status}: {refusal}" if refusal else ""
