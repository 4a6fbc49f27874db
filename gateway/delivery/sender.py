"""The sender: one thread that takes due rows of the outbox, has them carried, and records what came of each.

At least once (T108): a crash between the other side's yes and our record sends the same bytes again.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gateway import log
from gateway.config import Config
from gateway.delivery.aftermath import Done, aftermath, write
from gateway.delivery.answer import Answer, Carrier, Failed, Reason, Retry, Sent, Unreachable
from gateway.delivery.maildir import Maildir
from gateway.delivery.pace import Breaker, Pace
from gateway.delivery.retry import next_try
from gateway.delivery.signing import signer_of
from gateway.delivery.smtp import Smarthost
from gateway.errors import Temporary
from gateway.faults import hit, refuse_in_production
from gateway.now import now
from gateway.oauth import Keeper, accounts
from gateway.store import Store, bounces, outbox
from gateway.store.outbox import Due, Outcome
from gateway.tickets.bounces import Reach
from gateway.undelivered import Alarm, alarm, is_one_of_us

_BATCH = 32
_LOOK_EVERY = 0.5  # seconds; other processes write to the outbox too, and nothing wakes us for those
_HOLD = (
    outbox.LEASE.total_seconds() / 2
)  # seconds; what was claimed longer ago is given back, lest another sends it too


def carrier_of(cfg: Config, tokens: Keeper) -> Carrier:
    """The way out that `[delivery]` names. ConfigError where its key cannot sign."""
    target = cfg.delivery.to
    if target.path is not None:
        return Maildir(target.path)
    return Smarthost(
        target,
        helo=cfg.mail.host,
        password=cfg.delivery.password,
        token=_token_of(cfg, tokens),
        ca_file=cfg.delivery.ca_file,
        signer=signer_of(cfg.delivery),
    )


def _token_of(cfg: Config, tokens: Keeper) -> Callable[[str], str] | None:
    account = next((one for one in accounts(cfg) if one.use == "smtp"), None)
    return (lambda refused: tokens.token(account, refused=refused)) if account else None


class Sender:
    """Delivers the outbox until stopped. `wake` is set by whoever put something into it."""

    def __init__(
        self,
        store: Store,
        cfg: Config,
        *,
        node: str,
        wake: threading.Event,
        carrier: Carrier | None = None,
        breaker: Breaker | None = None,
        chance: Callable[[], float] = random.random,
        cfg_in_force: Callable[[], Config] | None = None,
        on_alarm: Callable[[Sequence[Alarm]], None] = lambda alarms: None,
    ) -> None:
        """`cfg_in_force` gives what may be changed while we run, `on_alarm` is handed what the admin must hear.

        ConfigError where test switches are armed and the delivery is a real one.
        """
        refuse_in_production(cfg)
        self._store = store
        self._cfg_in_force = cfg_in_force or (lambda: cfg)
        self._on_alarm = on_alarm
        self._give_up_after: timedelta = cfg.delivery.retry_for
        self._node = node
        self._wake = wake
        self._carrier = carrier or carrier_of(cfg, Keeper(store))
        self._pace = Pace(cfg.delivery.rate)
        self._breaker = breaker or Breaker()
        self._chance = chance
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Free what this node was sending when it died, then send in a thread of its own."""
        freed = outbox.free_node(self._store, self._node)
        if freed:
            log.sending_resumed(freed)
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """Finish the mail in hand, give back the rest; False where that took longer than `timeout` seconds."""
        self._stop.set()
        self._wake.set()
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def run_once(self) -> int:
        """Deliver what is due now, one batch at most; how many were tried. Temporary where the store is not there."""
        clock = time.monotonic()
        room = self._pace.room(clock, self._breaker.room(clock, _BATCH))
        due_at = outbox.next_due_at(self._store) if room else None
        if due_at is None or due_at > now():
            self._carrier.rest()
            return 0
        dues = outbox.claim_due(self._store, node=self._node, limit=room, now=now())
        tried = 0
        while tried < len(dues):
            too_late = time.monotonic() - clock > _HOLD
            if too_late or self._stop.is_set() or (self._breaker.is_open and tried):
                outbox.give_back(self._store, node=self._node, dues=dues[tried:])
                break
            some = dues[tried : tried + self._carrier.together]
            self._record(some, self._carry(some))
            tried += len(some)
        return tried

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                busy = self.run_once()
            except Temporary as error:
                log.database_trouble(error)
                busy = 0
            except Exception as error:  # noqa: BLE001 - the top of the sender's loop
                log.crashed("sender", error)
                busy = 0
            if not busy:
                self._wake.wait(_LOOK_EVERY)
        self._carrier.close()

    def _carry(self, dues: Sequence[Due]) -> list[Answer]:
        answers = self._carrier.deliver(dues)
        hit("after_send_before_record")
        clock = time.monotonic()
        for answer in answers:
            self._pace.note(clock)
            reached = not isinstance(answer, Unreachable)
            if self._breaker.note(reached, clock):
                if reached:
                    log.delivery_back()
                else:
                    log.delivery_unreachable(answer.reply)
        return answers

    def _record(self, dues: Sequence[Due], answers: Sequence[Answer]) -> None:
        """Outcomes and events in one transaction. It is tried until it succeeds: what is not recorded is sent again."""
        at, cfg = now(), self._cfg_in_force()
        pairs = zip(dues, answers, strict=True)
        done = [aftermath(due, answer, self._outcome(due, answer, at), cfg, at) for due, answer in pairs]
        outcomes = [one.outcome for one in done]

        def work(conn: Connection) -> set[int]:
            refused = outbox.record_in(conn, node=self._node, outcomes=outcomes)
            for one in done:
                if one.due.id not in refused:
                    write(conn, one, cfg, at)
            return refused

        before = self._reaches(done, cfg)
        try:
            refused = self._commit(work)
        except IntegrityError as error:  # an event that cannot be written must not make us send for ever
            log.crashed("delivery event", error)
            refused = self._commit(lambda conn: outbox.record_in(conn, node=self._node, outcomes=outcomes))
        for one in done:
            _tell(one.due, one.outcome, lost=one.due.id in refused)
        failed = [one.undelivered for one in done if one.undelivered and one.due.id not in refused]
        if alarms := [found for one in failed if (found := alarm(one, before.get(one.key), cfg, at))]:
            self._on_alarm(alarms)

    def _reaches(self, done: Sequence[Done], cfg: Config) -> Mapping[str, Reach]:
        """How the addresses of ours stood to which something could not be delivered now."""
        ours = {one.undelivered.key for one in done if one.undelivered and is_one_of_us(one.undelivered.key, cfg)}
        if not ours:
            return {}
        with self._store.main.read() as conn:
            return bounces.reaches(conn, ours)

    def _commit(self, work: Callable[[Connection], set[int]]) -> set[int]:
        deadline = time.monotonic() + _HOLD
        while True:
            try:
                return self._store.main.retrying(work)
            except Temporary as error:
                log.database_trouble(error)
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def _outcome(self, due: Due, answer: Answer, at: datetime) -> Outcome:
        if isinstance(answer, Sent):
            return Outcome(id=due.id, fence=due.fence, state="sent", reply=answer.reply)
        if isinstance(answer, Failed):
            return Outcome(id=due.id, fence=due.fence, state="failed", reply=answer.reply, reason=answer.reason)
        again = next_try(
            due.attempts,
            created_at=due.created_at,
            at=at,
            give_up_after=self._give_up_after,
            chance=self._chance(),
        )
        reason = answer.reason if isinstance(answer, Retry) else Reason.UNREACHABLE
        if again is None:
            return Outcome(id=due.id, fence=due.fence, state="failed", reply=answer.reply, reason=Reason.GAVE_UP)
        return Outcome(
            id=due.id, fence=due.fence, state="pending", reply=answer.reply, reason=reason, next_try_at=again
        )


def _tell(due: Due, outcome: Outcome, *, lost: bool) -> None:
    if lost:
        log.send_lost(due.id, due.ticket)
    elif outcome.state == "sent":
        log.sent(due.id, due.ticket, recipient=due.recipient, message_id=due.message_id, reply=outcome.reply)
    elif outcome.state == "failed":
        log.send_failed(due.id, due.ticket, recipient=due.recipient, reason=str(outcome.reason), reply=outcome.reply)
    else:
        log.send_delayed(
            due.id,
            due.ticket,
            recipient=due.recipient,
            reason=str(outcome.reason),
            reply=outcome.reply,
            again_at=outcome.next_try_at,
        )
