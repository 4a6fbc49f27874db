"""Getting the bytes of mails out of a mailbox whatever the server does: in batches, bounded, none blocking another.

A mail that fails is fetched again by itself; after three such failures it is hopeless, and the sweep says so.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from gateway import log
from gateway.intake.imap_errors import Lost, Refused
from gateway.intake.imap_run import Run
from gateway.intake.imap_session import ImapSession, Waiting

BATCH_MAILS = 100
BATCH_BYTES = 8 * 1024 * 1024
_LISTED = 1000  # mails whose sizes are asked for ahead
_ALONE_TRIES = 3


class Fetcher:
    """Fetches from one folder after the other, and remembers which mails made trouble."""

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._trouble: Counter[int] = Counter()  # uid -> failures; the first may be another's in its batch
        self._epoch: object = None
        self._estimates = False  # the server's sizes are estimates

    def batches(self, session: ImapSession, run: Run) -> Iterator[list[Waiting]]:
        """What is open, in the order of arrival; mails that made trouble by themselves, the worst last.

        The caller takes out of `run.open` what it resolves.
        """
        if self._epoch != run.place:
            self._trouble.clear()
            self._epoch = run.place
        suspects: list[Waiting] = []
        uids = sorted(run.open)
        for start in range(0, len(uids), _LISTED):
            listed = uids[start : start + _LISTED]
            mails = session.waiting(listed)
            _gone(run, set(listed) - {mail.uid for mail in mails})
            suspects += [mail for mail in mails if self._is_suspect(mail)]
            yield from _split([mail for mail in mails if not self._is_suspect(mail)])
        for mail in sorted(suspects, key=lambda suspect: self._trouble[suspect.uid]):
            yield [mail]

    def _is_suspect(self, mail: Waiting) -> bool:
        return mail.size > self._max_size or self._trouble[mail.uid] > 0

    def hopeless(self, mail: Waiting) -> str:
        """Why this mail will not be had, or `""`."""
        if mail.size > self._max_size:
            return f"it has {mail.size:,} bytes, more than the {self._max_size:,} that are taken"
        return "the server could not deliver it" if self._trouble[mail.uid] > _ALONE_TRIES else ""

    def fetch(self, session: ImapSession, run: Run, batch: Sequence[Waiting]) -> list[tuple[Waiting, bytes]]:
        """The mails of a batch that could be had; the others are gone, or counted and tried again. Raises Lost."""
        if not batch:
            return []
        try:
            bodies = session.fetch(batch)
        except Lost:
            self._trouble.update(mail.uid for mail in batch)
            raise
        except Refused as exc:
            if len(batch) > 1:
                return [mail for alone in batch for mail in self.fetch(session, run, [alone])]
            bodies = {} if "EXPUNGEISSUED" in str(exc).upper() else {batch[0].uid: None}
        _gone(run, {mail.uid for mail in batch} - bodies.keys())
        fetched = []
        for mail in batch:
            if mail.uid in bodies:
                raw = bodies[mail.uid]
                if raw is None:
                    self._trouble[mail.uid] += 1
                elif self._is_whole(session, run, mail, raw):
                    fetched.append((mail, raw))
        return fetched

    def _is_whole(self, session: ImapSession, run: Run, mail: Waiting, raw: bytes) -> bool:
        """Whether `raw` is all of the mail: as long as told, give or take line ends, or the same a second time."""
        if self._estimates or abs(len(raw) - mail.size) <= raw.count(b"\n") + 2:
            return True
        self._trouble[mail.uid] += 1
        if session.fetch([mail]).get(mail.uid) != raw:
            return False
        self._estimates = True
        log.imap_size_differs(run.place.account, run.place.folder, mail.uid, told=mail.size, got=len(raw))
        return True

    def forget(self, uids: Collection[int]) -> None:
        """These are resolved, whatever trouble they made."""
        for uid in uids:
            del self._trouble[uid]


def _split(mails: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    batch: list[Waiting] = []
    size = 0
    for mail in mails:
        if batch and (len(batch) == BATCH_MAILS or size + mail.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(mail)
        size += mail.size
    if batch:
        yield batch


def _gone(run: Run, uids: Collection[int]) -> None:
    if uids:
        log.imap_vanished(run.place.account, run.place.folder, sorted(uids))
        run.resolved(uids)
