"""A poller on a mailbox, with times short enough for tests, and what it put into the spool."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from gateway.config import Config, load
from gateway.intake.imap import ImapPoller
from gateway.intake.imap_session import Times
from gateway.intake.polls import start_polls
from gateway.intake.spool import Spool
from gateway.store import Store, tables
from gateway.store.spool import raw_of

QUICK = Times(connect=5, read=5, command=10, look=60, retry_first=0.05, retry_most=0.2, login_first=0.1, login_most=0.3)

_CONFIG = """
[gateway]
name = "acme"
[mail]
from = "Acme Support <support@acme.example>"
[mail.addresses]
"support@acme.example" = "support"
"billing@acme.example" = "billing"
[[imap]]
name = "main"
host = "127.0.0.1"
port = {port}
user = "{user}"
password_file = "imap.secret"
{more}
[queues.support]
title = "Support"
[queues.billing]
title = "Billing"
"""


def imap_config(folder: Path, /, port: int, *, user: str = "u1", tls: str = "false", **keys: str | list[str]) -> Config:
    """A site with one mailbox; `keys` go into its section as strings or lists of them."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "imap.secret"
    secret.write_text("secret\n")
    secret.chmod(0o600)
    more = "\n".join(
        [f"tls = {tls}", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items())]
    )
    path = folder / "config.toml"
    path.write_text(_CONFIG.format(port=port, user=user, more=more))
    return load(path)


@contextmanager
def polling(cfg: Config, store: Store, *, times: Times = QUICK, node: str = "") -> Iterator[ImapPoller]:
    """A running poller of the site's one mailbox, with a committer of its own."""
    spool = Spool(store)
    spool.start()
    stop = threading.Event()
    poller = ImapPoller(cfg.imap[0], store=store, spool=spool, cfg=cfg, stop=stop, times=times, node=node)
    poller.start()
    polls = start_polls([poller])
    try:
        yield poller
    finally:
        polls.shutdown(wait=False)
        stop.set()
        poller.join(10)
        spool.stop()
        assert not poller.is_alive


@dataclass(frozen=True)
class Spooled:
    id: int
    source: str
    recipients: tuple[str, ...]
    quiet: bool
    copies: int
    raw: bytes


def spooled(store: Store) -> list[Spooled]:
    """Every mail in the spool, in order."""
    with store.spool.read() as conn:
        rows = conn.execute(select(tables.spool).order_by(tables.spool.c.id)).all()
    return [
        Spooled(
            id=row.id,
            source=row.source,
            recipients=tuple(row.recipients),
            quiet=row.quiet,
            copies=row.copies,
            raw=raw_of(store, row.id),
        )
        for row in rows
    ]


def spool_count(store: Store) -> int:
    with store.spool.read() as conn:
        return len(conn.execute(select(tables.spool.c.id)).all())


def unmoved(store: Store) -> int:
    """How many ledger rows with a spool row wait to be moved."""
    ledger = tables.imap_uid.c
    with store.spool.read() as conn:
        query = select(ledger.uid).where(ledger.spool_id.is_not(None), ledger.moved_at.is_(None))
        return len(conn.execute(query).all())
