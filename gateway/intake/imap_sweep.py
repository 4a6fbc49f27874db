"""One sweep of a mailbox: what waits there is fetched, committed to the spool, and then moved, flagged or deleted.

The ledger (`store.imap`) says what is known; `\\Seen` is never looked at or changed, people may read the mailbox. While
one batch is committed the next is fetched.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta

from gateway import faults, log
from gateway.config import Config, Imap
from gateway.errors import Temporary
from gateway.intake import unaddressed
from gateway.intake.imap_errors import Refused
from gateway.intake.imap_fetch import Fetcher
from gateway.intake.imap_filing import Filing, foretold
from gateway.intake.imap_run import Run, Treatment
from gateway.intake.imap_session import ImapSession, Look, Waiting
from gateway.intake.spool import Spool
from gateway.intake.stand_in import stand_in
from gateway.mail.value import Envelope
from gateway.now import now
from gateway.store import Store, imap, reread
from gateway.store.imap import FolderState, Place
from gateway.store.spool import Accepted, ImapUid, NewMail

_HEADER_MAX = 64 * 1024
_COMMIT_WAIT = 60.0  # seconds
ARRIVED_LATELY = timedelta(days=7)
_OLD = timedelta(days=1)
_NOTED_EVERY = 60.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Mails handed to the spool and not filed yet."""

    uids: list[int]
    done: "Future[list[Accepted]]"


