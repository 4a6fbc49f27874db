"""Letters to the admin about what needs a human; the same matter at most once an hour, or once and for all."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

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
        _tell(store, site, subject, text, at=at, key=letters.hourly_key("admin", subject, at))


def tell_admin_once(store: Store, site: Site, subject: str, text: str) -> None:
    """Write one letter about it, ever: the same text is not told again, on this node."""
    digest = hashlib.sha256(f"{subject}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()
    _tell(store, site, subject, text, at=now(), key=f"notice:once:{store.node}:{digest[:32]}")


def _tell(store: Store, site: Site, subject: str, text: str, *, at: datetime, key: str) -> None:
    stamp = letters.Stamp(message_id=f"<{secrets.token_hex(12)}@{site.cfg.mail.host}>", at=at)
    letter = letters.admin_notice(site.cfg, subject=subject, text=text, stamp=stamp)
    with store.main.write() as conn:
        # A unique key would not do: for it, no two tickets that are NULL are the same.
        told = select(tables.event.c.id).where(tables.event.c.ticket.is_(None), tables.event.c.step_key == key)
        if conn.execute(told).first() is not None:
            return
        note = Note(ticket=None, kind="admin_told", data={"subject": subject, "text": text}, step_key=key)
        act.apply(conn, [letters.send(letter, None), note], Actor(name="system", at=at))
    log.admin_told(subject)
