"""The sender of one way out: a thread that takes what leaves by it, and further ones while mail piles up.

Each thread has a connection of its own. Of one ticket nothing younger is sent while an older mail is in hand.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import ColumnElement

from gateway import log
from gateway.config import Config, Route
from gateway.delivery.answer import OF_THE_ENVELOPE, OF_THE_WAY, Answer, Carrier, Reason, Retry, Unreachable
from gateway.delivery.pace import LONG, Breaker, Pace, Senders
from gateway.delivery.recording import HOLD, Recorder
from gateway.errors import Temporary
from gateway.faults import hit
from gateway.now import now
from gateway.store import Store, leaving, outbox
from gateway.store.outbox import Due

BATCH = 32
_LOOK_EVERY = 5.0  # seconds, where the clock that wakes us stands
_STALLED = 5.0  # seconds over one mail: what else waits leaves by another connection
_READ_EVERY = 5.0  # seconds between two looks at what other nodes sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the senders of all ways out share. `wake` is set by whoever put something into the outbox."""

    store: Store
    node: str
    wake: threading.Event
    stop: threading.Event
    cfg_in_force: Callable[[], Config]
    recorder: Recorder
    on_trouble: Callable[[], None]  # a way out is in trouble, or out of it


@dataclass(slots=True, kw_only=True)
class _Batch:
    """What one connection has claimed. What is `left` is not begun, and is taken from it where it stalls."""

    left: list[Due] = field(default_factory=list)
    size: int = 0  # counts as gone, as far as the pace is concerned
    moved_at: float = 0.0  # by the monotonic clock: the last mail was begun


