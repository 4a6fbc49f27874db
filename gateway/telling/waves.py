"""What the clock has to tell people of tickets that are due or overdue: one letter a person and wave.

A wave is all that waits when a turn of the clock has ended, be it one ticket or what an outage left behind. Whoever
wants quiet now reads of it when that ends.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from gateway import act
from gateway.compose import letters
from gateway.compose.digests import Group, Row, digest
from gateway.compose.stamp import plain
from gateway.config import Config
from gateway.config.calendars import zone_of
from gateway.errors import Conflict
from gateway.mail import Address
from gateway.now import now
from gateway.site import Site
from gateway.store import Store, announcements
from gateway.store.announcements import Announcement
from gateway.store.snapshots import snapshots
from gateway.telling import to_agents
from gateway.telling.about import Known, whole
from gateway.telling.caps import Had
from gateway.telling.occasion import Occasion
from gateway.telling.quiet import wants_quiet
from gateway.tickets.actions import Action, Actor, Note, Send

KIND = "escalated"
_LATE, _NEAR = "overdue", "due"


def tell_wave(store: Store, site: Site) -> int:
    """Tell everybody what waits for them; how many people got a letter."""
    at = now()
    with store.main.read() as conn:
        waiting = announcements.of_kind(conn, KIND)
    people: dict[str, list[Announcement]] = {}
    for one in waiting:
        people.setdefault(one.data.get("agent") or one.data["address"], []).append(one)
    told = 0
    for who, theirs in people.items():
        if not wants_quiet(site.cfg, who, at):
            told += _tell(store, site, who, theirs, at)
    return told


def _tell(store: Store, site: Site, who: str, theirs: Sequence[Announcement], at: datetime) -> int:
    with store.main.read() as conn:
        had = Had(site, at)
        if who in site.cfg.agents and had.has_enough(conn, who):
            return 0  # it waits, and is told with what comes then
        found = {number: whole(conn, one) for number, one in snapshots(conn, {one.ticket for one in theirs}).items()}
        wanted = [one for one in theirs if _is_wanted(one, who, found[one.ticket], site.cfg)]
        letter = _letter(store, conn, site, who, wanted, found, at) if wanted else None
    actions: list[Action] = [letter] if letter else []
    if letter and letter.ticket is None:
        data = {"kind": letter.kind, "recipient": letter.recipient.addr}
        actions += [Note(ticket=number, kind="told", data=data) for number in sorted({one.ticket for one in wanted})]
    try:
        with store.main.write() as conn:
            if not announcements.take(conn, [one.id for one in theirs]):
                raise Conflict("another node tells one of these")
            act.apply(conn, actions, Actor(name="telling", at=at))
    except Conflict:
        return 0
    return len(actions[:1])


def _is_wanted(one: Announcement, who: str, found: Known, cfg: Config) -> bool:
    """Whether it still needs telling: what was answered or solved meanwhile does not."""
    agent = cfg.agents.get(who)
    if "agent" in one.data and (agent is None or agent.left or one.data["kind"] not in agent.notify):
        return False
    if cfg.status_table.is_ended(found.row["status"]) or found.row["merged_into"] is not None:
        return False
    kept = (found.row["clocks"] or {}).get("of", {}).get(one.data["clock"])
    return kept is None or kept["ended"] is None


def _letter(
    store: Store,
    conn: Connection,
    site: Site,
    who: str,
    wanted: Sequence[Announcement],
    found: dict[int, Known],
    at: datetime,
) -> Send:
    """A notice where it is one ticket, else one letter on all of them."""
    numbers = sorted({one.ticket for one in wanted})
    if who not in site.cfg.agents:
        return _to_outsider(site, who, wanted, found, at)
    if len(numbers) > 1:
        return _of_many(site, who, wanted, found, at)
    late = any(one.data["kind"] == _LATE for one in wanted)
    last = wanted[-1]
    occasion = Occasion(
        ticket=last.ticket, actor=last.actor, at=last.at, mail_id=None, happened={KIND: last.data}, ids=(last.id,)
    )
    known = found[numbers[0]]
    kind = f"notice_{_LATE if late else _NEAR}"
    return to_agents.letter(store, site, occasion, known, known.last_in, who, kind, at)


def _groups(site: Site, wanted: Sequence[Announcement], found: dict[int, Known], language: str) -> Iterable[Group]:
    late = sorted({one.ticket for one in wanted if one.data["kind"] == _LATE})
    near = sorted({one.ticket for one in wanted} - set(late))
    dues = {one.ticket: one.data["due"] for one in wanted}
    for title, numbers in ((_LATE, late), (_NEAR, near)):
        rows = [
            Row(
                ticket=letters.shown(site.cfg, found[number].row, language),
                customer=(who.address if (who := found[number].requester) else ""),
                priority=found[number].row["priority"],
                due=datetime.fromisoformat(dues[number]) if dues[number] else None,
            )
            for number in numbers
        ]
        if rows:
            yield Group(title=title, rows=rows)


def _of_many(site: Site, who: str, wanted: Sequence[Announcement], found: dict[int, Known], at: datetime) -> Send:
    cfg, own = site.cfg, site.cfg.agents[who]
    language = own.language or cfg.mail.language
    composed = digest(
        site.templates,
        letters.desk(cfg, ""),
        groups=list(_groups(site, wanted, found, language)),
        recipient=Address(addr=own.addresses[0], name=own.name),
        stamp=plain(cfg, at),
        zone=zone_of(cfg),
        language=language,
    )
    return letters.send(composed, None)


def _to_outsider(site: Site, who: str, wanted: Sequence[Announcement], found: dict[int, Known], at: datetime) -> Send:
    """Somebody who is no agent here, named in a step: numbers and titles, and nothing that a reply could act on."""
    cfg = site.cfg
    lines = []
    for number in sorted({one.ticket for one in wanted}):
        row = found[number].row
        late = any(one.ticket == number and one.data["kind"] == _LATE for one in wanted)
        shown = cfg.numbers.show(number, row["created_at"])
        lines.append(f"#{shown}  {row['title']} ({row['queue']}, {row['priority']}): {_LATE if late else 'due soon'}")
    composed = letters.plain_notice(
        cfg,
        kind="notice_overdue",
        recipient=Address(addr=who),
        subject=f"{len(lines)} tickets are due" if len(lines) > 1 else "A ticket is due",
        text="\n".join(lines),
        stamp=plain(cfg, at),
    )
    return letters.send(composed, None)
