"""The report by mail, at the times of the configuration: once, whatever nodes look at the clock."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from gateway import act, log
from gateway.compose import letters
from gateway.compose.digests import report as report_letter
from gateway.compose.stamp import plain
from gateway.config import Config
from gateway.config.calendars import zone_of
from gateway.config.cron import last_before
from gateway.config.kinds import mailbox
from gateway.mail import Address
from gateway.now import now
from gateway.reporting import letter
from gateway.reporting.figures import Period
from gateway.reporting.report import Report, make
from gateway.site import Site
from gateway.store import Store, told
from gateway.tickets.actions import Action, Actor, Note

LOOK_EVERY = 10  # seconds
_LATE_BY = timedelta(days=1)  # a time that passed while nothing ran is caught up with within this
_MOMENT = timedelta(microseconds=1)
_BESIDE = ("area", "sender")  # what the letter always tells of, where there is anything


def mail_report(store: Store, site: Site) -> None:
    """One turn of the clock: write the report whose time has come, unless it is written."""
    cfg, at = site.cfg, now()
    period = _due(cfg, at)
    if period is None:
        return
    key = f"notice:report:{period.end.isoformat()}"
    with store.main.read() as conn:
        if told.was_ever_told(conn, key):
            return
    made = make(store, cfg, period, (*cfg.report.by, *_BESIDE), at=at)
    written = [_letter(site, made, recipient, language, at) for recipient, language in recipients(cfg)]
    with store.main.write() as conn:
        told.lock(conn)
        if told.was_ever_told(conn, key):
            return  # another node was quicker
        to = [one.recipient.addr for one in written]
        data = {"from": period.start.isoformat(), "to": period.end.isoformat(), "recipients": to}
        sends: list[Action] = [letters.send(one, None) for one in written]
        note = Note(ticket=None, kind="report_told", data=data, step_key=key)
        act.apply(conn, [*sends, note], Actor(name="clock", at=at))
    log.report_told(period.start, period.end, recipients=len(written))


def recipients(cfg: Config) -> Iterator[tuple[Address, str]]:
    """Who gets it, each once, with the language they read: those named in `to`, then agents who wish to."""
    wishing = [name for name, agent in cfg.staff.items() if "report" in agent.notify]
    seen = set()
    for text in (*cfg.report.to, *wishing):
        agent = cfg.staff.get(text)
        address = Address(addr=agent.addresses[0], name=agent.name) if agent else mailbox(text)
        if address.key not in seen:
            seen.add(address.key)
            yield address, (agent.language if agent else None) or cfg.mail.language


def _due(cfg: Config, at: datetime) -> Period | None:
    """The time between the last two times of the cron expression, where the last is not long ago."""
    if cfg.report.cron is None:
        return None
    zone = zone_of(cfg)
    end = last_before(cfg.report.cron, zone, at)
    start = last_before(cfg.report.cron, zone, end - _MOMENT) if end and at - end <= _LATE_BY else None
    return Period(start=start, end=end) if start and end else None


def _letter(site: Site, made: Report, recipient: Address, language: str, at: datetime) -> letters.Letter:
    desk = letters.desk(site.cfg, "")
    tongue = site.templates.tongue("report", language=language, then=desk.language)
    return report_letter(
        site.templates,
        desk,
        period=letter.period_in_words(made.period, zone_of(site.cfg), tongue),
        groups=letter.figures(made, site.cfg.report.by, tongue),
        recipient=recipient,
        stamp=plain(site.cfg, at),
        language=language,
    )