class RouteSender:
    """Delivers by one route until `office.stop` is set."""

    def __init__(
        self, office: Office, route: Route, new_carrier: Callable[[], Carrier], *, breaker: Breaker | None = None
    ) -> None:
        self.route = route
        self._office = office
        self._way = route.way
        self._new_carrier = new_carrier
        self._carrier = new_carrier()
        self._turn = threading.Lock()  # over everything below
        self._pace = Pace(route.way.rate)  # what was offered here
        self._share = Pace([rate for rate in route.way.rate if rate.per.total_seconds() >= LONG])  # what left at all
        self._read_at: float | None = None
        self._breaker = breaker or Breaker()
        self._senders = Senders()
        self._batches: list[_Batch] = []
        self._owed: list[Due] = []  # to be given back
        self._helpers: list[threading.Thread] = []
        self._seen: tuple[Config, Route, ColumnElement[bool] | None] | None = None
        self._is_up = False  # not known yet: what waits for it then leaves at the first success
        self._in_trouble: bool | None = None  # nor this: the first answer is a reason to look
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        thread = threading.Thread(target=self._run, name=f"sender {self.route.name}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def join(self, deadline: float) -> bool:
        """Wait until all threads have ended, until `deadline` of the monotonic clock; False where one has not."""
        with self._turn:
            threads = [*self._threads, *self._helpers]
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0.0))
        if not self._threads:
            self._carrier.close()
        return not any(thread.is_alive() for thread in threads)

    def look(self) -> None:
        """Mail is due: where a connection has been over one mail for long, what else it has goes to another one."""
        clock = time.monotonic()
        with self._turn:
            for batch in self._batches:
                if clock - batch.moved_at > _STALLED and self._call_help():
                    batch.moved_at = clock
                    back = batch.left[:]
                    batch.left.clear()
                    batch.size -= len(back)
                    self._give_back(back)

    def run_once(self) -> int:
        """Deliver what is due now, one batch at most; how many were tried. Temporary where the store is not there."""
        return self._deliver(self._carrier)

    def _run(self) -> None:
        office = self._office
        while not office.stop.is_set():
            office.wake.clear()
            if not self._guarded(self._carrier):
                office.wake.wait(_LOOK_EVERY)
        self._carrier.close()

    def _help(self) -> None:
        """A further connection, for as long as there is more than the others take."""
        carrier = self._new_carrier()
        while not self._office.stop.is_set() and self._guarded(carrier):
            pass
        carrier.close()

    def _guarded(self, carrier: Carrier) -> int:
        try:
            return self._deliver(carrier)
        except Temporary as error:
            log.database_trouble(error)
        except Exception as error:  # noqa: BLE001 - the top of the sender's loop
            log.crashed("sender", error)
        return 0

    # ---- claiming --------------------------------------------------------------------------------------------------

    def _deliver(self, carrier: Carrier) -> int:
        began = time.monotonic()
        batch = self._claim(began)
        if not batch.left:
            carrier.rest()
            return 0
        tried = 0
        try:
            while some := self._next(batch, carrier.together, began, is_first=tried == 0):
                answers = self._carry(carrier, some)
                self._office.recorder.record(some, answers, self._way, route=self.route.name)
                tried += len(some)
                self._note_trouble(answers)
        finally:
            with self._turn:
                self._batches.remove(batch)
                self._give_back(batch.left)
        return tried

    def _next(self, batch: _Batch, most: int, began: float, *, is_first: bool) -> list[Due]:
        """What is to be carried next; what is not to be carried now is given back. `is_first` may be a probe."""
        with self._turn:
            clock = time.monotonic()
            holds_back = self._breaker.is_open or self._breaker.rests(clock) or clock - began > HOLD
            ends = self._office.stop.is_set() or (holds_back and not is_first)
            resting = self._senders.resting(clock)
            self._give_back([due for due in batch.left if ends or due.sender in resting])
            stays = [due for due in batch.left if not ends and due.sender not in resting]
            some, batch.left = stays[:most], stays[most:]
            batch.moved_at = clock
            return some

    def _give_back(self, dues: Sequence[Due]) -> None:
        """Now, or with the next claim where the database is not there."""
        self._owed += dues
        try:
            outbox.give_back(self._office.store, node=self._office.node, dues=self._owed)
            self._owed.clear()
        except Temporary as error:
            log.database_trouble(error)

    def _claim(self, clock: float) -> _Batch:
        office, batch = self._office, _Batch(moved_at=clock)
        with self._turn:
            self._give_back(())
            which = self._which()
            if which is None or office.stop.is_set():
                return batch
            route, rows = which
            room = self._room(clock, rows)
            rows = leaving.without(rows, self._senders.resting(clock))
            due_at = outbox.next_due_at(office.store, rows) if room > 0 else None
            if room > 0 and self._breaker.is_open and (due_at is None or due_at > now()):
                # Whether it is back is asked once a minute, though all that waits for it is due later.
                due_at = now() if leaving.hasten(office.store, rows, OF_THE_WAY, most=1) else None
            if due_at is None or due_at > now():
                return batch
            own = office.cfg_in_force().gateway
            dues = outbox.claim_due(
                office.store,
                node=office.node,
                limit=room,
                now=now(),
                shadow=own.shadow,
                admin=own.admin,
                which=rows,
                in_order=self._way.connections > 1,
                by_weight=bool(self._way.rate),
            )
            batch.left, batch.size = [self._addressed(due, route) for due in dues], len(dues)
            if dues:
                self._batches.append(batch)
            if len(dues) == BATCH:
                self._call_help()
        return batch

    def _which(self) -> tuple[Route, ColumnElement[bool] | None] | None:
        """The route as it is now and its rows in the outbox; None where the settings know it no more."""
        cfg = self._office.cfg_in_force()
        if self._seen is None or self._seen[0] is not cfg:
            now_ = next((one for one in cfg.routes if one.name == self.route.name), None)
            if now_ is None:
                return None
            rows = leaving.rows_of(now_, cfg.routes)
            before, self._seen = self._seen, (cfg, now_, rows)
            if (before[1].way.automatic_from if before else "null") != now_.way.automatic_from:
                leaving.hasten(self._office.store, rows, OF_THE_ENVELOPE)
        return self._seen[1:]

    def _room(self, clock: float, rows: ColumnElement[bool] | None) -> int:
        if self._read_at is None:
            self._remember(self._pace, rows, clock)
        if self._read_at is None or clock - self._read_at >= _READ_EVERY:
            self._remember(self._share, rows, clock)
            self._read_at = clock
        in_hand = sum(batch.size for batch in self._batches)
        room = self._breaker.room(clock, BATCH)
        if self._breaker.is_open and in_hand:
            return 0
        # What others have in hand counts as gone.
        return min(room, *(pace.room(clock, BATCH + in_hand) - in_hand for pace in (self._pace, self._share)))

    def _remember(self, pace: Pace, rows: ColumnElement[bool] | None, clock: float) -> None:
        if pace.most:
            since = now() - timedelta(seconds=pace.span)
            left = leaving.left_at(self._office.store, rows, since=since, most=pace.most)
            pace.remember([(now() - one).total_seconds() for one in left], clock)

    def _call_help(self) -> bool:
        """Start a further connection; False where there may be no more of them."""
        self._helpers = [one for one in self._helpers if one.is_alive()]
        if len(self._helpers) + 1 >= self._way.connections or not self._threads or self._office.stop.is_set():
            return False
        helper = threading.Thread(target=self._help, name=f"sender {self.route.name}", daemon=True)
        helper.start()
        self._helpers.append(helper)
        return True

    def _addressed(self, due: Due, route: Route) -> Due:
        """Automatic mail has the envelope of now: what waits because one was refused leaves by the new one."""
        automatic_from = route.way.automatic_from
        return replace(due, envelope_from="" if automatic_from == "null" else automatic_from) if due.automatic else due

    # ---- carrying --------------------------------------------------------------------------------------------------

    def _carry(self, carrier: Carrier, dues: Sequence[Due]) -> list[Answer]:
        answers = carrier.deliver(dues)
        hit("after_send_before_record")
        clock = time.monotonic()
        is_back = False
        with self._turn:
            for due, answer in zip(dues, answers, strict=True):
                reached = not isinstance(answer, Unreachable)
                is_back = is_back or (reached and not self._is_up)
                self._is_up = reached
                if reached:
                    self._pace.note(clock)
                    self._share.note(clock)
                reason = answer.reason if isinstance(answer, Retry | Unreachable) else None
                if reason is Reason.SENDER_DELAYED:
                    self._senders.put_off(due.sender, clock)
                takes = reached and reason is not Reason.CUT_OFF
                if self._breaker.note(takes, clock, rest=reason in _FOR_A_WHILE):
                    if takes:
                        log.delivery_back(self.route.name)
                    else:
                        log.delivery_unreachable(self.route.name, answer.reply)
            rows = self._seen[2] if self._seen else None
        if is_back:
            self._hasten(rows)
        return answers

    def _hasten(self, rows: ColumnElement[bool] | None) -> None:
        """What failed to reach it waits for nothing else."""
        try:
            leaving.hasten(self._office.store, rows, OF_THE_WAY)
        except Temporary as error:  # it leaves when its time comes
            log.database_trouble(error)

    def _note_trouble(self, answers: Sequence[Answer]) -> None:
        """Whoever watches looks at once: there is something for the admin, or it is over."""
        bad = [one for one in answers if isinstance(one, Retry | Unreachable) and one.reason in _FOR_THE_ADMIN]
        with self._turn:
            in_trouble = bool(bad) or self._breaker.is_open
            changed, self._in_trouble = in_trouble != self._in_trouble, in_trouble
        if changed:
            self._office.on_trouble()


_FOR_THE_ADMIN = (Reason.NO_TLS, Reason.LOGIN_REFUSED, Reason.SENDER_REFUSED, Reason.NULL_SENDER_REFUSED)
_FOR_A_WHILE = (Reason.SLOW_DOWN, Reason.LOGIN_REFUSED)  # a login that fails over and over locks the account
