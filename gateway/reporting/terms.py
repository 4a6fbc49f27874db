"""What a site promised on a ticket, and how much of its working time something took."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from gateway.config import Config
from gateway.reporting.figures import Took
from gateway.store.reports import Course, Move, Stood
from gateway.tickets import sla
from gateway.tickets.status import Status

_MINUTE = timedelta(minutes=1)
_WORKED_ON = (Status.NEW, Status.OPEN)  # in all others nobody waits for us


class SiteTerms:
    """The terms of one configuration.

    What the clocks of a ticket had at the time counts, and what was promised by then, whatever is promised now. Of
    tickets without clocks, such as old mail that was filed, it is reckoned anew, by the journal and these terms.
    """

    def __init__(self, cfg: Config) -> None:
        self._cfg = cfg

    def is_ended(self, status: str) -> bool:
        return self._cfg.status_table.is_ended(status)

    def organisation(self, course: Course) -> str | None:
        return self._cfg.organisation_for(course.requester)

    def first_response(self, course: Course) -> Took:
        """The working time until the first answer, beside what was promised when that was given."""
        assert course.first_response_at is not None
        kept = course.first_response_minutes
        taken = self._spent(course, course.first_response_at) if kept is None else kept
        if course.answer_promised is None and kept is None:
            return _took(taken, self._promised(course, "first_response"))
        return self._beside(course, taken, course.answer_promised)

    def resolution(self, course: Course, solved: Move) -> Took:
        """The working time until it was solved, beside what was promised by then; a person's own word is a promise."""
        kept = course.resolve_minutes if self.is_ended(course.status) else None
        taken = self._spent(course, solved.at) if kept is None else kept
        if solved.promised is None and kept is None:
            return _took(taken, self._promised(course, "resolution"))
        return self._beside(course, taken, solved.promised)

    def _beside(self, course: Course, taken: int, promise: Stood | None) -> Took:
        """As it was kept at the time, whatever the calendar says now of how long that was."""
        if promise is None:
            return Took(minutes=taken)
        due, until = promise.due, promise.until
        if until <= due:
            left = round(self._promise(course).hours.elapsed(until, due) / _MINUTE)
            return Took(minutes=taken, promised=taken + left, kept=True)
        over = self._spent(course, until) - self._spent(course, due)
        return Took(minutes=taken, promised=max(taken - over, 0), kept=False)

    def _spent(self, course: Course, until: datetime) -> int:
        """Minutes of working time until then in which it was our turn."""
        return round(sla.elapsed(self._promise(course).hours, list(self._runs(course)), until) / _MINUTE)

    def _promised(self, course: Course, clock: str) -> int | None:
        """Minutes of working time that a clock has, from the opening on; None where nothing is promised."""
        promise, start = self._promise(course), course.created_at
        budget = promise.budget(clock, course.priority)
        due = sla.due(promise.hours, [(start, None)], budget) if budget else None
        return promise.hours.elapsed(start, due) // _MINUTE if due else None

    def _promise(self, course: Course) -> sla.Promise:
        return self._cfg.promises.of({"sla": course.sla, "queue": course.queue})

    def _runs(self, course: Course) -> Iterator[tuple[datetime, datetime | None]]:
        """When it was our turn."""
        since = course.created_at
        status = course.moves[0].before if course.moves else course.status
        for move in course.moves:
            if self._is_ours(status):
                yield since, move.at
            since, status = move.at, move.after
        if self._is_ours(status):
            yield since, None

    def _is_ours(self, status: str) -> bool:
        return self._cfg.status_table.like(status) in _WORKED_ON


def _took(taken: int, promised: int | None) -> Took:
    return Took(minutes=taken, promised=promised, kept=None if promised is None else taken <= promised)
