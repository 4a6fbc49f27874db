"""Mails from files and pipes into the spool, in batches, each batch committed before the next is read to its end."""

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.config import Config
from gateway.errors import Temporary
from gateway.intake import unaddressed
from gateway.intake.files import Found, Source, without_from_line
from gateway.intake.spool import Spool
from gateway.mail.header.dates import instant
from gateway.mail.value import Envelope
from gateway.now import now
from gateway.store.spool import Accepted, NewMail

BATCH_MAILS = 100
BATCH_BYTES = 8 * 1024 * 1024
_COMMIT_WAIT = 120.0  # seconds; a daemon may be writing
_DATE = re.compile(rb"^date[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_HEADER_MAX = 64 * 1024
_FIRST = datetime(1980, 1, 1, tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_AHEAD = timedelta(days=1)  # clocks of senders


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the mails so far."""

    read: int = 0
    accepted: int = 0
    known: int = 0
    failures: list[Found] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return len(self.failures)


class Ingest:
    """Submits mails as they are found. `imported`: old mail, filed quietly and under its own date."""

    def __init__(self, spool: Spool, cfg: Config, *, imported: bool = False) -> None:
        self._spool = spool
        self._cfg = cfg
        self._imported = imported
        self.tally = Tally()

    def take(self, found: Iterable[Found], *, each: Callable[[Found], None]) -> None:
        """Accept all mails, calling `each` on every one found; returns after the last commit.

        Raises Temporary or Full; what was counted before is accepted.
        """
        behind: Future[list[Accepted]] | None = None
        batch: list[NewMail] = []
        size = 0
        for one in found:
            each(one)
            self.tally.read += 1
            if one.problem:
                self.tally.failures.append(one)
                continue
            batch.append(self._new_mail(one.raw, is_kept=True))
            size += len(one.raw)
            if len(batch) >= BATCH_MAILS or size >= BATCH_BYTES:
                self._count(behind)
                behind = self._spool.submit_many(batch)
                batch, size = [], 0
        self._count(behind)
        if batch:
            self._count(self._spool.submit_many(batch))

    def take_one(self, raw: bytes, *, mail_from: str | None, recipients: Sequence[str]) -> None:
        """Accept the mail of a pipe with its envelope; returns after the commit. Raises Temporary or Full."""
        self.tally.read += 1
        mail = self._new_mail(raw, recipients_of(raw, recipients, self._cfg), mail_from)
        self._count(self._spool.submit_many([mail]))

    def _new_mail(
        self, raw: bytes, recipients: tuple[str, ...] = (), mail_from: str | None = None, *, is_kept: bool = False
    ) -> NewMail:
        at = now()
        return NewMail(
            raw=raw,
            envelope=Envelope(mail_from=mail_from, recipients=recipients or (unaddressed.recipient(raw, self._cfg),)),
            source="import" if self._imported else "pipe",
            quiet=self._imported,
            is_kept=is_kept,
            received_at=(date_of(raw, at) or at) if self._imported else at,
        )

    def _count(self, done: "Future[list[Accepted]] | None") -> None:
        if done is None:
            return
        try:
            answers = done.result(_COMMIT_WAIT)
        except TimeoutError:
            raise Temporary(f"no commit within {_COMMIT_WAIT:.0f} s")
        self.tally.known += sum(answer.duplicate for answer in answers)
        self.tally.accepted += sum(not answer.duplicate for answer in answers)


def recipients_of(raw: bytes, told: Sequence[str], cfg: Config) -> tuple[str, ...]:
    """For whom of us a mail is: those of the envelope, else whom its header names."""
    return tuple(address for address in told if cfg.is_ours(address)) or (unaddressed.recipient(raw, cfg),)


def by_date(files: Iterable[Source]) -> list[Source]:
    """Files in the order of the Date of the first mail in each, so that a question comes before its answer."""
    at = now()
    return sorted(files, key=lambda file: (date_of(_head(file), at) or _LAST, str(file.path)))


def _head(file: Source) -> bytes:
    try:
        with file.path.open("rb") as opened:
            return without_from_line(opened.read(_HEADER_MAX))
    except OSError:  # which is told when its mails are to be read
        return b""


def date_of(raw: bytes, at: datetime) -> datetime | None:
    """The instant in the Date line where it can be true."""
    end = _HEADER_END.search(raw, 0, _HEADER_MAX)
    field = _DATE.search(raw, 0, end.start() if end else _HEADER_MAX)
    date = instant(field[1].decode("ascii", "replace").strip()) if field else None
    return min(date, at) if date and _FIRST <= date <= at + _AHEAD else None
