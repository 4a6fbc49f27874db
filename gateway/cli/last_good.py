"""The settings that were in force last, where config.toml has mistakes by now: out of the record in the database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gateway.cli.opening import private_files
from gateway.config import Config
from gateway.config.kinds import absolute
from gateway.config.load import read
from gateway.config.schema_site import Database
from gateway.config.tables import table
from gateway.errors import ConfigError, GatewayError
from gateway.ownership import become_owner_of, refuse_stranger
from gateway.recorded import settings
from gateway.store import Store, migrate, open_store, rule_sets
from gateway.store.engine import sqlite_files

_PATIENCE = 5.0  # seconds for a database that does not answer


@contextmanager
def last_good(path: Path) -> Iterator[tuple[Config, Store] | None]:
    """What this node put in force last, and its store; None where it never did, or that cannot be found out.

    Root becomes the user whose the data is. Raises NotOurs where they are another user's.
    """
    found = _store(path)
    if found is None:
        yield None
        return
    try:
        cfg = _recorded(found, path)
        yield (cfg, found) if cfg is not None else None
    finally:
        found.close()


def _store(path: Path) -> Store | None:
    """The store that a file with mistakes names; nothing is made where there is none."""
    tables = _tables(path)
    root = path.absolute().parent
    folder = absolute(root, _text(table(tables, "gateway").get("data_dir")) or "data")
    named = _text(table(tables, "database").get("url")) or f"sqlite:///{folder}/gateway.db"
    refuse_stranger(folder)
    try:
        url = Database.model_validate({"url": named}, context={"root": root}).url
        is_there = folder.is_dir() and (not url.startswith("sqlite:") or all(one.exists() for one in sqlite_files(url)))
        if not is_there:
            return None
        become_owner_of(folder)
        with private_files():
            return open_store(url, folder, busy_timeout=_PATIENCE)
    except (ValidationError, GatewayError):
        return None


def _recorded(store: Store, path: Path) -> Config | None:
    try:
        kept = rule_sets.newest(store) if migrate.revisions(store) == migrate.HEADS else None
        return settings(kept[1], path.absolute()) if kept else None
    except GatewayError:
        return None


def _tables(path: Path) -> dict[str, Any]:
    """The file's tables; of one that is no TOML, the two lines that say where the data are."""
    try:
        return read(path).data
    except ConfigError:
        text = path.read_text("utf-8", "replace") if path.is_file() else ""
    url = r"sqlite:///|postgresql(?:\+psycopg)?://|env:"
    return {
        "gateway": {"data_dir": _value(text, "data_dir", "")},
        "database": {"url": _value(text, "url", f"(?:{url})")},
    }


def _value(text: str, key: str, beginning: str) -> str:
    """The value of a line `key = "..."`, `""` where there is none that is whole."""
    match = re.search(rf"""^[ \t]*{key}[ \t]*=[ \t]*(["'])({beginning}[^"'\n]*)\1""", text, re.MULTILINE)
    return match[2] if match else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
