"""The intake process takes up changed settings: addresses, limits, log, and certificates that were renewed.

Whether they are good was judged by the worker, which recorded them; here they are only read from that record.
"""

import asyncio
import os
from collections.abc import Sequence

from gateway import log
from gateway.config import Config
from gateway.errors import ConfigError, GatewayError
from gateway.intake.imap import ImapPoller
from gateway.intake.recipients import recipient_judge
from gateway.intake.smtp import SmtpListener
from gateway.intake.spool import Spool
from gateway.site import Site, recorded_config
from gateway.store import Store

_PAUSE = 2.0  # seconds after trouble with the database
_LOOK_EVERY = 2.0  # seconds, at the files of certificates


class TakingUp:
    """Hands the settings in force to whoever works by them in this process."""

    def __init__(
        self,
        cfg: Config,
        site: Site,
        *,
        store: Store,
        spool: Spool,
        listeners: Sequence[SmtpListener],
        pollers: Sequence[ImapPoller],
    ) -> None:
        self._cfg = cfg
        self._keys = site.keys
        self._known_id = site.rule_set_id
        self._store = store
        self._spool = spool
        self._listeners = listeners
        self._pollers = pollers

    async def keep_up(self, news_fd: int) -> None:
        """Take up what is in force now, and again whenever a byte comes from `news_fd`; runs until cancelled."""
        news = asyncio.Event()
        news.set()  # we may have been started anew after a change
        asyncio.get_running_loop().add_reader(news_fd, _drain, news_fd, news)
        while True:
            await news.wait()
            news.clear()
            try:
                cfg, known_id = await asyncio.to_thread(recorded_config, self._store, self._cfg, self._known_id)
            except ConfigError as error:
                log.site_refused(error.problems, stays=self._known_id)
                continue
            except GatewayError as exc:
                log.database_trouble(exc)
                await asyncio.sleep(_PAUSE)
                news.set()
                continue
            self._known_id = known_id
            if cfg != self._cfg:
                self._take_up(cfg)
            self._renew_certificates()

    async def keep_certificates(self) -> None:
        """Take up certificates that are renewed while we run, whatever renews them; runs until cancelled."""
        seen = {listener: listener.certificate_stamp for listener in self._listeners}
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            for listener, before in seen.items():
                if (stamp := listener.certificate_stamp) != before:
                    seen[listener] = stamp
                    self._renew_certificate(listener)

    def _take_up(self, cfg: Config) -> None:
        self._cfg = cfg
        judge = recipient_judge(cfg, self._keys)
        for listener in self._listeners:
            listener.judge_by(judge)
            listener.know_agents(cfg)
            listener.keep_to(cfg.limits)
        for poller in self._pollers:
            poller.take_up(cfg)
        self._spool.take_up(min_free=cfg.limits.min_free, duplicate_for=cfg.limits.duplicate_for)
        log.setup(cfg.log.level, cfg.log.format)
        log.settings_taken_up("intake")

    def _renew_certificates(self) -> None:
        for listener in self._listeners:
            self._renew_certificate(listener)

    def _renew_certificate(self, listener: SmtpListener) -> None:
        try:
            listener.reload_certificate()
        except ConfigError as error:  # the old one stays, and the health of the site tells of it
            log.certificate_refused(str(error))


def _drain(fd: int, news: asyncio.Event) -> None:
    try:
        if os.read(fd, 4096):
            news.set()
    except BlockingIOError:
        pass
