"""All clocks reckoned anew, for calendars, SLAs or what queues promise have changed."""

from collections.abc import Mapping
from typing import Any

from gateway import act, log
from gateway.now import now
from gateway.site import Site
from gateway.store import Store, deadlines
from gateway.store.snapshots import snapshots
from gateway.tickets import clocks
from gateway.tickets.actions import Actor, Change
from gateway.tickets.reason import Reason
from gateway.tickets.sla import DUE


def reckon_all(store: Store, site: Site) -> int:
    """Reckon every clock anew, for something else is promised; how many due times are others now."""
    changed, after = 0, 0
    while True:
        with store.main.read() as conn:
            page = deadlines.unended(conn, after)
        for row in page:
            changed += _reckon(store, site, int(row["number"])) if _differs(row, site) else 0
        if len(page) < deadlines.BATCH:
            break
        after = page[-1]["number"]
    if changed:
        log.reckoned_anew(changed)
    return changed


def _anew(row: Mapping[str, Any], site: Site) -> dict[str, Any]:
    found = clocks.after(row, site.promises, row["updated_at"])
    return clocks.columns(found, row, site.promises, row["updated_at"])


def _differs(row: Mapping[str, Any], site: Site) -> bool:
    return row["clocks"] != {} and bool(_anew(row, site))


def _reckon(store: Store, site: Site, number: int) -> bool:
    """One ticket; True where a due time is another now. Its journal has what it was and what it is."""
    with store.main.write() as conn:
        ticket = snapshots(conn, [number])[number]
        values = _anew(ticket.row, site)
        if not any(column in values for column in DUE.values()):
            if values:
                deadlines.note(conn, number, ticket.row["version"], values)
            return False
        change = Change(
            ticket=number,
            seen_version=ticket.row["version"],
            values={**values, "clocks": values.get("clocks", ticket.row["clocks"])},
            before=ticket.row,
            reason=Reason.PROMISED_ANEW,
        )
        act.apply(conn, [change], Actor(name="config", at=now()), site.promises)
    return True
