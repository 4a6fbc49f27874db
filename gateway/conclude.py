"""From what was decided on a mail to the list of changes it makes: steps 10 and 11, still as values.

Each kind of mail has its room: `new_ticket`, `follow_up`, `bounced`, `by_hand`; what all of them file stands in
`filing`.
"""

from collections.abc import Iterator
from datetime import datetime

from gateway import old_tags
from gateway.answer import answer, heard
from gateway.bounced import bounced
from gateway.by_hand import by_hand
from gateway.classify import after_choice, agent_for, queue_of
from gateway.config import Config
from gateway.follow_up import follow_up
from gateway.incoming import BESIDE
from gateway.new_ticket import opening
from gateway.plan import Draft, Plan, planned
from gateway.reckoning import given
from gateway.site import Site
from gateway.store.surroundings import Surroundings
from gateway.tickets.actions import KeepKey, OpenTicket
from gateway.tickets.reason import Verdict
from gateway.tickets.undeclared import Advice, advice
from gateway.trace import trace_of
from gateway.wishing import fulfilled, wished


def conclude(draft: Draft, number: int | None, around: Surroundings, site: Site, at: datetime) -> Plan:
    """The plan for a draft; `number` is the new ticket's, where the draft opens one."""
    if draft.verdict in (Verdict.IGNORE, Verdict.HOLD, Verdict.QUARANTINE):
        ticket = draft.thread.ticket if draft.verdict is Verdict.IGNORE else None
        learnt = () if ticket is None else tuple(_learnt(draft, ticket, around))
        return planned(draft, ticket, learnt, trace=trace_of(draft))
    if draft.verdict is Verdict.BOUNCE:
        back = bounced(draft, around, site, at)
        trace = trace_of(draft, bounced=back.trace)
        return planned(draft, back.ticket, back.actions, trace=trace, alarms=back.alarms)
    if draft.incoming.spool.is_sent:
        own = draft.thread.ticket
        assert own is not None
        filed = (*by_hand(draft, own, around, site.cfg), *_learnt(draft, own, around))
        return planned(draft, own, filed, trace=trace_of(draft))
    if draft.thread.ticket is None:
        if number is None:
            raise ValueError("a new ticket needs a number")
        return _new_ticket(draft, number, around, site, at)
    return _follow_up(draft, draft.thread.ticket, around, site, at)


def _learnt(draft: Draft, ticket: int, around: Surroundings) -> Iterator[KeepKey]:
    """The number by which the helpdesk beside us calls this ticket, as its own copy tells: answers may name it."""
    numbers = draft.incoming.clues.old_numbers[:1] if draft.incoming.spool.source == BESIDE else ()
    for number in numbers:
        if not any(key in around.keyed for key in old_tags.keys_of(number)):
            source, key = old_tags.key_of("mail", number)
            yield KeepKey(source=source, key=key, ticket=ticket, before=None)


def _new_ticket(draft: Draft, number: int, around: Surroundings, site: Site, at: datetime) -> Plan:
    assert draft.decision is not None
    assert draft.facts is not None
    queue = queue_of(draft)
    choice = None if draft.incoming.is_probe else agent_for(draft, queue, None, around, site.cfg, at)
    beside = given(draft.decision, draft.facts, site.cfg)
    opened = tuple(opening(draft, number, choice, beside, around, site.cfg, at))
    due = next((site.promises.first_due(one, at) for one in opened if isinstance(one, OpenTicket)), None)
    written = answer(draft, number, around, site, at, queue=queue, answer_by=due)
    return planned(
        draft,
        number,
        (
            *heard(draft, number, around),
            *opened,
            *after_choice(choice, number, draft, site.cfg),
            *written.actions,
        ),
        choice=choice,
        trace=trace_of(draft, choice=choice, written=written, beside=beside),
        alarms=written.alarms,
        advice=_advice(draft, site.cfg),
    )


def _advice(draft: Draft, cfg: Config) -> Advice | None:
    """What the admin could declare, for mail that looks like a source's; old mail is no occasion."""
    incoming = draft.incoming
    if incoming.declared is not None or incoming.spool.quiet or incoming.is_probe:
        return None
    return advice(incoming.mail, cfg.is_ours, cfg.is_near)


def _follow_up(draft: Draft, number: int, around: Surroundings, site: Site, at: datetime) -> Plan:
    row = around.tickets[number]
    if asked := wished(draft, row, around, site):
        short = fulfilled(asked, draft, row, around, site.cfg, at)
        return planned(draft, number, (*heard(draft, number, around), *short), trace=trace_of(draft))
    queue = queue_of(draft, row)
    choice = None if draft.incoming.is_probe else agent_for(draft, queue, row, around, site.cfg, at)
    written = answer(draft, number, around, site, at, queue=queue)
    return planned(
        draft,
        number,
        (
            *heard(draft, number, around),
            *follow_up(draft, row, choice, around, site.cfg, at),
            *after_choice(choice, number, draft, site.cfg),
            *written.actions,
        ),
        choice=choice,
        trace=trace_of(draft, choice=choice, written=written),
        alarms=written.alarms,
    )
