"""Letters to the admin about what needs a human; the same matter at most once an hour."""

import secrets
from collections.abc import Sequence

from sqlalchemy import select

from gateway import act, log
from gateway.compose import letters
from gateway.now import now
from gateway.site import Site
from gateway.store import Store, tables
from gateway.tickets.actions import Actor, Note


def tell_admin(store: Store, site: Site, alarms: Sequence[tuple[str, str]]) -> None:
    """Write one letter for each (subject, text) that was not told within this hour."""
    at = now()
    for subject, text in alarms:
        key = letters.hourly_key("admin", subject, at)
        stamp = letters.Stamp(message_id=f"<{secrets.token_hex(12)}@{site.cfg.mail.host}>", at=at)
        letter = letters.admin_notice(site.cfg, subject=subject, text=text, stamp=stamp)
        with store.main.write() as conn:
            # A unique key would not do: for it, no two tickets that are NULL are the same.
            told = select(tables.event.c.id).where(tables.event.c.ticket.is_(None), tables.event.c.step_key == key)
            if conn.execute(told).first() is not None:
                continue
            note = Note(ticket=None, kind="admin_told", data={"subject": subject, "text": text}, step_key=key)
            act.apply(conn, [letters.send(letter, None), note], Actor(name="system", at=at))
        log.admin_told(subject)
