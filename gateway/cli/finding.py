"""Finding mails for `gateway trace`: what somebody's words may mean, and the mails of every meaning."""

import re
from dataclasses import dataclass, replace

from gateway.cli.glimpse import Glimpse, glimpse
from gateway.cli.opening import ticket_number
from gateway.config import Config
from gateway.mail.header import addresses, ids
from gateway.store import Store, trace
from gateway.store.trace import Trail

_QUEUE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{3,63}")
_SPOOL_ID = re.compile(r"(?:spool:|queued as\s+|duplicate of\s+)(\d{1,18})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class What:
    """Everything that a person's words may mean: `""` or None where they cannot mean that."""

    address: str = ""
    message_id: str = ""
    queue_id: str = ""
    ticket: int | None = None
    spool_id: int | None = None

    @property
    def meanings(self) -> list[str]:
        """What the words were taken for, for people."""
        both = (
            ("address", self.address),
            ("Message-ID", self.message_id),
            ("queue id", self.queue_id),
            ("ticket", self.ticket),
            ("mail of the spool", self.spool_id),
        )
        return [f"{name} {value}" for name, value in both if value not in ("", None)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The mails, newest last; how many older ones were left out; how many waiting ones were too many to look into.

    `named_by`: tickets with mails that name the Message-ID.
    """

    trails: list[Trail]
    left_out: int
    not_looked_at: int
    named_by: list[int]


def meaning(store: Store, cfg: Config, words: str) -> What:
    """What the words may mean. A bare number may be a ticket's and an MTA's at once."""
    of_spool = _SPOOL_ID.fullmatch(words)
    if of_spool:
        return What(spool_id=int(of_spool[1]))
    boxes = addresses.mailboxes(words) if "@" in words else ()
    is_id = "@" in words or words.startswith("<")
    return What(
        address=boxes[0].key if len(boxes) == 1 else "",
        message_id=ids.message_id(words if "<" in words else f"<{words}>") if is_id else "",
        queue_id=words if _QUEUE_ID.fullmatch(words) else "",
        ticket=None if is_id else ticket_number(store, cfg, words),
    )


def find(store: Store, what: What, *, last: int) -> Found:
    """The newest `last` mails (0: all) that came in, went out, wait, or are set aside."""
    mails = _processed(store, what)
    spooled, not_looked_at = _spooled(store, what)
    entered = trace.by_spool(store, spooled)
    mails |= set(entered.values())
    spooled -= entered.keys()
    trails = trace.trails(store, sorted(mails)[-last:], sorted(spooled)[-last:])[-last:]
    unread = [one.spool_id for one in trails if one.mail_id is None and one.spool_id is not None]
    seen = {one.spool_id: glimpse(one.head) for one in trace.heads(store, unread)}
    return Found(
        trails=[_told(one, seen.get(one.spool_id or 0)) for one in trails],
        left_out=len(mails) + len(spooled) - len(trails),
        not_looked_at=not_looked_at,
        named_by=trace.naming(store, what.message_id) if what.message_id else [],
    )


def _processed(store: Store, what: What) -> set[int]:
    found: set[int] = set()
    if what.address:
        found.update(trace.by_address(store, what.address))
    if what.message_id:
        found.update(trace.by_message_id(store, what.message_id))
    if what.queue_id:
        found.update(trace.by_queue_id(store, what.queue_id))
    if what.ticket is not None:
        found.update(trace.by_ticket(store, what.ticket))
    return found


def _spooled(store: Store, what: What) -> tuple[set[int], int]:
    """Spool ids by envelope and of mails that were not read, and how many heads were too many to look at."""
    if what.spool_id is not None:
        return {what.spool_id}, 0
    if not (what.address or what.message_id or what.queue_id):
        return set(), 0
    found = set(trace.by_envelope(store, what.address)) if what.address else set()
    looked_at, not_looked_at = trace.unread(store)
    found.update(one.spool_id for one in looked_at if _fits(what, glimpse(one.head)))
    return found, not_looked_at


def _fits(what: What, seen: Glimpse) -> bool:
    return (
        (bool(what.address) and seen.from_.lower() == what.address)
        or (bool(what.message_id) and seen.message_id == what.message_id)
        or (bool(what.queue_id) and what.queue_id.lower() in map(str.lower, seen.queue_ids))
    )


def _told(trail: Trail, seen: Glimpse | None) -> Trail:
    """With what the beginning of its bytes tells of a mail that was never read."""
    if seen is None:
        return trail
    return replace(
        trail,
        from_addr=seen.from_,
        subject=seen.subject,
        message_id=seen.message_id,
        queue_ids=seen.queue_ids,
    )
