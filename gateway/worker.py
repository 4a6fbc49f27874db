"""The worker process: claims mails, has them read, and takes them through the pipeline; one thread reads ahead.

While one batch is decided and written, the next is already being read in the reader processes.
"""

import os
import queue
import select
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from gateway import log
from gateway.admin import advise, tell_admin
from gateway.claims import Claims
from gateway.errors import GatewayError, Permanent, Temporary
from gateway.mail import Mail
from gateway.pipeline import Outcome, Read, process
from gateway.reader import ReaderDied, Readers
from gateway.rules import RegexMatcher
from gateway.site import Site
from gateway.store import Store, spool
from gateway.tickets.auth_result import AuthResult
from gateway.tickets.reason import Reason
from gateway.verify import Arrival, Resolver, verify_all

BATCH = 100  # mails a claim
CHUNK_BYTES = 16 * 1024 * 1024  # of raw mail in memory at once
LOOK_EVERY = 0.5  # seconds: other processes file mail too
PAUSE = 2.0  # seconds after trouble with the database
RETRY_LATER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """Mails that were read, and those that cannot or must not be, with the reason."""

    read: list[Read]
    unusable: list[tuple[spool.Claimed, Reason]]

    @property
    def claims(self) -> list[tuple[int, int]]:
        return _claims([one.claimed for one in self.read] + [claimed for claimed, _ in self.unusable])


