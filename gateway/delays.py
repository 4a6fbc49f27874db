"""Whoever works a ticket hears when a letter to its customer is on its way for hours (T109); once for a letter."""

from datetime import timedelta

from gateway import act
from gateway.now import now
from gateway.site import Site
from gateway.store import Store, leaving, told
from gateway.tickets.actions import Actor, Note
from gateway.undelivered import is_one_of_us

LOOK_EVERY = 60  # seconds
_AFTER = timedelta(hours=4)
_AT_ONCE = 100  # letters a look


def look(store: Store, site: Site) -> None:
    """One turn of the clock. What another node was quicker to tell is told already: the journal has its step."""
    at = now()
    with store.main.read() as conn:
        if not leaving.late(conn, at - _AFTER, 1):
            return
    with store.main.write() as conn:
        told.lock(conn)
        notes = [
            Note(
                ticket=one.ticket,
                kind="delayed" if is_one_of_us(one.recipient.lower(), site.cfg) else "delivery_delayed",
                data={"outbox": one.outbox, "mail": one.mail_id, "recipient": one.recipient, "reply": one.reply},
                step_key=one.step_key,
            )
            for one in leaving.late(conn, at - _AFTER, _AT_ONCE)
        ]
        act.apply(conn, notes, Actor(name="clock", at=at))
