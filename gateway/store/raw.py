"""Raw mails too large for a row, as files named by their SHA-256 under `data_dir/raw/ab/abcdef...`.

A file is durable before `put` returns, so a row may name it. Reading checks nothing; `fsck` does.
"""

import errno
import fcntl
import hashlib
import os
import secrets
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from gateway.errors import Full, Permanent, Temporary

T = TypeVar("T")
R = TypeVar("R")

_FULL = {errno.ENOSPC, errno.EDQUOT}
_SIDE_BY_SIDE = 8
_GUARD = "guard"


class RawStore:
    """Content-addressed files; the same bytes are kept once however many mails carry them."""

    def __init__(self, folder: Path, *, inline_max: int = 1_048_576) -> None:
        self.folder = folder
        self.inline_max = inline_max  # bytes; what is not larger belongs in the row
        self._writers: ThreadPoolExecutor | None = None
        self._folders: dict[str, int] = {}
        self._opening = threading.Lock()

    def close(self) -> None:
        """End the writing threads and close the folders."""
        if self._writers is not None:
            self._writers.shutdown()
            self._writers = None
        while self._folders:
            os.close(self._folders.popitem()[1])

    def path(self, name: str) -> Path:
        return self.folder / name[:2] / name

    def put(self, raw: bytes, name: str = "") -> str:
        """Keep `raw` durably and return its name, the hex SHA-256 (computed unless given). Raises Full, Temporary."""
        name = name or hashlib.sha256(raw).hexdigest()
        self.put_many({name: raw})
        return name

    def put_many(self, raws: Mapping[str, bytes]) -> None:
        """Keep several mails by name: the files side by side, and their folders after them.

        The first folder's sync writes the journal, where the others' entries stand too, so the rest cost little.
        """
        try:
            with self._guarded(fcntl.LOCK_SH):
                folders = set(self.side_by_side(self._keep, raws.items()))
            for folder in folders:
                os.fsync(folder)
        except OSError as error:
            kind = Full if error.errno in _FULL else Temporary
            raise kind(f"{self.folder}: {error.strerror}") from error

    def side_by_side(self, work: Callable[[T], R], items: Collection[T]) -> Iterable[R]:
        """`work` on each item, in order; several at a time where the work is hashing or writing many bytes."""
        if len(items) < 2:
            return map(work, items)
        if self._writers is None:
            self._writers = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="raw")
        return self._writers.map(work, items)

    def _keep(self, named: tuple[str, bytes]) -> int:
        """Write one file unless it is there; the descriptor of its folder, which is still to be synced."""
        name, raw = named
        path = self.path(name)
        folder = self._opened(path.parent)
        try:
            known = os.stat(name, dir_fd=folder).st_size == len(raw)
        except FileNotFoundError:
            known = False
        if known:
            os.utime(path)  # keeps the sweep of orphans off a file that is about to get an owner
        else:
            _write(folder, name, raw)
        return folder

    def _opened(self, folder: Path) -> int:
        """A descriptor of one of the 256 folders, kept open."""
        key = folder.name
        found = self._folders.get(key)
        if found is None:
            with self._opening:
                found = self._folders.get(key)
                if found is None:
                    if not folder.exists():
                        folder.mkdir(parents=True, exist_ok=True)
                        _sync(self.folder)
                        _sync(self.folder.parent)
                    found = self._folders[key] = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return found

    def get(self, name: str) -> bytes:
        """The bytes; Permanent where the file is gone."""
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError:
            raise Permanent(f"the raw mail {name} is missing under {self.folder}")

    def names(self) -> Iterator[str]:
        """The name of every mail kept, in no particular order; unfinished files are left out."""
        if self.folder.exists():
            for path in self.folder.glob("??/*"):
                if not path.name.endswith(".tmp"):
                    yield path.name

    def forget(self, name: str, before: float) -> bool:
        """Delete a mail that nobody has put since that time (seconds since the epoch); False where somebody has.

        Whoever puts the same bytes this moment finds them gone and writes them, or is seen to have touched them.
        """
        with self._guarded(fcntl.LOCK_EX), suppress(FileNotFoundError):
            if self.path(name).stat().st_mtime >= before:
                return False
            self.path(name).unlink()
        return True

    @contextmanager
    def _guarded(self, how: int) -> Iterator[None]:
        """Those who put go together, whoever forgets goes alone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(self.folder / _GUARD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, how)
            yield
        finally:
            os.close(fd)

    def delete(self, name: str) -> None:
        """Forget a mail; forgetting it twice is no error."""
        self.path(name).unlink(missing_ok=True)


def _write(folder: int, name: str, raw: bytes) -> None:
    fresh = f"{name}.{os.getpid()}.{secrets.token_hex(4)}.tmp"
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        try:
            rest = memoryview(raw)
            while rest:
                rest = rest[os.write(fd, rest) :]
            os.fsync(fd)
        finally:
            os.close(fd)
        os.rename(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(fresh, dir_fd=folder)
        raise


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
