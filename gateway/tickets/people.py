"""Who comes to take part in a ticket by a mail, and what is shown of them. Nobody gets in by what a stranger writes."""

from collections.abc import Collection, Iterator, Sequence

from gateway.mail import Address
from gateway.tickets.actions import Participate

_SHOWN = {
    "requester": "requester",
    "watcher": "gets copies",
    "third": "third party, asked by us",
    "other": "other person, unverified",
    "proposed": "proposed: an agent's #cc lets them in",
}


def shown(role: str) -> str:
    """A role as people read it."""
    return _SHOWN.get(role, role)


def opening(number: int, copied: Sequence[Address], *, refuted: bool) -> Iterator[Participate]:
    """Those copied on the mail that opens a ticket stay copied: they have its text already.

    `refuted`: the mail is not from whom it says, so nobody comes in by it.
    """
    for address in copied if not refuted else ():
        yield Participate(ticket=number, address=address, role="watcher")


def following(
    number: int,
    author: Address | None,
    copied: Sequence[Address],
    members: Collection[str],
    *,
    refuted: bool,
    by_requester: bool,
) -> Iterator[Participate]:
    """Who joins by a later mail (T82). `members`: the address keys of those who take part already.

    Its author, who knew an id that we gave out, does, without a look at what was written before. Whom it is copied to
    is proposed, for anybody may add a Cc; `by_requester`: it is proved to be the requester's, whose word is enough.
    """
    if refuted:
        return
    if author is not None and author.key not in members:
        yield Participate(ticket=number, address=author, role="other")
    role = "watcher" if by_requester else "proposed"
    for address in copied:
        if address.key not in members:
            yield Participate(ticket=number, address=address, role=role, confirms=by_requester)
