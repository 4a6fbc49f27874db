"""The site that an import works on: alone, or only looked into; and the options that all imports have."""

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.main import Session
from gateway.cli.opening import opened, private_files
from gateway.errors import Temporary

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.reader import Readers
    from gateway.store import Store

dry_option = click.option(
    "--dry-run", is_flag=True, help="Say what would be done, and what is in the way; write nothing."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def all_there(paths: Sequence[Path]) -> None:
    """FileNotFoundError for the first of them that is not."""
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


@contextmanager
def alone(session: Session, reads: Sequence[Path]) -> "Iterator[tuple[Config, Store]]":
    """The store while no daemon runs on the site. Temporary where one does."""
    from gateway.store.node import DataLock

    with opened(session, reads=reads) as (cfg, store):
        try:
            with private_files():
                lock = DataLock(cfg.gateway.data_dir)
        except Temporary as error:
            raise Temporary(f"{error}; stop it first")
        try:
            yield cfg, store
        finally:
            lock.release()


@contextmanager
def looked_into(session: Session, reads: Sequence[Path]) -> "Iterator[tuple[Config, Store]]":
    """The store, to look only: of an SQLite site that never ran an empty one, so that nothing of it is made."""
    from gateway.config.secret import Secret
    from gateway.store import migrate, open_store
    from gateway.store.engine import sqlite_files

    cfg = session.config(secrets=False)
    if not cfg.database.url.startswith("sqlite:") or sqlite_files(cfg.database.url)[1].exists():
        with opened(session, reads=reads) as (cfg, store):
            yield cfg, store
        return
    with tempfile.TemporaryDirectory(prefix="gateway-import-") as folder:
        store = open_store(f"sqlite:///{folder}/gateway.db", Path(folder))
        try:
            migrate.ensure(store)
            own = {"data_dir": Path(folder), "secret_file": Secret(path=Path(folder) / "secret")}
            yield cfg.model_copy(update={"gateway": cfg.gateway.model_copy(update=own)}), store
        finally:
            store.close()


@contextmanager
def readers_of(cfg: "Config") -> "Iterator[Readers]":
    """The reader processes of the settings."""
    from gateway.reader import Readers

    limits = cfg.limits
    with Readers(
        count=limits.readers,
        timeout=limits.reader_time.total_seconds(),
        memory=limits.reader_memory,
        recycle=limits.reader_mails,
    ) as readers:
        yield readers
