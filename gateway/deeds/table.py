"""Which deed belongs to which command, and several in a row, each on the ticket as the one before left it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from gateway import act
from gateway.commands import Doer, looked_at, perform
from gateway.deeds import work
from gateway.deeds.bench import Bench, Deed
from gateway.deeds.others import OTHERS
from gateway.deeds.splitting import split
from gateway.tickets.actions import Actor
from gateway.tickets.commands.values import Call
from gateway.tickets.effect import Effect
from gateway.tickets.similar import ALIKE
from gateway.tickets.status import Happening

DEEDS: Mapping[str, Deed] = {
    **OTHERS,
    "note": work.note,
    "describe": work.describe,
    "close": work.happening(Happening.CLOSED),
    "open": work.happening(Happening.OPENED),
    "wait": work.happening(Happening.SET_WAITING),
    "hold": work.hold,
    "status": work.status,
    "assign": work.assign,
    "queue": work.queue,
    "priority": work.set_field("priority"),
    "type": work.set_field("type"),
    "category": work.set_field("category"),
    "area": work.set_field("area"),
    "impact": work.set_field("impact"),
    "title": work.set_field("title"),
    "tag": work.tag,
    "field": work.site_field,
    "due": work.due,
    "remind": work.remind,
    "time": work.spend,
    "cc": work.copies,
    "requester": work.requester,
    "spam": work.spam,
    "split": split,
    "pin": work.pin(True),
    "unpin": work.pin(False),
}


_TAKES = ("split",)  # the number of a new ticket


def do(doer: Doer, number: int, call: Call, *, text: str = "", at_least: float = ALIKE) -> Effect:
    """What one person does to a ticket from outside of mail, decided and written; Permanent where it cannot be done."""

    def decide(conn: Connection, at: datetime) -> Effect:
        bench = Bench(conn=conn, cfg=doer.cfg, by=doer.name, me="", at=at, text=text, at_least=at_least)
        return DEEDS[call.command](bench, looked_at(conn, number)[0], call)

    return perform(doer, decide, takes=call.command in _TAKES)


def carry_out(bench: Bench, number: int, calls: Sequence[Call], actor: Actor) -> list[Effect]:
    """Do one after the other on a ticket, in the caller's write transaction; what each came to.

    Permanent where one cannot be done: the caller undoes what the earlier ones wrote.
    """
    effects = []
    for call in calls:
        one, _ = looked_at(bench.conn, number)
        effect = DEEDS[call.command](bench, one, call)
        act.apply(bench.conn, effect.actions, actor, bench.cfg.promises)
        effects.append(effect)
    return effects
