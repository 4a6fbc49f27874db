"""One thread that writes the letters about what happened, one occasion at a time: composed first, then written."""

import threading
from collections.abc import Callable
from datetime import datetime

from gateway import act, log
from gateway.errors import GatewayError, Permanent, Temporary
from gateway.faults import hit
from gateway.now import now
from gateway.site import Site
from gateway.store import Store, announcements, lookup
from gateway.telling import to_agents, to_customers
from gateway.telling.about import Known, known
from gateway.telling.caps import has_enough
from gateway.telling.occasion import Occasion, occasions
from gateway.telling.whom import notices
from gateway.tickets.actions import Action, Actor, Note
from gateway.tickets.reason import Reason

_BATCH = 200  # announcements looked at in one go
_LOOK_EVERY = 0.5  # seconds; other processes change tickets too
_PAUSE = 2.0  # seconds after trouble with the database


class Teller:
    """Tells until stopped. `wake` is set by whoever changed a ticket, `on_outbox` where there is something to send."""

    def __init__(
        self, store: Store, site: Callable[[], Site], *, wake: threading.Event, on_outbox: Callable[[], None]
    ) -> None:
        self._store = store
        self._site = site
        self._wake = wake
        self._on_outbox = on_outbox
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telling", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What is being told is told to its end."""
        self._stop.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if tell_all(self._store, self._site(), until=self._stop.is_set):
                    self._on_outbox()
                    continue
            except GatewayError as exc:
                log.database_trouble(exc)
                self._stop.wait(_PAUSE)
            except Exception as exc:  # noqa: BLE001  top of the loop
                log.crashed("telling", exc)
                self._stop.wait(_PAUSE)
            self._wake.wait(_LOOK_EVERY)
            self._wake.clear()


def tell_all(store: Store, site: Site, *, until: Callable[[], bool] = lambda: False) -> bool:
    """Tell what waits, some of it at least; False where nothing waited."""
    with store.main.read() as conn:
        waiting = announcements.waiting(conn, _BATCH)
    for occasion in occasions(waiting):
        if until():
            break
        try:
            _tell(store, site, occasion, now())
        except Temporary:
            raise
        except Exception as exc:  # noqa: BLE001  one occasion must not keep all others waiting
            log.crashed("telling", exc)
            _give_up(store, occasion, now())
    return bool(waiting)


def _give_up(store: Store, occasion: Occasion, at: datetime) -> None:
    """Nobody hears of it, and the ticket says so."""
    told = Note(ticket=occasion.ticket, kind="not_told", data={"of": sorted(occasion.happened)})
    with store.main.write() as conn:
        if announcements.take(conn, occasion.ids):
            act.apply(conn, [told], Actor(name="telling", at=at))


def _tell(store: Store, site: Site, occasion: Occasion, at: datetime) -> None:
    """One occasion: its letters are composed without a lock, and written with the end of its announcements."""
    gathered: list[str] = []
    actions: list[Action] = []
    with store.main.read() as conn:
        found = known(conn, occasion.ticket)
        if found is not None:
            away = lookup.away(conn, at)
            number = occasion.of("wrote").get("article") or occasion.of("noted").get("article")
            article = announcements.article(conn, int(number)) if number else found.last_in
            for agent, kind in notices(occasion, found.row, site.cfg, away):
                is_new = to_agents.goes_into_digest(conn, site.cfg.agents[agent], kind, occasion, at)
                if is_new or has_enough(conn, site, agent, at):
                    gathered.append(agent)
                else:
                    actions.append(to_agents.letter(store, site, occasion, found, article, agent, kind, at))
            try:
                actions += to_customers.letter(conn, site, occasion, found, at)
            except Permanent as exc:  # no address that mail can be written to
                kept = {"template": to_customers.step_of(occasion, site)[0], "detail": str(exc)}
                actions.append(Note(ticket=occasion.ticket, kind="not_sent", data=kept, reason=Reason.BAD_ADDRESS))
    with store.main.write() as conn:
        if not announcements.take(conn, occasion.ids):
            return  # another node tells it
        for agent in gathered:
            announcements.gather(conn, agent, occasion.ticket, at)
        act.apply(conn, actions, Actor(name="telling", at=at))
        hit("before_telling_commit")
    hit("after_telling_commit")


def tell_digests(store: Store, site: Site) -> None:
    """The digests whose time has come."""
    at = now()
    with store.main.read() as conn:
        due = announcements.digests_due(conn, at - to_agents.LATELY)
        tickets: dict[str, list[Known]] = {
            agent: [found for number in numbers if (found := known(conn, number))] for agent, numbers in due.items()
        }
    for agent, theirs in tickets.items():
        still = [one for one in theirs if not site.cfg.status_table.is_ended(one.row["status"])]
        letters = [to_agents.digest_letter(site, agent, still, at)] if still and agent in site.cfg.agents else []
        with store.main.write() as conn:
            if announcements.take_digest(conn, agent, due[agent]):
                act.apply(conn, letters, Actor(name="telling", at=at))
