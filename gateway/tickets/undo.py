"""Taking a command back, where what came since does not stand against it; Permanent with the reason where it does."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.errors import Permanent
from gateway.mail import Address
from gateway.tickets.actions import Action, Change, Leave, Link, Note, Participate, SetRequester, SpendTime, Unlink
from gateway.tickets.deeds.fields import plain
from gateway.tickets.effect import Effect, change, in_order, instant, listed, moved
from gateway.tickets.effect import concerned as told
from gateway.tickets.linking import not_merged
from gateway.tickets.reason import Reason
from gateway.tickets.snapshot import Done, Snapshot


def concerned(done: Done) -> tuple[int, ...]:
    """The other tickets that have to be looked at to take a command back."""
    undo = done.undo
    if done.kind in ("merged", "resolved"):
        pairs = undo["tickets"]
        return tuple(one["ticket"] if isinstance(one, dict) else one[0] for one in pairs)
    if done.kind == "unlinked":
        return tuple({number for ticket, other, _ in undo["links"] for number in (ticket, other)})
    return tuple(undo.get("with") or undo.get("of") or ())


def undo(one: Snapshot, done: Done, around: Mapping[int, Snapshot]) -> Effect:
    """Take the command back; `around` holds the tickets it `concerned`."""
    actions, numbers, skipped = _UNDO[done.kind](one, done, around)
    changes = [action for action in actions if isinstance(action, Change)]
    rest = [action for action in actions if not isinstance(action, Change)]
    if all(change.ticket != one.number for change in changes):
        changes.append(moved(one))
    return Effect(
        actions=(
            *in_order(changes),
            *rest,
            Note(
                ticket=one.number,
                kind="undone",
                data={"event": done.id, "command": done.kind, "tickets": list(numbers)},
                reason=Reason.BY_PERSON,
                step_key=f"undo:{done.id}",
            ),
            *(told(number, "undone", {"command": done.kind, "by": one.number}) for number in numbers),
        ),
        said=f"undone: {_told(done)} {listed(numbers)}".rstrip(),
        tickets=numbers,
        skipped=skipped,
    )


def _told(done: Done) -> str:
    """What was taken back; of fields which, and what they are again where that is short."""
    if done.kind != "set":
        return done.kind.replace("_", " ")
    again = {name: value for name, value in done.undo["before"].items() if name not in _FOLLOWS}
    shown = (
        f"{name.replace('_', ' ')} is {value} again" if isinstance(value, str) and len(value) < _SHORT
        else f"{name.replace('_', ' ')} is as it was"
        for name, value in again.items()
    )  # fmt: skip
    return ", ".join(shown)


_FOLLOWS = ("resolved_at", "closed_at", "on_hold_until")  # from the status
_SHORT = 60  # characters
_INSTANTS = ("_at", "_due", "_until")
_Undone = tuple[list[Action], tuple[int, ...], tuple[tuple[int, str], ...]]


def _link(one: Snapshot, done: Done, _: Mapping[int, Snapshot]) -> _Undone:
    numbers = tuple(done.undo["with"])
    there = {(link.ticket, link.other) for link in one.links if link.kind == "similar"}
    gone = [number for number in numbers if (one.number, number) not in there]
    if gone:
        raise Permanent(f"#{one.number} is no longer linked to {listed(gone)}")
    return [Unlink(ticket=one.number, other=number, kind="similar") for number in numbers], numbers, ()


def _unlink(one: Snapshot, done: Done, around: Mapping[int, Snapshot]) -> _Undone:
    actions: list[Action] = []
    numbers: dict[int, None] = {}
    for ticket, other, kind in done.undo["links"]:
        child = around[ticket]
        if kind == "common" and (child.parent is not None or child.children or around[other].parent is not None):
            raise Permanent(f"#{ticket} has found another common ticket since")
        actions.append(Link(ticket=ticket, other=other, kind=kind, reason=Reason.BY_PERSON))
        numbers[other if ticket == one.number else ticket] = None
    return actions, tuple(numbers), ()


def _merge(one: Snapshot, done: Done, around: Mapping[int, Snapshot]) -> _Undone:
    not_merged(one)
    if one.articles > done.undo["articles"]:
        raise Permanent(f"#{one.number} has had mail since, which would stay on it alone")
    actions: list[Action] = []
    for before in done.undo["tickets"]:
        other = around[before["ticket"]]
        same = other.row["merged_into"] == one.number and instant(other.row["closed_at"]) == before["merged_at"]
        if not same:
            raise Permanent(f"#{other.number} has changed since")
        values = {"merged_into": None, "status": before["status"], "closed_at": _instant_in(before["closed_at"])}
        actions.append(change(other, values))
        actions.append(Unlink(ticket=other.number, other=one.number, kind="merged"))
    # Whom somebody has let in meanwhile stays.
    still = {address.key for address, role in one.participants if role == "proposed"}
    actions += [Leave(ticket=one.number, address=Address(addr=key)) for key in done.undo["joined"] if key in still]
    return actions, tuple(before["ticket"] for before in done.undo["tickets"]), ()


def _common(one: Snapshot, done: Done, _: Mapping[int, Snapshot]) -> _Undone:
    if done.replied_since:
        raise Permanent(f"#{one.number} was answered since, and the answer went to all of them; unlink takes one out")
    numbers = tuple(number for number in done.undo["of"] if number in one.children)
    skipped = tuple((number, "was taken out already") for number in done.undo["of"] if number not in numbers)
    return [Unlink(ticket=number, other=one.number, kind="common") for number in numbers], numbers, skipped


def _resolve(one: Snapshot, done: Done, around: Mapping[int, Snapshot]) -> _Undone:
    actions: list[Action] = []
    skipped: list[tuple[int, str]] = []
    for number, status in done.undo["tickets"]:
        each = one if number == one.number else around[number]
        resolved = instant(each.row["resolved_at"]) == done.undo["at"] and each.row["closed_at"] is None
        if resolved:
            actions.append(change(each, {"status": status, "resolved_at": None}))
        elif number == one.number:
            raise Permanent(f"#{number} has moved on since: it is {each.row['status']}")
        else:
            skipped.append((number, f"has moved on since: it is {each.row['status']}"))
    left = {number for number, _ in skipped}
    numbers = (number for number, _ in done.undo["tickets"] if number != one.number and number not in left)
    return actions, tuple(numbers), tuple(skipped)


def _set(one: Snapshot, done: Done, _: Mapping[int, Snapshot]) -> _Undone:
    not_merged(one)
    to, before = done.undo["to"], done.undo["before"]
    if changed := [name for name, value in to.items() if plain(one.row[name]) != value]:
        raise Permanent(f"#{one.number} has another {' and '.join(changed).replace('_', ' ')} since")
    if _reopened(done.undo) and one.articles > done.undo["articles"]:
        raise Permanent(f"#{one.number} has had mail or a note since")  # which nobody would look at any more
    values = {name: _instant_in(value) if name.endswith(_INSTANTS) else value for name, value in before.items()}
    taken_back = change(one, values)
    if "resolve_due" in values:  # a person's word on it stands; without one it is reckoned again
        taken_back = replace(taken_back, set_by={"resolve_due": done.undo.get("due_by", "")})
    return [taken_back], (), ()


def _reopened(undo: Mapping[str, Any]) -> bool:
    """The ticket was done with before the command, and not after it."""
    before, to = undo["before"], undo["to"]
    return any(before.get(name) and not to[name] for name in ("resolved_at", "closed_at") if name in to)


def _copies(one: Snapshot, done: Done, _: Mapping[int, Snapshot]) -> _Undone:
    before = done.undo["before"]
    coming = [address for address in done.undo["add"] if address.lower() not in before]
    actions: list[Action] = [Leave(ticket=one.number, address=Address(addr=address)) for address in coming]
    actions += [Participate(ticket=one.number, address=Address(addr=key), role=role) for key, role in before.items()]
    return actions, (), ()


def _requester(one: Snapshot, done: Done, _: Mapping[int, Snapshot]) -> _Undone:
    if done.undo["from"] is None:
        raise Permanent(f"#{one.number} was for nobody before; #requester names somebody else")
    return [SetRequester(ticket=one.number, address=Address(addr=done.undo["from"]))], (), ()


def _time_spent(one: Snapshot, done: Done, _: Mapping[int, Snapshot]) -> _Undone:
    return [SpendTime(ticket=one.number, minutes=-done.undo["minutes"])], (), ()


def _instant_in(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_UNDO = {
    "linked": _link,
    "unlinked": _unlink,
    "merged": _merge,
    "made_common": _common,
    "resolved": _resolve,
    "set": _set,
    "copies": _copies,
    "requester": _requester,
    "time_spent": _time_spent,
}
UNDOABLE = tuple(_UNDO)
