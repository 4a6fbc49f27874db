"""Everything stored that a group of mails may need for its decisions, read in one go."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.config import Rate
from gateway.store import bounces, lookup
from gateway.tickets.actions import Action, Change, OpenTicket, Send, TakeTurn
from gateway.tickets.bounces import Reach, Sent
from gateway.tickets.threading import Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What to look up: Message-IDs (own and named), ticket numbers, spool ids, address keys, caps or their windows."""

    own_ids: Collection[str]
    named_ids: Collection[str]
    numbers: Collection[int]
    spool_ids: Collection[int]
    senders: Collection[str]
    letters: bool  # what we sent on those tickets too
    address_windows: Collection[timedelta]
    ticket_windows: Collection[timedelta]
    total_rates: Sequence[Rate]
    ended: Collection[str] = ()  # statuses of the site's own in which a ticket is done with
    seen: Collection[tuple[str, int]] = ()  # what like it came lately: by which field, within how many seconds
    sent_ids: Collection[str] = ()  # what a delivery report is about: our mails by Message-ID
    sent_on: Collection[int] = ()  # and by ticket
    heavy: bool = False  # with the bytes of the notices that were refused for their size
    thread_keys: Collection[tuple[str, str]] = ()  # of declared sources: source and key


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The answers, by id, number or address key, as of `at`; `auto_by_*` count our automatic mail by window.

    `auto_in_all`: when the last automatic mails left or are to leave, the last first.

    `seen` counts the tickets that came lately: (field, seconds) -> value -> how many (see `lookup.seen`). `met` are the
    address keys of which `people`, `reach` and `auto_by_address` tell, the latter for each of `address_windows`.
    `sent`: mails of ours that delivery reports may be about, `letters_sent` their bytes by mail id where wanted.
    `keyed`: the ticket of each key of a declared source.
    """

    entered: Mapping[int, tuple[str, str]]
    refs: Mapping[str, list[Ref]]
    stored: Mapping[str, list[lookup.Stored]]
    tickets: Mapping[int, Mapping[str, Any]]
    participants: Mapping[int, frozenset[str]]
    requesters: Mapping[int, str]
    letters: Mapping[int, list[bytes]]
    people: Mapping[str, lookup.Person]
    auto_by_address: Mapping[tuple[str, timedelta], int]
    auto_by_ticket: Mapping[tuple[int, timedelta], int]
    auto_in_all: tuple[datetime, ...]
    open_tickets: Mapping[str, int]
    turns: Mapping[str, str]
    away: frozenset[str]
    seen: Mapping[tuple[str, int], Mapping[str, int]]
    ref_keys: tuple[int, ...]
    ref_rows: frozenset[int]
    met: frozenset[str]
    address_windows: tuple[timedelta, ...]
    reach: Mapping[str, Reach]
    sent: tuple[Sent, ...]
    letters_sent: Mapping[int, bytes]
    keyed: Mapping[tuple[str, str], int]
    at: datetime

    def after(self, actions: Iterable[Action]) -> "Surroundings":
        """The same as if these actions were written already, as far as the next mails of the group must know."""
        changed: dict[str, Any] = {}
        for action in actions:
            if isinstance(action, Send) and action.automatic:
                changed["auto_in_all"] = (self.at + action.wait, *changed.get("auto_in_all", self.auto_in_all))
                counts = dict(changed.get("auto_by_address", self.auto_by_address))
                for window in self.address_windows:
                    counts[action.recipient.key, window] = counts.get((action.recipient.key, window), 0) + 1
                changed["auto_by_address"] = counts
            elif isinstance(action, TakeTurn):
                changed["turns"] = {**changed.get("turns", self.turns), action.turn.of: action.turn.agent}
            elif isinstance(action, OpenTicket):
                self._count(action.assignee, changed)
                if self.seen:
                    changed["seen"] = {key: _with(action, key[0], counts) for key, counts in self.seen.items()}
            elif isinstance(action, Change) and "assignee" in action.values:
                self._count(action.values["assignee"], changed)
        return replace(self, **changed) if changed else self

    def _count(self, assignee: str | None, changed: dict[str, Any]) -> None:
        if assignee:
            before = changed.get("open_tickets", self.open_tickets)
            changed["open_tickets"] = {**before, assignee: before.get(assignee, 0) + 1}


def _with(opened: OpenTicket, by: str, counts: Mapping[str, int]) -> Mapping[str, int]:
    """The counts with a new ticket among them."""
    if by in lookup.SEEN_BY_PERSON:
        value = lookup.seen_value(by, opened.requester.key) if opened.requester else None
    else:
        value = getattr(opened, by)
    return counts if value is None else {**counts, value: counts.get(value, 0) + 1}


def look_around(conn: Connection, wants: Wants, at: datetime) -> Surroundings:
    """A dozen indexed queries, whatever the size of the group."""
    ids = {*wants.own_ids, *wants.named_ids}
    refs, ref_rows = lookup.refs(conn, ids)
    sent = bounces.sent(conn, wants.sent_ids, wants.sent_on)
    keyed = lookup.keyed(conn, wants.thread_keys)
    numbers = {*wants.numbers, *(ref.ticket for found in refs.values() for ref in found), *keyed.values()}
    numbers |= {one.ticket for one in sent if one.ticket is not None}
    tickets = lookup.tickets(conn, numbers)
    ref_keys = tuple(sorted(lookup.message_key(one) for one in ids))
    return Surroundings(
        entered=lookup.mails_of_spool(conn, wants.spool_ids),
        refs=refs,
        stored=lookup.stored_mails(conn, wants.own_ids),
        tickets=tickets,
        participants=lookup.participants(conn, tickets.keys()),
        requesters=lookup.requesters(conn, tickets),
        letters=lookup.letters(conn, tickets.keys()) if wants.letters and tickets else {},
        people=lookup.people(conn, wants.senders),
        auto_by_address=lookup.automatic_mail(conn, wants.senders, wants.address_windows, at, to_agents=False),
        auto_by_ticket={
            (number, window): total
            for window in wants.ticket_windows
            for number, total in lookup.automatic_on_ticket(conn, tickets.keys(), window, at).items()
        },
        auto_in_all=lookup.automatic_in_all(conn, wants.total_rates, at),
        open_tickets=lookup.open_tickets(conn, wants.ended),
        turns=lookup.turns(conn),
        away=lookup.away(conn, at),
        seen={(by, within): lookup.seen(conn, by, at - timedelta(seconds=within)) for by, within in wants.seen},
        ref_keys=ref_keys,
        ref_rows=ref_rows,
        met=frozenset(wants.senders),
        address_windows=tuple(wants.address_windows),
        reach=bounces.reaches(conn, {*wants.senders, *(one.recipient.lower() for one in sent)}),
        sent=sent,
        letters_sent=bounces.letters(conn, _named(sent, wants.sent_ids)) if wants.heavy else {},
        keyed=keyed,
        at=at,
    )


def _named(sent: Iterable[Sent], message_ids: Collection[str]) -> list[int]:
    return [one.mail_id for one in sent if one.message_id in message_ids]


def meet(conn: Connection, around: Surroundings, key: str, at: datetime) -> Surroundings:
    """The same with what is known of one address more, which was named only while deciding."""
    if key in around.met:
        return around
    counts = lookup.automatic_mail(conn, [key], around.address_windows, at, to_agents=False)
    return replace(
        around,
        people={**around.people, **lookup.people(conn, [key])},
        auto_by_address={**around.auto_by_address, **counts},
        reach={**around.reach, **bounces.reaches(conn, [key])},
        met=around.met | {key},
    )
