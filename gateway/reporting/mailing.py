"""The report by mail, at the times of the configuration: once, whatever nodes look at the clock."""

from collections.abc import Iterator
from datetime import datetime

from gateway import act, log
from gateway.compose import letters
from gateway.compose.digests import report as report_letter
from gateway.compose.stamp import plain
from gateway.config import Config
from gateway.config.calendars import zone_of
from gateway.config.kinds import mailbox
from gateway.mail import Address
from gateway.now import now
from gateway.reporting import letter, schedule
from gateway.reporting.figures import Period
from gateway.reporting.report import Report, make
from gateway.site import Site
from gateway.store import Store, told
from gateway.tickets.actions import Action, Actor, Note

LOOK_EVERY = 10  # seconds
_BESIDE = ("area", "sender")  # what the letter always tells of, where there is anything


def mail_report(store: Store, site: Site) -> None:
    """One turn of the clock: write the report whose time has come, unless it is written."""
    cfg, at = site.cfg, now()
    times = schedule.schedule(cfg.report.cron, zone_of(cfg), at) if cfg.report.cron else None
    if times is None:
        return
    with store.main.read() as conn:
        turn = schedule.turn(conn, "report", times)
    if turn is None:
        return
    written = [] if turn.begins else list(_letters(store, site, turn.period, at))
    with store.main.write() as conn:
        told.lock(conn)
        if told.was_ever_told(conn, turn.key):
            return  # another node was quicker
        to = [one.recipient.addr for one in written]
        kind = "report_awaited" if turn.begins else "report_told"
        note = Note(ticket=None, kind=kind, data={**turn.data(), "recipients": to}, step_key=turn.key)
        sends: list[Action] = [letters.send(one, None) for one in written]
        act.apply(conn, [*sends, note], Actor(name="clock", at=at))
    if turn.begins:
        log.awaited("report", turn.cron)
    else:
        log.report_told(turn.period.start, turn.period.end, recipients=len(written))


def _letters(store: Store, site: Site, period: Period, at: datetime) -> Iterator[letters.Letter]:
    made = make(store, site.cfg, period, (*site.cfg.report.by, *_BESIDE), at=at)
    for recipient, language in recipients(site.cfg):
        yield _letter(site, made, recipient, language, at)


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
