"""What came of each delivery, written down: outcomes, lines of the journal and what follows, in one transaction."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gateway import log
from gateway.config import Config, Way
from gateway.delivery.aftermath import Done, aftermath, write
from gateway.delivery.answer import Answer, Failed, Reason, Sent, queue_id
from gateway.delivery.retry import next_try
from gateway.errors import Temporary
from gateway.now import now
from gateway.store import Store, bounces, outbox
from gateway.store.outbox import Due, Outcome
from gateway.tickets.bounces import Reach
from gateway.undelivered import Alarm, alarm, is_one_of_us

HOLD = outbox.HOLD.total_seconds()


class Recorder:
    """Writes outcomes for the senders of all ways out."""

    def __init__(
        self,
        store: Store,
        *,
        node: str,
        cfg_in_force: Callable[[], Config],
        chance: Callable[[], float] = random.random,
        on_alarm: Callable[[Sequence[Alarm]], None] = lambda alarms: None,
    ) -> None:
        """`on_alarm` is handed what the admin must hear; `chance` spreads the tries of what failed together."""
        self._store = store
        self._node = node
        self._cfg_in_force = cfg_in_force
        self._chance = chance
        self._on_alarm = on_alarm

    def record(self, dues: Sequence[Due], answers: Sequence[Answer], way: Way, *, route: str) -> None:
        """Outcomes and events in one transaction. It is tried until it succeeds: what is not recorded is sent again."""
        at, cfg = now(), self._cfg_in_force()
        pairs = zip(dues, answers, strict=True)
        done = [aftermath(due, answer, self._outcome(due, answer, way, at), cfg, at) for due, answer in pairs]
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
            _tell(one.due, one.outcome, route, lost=one.due.id in refused)
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
        deadline = time.monotonic() + HOLD
        while True:
            try:
                return self._store.main.retrying(work)
            except Temporary as error:
                log.database_trouble(error)
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def _outcome(self, due: Due, answer: Answer, way: Way, at: datetime) -> Outcome:
        if isinstance(answer, Sent):
            return Outcome(id=due.id, fence=due.fence, state="sent", reply=answer.reply)
        if isinstance(answer, Failed):
            return Outcome(id=due.id, fence=due.fence, state="failed", reply=answer.reply, reason=answer.reason)
        again = next_try(
            due.attempts, created_at=due.created_at, at=at, give_up_after=way.retry_for, chance=self._chance()
        )
        if again is None:
            return Outcome(id=due.id, fence=due.fence, state="failed", reply=answer.reply, reason=Reason.GAVE_UP)
        return Outcome(
            id=due.id, fence=due.fence, state="pending", reply=answer.reply, reason=answer.reason, next_try_at=again
        )


def _tell(due: Due, outcome: Outcome, route: str, *, lost: bool) -> None:
    reason, reply = str(outcome.reason), outcome.reply
    if lost:
        log.send_lost(due)
    elif outcome.state == "sent":
        log.sent(due, route=route, reply=reply, queue_id=queue_id(reply))
    elif outcome.state == "failed":
        log.send_failed(due, route=route, reason=reason, reply=reply)
    else:
        log.send_delayed(due, route=route, reason=reason, reply=reply, again_at=outcome.next_try_at)
