"""Which time of a cron expression has come and is not taken care of: once, also after an outage, however long that was.

What was told stands in the journal, under the time it was told for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import Connection

from gateway.config.cron import last_before
from gateway.reporting.figures import Period
from gateway.store import told

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A cron expression by the clock of a zone, its last time, and the one before that."""

    cron: str
    zone: tzinfo
    last: datetime
    before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A time that has come. `key`: of its line in the journal; `period`: since the one before it that was told.

    `begins`: the expression was not in force yet, so that its times count from this one on, and nothing is told.
    """

    key: str
    cron: str
    period: Period
    begins: bool

    def data(self) -> dict[str, str]:
        """What its line in the journal says of the time."""
        return {"from": self.period.start.isoformat(), "to": self.period.end.isoformat(), "cron": self.cron}


def schedule(cron: str, zone: tzinfo, at: datetime) -> Schedule | None:
    """The expression as it stands at that instant; None where it has not come twice in years."""
    last = last_before(cron, zone, at)
    before = last_before(cron, zone, last - _MOMENT) if last else None
    return Schedule(cron=cron, zone=zone, last=last, before=before) if last and before else None


def turn(conn: Connection, what: str, times: Schedule, *, since: datetime | None = None) -> Turn | None:
    """What is to be told now, if anything. `since`: when its times began to count, where that is known."""
    key = f"notice:{what}:{times.last.astimezone(times.zone).isoformat()}"
    if told.was_ever_told(conn, key):
        return None
    newest = told.newest(conn, f"notice:{what}:") or {}
    begins = since is None and newest.get("cron", times.cron if newest else "") != times.cron
    start = times.before
    if newest and not begins:
        until = datetime.fromisoformat(newest["to"])
        if times.last <= until:
            return None  # the machine's clock was put back
        start = min(start, until)
    if since is not None:
        if times.last <= since:
            return None
        start = max(start, since)
    return Turn(key=key, cron=times.cron, period=Period(start=start, end=times.last), begins=begins)
