"""Raw mails too large for a row, as files named by their SHA-256 under `data_dir/raw/ab/abcdef...`.

A file is durable before `put` returns, so a row may name it. Reading checks nothing; `fsck` does.
"""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.errors import Full, Permanent, Temporary

_FULL = {errno.ENOSPC, errno.EDQUOT}
_SIDE_BY_SIDE = 8


class RawStore:
    """Content-addressed files; the same bytes are kept once however many mails carry them."""

    def __init__(self, folder: Path, *, inline_max: int = 65536) -> None:
        self.folder = folder
        self.inline_max = inline_max  # bytes; what is not larger belongs in the row
        self._writers: ThreadPoolExecutor | None = None

    def close(self) -> None:
        """End the writing threads, if there are any."""
        if self._writers is not None:
            self._writers.shutdown()
            self._writers = None

    def path(self, name: str) -> Path:
        return self.folder / name[:2] / name

    def put(self, raw: bytes, name: str = "") -> str:
        """Keep `raw` durably and return its name, the hex SHA-256 (computed unless given). Raises Full, Temporary."""
        name = name or hashlib.sha256(raw).hexdigest()
        path = self.path(name)
        try:
            if path.exists() and path.stat().st_size == len(raw):
                os.utime(path)  # keeps the sweep of orphans off a file that is about to get an owner
            else:
                self._write(path, raw)
            _sync(path.parent)
        except OSError as error:
            kind = Full if error.errno in _FULL else Temporary
            raise kind(f"{path.parent}: {error.strerror}") from error
        return name

    def put_many(self, raws: Mapping[str, bytes]) -> None:
        """`put` for several mails by name, side by side: the disk makes one sync of those that come together."""
        if len(raws) > 1 and self._writers is None:
            self._writers = ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="raw")
        run = map if self._writers is None else self._writers.map
        for _ in run(self.put, raws.values(), raws.keys()):
            pass

    def _write(self, path: Path, raw: bytes) -> None:
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _sync(self.folder)
            _sync(self.folder.parent)
        fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
        try:
            with fresh.open("xb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            fresh.rename(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise

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

    def delete(self, name: str) -> None:
        """Forget a mail; forgetting it twice is no error."""
        self.path(name).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