class Sweeper:
    """The sweeps of one folder of a mailbox, over as many connections as it takes."""

    def __init__(
        self, account: Imap, folder: str, *, cfg: Config, store: Store, spool: Spool, checkpoint: Callable[[], bool]
    ) -> None:
        """`checkpoint()` is asked before every step: False ends the sweep in order, an exception at once."""
        self._account = account
        self.folder = folder
        self._cfg = cfg
        self._store = store
        self._spool = spool
        self._checkpoint = checkpoint
        self._fetcher = Fetcher(account.max_size)
        self._filing = Filing(account, store)
        self._may_reread = True
        self._noted = -_NOTED_EVERY  # when it was last recorded that all is well

    def take_up(self, cfg: Config) -> None:
        """From the next mail on, these addresses are ours."""
        self._cfg = cfg

    def begin(self) -> None:
        """A new connection: what the last one left undone is looked for."""
        self._filing.begin()
        self._may_reread = True

    def sweep(self, session: ImapSession) -> bool:
        """Take what waits. True if something is left that deserves another try soon. Raises as the session does."""
        began = time.monotonic()
        account, folder = self._account.name, self.folder
        state = imap.folder_state(self._store, account, folder)
        unseen = session.unseen(folder) if state is None else None
        look = session.select(folder)
        place = Place(account=account, folder=folder, uidvalidity=look.uidvalidity)
        if state is None:
            what = foretold(self._account, is_readonly=session.is_readonly)
            log.imap_first_look(account, folder, mails=look.exists, unseen=unseen, start=self._account.start, what=what)
            if self._account.start == "new":
                imap.looked(self._store, place, look.uid_next)
                return False
        elif state.uidvalidity != look.uidvalidity:
            log.imap_uidvalidity_changed(account, folder, before=state.uidvalidity, after=look.uidvalidity)
        self._filing.catch_up(session, look, place)
        current = state if state is not None and state.uidvalidity == look.uidvalidity else None
        first = current.uid_next if current else 1
        run = Run(place=place, look=look, treat=_unless_withdrawn(self._treatment(state, look)))
        run.begin(session.uids(first, look), imap.known(self._store, place, first))
        self._take(session, run)
        # Until a first or a renumbered folder is through, the next sweep must know it as such.
        if run.uid_next() != current.uid_next if current else not run.open:
            imap.looked(self._store, place, run.uid_next())
        elif time.monotonic() - self._noted >= _NOTED_EVERY:
            self._noted = time.monotonic()
            imap.swept(self._store, place)
        elsewhere = self._may_reread and self._reread(session)
        if run.taken or run.left_alone:
            seconds = time.monotonic() - began
            log.imap_swept(account, folder, taken=run.taken, left_alone=run.left_alone, seconds=seconds)
        return bool(run.open) or self._filing.behind or self._may_reread or elsewhere

    def _treatment(self, state: FolderState | None, look: Look) -> Callable[[Waiting], Treatment]:
        """The rule for this sweep's mails. What came after the SELECT is new in any case."""
        if state is None:
            return lambda mail: Treatment.QUIET if mail.uid < look.uid_next else Treatment.TAKE
        if state.uidvalidity == look.uidvalidity:
            return lambda _: Treatment.TAKE

        # Every uid is new. The delivery keys know what was taken; what was there before our first look shall be left
        # alone again; what is neither, and not of today, gets no acknowledgement.
        def renumbered(mail: Waiting) -> Treatment:
            if mail.uid >= look.uid_next:
                return Treatment.TAKE
            if self._account.start == "new" and mail.arrived_at and mail.arrived_at < state.seen_at:
                return Treatment.LEAVE
            return Treatment.TAKE if mail.arrived_at and mail.arrived_at > now() - _OLD else Treatment.QUIET

        return renumbered

    def _reread(self, session: ImapSession) -> bool:
        """A backup was put back: what was processed since then is submitted once more; the delivery keys know most.

        True where another folder is selected by now.
        """
        account = self._account
        since = reread.reread_since(self._store, account.name)
        if since is not None:
            if account.after_kind == "move" and session.has_folder(account.after_arg):
                look = session.select(account.after_arg, readonly=True)
                place = Place(account=account.name, folder=account.after_arg, uidvalidity=look.uidvalidity)
                run = Run(place=place, look=look, treat=lambda _: Treatment.TAKE, again=True)
                run.begin(session.since(since), set())
                self._take(session, run)
                log.imap_reread(account.name, place.folder, since=since, mails=run.taken)
                if run.open:
                    return True
            reread.reread_done(self._store, account.name)
        self._may_reread = False
        return since is not None

    # ---- taking ----------------------------------------------------------------------------------------------------

    def _take(self, session: ImapSession, run: Run) -> None:
        behind: _Batch | None = None
        for batch in self._fetcher.batches(session, run):
            if not self._checkpoint():
                break
            mails = self._fetcher.fetch(session, run, self._sorted_out(session, run, batch))
            if behind:
                self._settle(session, run, behind)
                behind = None
            if mails:
                behind = self._submit(session, run, mails)
        if behind:
            self._settle(session, run, behind)

    def _sorted_out(self, session: ImapSession, run: Run, batch: Sequence[Waiting]) -> list[Waiting]:
        """The mails of a batch that are to be fetched; the others are dealt with here."""
        leave = [mail.uid for mail in batch if run.treat(mail) is Treatment.LEAVE]
        if leave:
            imap.left_alone(self._store, run.place, leave)
            run.resolved(leave)
            run.left_alone += len(leave)
        wanted = []
        for mail in batch:
            if mail.uid not in run.open:
                continue
            if why := self._fetcher.hopeless(mail):
                self._accept_stand_in(session, run, mail, why)
            else:
                wanted.append(mail)
        return wanted

    def _submit(self, session: ImapSession, run: Run, mails: Sequence[tuple[Waiting, bytes]]) -> _Batch:
        uids = [mail.uid for mail, _ in mails]
        if faults.sabotaged("flag_first"):
            self._filing.put_away(session, run.look, uids)
        new = [self._new_mail(run, mail, raw, in_ledger=not run.again) for mail, raw in mails]
        return _Batch(uids=uids, done=self._spool.submit_many(new))

    def _new_mail(self, run: Run, mail: Waiting, raw: bytes, *, in_ledger: bool) -> NewMail:
        place = run.place
        uid = ImapUid(account=place.account, folder=place.folder, uidvalidity=place.uidvalidity, uid=mail.uid)
        quiet = run.treat(mail) is Treatment.QUIET
        received_at = now()
        # The customer waits since the mail arrived; but a mail of last year that a person puts here is of today.
        if mail.arrived_at and (quiet or received_at - ARRIVED_LATELY < mail.arrived_at):
            received_at = min(received_at, mail.arrived_at)
        return NewMail(
            raw=raw,
            envelope=Envelope(recipients=(unaddressed.recipient(raw, self._cfg, self._account.own_address),)),
            source=f"imap:{self._account.name}",
            quiet=quiet,
            imap=uid if in_ledger else None,
            received_at=received_at,
        )

    def _settle(self, session: ImapSession, run: Run, batch: _Batch) -> None:
        """Wait for the commit, then file."""
        committed(batch.done)
        self._checkpoint()
        run.resolved(batch.uids)
        run.taken += len(batch.uids)
        self._fetcher.forget(batch.uids)
        if not run.again and not faults.sabotaged("flag_first"):
            self._filing.file(session, run.look, run.place, batch.uids)

    def _accept_stand_in(self, session: ImapSession, run: Run, mail: Waiting, why: str) -> None:
        """Accept a note in place of a mail that cannot be fetched; the mail itself is kept at the server."""
        place = run.place
        log.imap_not_fetched(place.account, place.folder, mail.uid, size=mail.size, why=why)
        if not run.again:
            folder = self._filing.aside(session) or place.folder
            note = (
                f"This mail was not taken over from the mailbox: {why}.\n"
                f"It lies in the folder {folder} of the mailbox {place.account} ({self._account.user}).\n"
            )
            subject = f"A mail in the mailbox {place.account} that cannot be read"
            raw = stand_in(self._header(session, mail), subject=subject, note=note)
            # Not in the ledger with a spool row: what is filed from there may be deleted, and this must not be.
            committed(self._spool.submit_many([self._new_mail(run, mail, raw, in_ledger=False)]))
            self._filing.set_aside(session, run.look, place, mail.uid)
            imap.left_alone(self._store, place, [mail.uid])
            run.taken += 1
        run.resolved([mail.uid])

    def _header(self, session: ImapSession, mail: Waiting) -> bytes:
        try:
            return session.header(mail.uid, _HEADER_MAX)
        except Refused:
            return b""


def _unless_withdrawn(treat: Callable[[Waiting], Treatment]) -> Callable[[Waiting], Treatment]:
    """What a person deleted or has not finished is nobody's question."""
    return lambda mail: Treatment.LEAVE if mail.is_withdrawn else treat(mail)


def committed(done: "Future[list[Accepted]]") -> None:
    """Return when the spool has them. Raises what it raises, Temporary where that takes too long."""
    try:
        done.result(_COMMIT_WAIT)
    except TimeoutError:
        raise Temporary(f"no commit within {_COMMIT_WAIT:.0f} s")
