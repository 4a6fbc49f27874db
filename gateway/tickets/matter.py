"""One matter, several tickets: link, merge, common ticket, resolving together, and taking each of these back.

Everything here decides by values and raises Permanent with the reason where a thing cannot be done. Each deed moves
the version of the ticket it is done to, so that two deeds on one ticket never cross.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.errors import Permanent
from gateway.mail import Address
from gateway.tickets.actions import Action, Change, Leave, Link, Note, Participate, Unlink
from gateway.tickets.reason import Reason
from gateway.tickets.standing import Deed, Done, Standing
from gateway.tickets.status import Happening, Status, Statuses

MAX_MERGES = 8  # in a row; threading follows ten
UNDOABLE = ("linked", "unlinked", "merged", "made_common", "resolved")
_LOOSE = ("similar", "mentions", "common")  # what `unlink` takes away


# ---- links ---------------------------------------------------------------------------------------------------------


def link(one: Standing, others: Sequence[Standing]) -> Deed:
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
        return Deed(actions=(), said="nothing to do", skipped=tuple(skipped))
    return Deed(
        actions=(
            _moved(one),
            *(Link(ticket=one.number, other=number, kind="similar", reason=Reason.BY_PERSON) for number in new),
            _event(one, "linked", {"with": new}, {"with": new}),
            *(_told(number, "linked", {"with": [one.number]}) for number in new),
        ),
        said=f"linked to {_listed(new)}",
        tickets=tuple(new),
        skipped=tuple(skipped),
    )


def unlink(one: Standing, others: Sequence[Standing]) -> Deed:
    """Between `one` and the others nothing holds any more but what only `undo` takes back."""
    away = [
        (link, other.number)
        for other in others
        for link in one.links
        if link.kind in _LOOSE and {link.ticket, link.other} == {one.number, other.number}
    ]
    if not away:
        raise Permanent(f"#{one.number} has no such link to {_listed([other.number for other in others])}")
    numbers = tuple(dict.fromkeys(number for _, number in away))
    links = [[link.ticket, link.other, link.kind] for link, _ in away]
    skipped = tuple((other.number, "was not linked") for other in others if other.number not in numbers)
    return Deed(
        actions=(
            _moved(one),
            *(Unlink(ticket=link.ticket, other=link.other, kind=link.kind) for link, _ in away),
            _event(one, "unlinked", {"from": list(numbers)}, {"links": links}),
            *(_told(number, "unlinked", {"from": [one.number]}) for number in numbers),
        ),
        said=f"unlinked from {_listed(numbers)}",
        tickets=numbers,
        skipped=skipped,
    )


# ---- merge ---------------------------------------------------------------------------------------------------------


def merge(one: Standing, others: Sequence[Standing], at: datetime) -> Deed:
    """The others become part of `one`: their mail goes there from now on, their articles stay where they are."""
    _not_merged(one)
    for other in others:
        _may_merge(one, other)
    members = {address.key for address, _ in one.participants}
    joining: dict[str, Address] = {}
    for other in others:
        for address, role in other.participants:
            if role != "proposed" and address.key not in members:
                joining.setdefault(address.key, address)
    before = [
        {
            "ticket": other.number,
            "status": other.row["status"],
            "closed_at": _text(other.row["closed_at"]),
            "merged_at": _text(at),
        }
        for other in others
    ]
    numbers = tuple(other.number for other in others)
    undo = {"tickets": before, "joined": sorted(joining), "articles": one.articles}
    return Deed(
        actions=(
            *_in_order(
                [_moved(one)]
                + [
                    _change(other, {"merged_into": one.number, "status": str(Status.CLOSED), "closed_at": at})
                    for other in others
                ]
            ),
            *(Link(ticket=number, other=one.number, kind="merged", reason=Reason.BY_PERSON) for number in numbers),
            *(Participate(ticket=one.number, address=address, role="watcher") for address in joining.values()),
            _event(one, "merged", {"took_in": list(numbers)}, undo),
            *(_told(number, "merged", {"into": one.number}) for number in numbers),
        ),
        said=f"took in {_listed(numbers)}",
        tickets=numbers,
    )


def _may_merge(one: Standing, other: Standing) -> None:
    if other.number == one.number:
        raise Permanent(f"#{one.number} cannot be merged with itself")
    _not_merged(other)
    if one.row["requester_id"] is None or one.row["requester_id"] != other.row["requester_id"]:
        raise Permanent(
            f"different requesters are never joined, link them: gateway do {one.number} link {other.number}"
        )
    if other.children:
        raise Permanent(f"#{other.number} is a common ticket; merge #{one.number} into it instead")
    if max(other.merges + 1, one.merges) > MAX_MERGES:
        raise Permanent(f"too many merges in a row already lead to #{other.number}")


def _not_merged(one: Standing) -> None:
    into = one.row["merged_into"]
    if into is not None:
        raise Permanent(f"#{one.number} was merged into #{into}; use that")


# ---- a common ticket -----------------------------------------------------------------------------------------------


def common(one: Standing, others: Sequence[Standing], statuses: Statuses, *, picky: bool) -> Deed:
    """`one` becomes what the others have in common. What cannot be is an error, unless not `picky`: then left out."""
    _not_merged(one)
    if one.parent is not None:
        raise Permanent(f"#{one.number} is part of the common ticket #{one.parent} itself")
    taken: list[Standing] = []
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
        return Deed(actions=(), said="nothing to do", skipped=tuple(skipped))
    numbers = tuple(sorted(other.number for other in taken))
    return Deed(
        actions=(
            *_in_order([_moved(one), *(_moved(other) for other in taken)]),
            *(Link(ticket=number, other=one.number, kind="common", reason=Reason.BY_PERSON) for number in numbers),
            _event(one, "made_common", {"of": list(numbers)}, {"of": list(numbers)}),
            *(_told(number, "made_common", {"with": one.number}) for number in numbers),
        ),
        said=f"is common to {_listed(numbers)}",
        tickets=numbers,
        skipped=tuple(skipped),
    )


_ALREADY = "is one of them already"


def _why_not_common(one: Standing, other: Standing, statuses: Statuses) -> str:
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


def resolve(one: Standing, children: Sequence[Standing], statuses: Statuses, at: datetime) -> Deed:
    """`one` is resolved, and with it all that have it in common."""
    _not_merged(one)
    if statuses.is_ended(one.row["status"]):
        raise Permanent(f"#{one.number} is {one.row['status']} already")
    ending = [one, *(child for child in children if not statuses.is_ended(child.row["status"]))]
    rest = tuple((child.number, f"is {child.row['status']}") for child in children if child not in ending)
    before = [[each.number, each.row["status"]] for each in ending]
    changes = [
        _change(each, {"status": statuses.next(each.row["status"], Happening.RESOLVED), "resolved_at": at})
        for each in ending
    ]
    numbers = tuple(each.number for each in ending[1:])
    return Deed(
        actions=(
            *_in_order(changes),
            _event(one, "resolved", {"together": list(numbers)}, {"at": _text(at), "tickets": before}),
            *(_told(number, "resolved", {"with": one.number}) for number in numbers),
        ),
        said=f"resolved{' with ' + _listed(numbers) if numbers else ''}",
        tickets=numbers,
        skipped=rest,
    )


# ---- undo ----------------------------------------------------------------------------------------------------------


def concerned(done: Done) -> tuple[int, ...]:
    """The other tickets that have to be looked at to take a deed back."""
    undo = done.undo
    if done.kind in ("merged", "resolved"):
        pairs = undo["tickets"]
        return tuple(one["ticket"] if isinstance(one, dict) else one[0] for one in pairs)
    if done.kind == "unlinked":
        return tuple({number for ticket, other, _ in undo["links"] for number in (ticket, other)})
    return tuple(undo.get("with") or undo.get("of") or ())


def undo(one: Standing, done: Done, around: Mapping[int, Standing]) -> Deed:
    """Take the deed back; `around` holds the tickets it `concerned`."""
    actions, numbers, skipped = _UNDO[done.kind](one, done, around)
    changes = [action for action in actions if isinstance(action, Change)]
    rest = [action for action in actions if not isinstance(action, Change)]
    if all(change.ticket != one.number for change in changes):
        changes.append(_moved(one))
    return Deed(
        actions=(
            *_in_order(changes),
            *rest,
            Note(
                ticket=one.number,
                kind="undone",
                data={"event": done.id, "command": done.kind, "tickets": list(numbers)},
                reason=Reason.BY_PERSON,
                step_key=f"undo:{done.id}",
            ),
            *(_told(number, "undone", {"command": done.kind, "by": one.number}) for number in numbers),
        ),
        said=f"undone: {done.kind.replace('_', ' ')} {_listed(numbers)}".rstrip(),
        tickets=numbers,
        skipped=skipped,
    )


_Undone = tuple[list[Action], tuple[int, ...], tuple[tuple[int, str], ...]]


def _undo_link(one: Standing, done: Done, _: Mapping[int, Standing]) -> _Undone:
    numbers = tuple(done.undo["with"])
    there = {(link.ticket, link.other) for link in one.links if link.kind == "similar"}
    gone = [number for number in numbers if (one.number, number) not in there]
    if gone:
        raise Permanent(f"#{one.number} is no longer linked to {_listed(gone)}")
    return [Unlink(ticket=one.number, other=number, kind="similar") for number in numbers], numbers, ()


def _undo_unlink(one: Standing, done: Done, around: Mapping[int, Standing]) -> _Undone:
    actions: list[Action] = []
    numbers: dict[int, None] = {}
    for ticket, other, kind in done.undo["links"]:
        child = around[ticket]
        if kind == "common" and (child.parent is not None or child.children or around[other].parent is not None):
            raise Permanent(f"#{ticket} has found another common ticket since")
        actions.append(Link(ticket=ticket, other=other, kind=kind, reason=Reason.BY_PERSON))
        numbers[other if ticket == one.number else ticket] = None
    return actions, tuple(numbers), ()


def _undo_merge(one: Standing, done: Done, around: Mapping[int, Standing]) -> _Undone:
    _not_merged(one)
    if one.articles > done.undo["articles"]:
        raise Permanent(f"#{one.number} has had mail since, which would stay on it alone")
    actions: list[Action] = []
    for before in done.undo["tickets"]:
        other = around[before["ticket"]]
        same = other.row["merged_into"] == one.number and _text(other.row["closed_at"]) == before["merged_at"]
        if not same:
            raise Permanent(f"#{other.number} has changed since")
        closed_at = datetime.fromisoformat(before["closed_at"]) if before["closed_at"] else None
        actions.append(_change(other, {"merged_into": None, "status": before["status"], "closed_at": closed_at}))
        actions.append(Unlink(ticket=other.number, other=one.number, kind="merged"))
    actions += [Leave(ticket=one.number, address=Address(addr=key)) for key in done.undo["joined"]]
    return actions, tuple(before["ticket"] for before in done.undo["tickets"]), ()


def _undo_common(one: Standing, done: Done, _: Mapping[int, Standing]) -> _Undone:
    if done.answered_since:
        raise Permanent(f"#{one.number} was answered since, and the answer went to all of them; unlink takes one out")
    numbers = tuple(number for number in done.undo["of"] if number in one.children)
    skipped = tuple((number, "was taken out already") for number in done.undo["of"] if number not in numbers)
    return [Unlink(ticket=number, other=one.number, kind="common") for number in numbers], numbers, skipped


def _undo_resolve(one: Standing, done: Done, around: Mapping[int, Standing]) -> _Undone:
    actions: list[Action] = []
    skipped: list[tuple[int, str]] = []
    for number, status in done.undo["tickets"]:
        each = one if number == one.number else around[number]
        resolved = _text(each.row["resolved_at"]) == done.undo["at"] and each.row["closed_at"] is None
        if resolved:
            actions.append(_change(each, {"status": status, "resolved_at": None}))
        elif number == one.number:
            raise Permanent(f"#{number} has moved on since: it is {each.row['status']}")
        else:
            skipped.append((number, f"has moved on since: it is {each.row['status']}"))
    left = {number for number, _ in skipped}
    numbers = (number for number, _ in done.undo["tickets"] if number != one.number and number not in left)
    return actions, tuple(numbers), tuple(skipped)


_UNDO = {
    "linked": _undo_link,
    "unlinked": _undo_unlink,
    "merged": _undo_merge,
    "made_common": _undo_common,
    "resolved": _undo_resolve,
}


# ---- pieces --------------------------------------------------------------------------------------------------------


def _moved(one: Standing) -> Change:
    return _change(one, {})


def _change(one: Standing, values: Mapping[str, Any]) -> Change:
    reason = Reason.BY_PERSON if values else ""
    return Change(ticket=one.number, seen_version=one.row["version"], values=values, before=one.row, reason=reason)


def _in_order(changes: Sequence[Change]) -> Iterator[Change]:
    """By number, so that two writers never wait for one another in a ring."""
    yield from sorted(changes, key=lambda change: change.ticket)


def _event(one: Standing, kind: str, data: Mapping[str, Any], undo: Mapping[str, Any]) -> Note:
    return Note(ticket=one.number, kind=kind, data={**data, "undo": undo}, reason=Reason.BY_PERSON)


def _told(number: int, kind: str, data: Mapping[str, Any]) -> Note:
    return Note(ticket=number, kind=kind, data=data, reason=Reason.BY_PERSON)


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(f"#{number}" for number in numbers)
