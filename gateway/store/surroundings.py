"""Everything stored that a group of mails may need for its decisions, read in one go."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.store import lookup
from gateway.tickets.actions import Action, Send
from gateway.tickets.threading import Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What to look up: Message-IDs (own and named), ticket numbers, spool ids, address keys, windows of the caps."""

    own_ids: Collection[str]
    named_ids: Collection[str]
    numbers: Collection[int]
    spool_ids: Collection[int]
    senders: Collection[str]
    letters: bool  # what we sent on those tickets too
    address_windows: Collection[timedelta]
    ticket_windows: Collection[timedelta]
    total_windows: Collection[timedelta]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The answers, by id, number or address key; `auto_*` count our automatic mail by window."""

    entered: Mapping[int, tuple[str, str]]
    refs: Mapping[str, list[Ref]]
    stored: Mapping[str, list[lookup.Stored]]
    tickets: Mapping[int, Mapping[str, Any]]
    participants: Mapping[int, frozenset[str]]
    letters: Mapping[int, list[bytes]]
    people: Mapping[str, lookup.Person]
    auto_by_address: Mapping[tuple[str, timedelta], int]
    auto_by_ticket: Mapping[tuple[int, timedelta], int]
    auto_total: Mapping[timedelta, int]
    open_tickets: Mapping[str, int]
    turns: Mapping[str, str]
    away: frozenset[str]
    ref_keys: tuple[int, ...]
    ref_rows: frozenset[int]

    def after(self, actions: Iterable[Action]) -> "Surroundings":
        """The same with the automatic mail that these actions send counted, so that a group keeps the cap in all."""
        sent = sum(1 for action in actions if isinstance(action, Send) and action.automatic)
        if not sent or not self.auto_total:
            return self
        return replace(self, auto_total={window: total + sent for window, total in self.auto_total.items()})


def look_around(conn: Connection, wants: Wants, at: datetime) -> Surroundings:
    """A dozen indexed queries, whatever the size of the group."""
    ids = {*wants.own_ids, *wants.named_ids}
    refs, ref_rows = lookup.refs(conn, ids)
    numbers = {*wants.numbers, *(ref.ticket for found in refs.values() for ref in found)}
    tickets = lookup.tickets(conn, numbers)
    ref_keys = tuple(sorted(lookup.message_key(one) for one in ids))
    return Surroundings(
        entered=lookup.mails_of_spool(conn, wants.spool_ids),
        refs=refs,
        stored=lookup.stored_mails(conn, wants.own_ids),
        tickets=tickets,
        participants=lookup.participants(conn, tickets.keys()),
        letters=lookup.letters(conn, tickets.keys()) if wants.letters and tickets else {},
        people=lookup.people(conn, wants.senders),
        auto_by_address=lookup.automatic_mail(conn, wants.senders, wants.address_windows, at),
        auto_by_ticket={
            (number, window): total
            for window in wants.ticket_windows
            for number, total in lookup.automatic_on_ticket(conn, tickets.keys(), window, at).items()
        },
        auto_total={window: lookup.automatic_total(conn, window, at) for window in wants.total_windows},
        open_tickets=lookup.open_tickets(conn),
        turns=lookup.turns(conn),
        away=lookup.away(conn, at),
        ref_keys=ref_keys,
        ref_rows=ref_rows,
    )
