"""What commands may name on a site, and how one of several is told from a few letters of it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from gateway.tickets.commands.folding import bare, fold
from gateway.tickets.commands.values import Field, Kind, Unreadable, shown
from gateway.tickets.subject import NumberFormat
from gateway.tomltext.guess import nearest

MAX_LISTED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of a site as one agent means them; keys first, what people call them second.

    `me`: the agent who writes, `""` at the command line. `zone`: whose clock their dates are by. `categories` None:
    any goes. `is_ours`: whether an address is one that we answer to.
    """

    now: datetime
    numbers: NumberFormat
    zone: tzinfo = UTC
    me: str = ""
    agents: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)  # address key -> agent
    queues: Mapping[str, str] = field(default_factory=dict)
    types: Collection[str] = ()
    categories: Collection[str] | None = None
    areas: Collection[str] = ()
    impacts: Collection[str] = ()
    priorities: Collection[str] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)
    canned: Collection[str] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    is_ours: Callable[[str], bool] = lambda address: False


def pick(text: str, known: Mapping[str, str], what: str) -> str:
    """The key that a text names: by itself, by its title, or as the only one that begins so.

    Case, accents and quotes do not matter. Unreadable names the candidates, or guesses; `what` is "agent".
    """
    wanted = fold(bare(text))
    if not wanted:
        raise Unreadable(Kind.MISSING, f"needs the name of {_a(what)}{_listed(known)}")
    ways: tuple[list[str], ...] = (
        [key for key in known if fold(key) == wanted],
        [key for key, title in known.items() if fold(title) == wanted],
        [
            key
            for key, title in known.items()
            if fold(key).startswith(wanted) or any(tail.startswith(wanted) for tail in _tails(title))
        ],
    )
    if found := _only(ways, text, known):
        return found
    guess = nearest(wanted, (*known, *known.values()))
    near = f", did you mean {guess}?" if guess else _listed(known)
    raise Unreadable(Kind.ARGUMENT, f'there is no {what} "{shown(text)}"{near}')


def pick_branch(text: str, known: Collection[str], what: str) -> str:
    """A name of two levels: `billing/refund`, `Billing / Refund`, or `refund` where only one branch has it."""
    wanted = "/".join(part.strip() for part in fold(bare(text)).split("/"))
    leaves = {name: fold(name).partition("/")[2] for name in known}
    ways = (
        [name for name in known if fold(name) == wanted],
        [name for name, leaf in leaves.items() if leaf == wanted],
        [name for name, leaf in leaves.items() if fold(name).startswith(wanted) or leaf.startswith(wanted)],
    )
    titles = dict.fromkeys(known, "")
    return (_only(ways, text, titles) if wanted else "") or pick(text, titles, what)


def _only(ways: tuple[list[str], ...], text: str, known: Mapping[str, str]) -> str:
    """The one that the first way to find any finds; `""` where none does."""
    found = next(filter(None, ways), [])
    if len(found) > 1:
        told = " or ".join(_called(key, known[key]) for key in found[:MAX_LISTED])
        raise Unreadable(Kind.AMBIGUOUS, f'"{shown(text)}" may be {told}; write more of the name')
    return found[0] if found else ""


def _tails(title: str) -> list[str]:
    """A title from each of its words on: `reyes` finds Carol Reyes, and `carol re` does."""
    words = fold(title).split()
    return [" ".join(words[at:]) for at in range(len(words))]


def _called(key: str, title: str) -> str:
    return f"{title} ({key})" if title and title != key else key


def _listed(known: Mapping[str, str]) -> str:
    if not known:
        return "; the site declares none"
    more = f" and {len(known) - MAX_LISTED} more" if len(known) > MAX_LISTED else ""
    return f"; there are {', '.join(list(known)[:MAX_LISTED])}{more}"


def _a(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what}"
