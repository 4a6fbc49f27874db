"""New tickets are compared with those before them, and a lead hears of a matter that many customers write about."""

import secrets
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from gateway import act, log
from gateway.compose import letters
from gateway.mail import Address
from gateway.now import now
from gateway.site import Site
from gateway.store import Store, similar
from gateway.tickets.actions import Action, Actor, Note
from gateway.tickets.subject import NumberFormat

LOOK_EVERY = 2  # seconds
_BUDGET = 0.1  # seconds a look may take from the mails that come in meanwhile
_TELL_EVERY = timedelta(hours=1)
_SHOWN = 50  # tickets with their subjects; of the others the numbers


def look(store: Store, site: Site) -> None:
    """One turn of the clock: take in new tickets, forget old ones, tell the leads."""
    at = now()
    since, ended = at - site.cfg.similar.within, site.cfg.status_table.ended
    until = time.monotonic() + _BUDGET
    while similar.take_in(store, since=since, ended=ended) and time.monotonic() < until:
        pass
    similar.forget(store, before=since)
    tell_leads(store, site, at)


def tell_leads(store: Store, site: Site, at: datetime) -> None:
    """One letter for each matter that grew to many customers; of the same one once an hour at most."""
    cfg = site.cfg
    enough = cfg.similar.tell_lead_at
    if not enough:
        return
    since, ended = at - cfg.similar.within, cfg.status_table.ended
    for one in similar.untold(store, since=since, ended=ended, at_least=enough, told_before=at - _TELL_EVERY):
        queue = cfg.queues.get(one.matter.queue)
        _tell(store, site, one, queue.lead if queue else None, at)


def _tell(store: Store, site: Site, one: similar.Untold, lead: str | None, at: datetime) -> None:
    """A letter to the lead; where the queue has none, the matter counts as told, or it would be looked at for ever."""
    number, count = one.matter.number, len(one.matter.tickets)
    actions: list[Action] = []
    if lead is not None:
        agent = site.cfg.agents[lead]
        letter = letters.plain_notice(
            site.cfg,
            kind="notice_similar",
            recipient=Address(addr=agent.addresses[0], name=agent.name),
            subject=f"{count} tickets look alike: {one.matter.subject}",
            text="\n".join(_lines(one, site.numbers)),
            stamp=letters.Stamp(message_id=f"<{secrets.token_hex(12)}@{site.cfg.mail.host}>", at=at),
        )
        told = Note(ticket=number, kind="lead_told", data={"agent": lead, "tickets": count})
        actions = [letters.send(letter, None), told]
    with store.main.write() as conn:
        if not similar.mark_told(conn, one, at):
            return  # another node was quicker
        act.apply(conn, actions, Actor(name="clock", at=at))
    if lead is not None:
        log.lead_told(number, agent=lead, tickets=count)


def _lines(one: similar.Untold, numbers: NumberFormat) -> Iterator[str]:
    matter = one.matter
    yield f"{len(matter.tickets)} open tickets of {matter.requesters} customers look like one matter:"
    yield ""
    for number in matter.tickets[:_SHOWN]:
        yield f"#{numbers.show(number, matter.opened[number])}  {' '.join(one.subjects[number].split())}"
    rest = matter.tickets[_SHOWN:]
    if rest:
        yield ""
        yield "and " + " ".join(f"#{numbers.show(number, matter.opened[number])}" for number in rest)
    yield ""
    yield f"To see them: gateway similar {matter.number}"
    yield f"To answer them all as one: gateway do {matter.number} common similar"
    yield f"then: gateway do {matter.number} answer --file answer.txt"
