"""Who may submit mail (`users_file`): one `user:argon2-hash` a line, blank lines and `#` remarks kept.

A check costs 20 MB and some 30 ms of CPU whoever asks, known or not; call it in a thread, few at a time.
"""

import contextlib
import fcntl
import os
import secrets
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.config import Config
from gateway.errors import Permanent, Temporary

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 8, 1024  # characters, octets
_LARGEST_FILE = 1 << 20


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # loaded when somebody logs in

    # OWASP's least: agents' programs log in for every mail, and the door must stay open meanwhile.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _nobodys_hash() -> str:
    """What the password of an unknown user is compared with, so that the time of the answer tells nothing (T27)."""
    return _hasher().hash(secrets.token_hex(16))


def login_of(name: str, cfg: Config) -> str | None:
    """The agent who logs in by this name: the name in `[agents]`, or an address of theirs; None for all others."""
    return name if name in cfg.staff else cfg.agent_for(name.strip())


def flaw_of(password: str) -> str:
    """Why this is no password, as a predicate; `""` where it is one."""
    if len(password) < SHORTEST:
        return f"has fewer than {SHORTEST} characters"
    if len(password.encode("utf-8", "surrogatepass")) > LONGEST:
        return f"is longer than {LONGEST} octets"
    return "" if password.isprintable() else "holds characters that cannot be typed"


class Users:
    """The file, read again when it has changed. `check` may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._hashes: dict[str, str] = {}

    def check(self, user: str, password: str) -> bool:
        """Is this the user's password? Takes as long for a user who is not there. Temporary if the file is gone."""
        from argon2.exceptions import InvalidHashError, VerificationError

        stored = self._current().get(user)
        try:
            right = _hasher().verify(stored or _nobodys_hash(), password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
        return right and stored is not None

    def _current(self) -> dict[str, str]:
        with self._lock:
            try:
                status = self._path.stat()
                seen = (status.st_mtime_ns, status.st_size, status.st_ino)
                if seen != self._seen:
                    self._hashes, self._seen = dict(_entries(_read(self._path))), seen
            except OSError as error:
                raise Temporary(f"cannot read {self._path}: {error.strerror}")
            return self._hashes


# ---- the file ------------------------------------------------------------------------------------------------------


def names(path: Path) -> list[str]:
    """Who stands in the file, in its order; nobody where there is no file. Permanent where it cannot be read."""
    return [user for user, _ in _entries(_text(path))]


def bad_lines(path: Path) -> list[int]:
    """The numbers of lines that are no entry and no remark: nobody can log in by them."""
    lines = enumerate(_text(path).splitlines(), 1)
    return [number for number, line in lines if line.strip() and line.strip()[0] != "#" and not _entry(line)]


def put(path: Path, user: str, password: str) -> bool:
    """Write a user with a new password; True where there was none yet. The file is replaced whole, mode 0600."""
    line = f"{user}:{_hasher().hash(password)}"
    with _locked(path):
        lines = _text(path).splitlines()
        kept = [one for one in lines if (_entry(one) or ("", ""))[0] != user]
        at = next((number for number, one in enumerate(lines) if (_entry(one) or ("", ""))[0] == user), len(kept))
        _replace(path, [*kept[:at], line, *kept[at:]])
        return len(kept) == len(lines)


def remove(path: Path, user: str) -> bool:
    """Take a user out; False where there is none."""
    with _locked(path):
        lines = _text(path).splitlines()
        kept = [one for one in lines if (_entry(one) or ("", ""))[0] != user]
        if len(kept) < len(lines):
            _replace(path, kept)
        return len(kept) < len(lines)


def _entry(line: str) -> tuple[str, str] | None:
    user, colon, hashed = line.strip().partition(":")
    is_one = colon and user and user[0] != "#" and hashed.startswith("$argon2")
    return (user.strip(), hashed.strip()) if is_one else None


def _entries(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if entry := _entry(line):
            yield entry


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_LARGEST_FILE).decode("utf-8", "replace")


def _text(path: Path) -> str:
    try:
        return _read(path)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Permanent(f"cannot read {path}: {error.strerror}")


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One writer at a time; errors of the file system as one sentence."""
    try:
        folder = os.open(path.resolve().parent, os.O_RDONLY)
    except OSError as error:
        raise Permanent(f"cannot open the folder of {path}: {error.strerror}")
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    except OSError as error:
        raise Permanent(f"cannot write {path}: {error.strerror}")
    finally:
        os.close(folder)


def _replace(path: Path, lines: list[str]) -> None:
    path = path.resolve()
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
            _keep_owner(path, file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _keep_owner(path: Path, new: int) -> None:
    """What root writes has to be readable by the gateway: the file stays whose it was, a first one is the folder's."""
    if os.geteuid() == 0:
        owner = (path if path.exists() else path.parent).stat()
        os.fchown(new, owner.st_uid, owner.st_gid)
