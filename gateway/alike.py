"""New tickets are compared with those before them, and leads hear of matters that many customers write about."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from gateway import leads
from gateway.compose import letters
from gateway.compose.stamp import plain
from gateway.config import Config
from gateway.now import now
from gateway.similar import catch_up, scope
from gateway.site import Site
from gateway.store import Store, matters
from gateway.store.matters import Matter, Untold
from gateway.tickets.actions import Note

LOOK_EVERY = 2  # seconds
_BUDGET = 0.1  # seconds a look may take from the mails that come in meanwhile
_SORT = "similar"  # of letters
MATTERS = 20  # in a letter
_SHOWN = 50  # tickets of a letter that stand in it with their subjects


def look(store: Store, site: Site) -> None:
    """One turn of the clock: take in new tickets, forget old ones, tell the leads."""
    at = now()
    catch_up(store, site.cfg, at, seconds=_BUDGET)
    matters.forget(store, before=scope(site.cfg, at).since)
    tell_leads(store, site, at)


def tell_leads(store: Store, site: Site, at: datetime) -> None:
    """One letter an hour and lead, of all matters that grew to many customers since; what is too much comes next."""
    cfg = site.cfg
    enough = cfg.similar.tell_lead_at
    due = {lead for lead in {one.lead for one in cfg.queues.values()} if lead and leads.is_due(store, _SORT, lead, at)}
    if not enough or not due:
        return
    by_lead: dict[str | None, list[Untold]] = {}
    for one in matters.untold(store, scope(cfg, at), at_least=enough):
        by_lead.setdefault(leads.lead_of(cfg, one.queue), []).append(one)
    for lead in sorted(due):
        if lead in by_lead:
            _tell(store, site, lead, by_lead[lead], at)
    if nobodys := by_lead.get(None):
        with store.main.write() as conn:
            matters.mark_told(conn, nobodys, at)  # or they would be counted again at every look


def _tell(store: Store, site: Site, lead: str, waiting: Sequence[Untold], at: datetime) -> None:
    cfg = site.cfg
    those = {one.number: one for one in waiting[:MATTERS]}
    found = matters.read_matters(store, list(those), scope(cfg, at))
    if not found:
        return  # they ended a moment ago
    letter = letters.plain_notice(
        cfg,
        kind="notice_similar",
        recipient=leads.address_of(cfg, lead),
        subject=_subject(found),
        text="\n".join(_lines(cfg, found, those, len(waiting) - len(those))),
        stamp=plain(cfg, at),
    )
    leads.tell(
        store,
        _SORT,
        lead,
        letter,
        [one.number for one in found],
        at,
        also=[
            Note(ticket=one.number, kind="lead_told", data={"agent": lead, "tickets": len(one.tickets)})
            for one in found
        ],
        mark=lambda conn: matters.mark_told(conn, [those[one.number] for one in found], at),
    )


def _subject(found: Sequence[Matter]) -> str:
    if len(found) == 1:
        return f"{len(found[0].tickets)} tickets look alike: {found[0].subject}"
    tickets = sum(len(one.tickets) for one in found)
    return f"{tickets} tickets of {len(found)} matters look alike: {found[0].subject}; {found[1].subject}; ..."


def _lines(cfg: Config, found: Sequence[Matter], those: dict[int, Untold], left: int) -> Iterator[str]:
    shown = max(_SHOWN // len(found), 5)
    for one in found:
        before = those[one.number].told
        since = f" ({before} when you were last told)" if before else ""
        yield f"{len(one.tickets)} open tickets of {one.requesters} customers look like one matter{since}:"
        yield ""
        numbered = [(cfg.numbers.show(number, one.opened[number]), one.subjects[number]) for number in one.tickets]
        yield from leads.listed(numbered, shown=shown)
        yield ""
        yield f"To see them: gateway similar {one.number}"
        yield f"To answer them all as one: gateway do {one.number} common similar"
        yield f"then: gateway reply {one.number} --file reply.txt"
        yield ""
    if left:
        yield f"{left} more matters stand in the next letter, in an hour. To see all now: gateway similar --matters"
