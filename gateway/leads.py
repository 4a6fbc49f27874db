"""Letters to the leads of queues: of a sort one an hour and lead, whatever it lists; what is left is in the next."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from gateway import act, log
from gateway.compose import letters
from gateway.config import Config
from gateway.mail import Address
from gateway.store import Store, told
from gateway.tickets.actions import Action, Actor, Note

_NUMBERS = 500  # tickets that are listed by their number alone; of the others how many


def lead_of(cfg: Config, queue: str) -> str | None:
    """The agent who leads a queue; None where it has no lead, or is gone."""
    own = cfg.queues.get(queue)
    return own.lead if own else None


def address_of(cfg: Config, lead: str) -> Address:
    """Where a lead is written to."""
    agent = cfg.agents[lead]
    return Address(addr=agent.addresses[0], name=agent.name)


def listed(tickets: Sequence[tuple[str, str]], *, shown: int) -> Iterator[str]:
    """Lines of a list of (number, what is said of it): the first so many, of the others the numbers."""
    for number, said in tickets[:shown]:
        yield f"#{number}  {' '.join(said.split())}"
    rest = tickets[shown:]
    if rest:
        yield ""
        more = f" and {len(rest) - _NUMBERS} more" if len(rest) > _NUMBERS else ""
        yield "and " + " ".join(f"#{number}" for number, _ in rest[:_NUMBERS]) + more


def is_due(store: Store, sort: str, lead: str, at: datetime) -> bool:
    """Whether the last letter of that sort to that lead left an hour ago or more."""
    with store.main.read() as conn:
        return not told.was_told(conn, sort, lead, at)


def tell(
    store: Store,
    sort: str,
    lead: str,
    letter: letters.Letter,
    tickets: Sequence[int],
    at: datetime,
    *,
    on: int | None = None,
    also: Sequence[Action] = (),
    mark: Callable[[Connection], None],
) -> None:
    """Send the letter, on a ticket or none, and `mark` in the same transaction what it told of, unless it is not due.

    `tickets` are those it is about, `also` what is to be written beside.
    """
    with store.main.write() as conn:
        told.lock(conn)
        if told.was_told(conn, sort, lead, at):
            return  # another node was quicker
        mark(conn)
        note = Note(
            ticket=None,
            kind="lead_told",
            data={"agent": lead, "of": sort, "tickets": list(tickets)},
            step_key=told.hourly_key(sort, lead, at),
        )
        act.apply(conn, [letters.send(letter, on), note, *also], Actor(name="clock", at=at))
    log.lead_told(tickets[0], agent=lead, of=sort, tickets=len(tickets))
