"""Assignment when several nodes assign at once: turns and caps are looked at again under a lock, before writing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from gateway.conclude import conclude
from gateway.config import Config
from gateway.plan import Plan
from gateway.site import Site
from gateway.store.lookup import lock_assignment, open_tickets, turns
from gateway.store.surroundings import Surroundings, meet


def in_turn(conn: Connection, site: Site, plans: Sequence[Plan], around: Surroundings, at: datetime) -> Sequence[Plan]:
    """The plans as they are to be written; those that assign are concluded anew where others assigned meanwhile.

    `around` is what the first of them was decided by. The lock holds until the transaction ends.
    """
    cfg = site.cfg
    if not any(_depends(plan, cfg) for plan in plans):
        return plans
    lock_assignment(conn)
    now = replace(around, turns=turns(conn), open_tickets=open_tickets(conn, cfg.status_table.ended))
    if not any(_is_overtaken(plan, around, now, cfg) for plan in plans):
        return plans
    renewed: list[Plan] = []
    for plan in plans:
        if _depends(plan, cfg):
            if named := plan.draft.named_requester:
                now = meet(conn, now, named.key, at)
            plan = conclude(plan.draft, plan.ticket if plan.draft.opens_ticket else None, now, site, at)
        renewed.append(plan)
        now = now.after(plan.actions)
    return renewed


def _depends(plan: Plan, cfg: Config) -> bool:
    """Whether who gets it depends on whose turn it is, or on a cap."""
    choice = plan.choice
    return choice is not None and choice.agent is not None and (choice.turn is not None or _cap(choice.agent, cfg))


def _cap(agent: str, cfg: Config) -> bool:
    return cfg.agents[agent].max_open is not None


def _is_overtaken(plan: Plan, before: Surroundings, now: Surroundings, cfg: Config) -> bool:
    choice = plan.choice
    if choice is None or choice.agent is None:
        return False
    if choice.turn is not None and before.turns.get(choice.turn.of) != now.turns.get(choice.turn.of):
        return True
    return _cap(choice.agent, cfg) and before.open_tickets.get(choice.agent) != now.open_tickets.get(choice.agent)
