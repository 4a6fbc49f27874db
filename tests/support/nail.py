"""People with a real mail program: s-nail reads what the gateway delivered, answers it and writes anew."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from support.require import require
from support.wait import wait_for


@dataclass(frozen=True)
class Delivered:
    """One mail in somebody's mailbox."""

    path: Path
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain", "html"))
        return part.get_content() if part else ""


class Person:
    """Somebody at `address`, whose mail the gateway puts into `mailbox` (a maildir shared by all) and takes at `port`."""

    def __init__(self, address: str, *, name: str = "", mailbox: Path, port: int) -> None:
        require("nail")
        self.address = address
        self.name = name or address.partition("@")[0].capitalize()
        self._mailbox = mailbox
        self._port = port
        self._seen: set[str] = set()

    # ---- reading ---------------------------------------------------------------------------------------------------

    def inbox(self) -> list[Delivered]:
        """All that was delivered to this person, oldest first."""
        found = []
        for path in sorted((self._mailbox / "new").glob("*"), key=lambda one: (one.stat().st_mtime_ns, one.name)):
            message = message_from_bytes(path.read_bytes(), policy=policy.default)
            if str(message["Delivered-To"]).strip().lower() == self.address:
                found.append(Delivered(path=path, message=message))
        return found

    def next(self, timeout: float = 20) -> Delivered:
        """The next mail this person has not looked at yet."""

        def look() -> Delivered | None:
            return next((one for one in self.inbox() if one.path.name not in self._seen), None)

        found = wait_for(look, timeout, f"a mail for {self.address}")
        assert found is not None
        self._seen.add(found.path.name)
        return found

    def has_news(self) -> bool:
        return any(one.path.name not in self._seen for one in self.inbox())

    # ---- writing ---------------------------------------------------------------------------------------------------

    def write(self, to: str, subject: str, text: str, attach: Sequence[Path] = ()) -> None:
        """A new mail."""
        attached = [word for path in attach for word in ("-a", str(path))]
        self._run(["-s", subject, *attached, to], text + "\n")

    def reply(self, to: Delivered, text: str, *, quote: bool = True) -> None:
        """An answer above the quoted mail, as most people write it."""
        with tempfile.TemporaryDirectory(prefix="gateway-nail-") as folder:
            box = Path(folder, "box")
            for name in ("cur", "new", "tmp"):
                (box / name).mkdir(parents=True)
            shutil.copy(to.path, box / "new" / "1.nail")
            lines = ["reply 1", *text.splitlines(), *(["~m 1"] if quote else []), "~.", "xit"]
            self._run(["-~", "-R", "-f", f"maildir://{box}"], "\n".join(lines) + "\n")

    def _run(self, words: Sequence[str], script: str) -> None:
        settings = {
            "v15-compat": "", "from": f"{self.name} <{self.address}>", "mta": f"smtp://127.0.0.1:{self._port}",
            "smtp-auth": "none", "ttycharset": "utf-8", "sendwait": "", "indentprefix": "> ", "reply-to-honour": "yes",
        }  # fmt: skip
        given = [word for name, value in settings.items() for word in ("-S", f"{name}={value}" if value else name)]
        done = subprocess.run(
            ["s-nail", "-n", "-#", *given, *words],
            input=script,
            text=True,
            capture_output=True,
            env={**os.environ, "MAILRC": os.devnull, "HOME": tempfile.gettempdir()},
            timeout=30,
            check=False,
        )
        if done.returncode != 0:
            pytest.fail(f"s-nail {' '.join(words)}: {done.stderr}")
