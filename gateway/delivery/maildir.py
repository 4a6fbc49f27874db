"""Mail into a Maildir: one file a recipient in `new/`, whole or not there, and the same file when it is done again."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from gateway.compose import headers
from gateway.delivery.answer import Answer, Failed, Reason, Sent, Unreachable, shown
from gateway.errors import Permanent
from gateway.faults import hit
from gateway.store.outbox import Due


class Maildir:
    """The folder of `delivery.to = "maildir:..."`, made with its `new cur tmp` when first needed."""

    together = 32  # doing one again overwrites it, so that one fsync of the folder and one commit serve many

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made = False

    def deliver(self, dues: Sequence[Due]) -> list[Answer]:
        """Write each mail durably; a full disk or a missing folder is `Unreachable`."""
        try:
            self._make()
            answers = [self._write(due) for due in dues]
            _sync_folder(self._path / "new")
        except OSError as error:
            self._made = False
            why = Unreachable(reply=shown(f"{self._path}: {error.strerror or error}"))
            return [why for _ in dues]
        return answers

    def rest(self) -> None:
        """Nothing is held between mails."""

    def close(self) -> None:
        """Nothing is held between mails."""

    def _make(self) -> None:
        if not self._made:
            for name in ("tmp", "new", "cur"):
                (self._path / name).mkdir(parents=True, exist_ok=True, mode=0o700)
            self._made = True

    def _write(self, due: Due) -> Answer:
        problem = headers.faults(due.data)
        if problem:
            return Failed(reply=f"not written: {problem}", reason=Reason.UNSOUND)
        try:
            recipient = headers.quoted(due.recipient)
            sender = headers.quoted(due.envelope_from) if due.envelope_from else ""
        except Permanent as error:
            return Failed(reply=shown(str(error)), reason=Reason.NOT_AN_ADDRESS)
        top = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode()
        name = _name(due)
        hit("before_send")
        if due.attempts == 1 or not self._is_there(name):
            self._put(name, top + due.data)
        return Sent(reply=f"written to new/{name}")

    def _is_there(self, name: str) -> bool:
        """Whether an earlier attempt has put it there and somebody has read it since."""
        return any(file.partition(":")[0] == name for file in os.listdir(self._path / "cur"))

    def _put(self, name: str, data: bytes) -> None:
        tmp = self._path / "tmp" / name
        with open(tmp, "wb", opener=_private) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        tmp.rename(self._path / "new" / name)


def _name(due: Due) -> str:
    # The same at every attempt, and another one for another mail, even of a database that began anew.
    digest = hashlib.sha256(b"\0".join((due.message_id.encode(), due.recipient.encode(), due.data))).hexdigest()
    return f"{int(due.created_at.timestamp())}.O{due.id}.{digest[:16]}"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