class Worker:
    """Runs until `stop` is set; then what is claimed and not yet decided goes back to the spool."""

    def __init__(
        self,
        store: Store,
        site_in_force: Callable[[], Site],
        readers: Readers,
        *,
        wake_fd: int,
        stop: threading.Event,
    ) -> None:
        self._store = store
        self._site_in_force = site_in_force
        self._site = site_in_force()
        self._readers = readers
        self._matcher = _matcher(self._site)
        self._wake_fd = wake_fd
        self._stop = stop
        self._resolver = Resolver(self._site.cfg.auth.dns)
        self._ahead: queue.Queue[_Chunk | None] = queue.Queue(maxsize=1)
        self.claims = Claims(store)
        self.is_behind = False  # more mails wait than a claim takes
        self.on_outbox: threading.Event = threading.Event()  # set when something was written to be sent
        self.on_changed: threading.Event = threading.Event()  # set when a ticket changed, of which people hear

    def run(self) -> None:
        reading = threading.Thread(target=self._read_ahead, name="reading", daemon=True)
        reading.start()
        while (chunk := self._next()) is not None:
            if self._stop.is_set():
                self._give_back(chunk.claims)
                continue
            self._take(chunk)
        reading.join()

    def _next(self) -> _Chunk | None:
        while True:
            try:
                # Not for ever: Python handles a signal that came just before we blocked only when we come back.
                return self._ahead.get(timeout=LOOK_EVERY)
            except queue.Empty:
                continue

    # ---- the reading thread ----------------------------------------------------------------------------------------

    def _read_ahead(self) -> None:
        while not self._stop.is_set():
            try:
                claimed = self.claims.take(BATCH)
                self.is_behind = len(claimed) == BATCH
                if not claimed:
                    self._wait()
                    continue
                self._read(claimed)
            except GatewayError as exc:
                log.database_trouble(exc)
                self._stop.wait(PAUSE)
            except Exception as exc:  # noqa: BLE001  top of the loop
                log.crashed("reading", exc)
                self._stop.wait(PAUSE)
        self._ahead.put(None)

    def _read(self, claimed: Sequence[spool.Claimed]) -> None:
        """Read a claim chunk by chunk, and hand each on; on trouble the rest goes back.

        Trouble of ours (no reader to be had, the database busy) counts no attempt; a bug may be one mail's doing, so
        each is tried alone then.
        """
        left = list(claimed)
        try:
            for chunk in _chunks(claimed):
                if self._stop.is_set():
                    break
                self._ahead.put(self._read_chunk(chunk))
                left = left[len(chunk) :]
        except GatewayError:
            self._give_back(_claims(left), later=RETRY_LATER)
            raise
        except Exception:
            self._give_back(_claims(left), alone=True)
            raise
        self._give_back(_claims(left))

    def _read_chunk(self, chunk: Sequence[spool.Claimed]) -> _Chunk:
        unusable: list[tuple[spool.Claimed, Reason]] = []
        whole: list[tuple[spool.Claimed, bytes]] = []
        for one in chunk:
            if one.is_spent:
                unusable.append((one, Reason.KILLED_READERS))
                continue
            try:
                whole.append((one, spool.raw_of(self._store, one)))
            except Permanent as exc:  # its file is gone; that is no reason to keep the others waiting
                log.mail_failed(one.id, None, exc)
                unusable.append((one, Reason.RAW_MISSING))
        mails = self._readers.read_many([raw for _, raw in whole])
        auths = self._verified(whole, mails)
        read = [Read(one, raw, mail, auth) for (one, raw), mail, auth in zip(whole, mails, auths, strict=True)]
        return _Chunk(read=read, unusable=unusable)

    def _verified(
        self, whole: Sequence[tuple[spool.Claimed, bytes]], mails: Sequence[Mail | ReaderDied]
    ) -> list[AuthResult | None]:
        """Who each mail is proved to be from: DNS is asked here, ahead of the mails' turn, in no transaction."""
        cfg = self._site_in_force().cfg
        arrivals = {
            at: Arrival(raw=raw, mail=mail, envelope=one.envelope, source=one.source, at=one.received_at)
            for at, ((one, raw), mail) in enumerate(zip(whole, mails, strict=True))
            if not isinstance(mail, ReaderDied) and not one.quiet and not one.is_sent
        }
        found = dict(zip(arrivals, verify_all(list(arrivals.values()), cfg, self._resolver), strict=True))
        return [found.get(at) for at in range(len(whole))]

    def _wait(self) -> None:
        ready, _, _ = select.select([self._wake_fd], [], [], LOOK_EVERY)
        if ready and not os.read(self._wake_fd, 4096):
            self._stop.wait(LOOK_EVERY)  # the other end is gone; the supervisor will stop us

    # ---- the deciding thread ---------------------------------------------------------------------------------------

    def _take_up_site(self) -> None:
        """What is in force now serves the next mails; what is in hand is finished with what it began with."""
        site = self._site_in_force()
        if site is not self._site:
            # Patterns that were switched off are tried anew: they may have been mended.
            self._site, self._matcher = site, _matcher(site)

    def _take(self, chunk: _Chunk) -> None:
        try:
            self._take_up_site()
            outcomes = process(self._store, self._site, self._matcher, chunk.read)
            outcomes += [Outcome(claimed=one, state="quarantined", reason=str(why)) for one, why in chunk.unusable]
            self.on_outbox.set()
            self.on_changed.set()
            _log(outcomes, chunk.read)
            self._close(outcomes)
            self._tell_admin(outcomes)
        except Temporary as exc:
            log.database_trouble(exc)
            self._give_back(chunk.claims, later=RETRY_LATER)
        except Exception as exc:  # noqa: BLE001  top of the loop
            log.crashed("worker", exc)
            self._give_back(chunk.claims, alone=True)

    def _close(self, outcomes: Sequence[Outcome]) -> None:
        done = [
            spool.Closed(id=one.claimed.id, fence=one.claimed.fence, state=one.state, reason=one.reason)
            for one in outcomes
            if one.state
        ]
        self.claims.close(done)
        again = _claims([one.claimed for one in outcomes if not one.state and one.later is None])
        if again:
            self.claims.give_back(again, alone=True, count_attempt=True)

        for one in outcomes:
            if one.later is not None:
                self._give_back(_claims([one.claimed]), later=one.later)

    def _tell_admin(self, outcomes: Sequence[Outcome]) -> None:
        alarms = dict.fromkeys(alarm for one in outcomes if one.plan for alarm in one.plan.alarms)
        for pattern in self._matcher.take_news():
            alarms[("a pattern in the rules is switched off", f"It timed out too often: {pattern}")] = None
        tell_admin(self._store, self._site, list(alarms))
        for advice in dict.fromkeys(one.plan.advice for one in outcomes if one.plan and one.plan.advice):
            advise(self._store, self._site, advice)

    def _give_back(self, claims: list[tuple[int, int]], *, later: timedelta | None = None, alone: bool = False) -> None:
        try:
            self.claims.give_back(claims, later=later, alone=alone, count_attempt=alone)
        except GatewayError as exc:  # the lease will run out by itself
            log.database_trouble(exc)


def _matcher(site: Site) -> RegexMatcher:
    return RegexMatcher(time.monotonic, limit=site.cfg.limits.regex_time.total_seconds())


def _claims(claimed: Sequence[spool.Claimed]) -> list[tuple[int, int]]:
    return [(one.id, one.fence) for one in claimed]


def _chunks(claimed: Sequence[spool.Claimed]) -> Iterator[list[spool.Claimed]]:
    """Runs of mails of at most CHUNK_BYTES together, one mail at least."""
    start = size = 0
    for index, one in enumerate(claimed):
        if index > start and size + one.size > CHUNK_BYTES:
            yield list(claimed[start:index])
            start, size = index, 0
        size += one.size
    if start < len(claimed):
        yield list(claimed[start:])


def _log(outcomes: Sequence[Outcome], read: Sequence[Read]) -> None:
    for one in outcomes:
        if one.state == "quarantined":
            mail = next((it.mail for it in read if it.claimed.id == one.claimed.id), None)
            log.mail_quarantined(one.claimed.id, None if isinstance(mail, ReaderDied) else mail, one.reason)
        elif one.plan is not None:
            plan = one.plan
            log.mail_done(one.claimed.id, plan.incoming.mail, plan.ticket, verdict=plan.verdict, reason=one.reason)
