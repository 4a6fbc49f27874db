"""A prepared pair of SQLite files takes the place of a site's own; once begun, it is finished whatever happens.

Everything that needs room or can be refused is done before, in the folder of `prepared_in`. From the marker file on
there are only renames, and whoever opens the site next does those that a crash left undone.
"""

import fcntl
import json
import os
import shutil
from pathlib import Path
from typing import TextIO

from gateway.errors import Permanent, Temporary

# What the files are called wherever they are not the site's own: prepared, kept, or in a backup.
FILES = ("spool.db", "gateway.db")
BESIDE = ("-wal", "-shm")
_MARKER = "restoring.json"


def prepared_in(files: tuple[Path, Path]) -> Path:
    """The folder where the pair is prepared; beside the files, as only a rename within one disk is atomic."""
    return files[1].with_name("restoring")


def exchange(data_dir: Path, files: tuple[Path, Path], *, kept: Path) -> None:
    """Put the prepared pair in the place of `files`, which `kept` holds another name or a copy of already."""
    marker = data_dir / _MARKER
    half = marker.with_name(f"{_MARKER}.tmp")
    with half.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # nobody else shall finish what is under way
        json.dump({"prepared": prepared_in(files).name, "kept": kept.name}, file)
        file.flush()
        os.fsync(file.fileno())
        os.replace(half, marker)
        sync(data_dir)
        _take_place(marker, files, kept)


def finish(data_dir: Path, files: tuple[Path, Path]) -> None:
    """Finish the exchange that a crash cut short, if there is one. Call it before `files` are opened.

    Waits for an exchange that is under way. Raises Temporary where the disk refuses, Permanent where the prepared
    files are gone, and where `data_dir` is not ours.
    """
    marker = data_dir / _MARKER
    try:
        while (file := _opened(marker)) is not None:
            with file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if _is_still(file, marker):
                    _take_place(marker, files, data_dir / str(json.load(file)["kept"]))
    except PermissionError as error:
        if not os.access(data_dir, os.W_OK | os.X_OK):  # who may not look there knows of no restore
            raise Permanent(f"{data_dir} may not be used by this user: run this as the user of the gateway") from error
        raise Temporary(f"the restore that {marker} tells of cannot be finished: {error.strerror}") from error
    except OSError as error:
        raise Temporary(f"the restore that {marker} tells of cannot be finished: {error.strerror}") from error


def _opened(marker: Path) -> TextIO | None:
    try:
        return marker.open()
    except FileNotFoundError:
        return None


def _is_still(file: TextIO, marker: Path) -> bool:
    """Whether the file that we waited for is the marker yet; who held it has finished otherwise."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), marker.stat())
    except FileNotFoundError:
        return False


def _take_place(marker: Path, files: tuple[Path, Path], kept: Path) -> None:
    """The exchange from any state that a crash can have left it in; a file that is not prepared any more is there."""
    stage = prepared_in(files)
    pairs = [(stage / name, path) for name, path in zip(FILES, files, strict=True)]
    for prepared, path in pairs:
        if not prepared.exists() and not path.exists():
            raise Permanent(
                f"the restore that {marker} tells of cannot be finished, as {prepared} is gone; put the files in "
                f"{kept} back by hand and remove {marker}"
            )
    for prepared, path in pairs:
        if prepared.exists():
            for end in BESIDE:  # the old file's, which would be read into the new one
                path.with_name(path.name + end).unlink(missing_ok=True)
            sync(path.parent)
            os.replace(prepared, path)
    sync(stage.parent)
    shutil.rmtree(stage, ignore_errors=True)
    marker.unlink()
    sync(marker.parent)


def sync(path: Path) -> None:
    """Make a file's bytes or a folder's entries durable."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
