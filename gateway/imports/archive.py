"""An archive of mail (mboxes, Maildirs, single files): each mail goes its usual way, as old mail, with its own date.

What one of us wrote is filed as our answer. Nothing answers any of it; what a rule would send is not sent. It is read
twice: a number counts only where a mail of ours in the archive names it, for strangers write what they like.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway import old_tags
from gateway.config import Config
from gateway.faults import hit
from gateway.intake.files import Found
from gateway.intake.ingest import date_of, recipients_of
from gateway.mail import Mail
from gateway.now import now
from gateway.pipeline import Outcome, Read, process
from gateway.reader import ReaderDied, Readers
from gateway.rules import Matcher
from gateway.site import Site
from gateway.store import Store, imports, numbers
from gateway.store.imports import Bytes
from gateway.store.keys import archive_key
from gateway.store.spool import ATTEMPTS, Claimed, Closed

BATCH_MAILS = 100
BATCH_BYTES = 8 * 1024 * 1024  # of mails in memory at a time
BATCH_HEADERS = 1000
_SENT = f"sent:{old_tags.SOURCE}"
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_HEADER_MAX = 256 * 1024  # bytes


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the mails so far. `touched`: the tickets they are on."""

    read: int = 0
    known: int = 0
    opened: int = 0
    joined: int = 0
    set_aside: int = 0
    closed: int = 0
    failures: list[Found] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Named:
    """The numbers of the helpdesk before us that subjects name: in mails of ours, and in others' alone."""

    mails: int = 0
    ours: set[int] = field(default_factory=set)
    others: set[int] = field(default_factory=set)

    @property
    def highest(self) -> int:
        return max(self.ours, default=0)

    @property
    def strange(self) -> list[int]:
        """What strangers alone name, ascending: no ticket keeps it."""
        return sorted(self.others - self.ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """How mails are taken in. What is kept here is set aside until it is decided on, so nobody else takes it up."""

    store: Store
    site: Site
    readers: Readers
    matcher: Matcher

    def look(self, found: Iterable[Found], *, each: Callable[[Found, int], None]) -> Named:
        """The first reading, of headers alone: which numbers tickets keep. Nothing is written."""
        named = Named()
        batch: list[bytes] = []
        for one in found:
            named.mails += 1
            each(one, named.mails)
            if one.problem:
                continue
            end = _HEADER_END.search(one.raw, 0, _HEADER_MAX)
            batch.append(one.raw[: end.end() if end else _HEADER_MAX])
            if len(batch) == BATCH_HEADERS:
                self._look(batch, named)
                batch = []
        self._look(batch, named)
        return named

    def _look(self, heads: Sequence[bytes], named: Named) -> None:
        cfg = self.site.cfg
        for one in self.readers.read_many(heads) if heads else ():
            if isinstance(one, Mail):
                names = named.ours if _is_ours(one, cfg) else named.others
                names.update(old_tags.numbers_in(one.subject, cfg, self.matcher))

    def take(
        self, found: Iterable[Found], named: Named, *, open_since: datetime, each: Callable[[Found, Tally], None]
    ) -> Tally:
        """All of them; then tickets on which nobody wrote since `open_since` are closed, as of their last mail."""
        tally = Tally()
        # What takes no number of its own comes above those that do.
        numbers.begin_at(self.store, max(named.highest + 1, self.site.cfg.mail.number_start))
        site = replace(self.site, kept_numbers=frozenset(named.ours))
        for batch in _batches(found, tally, each):
            self._take(batch, site, tally)
        touched = sorted(tally.touched)
        for start in range(0, len(touched), 1000):
            tally.closed += imports.close_old(self.store, touched[start : start + 1000], open_since)
        return tally

    def _take(self, raws: Sequence[bytes], site: Site, tally: Tally) -> None:
        at = now()
        by_key = {archive_key(raw): (raw, one) for raw, one in zip(raws, self.readers.read_many(raws), strict=True)}
        mails = [_bytes(key, raw, one, at, site.cfg) for key, (raw, one) in by_key.items()]
        kept = imports.keep(self.store, mails, reason=imports.UNREAD)
        tally.known += sum(was_there for _, was_there in kept) + len(raws) - len(by_key)
        hit("archive_accepted")
        by_id = {spool_id: what for (spool_id, _), what in zip(kept, by_key.values(), strict=True)}
        self._settle([Read(one, *by_id[one.id]) for one in imports.unread(self.store, by_id)], site, tally)
        with self.store.main.read() as conn:
            tally.touched |= imports.tickets_of(conn, by_id)

    def _settle(self, read: Sequence[Read], site: Site, tally: Tally) -> None:
        """Decide on all of them; what came to no end is tried again, each mail by itself."""
        outcomes = process(self.store, site, self.matcher, read)
        hit("archive_written")
        done = [one for one in outcomes if one.state is not None]
        imports.decided(self.store, [_closed(one) for one in done])
        for one in done:
            opened = one.plan is not None and one.plan.draft.opens_ticket
            tally.opened += opened
            tally.joined += one.state == "done" and not opened
            tally.set_aside += one.state != "done"
        raws = {one.claimed.id: one.raw for one in read}
        for one in outcomes:
            if one.state is None:
                self._settle([self._once_more(one.claimed, raws[one.claimed.id])], site, tally)

    def _once_more(self, claimed: Claimed, raw: bytes) -> Read:
        (mail,) = self.readers.read_many([raw])
        return Read(replace(claimed, attempts=min(claimed.attempts + 1, ATTEMPTS), alone=True), raw, mail)


def _batches(found: Iterable[Found], tally: Tally, each: Callable[[Found, Tally], None]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for one in found:
        each(one, tally)
        tally.read += 1
        if one.problem:
            tally.failures.append(one)
            continue
        batch.append(one.raw)
        size += len(one.raw)
        if len(batch) >= BATCH_MAILS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _bytes(key: str, raw: bytes, mail: Mail | ReaderDied, at: datetime, cfg: Config) -> Bytes:
    return Bytes(
        key=key,
        raw=raw,
        sha256=hashlib.sha256(raw).hexdigest(),
        source=_SENT if _is_ours(mail, cfg) else old_tags.SOURCE,
        mail_from=None,
        recipients=recipients_of(raw, (), cfg),
        at=date_of(raw, at) or at,
    )


def _is_ours(mail: Mail | ReaderDied, cfg: Config) -> bool:
    """Whether one of us wrote it."""
    author = mail.from_.key if isinstance(mail, Mail) and mail.from_ else ""
    return cfg.is_ours(author) or cfg.agent_for(author) is not None


def _closed(one: Outcome) -> Closed:
    assert one.state is not None
    return Closed(id=one.claimed.id, fence=one.claimed.fence, state=one.state, reason=one.reason)
