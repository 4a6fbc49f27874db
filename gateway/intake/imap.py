"""The poller of one mailbox: a thread that holds the mailbox's lease, keeps a connection, and sweeps when mail comes.

It never gives up. A failure ends the connection; the next try waits longer, and the third in a row is an alarm.
"""

import random
import threading
import time
from contextlib import suppress
from datetime import timedelta

from gateway import log
from gateway.config import Config, Imap
from gateway.errors import GatewayError, Temporary
from gateway.intake.imap_errors import Refused, Unusable
from gateway.intake.imap_login import Login, LoginRefused
from gateway.intake.imap_sent import SentFolder
from gateway.intake.imap_session import ImapSession, Times
from gateway.intake.imap_sweep import Sweeper
from gateway.intake.spool import Spool
from gateway.oauth import Keeper
from gateway.store import Store, leases

ALARM_AT = 3  # failures in a row
_SLOWEST_MAIL = 32_768  # bytes/s, see imap_session
_LOGIN_GROWTH = 2.5
_LATEST = 1.5  # of the time between two looks: where nobody says that it is time, such as a clock that stands


class _LeaseLost(Temporary):
    """Another node polls this mailbox now."""


class ImapPoller:
    """`start()`; set `stop`, then `join()`. A watchdog should `cut()` where `is_stuck`."""

    def __init__(
        self,
        account: Imap,
        *,
        store: Store,
        spool: Spool,
        cfg: Config,
        stop: threading.Event,
        node: str = "",
        times: Times | None = None,
    ) -> None:
        self._account = account
        self._store = store
        self._node = node or store.node
        self._stopping = stop
        self._times = times or Times()
        self._span = timedelta(seconds=self._times.lease)
        self._login = Login(account, Keeper(store))
        self._readonly = cfg.gateway.shadow
        self._sweepers = [
            Sweeper(account, folder, cfg=cfg, store=store, spool=spool, checkpoint=self._checkpoint)
            for folder in account.folders
        ]
        sent = SentFolder(account, cfg=cfg, store=store, spool=spool, checkpoint=self._checkpoint)
        self._sent = sent if account.sent else None
        self._thread = threading.Thread(target=self._run, name=f"imap:{account.name}", daemon=True)
        self._session: ImapSession | None = None
        self._lease: leases.Lease | None = None
        self._renewed = 0.0
        self._no_idle_until = 0.0
        self._unusable: set[str] = set()  # folders that were told of on this connection
        self._agains = 0  # sweeps in a row that left something to try again
        self._login_failures = 0
        self._due = threading.Event()
        self.is_waiting = False  # for the clock to say that it is time
        self.failures = 0  # in a row
        self.heartbeat = time.monotonic()  # when it last did anything

    def start(self) -> None:
        self._thread.start()

    @property
    def every(self) -> float:
        """Seconds between two looks where the server announces nothing."""
        return self._account.poll.total_seconds()

    def look(self) -> None:
        """It is time to look, if nobody announces what comes."""
        self._due.set()

    def join(self, timeout: float = 10.0) -> None:
        """After `stop` was set: wait for the batch at hand; after `timeout` seconds cut it off, which loses nothing."""
        self._thread.join(timeout)
        if self._thread.is_alive():
            self.cut()
            self._thread.join(timeout)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def is_polling(self) -> bool:
        """Whether the mailbox is this node's to poll."""
        return self._lease is not None

    @property
    def is_stuck(self) -> bool:
        """Longer without a sign of life than any command with its time-outs may take."""
        longest = 180 + self._times.command + self._account.max_size / _SLOWEST_MAIL
        return time.monotonic() - self.heartbeat > longest

    def take_up(self, cfg: Config) -> None:
        """The configuration has changed: from the next mail on, these addresses are ours."""
        for sweeper in self._sweepers:
            sweeper.take_up(cfg)
        if self._sent:
            self._sent.take_up(cfg)

    def cut(self) -> None:
        """End the connection under the thread; it then begins anew."""
        if session := self._session:
            session.cut()

    # ---- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._pause(self._turn())
        self._let_go()

    def _turn(self) -> float:
        """One connection, if the mailbox is ours to poll. Returns the seconds until the next try."""
        try:
            if not self._has_lease():
                return self._times.lease / 4
            self._serve()
        except _LeaseLost:
            log.imap_taken_over(self._account.name)
            return self._times.lease / 4
        except GatewayError as exc:
            return self._after_failure(exc)
        except Exception as exc:  # noqa: BLE001 - the top of the poller's loop
            log.crashed(f"imap:{self._account.name}", exc)
            return self._after_failure(exc)
        return 0

    def _serve(self) -> None:
        """One connection, until it fails or we are to stop."""
        session = ImapSession.connect(self._account, self._times, self._login, readonly=self._readonly)
        self._session = session
        self._login_failures = 0
        folders = ", ".join(self._account.folders)
        log.imap_opened(self._account.name, folders, idle=session.can_idle, move=session.can_move)
        try:
            self._unusable.clear()
            for sweeper in self._sweepers:
                sweeper.begin()
            while self._checkpoint():
                again = self._sweep(session)
                self._after_success()
                self._wait(session, again=again)
                if self._agains and self._growing(self._agains) == self._times.retry_most:
                    return  # some servers grant what they refuse, once somebody gave us the right, to a new connection
        finally:
            self._session = None
            session.close()

    def _sweep(self, session: ImapSession) -> bool:
        """Once over the mailbox. The mails that were answered come before the answers, and at the end the folder is
        selected in which the next mail is awaited, the first one that can be read. Unusable where none can.
        """
        again, awaited, problem = False, None, None
        for sweeper in self._sweepers:
            if not self._checkpoint():
                return again
            try:
                again |= sweeper.sweep(session)
                awaited = awaited or sweeper
            except Unusable as exc:  # one folder that cannot be read must not keep mail in the others waiting
                problem = problem or exc
                self._tell_of(sweeper.folder, exc)
        if awaited is None and problem is not None:
            raise problem
        if self._sent and self._checkpoint():
            again |= self._sent.sweep(session)
        if (len(self._sweepers) > 1 or self._sent) and awaited and self._checkpoint():
            again |= awaited.sweep(session)
        return again

    def _tell_of(self, folder: str, problem: Unusable) -> None:
        if len(self._sweepers) > 1 and folder not in self._unusable:
            self._unusable.add(folder)
            log.imap_folder_failed(self._account.name, folder, str(problem))

    def _wait(self, session: ImapSession, *, again: bool) -> None:
        """Until there is something to look at: an announcement, the next poll, or mails that deserve another try."""
        self._agains = self._agains + 1 if again else 0
        at_most = self._growing(self._agains) if again else self._times.look
        if self._sent or len(self._sweepers) > 1:  # no server announces what is sent while another folder is selected
            at_most = min(at_most, self.every)
        if session.can_idle and time.monotonic() >= self._no_idle_until:
            try:
                session.idle(at_most, lambda: not self._is_ours())
            except Refused as exc:
                self._no_idle_until = time.monotonic() + self._times.idle_again
                log.imap_no_idle(self._account.name, str(exc))
        else:
            self._due.clear()
            self.is_waiting = True
            self._pause(min(at_most, self.every * _LATEST), until=self._due)
            self.is_waiting = False

    def _growing(self, count: int) -> float:
        return min(self._times.retry_most, self._times.retry_first * 2.0 ** min(count - 1, 30))

    def _pause(self, seconds: float, *, until: threading.Event | None = None) -> None:
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0 and not self._stopping.wait(min(1.0, rest)):
            self._is_ours()
            if until is not None and until.is_set():
                return

    # ---- lease and signs of life -----------------------------------------------------------------------------------

    def _has_lease(self) -> bool:
        if self._lease is None:
            self._renewed = time.monotonic()
            self._lease = leases.acquire(self._store, f"imap:{self._account.name}", self._node, lease=self._span)
        return self._is_ours()

    def _is_ours(self) -> bool:
        """Beat, and renew the lease when a third of it has passed. False when it is lost, or when we are to stop."""
        self.heartbeat = time.monotonic()
        age = self.heartbeat - self._renewed
        if self._lease and age > self._times.lease / 3:
            try:
                kept = leases.renew(self._store, self._lease, lease=self._span)
                self._renewed = self.heartbeat
            except GatewayError:
                kept = age < self._times.lease  # the database is busy; until then nobody else can have it
            if not kept:
                self._lease = None
        return self._lease is not None and not self._stopping.is_set()

    def _checkpoint(self) -> bool:
        """Whether to go on. Raises when the lease is lost: then nothing more may be fetched, committed or moved."""
        goes_on = self._is_ours()
        if self._lease is None:
            raise _LeaseLost("another node took over the mailbox")
        return goes_on

    def _let_go(self) -> None:
        lease, self._lease = self._lease, None
        if lease:
            with suppress(GatewayError):
                leases.release(self._store, lease)

    # ---- failures --------------------------------------------------------------------------------------------------

    def _after_success(self) -> None:
        if self.failures >= ALARM_AT:
            log.imap_recovered(self._account.name, failures=self.failures)
        self.failures = 0

    def _after_failure(self, exc: Exception) -> float:
        """Count it, say it, and return the seconds to wait."""
        times = self._times
        self.failures += 1
        if isinstance(exc, LoginRefused):
            self._login_failures += 1
            seconds = min(times.login_most, times.login_first * _LOGIN_GROWTH ** min(self._login_failures - 1, 30))
        else:
            seconds = self._growing(self.failures)
            if self.failures >= ALARM_AT:
                self._let_go()  # another node may reach the server
        seconds *= random.uniform(1.0, 1.3)  # upwards only: providers count logins
        log.imap_failed(self._account.name, str(exc), failures=self.failures, retry_in=seconds)
        return seconds
