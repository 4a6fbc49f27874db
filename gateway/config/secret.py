"""A secret named in the configuration: where it lies, never what it is."""

import os
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import Temporary

_LARGEST = 64 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A reference, `env:NAME` or a file; shown and logged as such."""

    env: str = ""
    path: Path | None = None

    def read(self) -> str:
        """The secret without the line break at its end; Temporary where it is not there (it was, when checked)."""
        if self.env:
            value = os.environ.get(self.env, "")
            if not value:
                raise Temporary(f"the environment variable {self.env} is not set")
            return value
        assert self.path is not None
        try:
            with self.path.open("rb") as file:
                value = file.read(_LARGEST).decode().rstrip("\r\n")
        except OSError as error:
            raise Temporary(f"cannot read the secret file {self.path}: {error.strerror}")
        except UnicodeDecodeError:
            raise Temporary(f"the secret file {self.path} is not UTF-8 text")
        if not value:
            raise Temporary(f"the secret file {self.path} is empty")
        return value

    def problem(self, *, may_be_missing: bool = False) -> str:
        """What keeps it from being used, as a predicate; `""` where nothing does."""
        if self.env:
            return "" if os.environ.get(self.env) else f"the environment variable {self.env} is not set"
        assert self.path is not None
        try:
            mode = self.path.stat().st_mode
        except FileNotFoundError:
            return "" if may_be_missing else f"there is no file {self.path}"
        except OSError as error:
            return f"cannot read {self.path}: {error.strerror}"
        if mode & 0o077:
            return f"{self.path} can be read by others; run: chmod 600 {self.path}"
        try:
            self.read()
        except Temporary as error:
            return str(error)
        return ""

    def __str__(self) -> str:
        return f"env:{self.env}" if self.env else str(self.path)
