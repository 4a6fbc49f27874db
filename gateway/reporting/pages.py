"""A folder of static pages: tickets, queues, agents, trends, and one page a ticket, without its raw mail.

Each file is whole at any moment; its group may read it, so that a web server can hand it out.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from markupsafe import Markup

from gateway import log
from gateway.config import Config
from gateway.config.calendars import zone_of
from gateway.config.schema_desk import PRIORITIES
from gateway.now import now
from gateway.reporting import html
from gateway.reporting.figures import Group, Period, Times, Week, due_of, weekly
from gateway.reporting.html import Cell, Value
from gateway.reporting.letter import period_in_words, share
from gateway.reporting.report import Report, make
from gateway.reporting.ticket_page import ticket_page
from gateway.reporting.wording import lasting, ratings
from gateway.store import Store, reports
from gateway.store.listing import page_in
from gateway.store.reports import Course

WRITE_EVERY = 300  # seconds
LATELY = timedelta(days=7)  # what ended longer ago is on no page
WEEKS = 12  # of the trends
_TICKETS = "tickets"  # the folder of the pages of tickets
TITLES = {"index": "Overview", "tickets": "Tickets", "queues": "Queues", "agents": "Agents", "trends": "Trends"}
LINKS = tuple((f"{name}.html", title) for name, title in TITLES.items())


def write_as_configured(store: Store, cfg: Config) -> None:
    """One turn of the clock: the pages anew, where the site wants them."""
    if cfg.report.html is None:
        return
    try:
        write(store, cfg, cfg.report.html, at=now())
    except OSError as error:
        log.pages_not_written(str(cfg.report.html), str(error))


def write(store: Store, cfg: Config, folder: Path, *, at: datetime) -> int:
    """Write all pages as of a moment, those of tickets where they changed; how many tickets have one.

    FileExistsError where a file in that place is none of ours; the mode of a folder that is there is left as it is.
    """
    zone = zone_of(cfg)
    local = at.astimezone(zone)
    week = make(store, cfg, Period(start=at - LATELY, end=at), ("queue", "agent", "area"), at=at)
    courses = _listed(store, cfg, at)
    found = {
        "index": _overview(week, cfg),
        "tickets": _tickets(courses, cfg, at),
        "queues": groups_table(week, "queue", week.by("queue")),
        "agents": groups_table(week, "agent", week.by("agent")),
        "trends": _trends(store, cfg, week, at),
    }
    for name in found:
        if (folder / f"{name}.html").exists() and not _is_ours(folder / f"{name}.html", TITLES[name]):
            raise FileExistsError(f"{folder / name}.html is no page of ours; name a folder for the pages alone")
    for path in (folder, folder / _TICKETS):
        _make(path)
    for name, body in found.items():
        _put(folder / f"{name}.html", html.page(TITLES[name], body, at=local, links=LINKS))
    _write_tickets(store, cfg, folder / _TICKETS, courses, at)
    return len(courses)


def _make(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o750)


def _is_ours(path: Path, title: str) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return html.has_title(file.read(html.HEAD), title)


def report_page(report: Report, cfg: Config, bys: Sequence[str], *, at: datetime) -> str:
    """A whole report as one page."""
    zone = zone_of(cfg)
    parts = [groups_table(report, "all", [report.whole])]
    for by in bys:
        parts += [html.heading(f"By {by}"), groups_table(report, by, report.by(by))]
    title = f"Report for {period_in_words(report.period, zone, 'en')}"
    return html.page(title, Markup("").join(parts), at=at.astimezone(zone))


def groups_table(report: Report, by: str, groups: Sequence[Group]) -> Markup:
    """Groups of one kind, with bars of how many tickets are open or new."""
    widest = max((one.open + one.created for one in groups), default=0)
    headings = (
        by, "open", "late", "soon late", "new", "usually", "solved", "opened again",
        "first answer, median", "mean", "90% in", "promised", "kept",
        "resolution, median", "mean", "90% in", "promised", "kept",
        "opening to end, median", "mean", "90% in", "by several", "time spent", "rating",
    )  # fmt: skip
    rows = [_group_row(report, one, share(one.open + one.created, widest)) for one in groups]
    return html.table(headings, rows, is_sorted=True)


def _group_row(report: Report, group: Group, width: int) -> list[Value]:
    name = "all" if group.by == "all" else report.shown(group)
    return [
        Cell(text=name, bar=width, sort=name),
        group.open,
        Cell(text=str(group.late), late=bool(group.late)),
        group.soon,
        Cell(text=str(group.created), late=group.grew),
        "" if group.usual is None else f"{group.usual:g}",
        group.solved,
        group.reopened,
        *_times(group.first_response),
        *_times(group.resolution),
        *_times(group.handling)[:3],
        group.several,
        _minutes(group.time_spent or None),
        Cell(text=ratings(group.ratings), sort=str(group.ratings.mean or "")),
    ]


def _times(took: Times) -> list[Value]:
    figures: list[Value] = [_minutes(value) for value in (took.median, took.mean, took.p90, took.sla)]
    return [*figures, _percent(took.kept)]


def _minutes(value: int | None) -> Cell:
    return Cell(text=lasting(value), sort="" if value is None else str(value))


def _percent(kept: float | None) -> str:
    return "" if kept is None else f"{kept * 100:.0f}%"


# ---- pages ---------------------------------------------------------------------------------------------------------


def _overview(week: Report, cfg: Config) -> Markup:
    grew = [one for one in week.groups if one.grew and one.by != "all"]
    parts = [
        html.paragraph(f"The last seven days: {period_in_words(week.period, zone_of(cfg), 'en')}."),
        groups_table(week, "all", [week.whole]),
    ]
    if grew:
        rows = [(one.by, week.shown(one), one.created, f"{one.usual:g}") for one in grew]
        parts += [html.heading("More than usual"), html.table(("by", "", "new", "usually"), rows)]
    return Markup("").join(parts)


def _tickets(courses: Iterable[Course], cfg: Config, at: datetime) -> Markup:
    headings = ("number", "status", "priority", "queue", "agent", "customer", "opened", "due", "title")
    return html.table(headings, (_ticket_row(one, cfg, at) for one in courses), is_sorted=True)


def _ticket_row(course: Course, cfg: Config, at: datetime) -> list[Value]:
    zone = zone_of(cfg)
    queue, agent = cfg.queues.get(course.queue), cfg.agents.get(course.assignee or "")
    due = None if cfg.status_table.is_ended(course.status) else due_of(course)
    rank = PRIORITIES.index(course.priority) if course.priority in PRIORITIES else 0
    return [
        Cell(
            text=cfg.numbers.show(course.number, course.created_at),
            sort=str(course.number),
            link=f"{_TICKETS}/{course.number}.html",
        ),
        cfg.status_label(course.status, "en"),
        Cell(text=course.priority, sort=str(rank)),
        (queue.title if queue else "") or course.queue,
        (agent.name if agent else "") or course.assignee or "-",
        course.requester,
        html.instant(course.created_at.astimezone(zone)),
        Cell(text=html.instant(due.astimezone(zone)) if due else "", late=due is not None and due < at),
        course.title,
    ]


def _trends(store: Store, cfg: Config, week: Report, at: datetime) -> Markup:
    weeks = weekly(_courses(store, cfg, at - WEEKS * LATELY), at=at, weeks=WEEKS, is_ended=cfg.status_table.is_ended)
    widest = max((max(one.created, one.solved) for one in weeks), default=0)
    rows = [_week_row(one, widest, cfg) for one in weeks]
    parts = [html.table(("week from", "new", "solved", "opened again"), rows)]
    parts += [html.heading("By area, the last seven days"), groups_table(week, "area", week.by("area"))]
    return Markup("").join(parts)


def _week_row(week: Week, widest: int, cfg: Config) -> list[Value]:
    return [
        f"{week.start.astimezone(zone_of(cfg)):%Y-%m-%d}",
        Cell(text=str(week.created), bar=share(week.created, widest)),
        Cell(text=str(week.solved), bar=share(week.solved, widest)),
        week.reopened,
    ]


# ---- tickets -------------------------------------------------------------------------------------------------------


def _courses(store: Store, cfg: Config, since: datetime) -> Iterator[Course]:
    with store.main.read() as conn:
        yield from reports.courses(conn, touched_since=since, opened_since=since, ended=cfg.status_table.ended)


def _listed(store: Store, cfg: Config, at: datetime) -> list[Course]:
    return list(_courses(store, cfg, at - LATELY))


def _write_tickets(store: Store, cfg: Config, folder: Path, courses: Collection[Course], at: datetime) -> None:
    """A page has the time of what happened last on its ticket, by which it is known to be the newest."""
    local = at.astimezone(zone_of(cfg))
    there = {path.name: path.stat().st_mtime for path in folder.glob("*.html")}
    with store.main.read() as conn:
        lines = reports.last_lines(conn, [course.number for course in courses])
    for course in courses:
        changed_at = max(course.updated_at, lines.get(course.number, course.updated_at)).timestamp()
        if abs(there.pop(f"{course.number}.html", 0) - changed_at) < 0.001:
            continue
        with store.main.read() as conn:
            found = page_in(conn, course.number, at=at)
        if found is not None:
            text = html.page(_title(course.number), ticket_page(found, cfg), at=local, links=_up(LINKS))
            _put(folder / f"{course.number}.html", text, changed_at=changed_at)
    for path in (folder / name for name in there):
        if path.stem.isdecimal() and _is_ours(path, _title(int(path.stem))):
            path.unlink(missing_ok=True)


def _title(number: int) -> str:
    return f"Ticket {number}"


def _up(links: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(f"../{where}", name) for where, name in links]


def _put(path: Path, text: str, *, changed_at: float | None = None) -> None:
    half = path.with_suffix(".half")
    half.write_text(text, encoding="utf-8")
    half.chmod(0o640)
    if changed_at is not None:
        os.utime(half, (changed_at, changed_at))
    half.replace(path)
