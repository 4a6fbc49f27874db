"""How much room is left where the data lie: in `data_dir`, and where an SQLite database is elsewhere, there too."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gateway.store.engine import Store, sqlite_files


class Room(NamedTuple):
    """The bytes that are left to us in a folder."""

    folder: Path
    free: int


def folders(store: Store) -> tuple[Path, ...]:
    """Where the data of an open store lie, `data_dir` first."""
    return _all(store.data_dir, store.spool.path)


def folders_of(url: str, data_dir: Path) -> tuple[Path, ...]:
    """Where the data will lie, by the settings."""
    return _all(data_dir, sqlite_files(url)[0] if url.startswith("sqlite:") else None)


def least(among: Sequence[Path]) -> Room:
    """The folder with the least room, the first of several alike. One that is not there yet will be made above."""
    return min((Room(folder, _free(folder)) for folder in among), key=lambda one: one.free)


def _all(data_dir: Path, database: Path | None) -> tuple[Path, ...]:
    return (data_dir,) if database is None or database.parent == data_dir else (data_dir, database.parent)


def _free(folder: Path) -> int:
    disk = os.statvfs(next(one for one in (folder, *folder.parents) if os.path.exists(one)))
    return disk.f_bavail * disk.f_frsize
