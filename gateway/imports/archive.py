"""An archive of mail (mboxes, Maildirs, single files): each mail goes its usual way, as old mail, with its own date.

What one of us wrote is filed as our answer. Nothing answers any of it; what a rule would send is not sent.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway import old_tags
from gateway.config import Config
from gateway.faults import hit
from gateway.intake.files import Found
from gateway.intake.ingest import date_of, recipients_of
from gateway.mail import Envelope, Mail
from gateway.now import now
from gateway.pipeline import Outcome, Read, process
from gateway.reader import ReaderDied, Readers
from gateway.rules import Matcher
from gateway.site import Site
from gateway.store import Store, imports, numbers, spool
from gateway.store.spool import Claimed, Closed, NewMail

BATCH_MAILS = 100
BATCH_BYTES = 8 * 1024 * 1024  # of mails in memory at a time
_SENT = f"sent:{old_tags.SOURCE}"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """How mails are taken in: nobody else may take up what is accepted here, so no daemon runs on the site."""

    store: Store
    site: Site
    readers: Readers
    matcher: Matcher

    @property
    def node(self) -> str:
        return f"import:{self.store.node}"

    def take(self, found: Iterable[Found], *, open_since: datetime, each: Callable[[Found, Tally], None]) -> Tally:
        """All of them; then tickets on which nobody wrote since `open_since` are closed, as of their last mail."""
        tally = Tally()
        spool.free_node(self.store, node=self.node, forgive=True)  # of an import that was killed
        for batch in _batches(found, tally, each):
            self._take(batch, tally)
        touched = sorted(tally.touched)
        for start in range(0, len(touched), 1000):
            tally.closed += imports.close_old(self.store, touched[start : start + 1000], open_since)
        return tally

    def _take(self, raws: Sequence[bytes], tally: Tally) -> None:
        read = self.readers.read_many(raws)
        at, cfg = now(), self.site.cfg
        mails = [_new_mail(raw, one, at, cfg) for raw, one in zip(raws, read, strict=True)]
        accepted = spool.insert_batch(self.store, mails)
        tally.known += sum(one.duplicate for one in accepted)
        hit("archive_accepted")
        self._raise_numbers([one for one in read if isinstance(one, Mail)])
        by_id = {row.spool_id: (raw, one) for row, raw, one in zip(accepted, raws, read, strict=True)}
        while claimed := spool.claim(self.store, node=self.node, limit=len(by_id), now=now(), only=sorted(by_id)):
            self._settle([Read(one, *by_id[one.id]) for one in claimed], tally)
        with self.store.main.read() as conn:
            tally.touched |= imports.tickets_of(conn, by_id)

    def _raise_numbers(self, mails: Sequence[Mail]) -> None:
        """Before any of them opens a ticket: what takes no number of its own comes above those that do."""
        cfg = self.site.cfg
        found = [old for one in mails for old in old_tags.numbers_in(one.subject, cfg, self.matcher)]
        numbers.begin_at(self.store, max((*found, cfg.mail.number_start - 1)) + 1)

    def _settle(self, read: Sequence[Read], tally: Tally) -> None:
        outcomes = process(self.store, self.site, self.matcher, read)
        hit("archive_written")
        done = [one for one in outcomes if one.state is not None]
        spool.close(self.store, node=self.node, done=[_closed(one) for one in done])
        again = [_claim(one.claimed) for one in outcomes if one.state is None]
        if again:
            spool.give_back(self.store, node=self.node, claims=again, alone=True, count_attempt=True)
        for one in done:
            opened = one.plan is not None and one.plan.draft.opens_ticket
            tally.opened += opened
            tally.joined += one.state == "done" and not opened
            tally.set_aside += one.state != "done"


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


def _new_mail(raw: bytes, mail: Mail | ReaderDied, at: datetime, cfg: Config) -> NewMail:
    author = mail.from_.key if isinstance(mail, Mail) and mail.from_ else ""
    is_ours = cfg.is_ours(author) or cfg.agent_for(author) is not None
    return NewMail(
        raw=raw,
        envelope=Envelope(recipients=recipients_of(raw, (), cfg)),
        source=_SENT if is_ours else old_tags.SOURCE,
        quiet=True,
        received_at=date_of(raw, at) or at,
    )


def _closed(one: Outcome) -> Closed:
    assert one.state is not None
    return Closed(id=one.claimed.id, fence=one.claimed.fence, state=one.state, reason=one.reason)


def _claim(claimed: Claimed) -> tuple[int, int]:
    return claimed.id, claimed.fence
