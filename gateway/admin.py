"""Letters to the admin about what needs a human; the same matter at most once an hour, or once and for all."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway import act, log
from gateway.compose import letters
from gateway.compose.stamp import plain
from gateway.now import now
from gateway.site import Site
from gateway.store import Store, told
from gateway.tickets.actions import Actor, Note
from gateway.tickets.undeclared import Advice

MAX_ADVICE = 5  # letters a day
_ADVICE = "notice:source:"


def tell_admin(store: Store, site: Site, alarms: Sequence[tuple[str, str]]) -> None:
    """Write one letter for each (subject, text) that was not told within this hour."""
    at = now()
    for subject, text in alarms:
        _tell(store, site, subject, text, at=at, key=told.hourly_key("admin", subject, at))


def tell_admin_once(store: Store, site: Site, subject: str, text: str) -> None:
    """Write one letter about it, ever: the same text is not told again, on this node."""
    digest = hashlib.sha256(f"{subject}\n{text}".encode("utf-8", "surrogatepass")).hexdigest()
    _tell(store, site, subject, text, at=now(), key=f"notice:once:{store.node}:{digest[:32]}")


def advise(store: Store, site: Site, advice: Advice) -> None:
    """Write one letter about a source that could be declared, ever; a few a day, for anybody may look like one."""
    at = now()
    key = f"{_ADVICE}{advice.source}"
    with store.main.read() as conn:
        if told.was_ever_told(conn, key) or told.count(conn, _ADVICE, at - timedelta(days=1)) >= MAX_ADVICE:
            return
    subject = f"mail from {advice.source}: you may want to declare it"
    text = (
        f"A ticket was opened for a mail from {advice.source}, which looks like {advice.looks_like}. Tickets of such "
        f"mail are better where config.toml says so. To do that, paste this and see what it does with "
        f"`gateway explain`; to leave it as it is, do nothing: you are not told again.\n\n{advice.toml}\n"
    )
    _tell(store, site, subject, text, at=at, key=key)


def _tell(store: Store, site: Site, subject: str, text: str, *, at: datetime, key: str) -> None:
    letter = letters.admin_notice(site.cfg, subject=subject, text=text, stamp=plain(site.cfg, at))
    with store.main.write() as conn:
        told.lock(conn)
        if told.was_ever_told(conn, key):
            return
        note = Note(ticket=None, kind="admin_told", data={"subject": subject, "text": text}, step_key=key)
        act.apply(conn, [letters.send(letter, None), note], Actor(name="system", at=at))
    log.admin_told(subject)
