"""The folder of sent mail of a mailbox: answers that people wrote by hand are taken, and stay as they lie there.

Nothing is moved, flagged or deleted, whatever `after` says, and what lay there before the first look is left alone.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from gateway import log
from gateway.config import Config, Imap
from gateway.intake import unaddressed
from gateway.intake.imap_fetch import Fetcher
from gateway.intake.imap_run import Run, Treatment
from gateway.intake.imap_session import ImapSession, Waiting
from gateway.intake.imap_sweep import ARRIVED_LATELY, committed
from gateway.intake.spool import Spool
from gateway.mail.value import Envelope
from gateway.now import now
from gateway.store import Store, imap
from gateway.store.imap import FolderState, Place
from gateway.store.spool import ImapUid, NewMail

_NOT_THERE = 0  # the UIDVALIDITY of a folder that does not exist yet; servers give none below 1


class SentFolder:
    """The sweeps of one folder of sent mail, over as many connections as it takes."""

    def __init__(
        self, account: Imap, *, cfg: Config, store: Store, spool: Spool, checkpoint: Callable[[], bool]
    ) -> None:
        """`checkpoint()` is asked before every step: False ends the sweep in order, an exception at once."""
        self._account = account
        self._folder = account.sent or ""
        self._cfg = cfg
        self._store = store
        self._spool = spool
        self._checkpoint = checkpoint
        self._fetcher = Fetcher(account.max_size)

    def take_up(self, cfg: Config) -> None:
        """From the next mail on, these addresses are ours."""
        self._cfg = cfg

    def sweep(self, session: ImapSession) -> bool:
        """Take what was sent. True if something is left that deserves another try soon. Raises as the session does."""
        began = time.monotonic()
        account = self._account.name
        state = imap.folder_state(self._store, account, self._folder)
        if not session.has_folder(self._folder):  # many clients make it when they first send
            if state is None:
                log.imap_not_there(account, self._folder)
                imap.looked(self._store, Place(account=account, folder=self._folder, uidvalidity=_NOT_THERE), 1)
            return False
        look = session.select(self._folder, readonly=True)
        place = Place(account=account, folder=self._folder, uidvalidity=look.uidvalidity)
        if state is None:
            what = "all of it is left alone, answers sent by hand from now on are recorded"
            log.imap_first_look(account, self._folder, mails=look.exists, unseen=None, start="new", what=what)
            imap.looked(self._store, place, look.uid_next)
            return False
        current = state if state.uidvalidity == look.uidvalidity else None
        first = current.uid_next if current else 1
        run = Run(place=place, look=look, treat=_treatment(state, is_known=current is not None))
        run.begin(session.uids(first, look), imap.known(self._store, place, first))
        for batch in self._fetcher.batches(session, run):
            if not self._checkpoint():
                break
            self._take(session, run, batch)
        # Until a renumbered folder is through, the next sweep must know it as such.
        if run.uid_next() != current.uid_next if current else not run.open:
            imap.looked(self._store, place, run.uid_next())
        if run.taken or run.left_alone:
            seconds = time.monotonic() - began
            log.imap_swept(account, self._folder, taken=run.taken, left_alone=run.left_alone, seconds=seconds)
        return bool(run.open)

    def _take(self, session: ImapSession, run: Run, batch: Sequence[Waiting]) -> None:
        left = []
        for mail in batch:
            why = self._fetcher.hopeless(mail)
            if why:
                log.imap_not_fetched(run.place.account, run.place.folder, mail.uid, size=mail.size, why=why)
            if why or run.treat(mail) is Treatment.LEAVE:
                left.append(mail.uid)
        if left:
            imap.left_alone(self._store, run.place, left)
            run.resolved(left)
            run.left_alone += len(left)
        mails = self._fetcher.fetch(session, run, [mail for mail in batch if mail.uid in run.open])
        if not mails:
            return
        uids = [mail.uid for mail, _ in mails]
        committed(self._spool.submit_many([self._new_mail(run.place, mail, raw) for mail, raw in mails]))
        imap.filed(self._store, run.place, uids)  # there is nothing to be done with them at the server
        run.resolved(uids)
        run.taken += len(uids)
        self._fetcher.forget(uids)

    def _new_mail(self, place: Place, mail: Waiting, raw: bytes) -> NewMail:
        at = now()
        if mail.arrived_at and at - ARRIVED_LATELY < mail.arrived_at:  # the customer has it since then
            at = min(at, mail.arrived_at)
        return NewMail(
            raw=raw,
            envelope=Envelope(recipients=(unaddressed.recipient(raw, self._cfg, self._account.own_address),)),
            source=f"sent:{self._account.name}",
            imap=ImapUid(account=place.account, folder=place.folder, uidvalidity=place.uidvalidity, uid=mail.uid),
            received_at=at,
        )


def _treatment(state: FolderState, *, is_known: bool) -> Callable[[Waiting], Treatment]:
    """The rule for this sweep's mails: in a folder numbered anew, what was sent before our first look is left alone."""

    def treat(mail: Waiting) -> Treatment:
        is_old = not is_known and _arrived_before(mail, state.seen_at)
        return Treatment.LEAVE if is_old else Treatment.TAKE

    return treat


def _arrived_before(mail: Waiting, at: datetime) -> bool:
    """Servers tell whole seconds."""
    return mail.arrived_at is not None and mail.arrived_at < at.replace(microsecond=0)
