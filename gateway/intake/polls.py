"""When mailboxes are looked at whose servers announce nothing: APScheduler as a ticker, nothing more."""

from collections.abc import Sequence

from apscheduler.schedulers.background import BackgroundScheduler

from gateway.intake.imap import ImapPoller

_SPREAD = 0.2  # of the time between two looks: not all mailboxes of a site at the same moment


def start_polls(pollers: Sequence[ImapPoller]) -> BackgroundScheduler:
    """A running scheduler that tells each poller again and again that it is time; `shutdown()` ends it."""
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    for poller in pollers:
        every = poller.every
        scheduler.add_job(poller.look, "interval", seconds=every, jitter=every * _SPREAD)
    scheduler.start()
    return scheduler
