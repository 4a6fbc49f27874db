"""An agent asks a third party by mail."""

from sqlalchemy import Connection

from gateway import act
from gateway.agents.case import Case
from gateway.agents.replying import HeldBackError, guarded
from gateway.mail import Address
from gateway.question import question
from gateway.reply import Pen
from gateway.site import Site
from gateway.tickets.actions import Actor
from gateway.tickets.commands import Call
from gateway.tickets.leaving import Withheld


def ask(conn: Connection, case: Case, call: Call, site: Site, actor: Actor) -> str:
    """Write it; what is said of it."""
    whom = call.argument
    assert isinstance(whom, Address)
    assert case.row is not None
    leaving = guarded(conn, case, site)
    if isinstance(leaving, Withheld):
        raise HeldBackError(leaving)
    effect = question(
        conn,
        site.cfg,
        Pen(templates=site.templates, keys=site.keys),
        int(case.row["number"]),
        whom,
        leaving.text,
        by=actor.name,
        of=f"{case.incoming.spool.id} {case.incoming.spool.sha256}",
        at=actor.at,
        agent=site.cfg.agents[case.agent],
        files=leaving.attachments,
    )
    act.apply(conn, effect.actions, actor, site.promises)
    return effect.said
