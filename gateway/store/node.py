"""Who we are, and are we alone: `data_dir/node` is a stable id, `data_dir/lock` is held while the daemon runs."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.errors import ConfigError, Temporary


def make_private(data_dir: Path) -> None:
    """Create `data_dir` if need be, for its owner's eyes only."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if data_dir.stat().st_mode & 0o077:
            data_dir.chmod(0o700)
    except OSError as error:
        raise ConfigError([f"gateway.data_dir: {data_dir}: {error.strerror}"])


def node_id(data_dir: Path) -> str:
    """The id of this node, made on the first call and the same ever after."""
    path = data_dir / "node"
    if not path.exists():
        fresh = data_dir / f"node.{os.getpid()}.{secrets.token_hex(4)}"
        fresh.write_text(f"node-{secrets.token_hex(6)}\n")
        try:
            os.link(fresh, path)  # of two processes at once, one wins and both read its answer
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    name = path.read_text().strip()
    if not name:
        raise ConfigError([f"gateway.data_dir: {path} is empty; write the node's name into it, or remove it"])
    return name


def in_use(data_dir: Path, pid: str) -> Temporary:
    """Another gateway runs on these data."""
    return Temporary(f"{data_dir} is in use by a running gateway (pid {pid})")


class DataLock:
    """The lock of one data directory. `unclean` tells that the last holder did not release it: it crashed."""

    def __init__(self, data_dir: Path) -> None:
        """Take the lock. Raises Temporary, naming directory and pid, while another process holds it."""
        make_private(data_dir)
        self._fd = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise in_use(data_dir, holder)
        self.unclean = bool(os.pread(self._fd, 1, 0))
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def fileno(self) -> int:
        return self._fd

    @contextmanager
    def begun(self) -> Iterator[None]:
        """What fails in here is a start that came to nothing, no crash: the lock is given back as it was found."""
        try:
            yield
        except BaseException:
            self.release(clean=not self.unclean)
            raise

    def release(self, *, clean: bool = True) -> None:
        """Give the lock back; after a stop that was not `clean` the next holder finds what a crash leaves."""
        if clean:
            os.ftruncate(self._fd, 0)
        os.close(self._fd)
