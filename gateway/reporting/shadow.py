"""The comparison of shadow mode: what would have been opened, joined, routed and answered, beside the old numbers.

Once a day to the admin, and by `gateway report --shadow` at any time.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway import act, log
from gateway.compose import letters
from gateway.compose.builtin import AGENT
from gateway.compose.digests import Figure, Figures
from gateway.compose.digests import report as report_letter
from gateway.compose.stamp import plain
from gateway.config import Config
from gateway.config.calendars import zone_of
from gateway.mail import Address
from gateway.now import now
from gateway.old_tags import numbers_in
from gateway.reporting import letter, schedule
from gateway.reporting.figures import Period
from gateway.rules import RegexMatcher
from gateway.site import Site
from gateway.store import Store, shadow_figures, shadowing, told
from gateway.store.shadow_figures import Came
from gateway.tickets.actions import Action, Actor, Note
from gateway.tickets.reason import Reason, in_words

_MOST = 40  # disagreements named one by one
_MOST_RULES = 15
_REFERENCES = (Reason.REFERENCE, Reason.SHARED_REFERENCE)


@dataclass(slots=True, kw_only=True)
class Comparison:
    """What came of a time. `tickets_of`: old number -> our tickets; `numbers_of`: our ticket -> old numbers.

    Disagreements are looked for in all mail since shadow mode began, and named where a mail of the period is in them.
    """

    period: Period
    since: datetime | None = None
    accepted: Mapping[tuple[str, str], int] = field(default_factory=dict)
    opened: int = 0
    joined: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    routed: Mapping[tuple[str, str | None], int] = field(default_factory=dict)
    kept_back: Mapping[str, int] = field(default_factory=dict)
    tickets_of: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    numbers_of: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    touched: set[int] = field(default_factory=set)  # old numbers that mail of the period names
    titles: Mapping[int, str] = field(default_factory=dict)

    @property
    def torn(self) -> dict[int, set[int]]:
        """Old numbers whose mail is in several tickets of ours."""
        return {old: ours for old, ours in self.tickets_of.items() if len(ours) > 1 and old in self.touched}

    @property
    def mixed(self) -> dict[int, set[int]]:
        """Tickets of ours that hold mail of several old numbers."""
        return {ours: old for ours, old in self.numbers_of.items() if len(old) > 1 and old & self.touched}


def compare(store: Store, cfg: Config, period: Period) -> Comparison:
    """What came in during a time, as the stored decisions tell."""
    with store.main.read() as conn:
        since = shadowing.since(conn)
        probed = shadow_figures.probed(conn)
        routed = shadow_figures.routed(conn, period.start, period.end, probed)
        kept_back = shadow_figures.kept_back(conn, period.start, period.end, probed)
    accepted = shadow_figures.accepted(store, period.start, period.end, probed)
    made = Comparison(period=period, since=since, accepted=accepted, routed=routed, kept_back=kept_back)
    matcher = RegexMatcher(time.monotonic, limit=cfg.limits.regex_time.total_seconds())
    first = min(since or period.start, period.start) if cfg.old_tags else period.start
    for mail in shadow_figures.came(store, first, period.end, probed):
        if mail.at >= period.start:
            _count(made, mail)
        _pair(made, mail, numbers_in(mail.subject, cfg, matcher))
    named = {ours for tickets in made.torn.values() for ours in tickets} | made.mixed.keys()
    with store.main.read() as conn:
        made.titles = shadow_figures.titles(conn, named)
    return made


def _count(made: Comparison, mail: Came) -> None:
    thread = mail.step("thread")
    if mail.ticket is not None and mail.verdict in ("accept", "quiet"):
        if thread.get("ticket") is None:
            made.opened += 1
        else:
            made.joined[str(thread.get("reason", ""))] += 1
    made.rules.update(rule["name"] for rule in mail.step("rules").get("rules", ()) if rule["matched"])


def _pair(made: Comparison, mail: Came, numbers: Sequence[int]) -> None:
    """The old number of a mail beside our ticket: of a copy of what the other helpdesk sent, the one it answers."""
    ticket = mail.ticket
    if ticket is None:
        tried = mail.step("thread").get("tried", ())
        ticket = next((one["ticket"] for one in tried if one["ticket"] and one["evidence"] in _REFERENCES), None)
    if mail.at >= made.period.start:
        made.touched.update(numbers)
    if ticket is not None and numbers:
        made.tickets_of[numbers[0]].add(ticket)
        made.numbers_of[ticket].add(numbers[0])


# ---- words ---------------------------------------------------------------------------------------------------------


def figures(made: Comparison, cfg: Config) -> list[Figures]:
    """All of it under headings, as the letter has it."""
    groups = [
        ("Mail", list(_mail(made))),
        ("Set aside", list(_set_aside(made))),
        ("Joined a ticket, by", [_figure(in_words(reason), count) for reason, count in made.joined.most_common()]),
        ("Routed to", list(_routes(made, cfg))),
        ("Would have been sent", list(_sent(made))),
        ("Rules that matched most", [_figure(name, count) for name, count in made.rules.most_common(_MOST_RULES)]),
        ("Beside the other helpdesk", list(_beside(made, cfg))),
    ]
    return [Figures(title=title, figures=lines) for title, lines in groups if lines]


def _figure(name: str, value: object) -> Figure:
    return Figure(name=name, value=str(value))


def _mail(made: Comparison) -> Iterator[Figure]:
    yield _figure("taken", sum(made.accepted.values()))
    yield _figure("opened a ticket", made.opened)
    yield _figure("joined a ticket", made.joined.total())
    yield _figure("would have been sent", sum(made.kept_back.values()))


def _set_aside(made: Comparison) -> Iterator[Figure]:
    for (state, reason), count in sorted(made.accepted.items(), key=lambda one: -one[1]):
        if state != "done":
            yield _figure(f"{state}{f': {in_words(reason)}' if reason else ''}", count)


def _routes(made: Comparison, cfg: Config) -> Iterator[Figure]:
    for (queue, agent), count in sorted(made.routed.items(), key=lambda one: (-one[1], one[0][0])):
        own, person = cfg.queues.get(queue), cfg.agents.get(agent or "")
        yield _figure(f"{own.title if own else queue}, {person.name if person else agent or 'nobody'}", count)


def _sent(made: Comparison) -> Iterator[Figure]:
    for kind, count in sorted(made.kept_back.items(), key=lambda one: -one[1]):
        yield _figure(f"{kind.replace('_', ' ')} {'to agents' if kind in AGENT else 'to customers'}", count)


def _beside(made: Comparison, cfg: Config) -> Iterator[Figure]:
    if not cfg.old_tags:
        how = r"write how it spells its numbers in subjects into config.toml: [mail] old_tags = ['\[#(\d+)\]']"
        yield _figure("not compared", how)
        return
    yield _figure("its numbers seen", len(made.touched))
    yield _figure("one number of its, several tickets here", len(made.torn))
    yield _figure("one ticket here, several numbers of its", len(made.mixed))
    for old, ours in sorted(made.torn.items())[:_MOST]:
        yield _figure(f"its {old}", "here " + ", ".join(_shown(made, cfg, number) for number in sorted(ours)))
    for number, numbers in sorted(made.mixed.items())[:_MOST]:
        yield _figure(f"here {_shown(made, cfg, number)}", "its " + ", ".join(map(str, sorted(numbers))))


def _shown(made: Comparison, cfg: Config, number: int) -> str:
    return f"#{number} ({made.titles.get(number, '')[:50]})"


# ---- the letter ----------------------------------------------------------------------------------------------------


def mail_shadow_report(store: Store, site: Site) -> None:
    """One turn of the clock: write the comparison whose time has come, unless it is written."""
    cfg, at = site.cfg, now()
    times = schedule.schedule(cfg.shadow.cron, zone_of(cfg), at) if cfg.gateway.shadow else None
    if times is None:
        return
    with store.main.read() as conn:
        since = shadowing.since(conn)  # what was before is no comparison
        turn = schedule.turn(conn, "shadow", times, since=since) if since else None
    if turn is None:
        return
    written = _letter(site, compare(store, cfg, turn.period), at)
    with store.main.write() as conn:
        told.lock(conn)
        if told.was_ever_told(conn, turn.key):
            return  # another node was quicker
        data = {**turn.data(), "recipients": [cfg.gateway.admin]}
        actions: list[Action] = [letters.send(written, None)]
        actions.append(Note(ticket=None, kind="shadow_told", data=data, step_key=turn.key))
        act.apply(conn, actions, Actor(name="clock", at=at))
    log.report_told(turn.period.start, turn.period.end, recipients=1)


def _letter(site: Site, made: Comparison, at: datetime) -> letters.Letter:
    cfg = site.cfg
    return report_letter(
        site.templates,
        letters.desk(cfg, ""),
        period=f"shadow mode, {letter.period_in_words(made.period, zone_of(cfg), 'en')}",
        groups=figures(made, cfg),
        recipient=Address(addr=cfg.gateway.admin),
        stamp=plain(cfg, at),
        language="en",
    )
