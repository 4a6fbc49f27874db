"""What the clock has to tell people of tickets that are due or overdue: one letter a person and wave.

A wave is all that waits when a turn of the clock has ended, be it one ticket or what an outage left behind. Whoever
wants quiet now reads of it when that ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import act, log
from gateway.admin import tell_admin
from gateway.compose import dates, letters
from gateway.compose.digests import Group, digest, row_of
from gateway.compose.phrases import phrase
from gateway.compose.stamp import plain
from gateway.config.calendars import zone_of
from gateway.errors import Conflict, Temporary
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
from gateway.telling.whom import hears
from gateway.tickets import clocks, sla
from gateway.tickets.actions import Action, Actor, Note, Send
from gateway.tickets.snapshot import Snapshot

KIND = "escalated"
_LATE, _NEAR = "overdue", "due"


def tell_wave(store: Store, site: Site) -> int:
    """Tell everybody what waits for them; how many letters that were."""
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
    """Whatever keeps one from being told keeps nobody else: then each ticket is told alone, and at worst given up."""
    try:
        return _write(store, site, who, theirs, at)
    except Temporary:
        raise
    except Exception as exc:  # noqa: BLE001  one letter must not keep all others waiting
        numbers = sorted({one.ticket for one in theirs})
        if len(numbers) > 1:
            apart = ([one for one in theirs if one.ticket == number] for number in numbers)
            return sum(_tell(store, site, who, some, at) for some in apart)
        log.crashed("telling", exc)
        _give_up(store, site, who, theirs, at, exc)
    return 0


def _give_up(store: Store, site: Site, who: str, theirs: Sequence[Announcement], at: datetime, exc: Exception) -> None:
    """They do not hear of it; the ticket says so, and so does a letter to the admin."""
    number = theirs[0].ticket
    with suppress(Conflict), store.main.write() as conn:
        _take(conn, theirs)
        told = Note(ticket=number, kind="not_told", data={"of": [KIND], "to": who})
        act.apply(conn, [told], Actor(name="telling", at=at))
    text = f"No letter about ticket #{number} could be written to {who}, and none will be: {exc}"
    tell_admin(store, site, [(f"{who} could not be told of what is due", text)])


def _take(conn: Connection, theirs: Sequence[Announcement]) -> None:
    if not announcements.take(conn, [one.id for one in theirs]):
        raise Conflict("another node tells one of these")


def _write(store: Store, site: Site, who: str, theirs: Sequence[Announcement], at: datetime) -> int:
    with store.main.read() as conn:
        had = Had(site, at)
        if who in site.cfg.agents and had.has_enough(conn, who):
            return 0  # it waits, and is told with what comes then
        tickets = snapshots(conn, {one.ticket for one in theirs})
        theirs = [one for one in theirs if not _stands_still(one, tickets[one.ticket], site)]
        wanted = [one for one in theirs if _is_wanted(one, who, tickets[one.ticket], site)]
        found = {number: whole(conn, tickets[number]) for number in {one.ticket for one in wanted}}
        letter = _letter(store, conn, site, who, wanted, found, at) if wanted else None
    if not theirs:
        return 0
    actions: list[Action] = [letter] if letter else []
    if letter and letter.ticket is None:
        data = {"kind": letter.kind, "recipient": letter.recipient.addr}
        actions += [Note(ticket=number, kind="told", data=data) for number in sorted(found)]
    try:
        with store.main.write() as conn:
            _take(conn, theirs)
            act.apply(conn, actions, Actor(name="telling", at=at))
    except Conflict:
        return 0
    return len(actions[:1])


def _stands_still(one: Announcement, ticket: Snapshot, site: Site) -> bool:
    """Whether somebody stopped the clock since: it is told when that goes on, and not if it is over by then."""
    row, clock = ticket.row, _clock(one, ticket)
    waits = clock is not None and clock.ended is None and not clock.is_running and row["updated_at"] > one.at
    return waits and not _is_done_with(ticket, site)


def _is_wanted(one: Announcement, who: str, ticket: Snapshot, site: Site) -> bool:
    """Whether it still needs telling: not what was answered or solved meanwhile, nor a step that comes again later."""
    agent = site.cfg.agents.get(who)
    if "agent" in one.data and (agent is None or not hears(agent, one.data)):
        return False
    if _is_done_with(ticket, site):
        return False
    clock, name, row = _clock(one, ticket), one.data["clock"], ticket.row
    if clock is None:
        return True
    promise = site.promises.of(row)
    budget = clocks.budget_of(promise, name, clock, row)
    if clock.ended is not None or budget is None:
        return False
    coming = sla.moments(promise, clock, budget, row[sla.DUE[name]], name)
    return all(key != one.data["step"] for _, key, _, _ in coming)


def _clock(one: Announcement, ticket: Snapshot) -> sla.Clock | None:
    kept = clocks.kept(ticket.row)
    return kept.of.get(one.data["clock"]) if kept else None


def _is_done_with(ticket: Snapshot, site: Site) -> bool:
    return site.cfg.status_table.is_ended(ticket.row["status"]) or ticket.row["merged_into"] is not None


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
    happened = {KIND: last.data, **_called(who, wanted)}
    occasion = Occasion(
        ticket=last.ticket, actor=last.actor, at=last.at, mail_id=None, happened=happened, ids=(last.id,)
    )
    known = found[numbers[0]]
    kind = f"notice_{_LATE if late else _NEAR}"
    return to_agents.letter(store, site, occasion, known, known.last_in, who, kind, at)


def _called(who: str, wanted: Sequence[Announcement]) -> dict[str, Mapping[str, Any]]:
    """The rule that calls somebody, as a letter on one ticket gives it for its reason."""
    rule = next((one.data["rule"] for one in wanted if "rule" in one.data), None)
    return {"called": {"whom": [{"value": who, "rule": rule}], "by": ""}} if rule else {}


def _groups(site: Site, wanted: Sequence[Announcement], found: dict[int, Known], language: str) -> Iterable[Group]:
    late = sorted({one.ticket for one in wanted if one.data["kind"] == _LATE})
    near = sorted({one.ticket for one in wanted} - set(late))
    last = {one.ticket: one.data for one in wanted}
    for title, numbers in ((_LATE, late), (_NEAR, near)):
        rows = [
            row_of(
                site.cfg,
                found[number].row,
                (who.address if (who := found[number].requester) else ""),
                language,
                due=_due(last[number]),
                clock=last[number]["clock"],
            )
            for number in numbers
        ]
        if rows:
            yield Group(title=title, rows=rows)


def _due(data: Mapping[str, Any]) -> datetime | None:
    return datetime.fromisoformat(data["due"]) if data["due"] else None


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
    numbers, lines = sorted({one.ticket for one in wanted}), []
    for number in numbers:
        known = found[number].row
        late = any(one.ticket == number and one.data["kind"] == _LATE for one in wanted)
        shown = cfg.numbers.show(number, known["created_at"])
        told = f"{known['queue']}, {known['priority']}, {known['assignee'] or 'nobody has it'}"
        lines.append(f"#{shown}  {known['title']} ({told}): {_LATE if late else 'due soon'}")
        data = [one.data for one in wanted if one.ticket == number][-1]
        if due := _due(data):
            lines.append(f"    {phrase('fact', data['clock'], 'en')} {dates.moment(due, zone_of(cfg), 'en')}")
    composed = letters.plain_notice(
        cfg,
        kind="notice_overdue",
        recipient=Address(addr=who),
        subject=f"{len(numbers)} tickets are due" if len(numbers) > 1 else "A ticket is due",
        text="\n".join(lines),
        stamp=plain(cfg, at),
    )
    return letters.send(composed, None)
