"""The sender: what is due in the outbox is carried by its way out, and what came of each is recorded.

At least once (T108): a crash between the other side's yes and our record sends the same bytes again. Each way out has
threads of its own, so that one that is slow or dead holds up nothing but its own mail.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence

from gateway import log
from gateway.config import Config, Route
from gateway.delivery.answer import Carrier
from gateway.delivery.maildir import Maildir
from gateway.delivery.pace import Breaker
from gateway.delivery.recording import Recorder
from gateway.delivery.route_sender import Office, RouteSender
from gateway.delivery.signing import Signer, signer_of
from gateway.delivery.smtp import Smarthost
from gateway.faults import refuse_in_production
from gateway.now import now
from gateway.oauth import Keeper, accounts
from gateway.store import Store, outbox
from gateway.undelivered import Alarm


def carrier_of(route: Route, cfg: Config, tokens: Keeper, signer: Signer | None = None) -> Carrier:
    """A connection of a route, for one thread, made when it is first needed."""
    way = route.way
    if way.to.path is not None:
        return Maildir(way.to.path)
    return Smarthost(
        way.to,
        helo=way.helo or cfg.mail.host,
        password=way.password,
        token=_token_of(route, cfg, tokens),
        ca_file=way.ca_file,
        signer=signer,
    )


def _token_of(route: Route, cfg: Config, tokens: Keeper) -> Callable[[str], str] | None:
    account = next((one for one in accounts(cfg) if one.use == "smtp" and one.name == route.name), None)
    return (lambda refused: tokens.token(account, refused=refused)) if account else None


LOOK_EVERY = 0.5  # seconds


class Sender:
    """Delivers the outbox until stopped. `wake` is set by whoever put something into it, and by `look`."""

    def __init__(
        self,
        store: Store,
        cfg: Config,
        *,
        node: str,
        wake: threading.Event,
        carrier: Carrier | None = None,
        breaker: Breaker | None = None,
        chance: Callable[[], float] = random.random,
        cfg_in_force: Callable[[], Config] | None = None,
        on_alarm: Callable[[Sequence[Alarm]], None] = lambda alarms: None,
        on_trouble: Callable[[], None] = lambda: None,
    ) -> None:
        """`cfg_in_force` gives what may be changed while we run, `on_alarm` is handed what the admin must hear,
        `on_trouble` is called when a way out gets into trouble or out of it; `carrier` and `breaker` are [delivery]'s.

        ConfigError where a key cannot sign, or test switches are armed and the delivery is a real one.
        """
        refuse_in_production(cfg)
        self._store = store
        self._cfg = cfg
        in_force = cfg_in_force or (lambda: cfg)
        self._office = Office(
            store=store,
            node=node,
            wake=wake,
            stop=threading.Event(),
            cfg_in_force=in_force,
            recorder=Recorder(store, node=node, cfg_in_force=in_force, chance=chance, on_alarm=on_alarm),
            on_trouble=on_trouble,
        )
        self._routes = [
            RouteSender(self._office, route, _one(carrier), breaker=breaker)
            if route.is_default and carrier is not None
            else RouteSender(self._office, route, self._carriers(route), breaker=breaker if route.is_default else None)
            for route in cfg.routes
        ]

    def _carriers(self, route: Route) -> Callable[[], Carrier]:
        signer, tokens = signer_of(route), Keeper(self._store)
        return lambda: carrier_of(route, self._cfg, tokens, signer)

    def start(self) -> None:
        """Free what this node was sending when it died, then send in threads of our own."""
        freed = outbox.free_node(self._store, self._office.node)
        if freed:
            log.sending_resumed(freed)
        for one in self._routes:
            one.start()

    def look(self) -> None:
        """Wake the threads where anything is due: a mail to be tried again, or one that another process has written.

        Where one of them has been over a mail for long, another one is started as far as the route allows.
        """
        due_at = outbox.next_due_at(self._store)
        if due_at is not None and due_at <= now():
            self._office.wake.set()
            for one in self._routes:
                one.look()

    def stop(self, timeout: float = 10.0) -> bool:
        """Finish the mails in hand, give back the rest; False where that took longer than `timeout` seconds."""
        self._office.stop.set()
        self._office.wake.set()
        deadline = time.monotonic() + timeout
        ended = [one.join(deadline) for one in self._routes]
        return all(ended)

    def run_once(self) -> int:
        """Deliver what is due now, a batch of each way out at most; how many were tried."""
        return sum(one.run_once() for one in self._routes)


def _one(carrier: Carrier) -> Callable[[], Carrier]:
    return lambda: carrier
