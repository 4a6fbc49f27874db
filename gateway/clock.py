"""APScheduler as a ticker, nothing more: what is due stands in our tables, so nothing is lost with a process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from gateway import alike, deadlines, delays, log, renewing, retention, unassigned, waking
from gateway.errors import GatewayError
from gateway.health import alarms
from gateway.heartbeat import BEAT_EVERY
from gateway.reporting import mailing, pages, shadow
from gateway.site import Site
from gateway.store import Store
from gateway.store.maintenance import checkpoint
from gateway.telling import daily
from gateway.telling.teller import tell_digests
from gateway.telling.waves import tell_wave

DIGESTS_EVERY = 30  # seconds
_BESIDE_NOTHING = "beat"
_SOON = "alarms soon"
_SOON_IS = 1  # seconds: what happened to one mail happens to others in the same moment
CHECKPOINT_EVERY = 2  # seconds; often enough to keep checkpoints out of other people's commits


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What another part of the process has done again and again; `every`: seconds."""

    name: str
    run: Callable[[], object]
    every: float


def start_clock(
    store: Store, site: Callable[[], Site], others: Sequence[Job] = (), *, beat: Callable[[], None] = lambda: None
) -> BackgroundScheduler:
    """A running scheduler; `shutdown()` ends it. `site()` is what is in force; `beat()` is called while it runs."""
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    scheduler.add_job(_guarded("checkpoint", lambda: checkpoint(store)), "interval", seconds=CHECKPOINT_EVERY)
    # In the scheduler's own thread, which waits for nothing: the others may all be held up by a slow database.
    scheduler.add_executor(DebugExecutor(), _BESIDE_NOTHING)
    scheduler.add_job(beat, "interval", seconds=BEAT_EVERY, executor=_BESIDE_NOTHING)
    for job in others:
        scheduler.add_job(_guarded(job.name, job.run), "interval", seconds=job.every)
    scheduler.add_job(_guarded("alike", lambda: alike.look(store, site())), "interval", seconds=alike.LOOK_EVERY)
    again = _guarded("unassigned", lambda: unassigned.try_again(store, site()))
    scheduler.add_job(again, "interval", seconds=unassigned.TRY_EVERY)
    digests = _guarded("digests", lambda: tell_digests(store, site()))
    scheduler.add_job(digests, "interval", seconds=DIGESTS_EVERY)
    wakes = _guarded("waking", lambda: waking.wake(store, site()))
    scheduler.add_job(wakes, "interval", seconds=waking.WAKE_EVERY)
    watch = _guarded("alarms", lambda: alarms.look(store, site()))
    scheduler.add_job(watch, "interval", seconds=alarms.LOOK_EVERY)
    late = _guarded("delays", lambda: delays.look(store, site()))
    scheduler.add_job(late, "interval", seconds=delays.LOOK_EVERY)
    forgetting = _guarded("retention", lambda: retention.forget(store, site()))
    scheduler.add_job(forgetting, "interval", seconds=retention.PURGE_EVERY)
    tokens = _guarded("tokens", lambda: renewing.renew(store, site()))
    scheduler.add_job(tokens, "interval", seconds=renewing.RENEW_EVERY)
    reports = _guarded("reports", lambda: mailing.mail_report(store, site()))
    scheduler.add_job(reports)  # at once: its time may have come while nothing ran
    scheduler.add_job(reports, "interval", seconds=mailing.LOOK_EVERY)
    lists = _guarded("daily lists", lambda: daily.mail_lists(store, site()))
    scheduler.add_job(lists, "interval", seconds=daily.LOOK_EVERY)
    shadowed = _guarded("shadow report", lambda: shadow.mail_shadow_report(store, site()))
    scheduler.add_job(shadowed, "interval", seconds=mailing.LOOK_EVERY)
    static = _guarded("pages", lambda: pages.write_as_configured(store, site().cfg))
    scheduler.add_job(static)  # at once, and then again and again
    scheduler.add_job(static, "interval", seconds=pages.WRITE_EVERY)
    due = deadlines.Deadlines(store, site)

    def keep_deadlines() -> None:
        due.turn()
        tell_wave(store, site())

    scheduler.add_job(_guarded("deadlines", keep_deadlines), "interval", seconds=deadlines.TURN_EVERY)
    scheduler.start()
    return scheduler


def look_for_alarms(scheduler: BackgroundScheduler, store: Store, site: Callable[[], Site]) -> None:
    """In a moment, not at the next full minute: something has just gone wrong, or is over."""

    def look() -> None:
        scheduler.remove_job(_SOON)
        alarms.look(store, site())

    scheduler.add_job(_guarded("alarms", look), "interval", seconds=_SOON_IS, id=_SOON, replace_existing=True)


def _guarded(what: str, job: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        try:
            job()
        except GatewayError as exc:
            log.database_trouble(exc)
        except Exception as exc:  # noqa: BLE001  top of the loop
            log.crashed(what, exc)

    return run
