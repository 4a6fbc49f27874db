"""Accepting mail: one committer thread that puts everything waiting into one durable transaction.

Nobody waits for a batch to fill: while one commit runs, the next batch gathers. What a future answers is committed,
and only then may a sender be told 250, a mail be moved, or a pipe exit 0.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway import faults, log
from gateway.errors import Full, GatewayError, Temporary
from gateway.mail.header.received import handed_over_as
from gateway.mail.value import Envelope
from gateway.now import now
from gateway.store import Store, room
from gateway.store.spool import Accepted, ImapUid, NewMail, insert_batch

_BATCH_MAILS = 500
_BATCH_BYTES = 32 * 1024 * 1024
_LOOK_EVERY = 1.0  # seconds between two looks at the free space


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """What was submitted together and is answered together."""

    mails: Sequence[NewMail]
    size: int
    done: Future[list[Accepted]]


class Spool:
    """The door of the store. Thread-safe; start it once per process, stop it to drain it."""

    def __init__(
        self,
        store: Store,
        *,
        on_commit: Callable[[], None] | None = None,
        min_free: int = 0,
        duplicate_for: timedelta = timedelta(days=7),
        waiting_bytes_max: int = 256 * 1024 * 1024,
        waiting_mails_max: int = 10_000,
    ) -> None:
        self._store = store
        self._on_commit = on_commit
        self._min_free = min_free
        self._duplicate_for = duplicate_for
        self._bytes_max = waiting_bytes_max
        self._mails_max = waiting_mails_max
        self._waiting: deque[_Unit] = deque()
        self._changed = threading.Condition()
        self._bytes = 0
        self._mails = 0
        self._open = False
        self._thread: threading.Thread | None = None
        self._folders = room.folders(store)
        self._looked_at = float("-inf")
        self._room = room.Room(store.data_dir, 0)
        self.commits = 0  # transactions so far

    def start(self) -> None:
        self._open = True
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Take no more, commit what waits, and return."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    def take_up(self, *, min_free: int, duplicate_for: timedelta) -> None:
        """The configuration has changed: this counts from the next mail on."""
        self._min_free = min_free
        self._duplicate_for = duplicate_for

    # ---- the door --------------------------------------------------------------------------------------------------

    def submit(
        self,
        raw: bytes,
        envelope: Envelope,
        source: str,
        *,
        quiet: bool = False,
        imap: ImapUid | None = None,
        received_at: datetime | None = None,
    ) -> Future[Accepted]:
        """Hand in one mail; the future answers after the commit, or raises Temporary or Full."""
        mail = NewMail(
            raw=raw, envelope=envelope, source=source, quiet=quiet, imap=imap, received_at=received_at or now()
        )
        answer: Future[Accepted] = Future()
        answer.set_running_or_notify_cancel()  # a client that hangs up does not take its mail back (T24)
        self.submit_many([mail]).add_done_callback(lambda done: _pass_on_first(done, answer))
        return answer

    def submit_many(self, mails: Sequence[NewMail]) -> Future[list[Accepted]]:
        """Hand in mails as one unit: all are accepted in one transaction, or none."""
        unit = _Unit(mails=mails, size=sum(len(mail.raw) for mail in mails), done=Future())
        unit.done.set_running_or_notify_cancel()
        try:
            self.check_room()
            self._enqueue(unit)
        except GatewayError as error:
            unit.done.set_exception(error)
        return unit.done

    def accept(
        self,
        raw: bytes,
        envelope: Envelope,
        source: str,
        *,
        quiet: bool = False,
        imap: ImapUid | None = None,
        received_at: datetime | None = None,
        timeout: float = 60.0,
    ) -> Accepted:
        """Hand in one mail and wait for the commit. Raises Temporary or Full."""
        future = self.submit(raw, envelope, source, quiet=quiet, imap=imap, received_at=received_at)
        try:
            return future.result(timeout)
        except TimeoutError:
            raise Temporary(f"no commit within {timeout:.0f} s")

    def check_room(self) -> None:
        """Raise Full while a disk of ours has less than `min_free` bytes left."""
        if self._min_free <= 0:
            return
        at = time.monotonic()
        if at - self._looked_at > _LOOK_EVERY:
            self._room, self._looked_at = room.least(self._folders), at
        if self._room.free < self._min_free:
            free, wanted = self._room.free // 1_000_000, self._min_free // 1_000_000
            raise Full(f"{self._room.folder}: {free} MB free, wanted {wanted}")

    def _enqueue(self, unit: _Unit) -> None:
        with self._changed:
            if not self._open:
                raise Temporary("the gateway is not taking mail now")
            if self._waiting and self._bytes + unit.size > self._bytes_max:
                raise Full("too many bytes are waiting to be written")
            if self._waiting and self._mails + len(unit.mails) > self._mails_max:
                raise Temporary("too many mails are waiting to be written")
            self._waiting.append(unit)
            self._bytes += unit.size
            self._mails += len(unit.mails)
            self._changed.notify()
        if faults.sabotaged("early_250"):
            unit.done.set_result([Accepted(spool_id=0, duplicate=False) for _ in unit.mails])

    # ---- the committer ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while batch := self._take():
            self._commit(batch)

    def _take(self) -> list[_Unit]:
        """Everything that waits, as far as one transaction should hold it; empty when we are to end."""
        with self._changed:
            while not self._waiting:
                if not self._open:
                    return []
                self._changed.wait()
            batch: list[_Unit] = []
            mails = size = 0
            while self._waiting:
                unit = self._waiting[0]
                if batch and (mails + len(unit.mails) > _BATCH_MAILS or size + unit.size > _BATCH_BYTES):
                    break
                batch.append(self._waiting.popleft())
                mails, size = mails + len(unit.mails), size + unit.size
            self._mails -= mails
            self._bytes -= size
            return batch

    def _commit(self, batch: list[_Unit]) -> None:
        mails = [mail for unit in batch for mail in unit.mails]
        try:
            faults.hit("before_spool_commit")
            answers = insert_batch(
                self._store,
                mails,
                duplicate_for=self._duplicate_for,
                check_keys=not faults.sabotaged("no_key"),
            )
            faults.hit("after_spool_commit")
        except GatewayError as error:
            self._refuse(batch, error)
        except Exception as error:  # noqa: BLE001 - the top of the committer's loop
            if len(batch) > 1:  # one of them cannot be stored: find out which, the others shall not suffer
                for unit in batch:
                    self._commit([unit])
                return
            log.crashed("committer", error)
            self._refuse(batch, Temporary("the mail could not be stored"))
        else:
            self.commits += 1
            self._answer(batch, answers)

    def _refuse(self, batch: list[_Unit], error: GatewayError) -> None:
        for unit in batch:
            if not unit.done.done():
                unit.done.set_exception(error)

    def _answer(self, batch: list[_Unit], answers: list[Accepted]) -> None:
        start = 0
        for unit in batch:
            end = start + len(unit.mails)
            if not unit.done.done():
                unit.done.set_result(answers[start:end])
            start = end
        if self._on_commit is not None:
            self._on_commit()
        for mail, accepted in zip((mail for unit in batch for mail in unit.mails), answers, strict=True):
            if accepted.duplicate:
                queue_id = handed_over_as(mail.raw)
                log.mail_repeated(accepted.spool_id, mail.source, peer=mail.envelope.peer, queue_id=queue_id)
            else:
                log.mail_accepted(
                    accepted.spool_id,
                    mail.source,
                    size=len(mail.raw),
                    mail_from=mail.envelope.mail_from,
                    peer=mail.envelope.peer,
                    queue_id=handed_over_as(mail.raw),
                )


def _pass_on_first(done: Future[list[Accepted]], answer: Future[Accepted]) -> None:
    error = done.exception()
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(done.result()[0])
