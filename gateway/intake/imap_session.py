"""One IMAP connection in our words. The one place that talks imapclient; its errors are `imap_errors`'."""

import imaplib
import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.config import Imap
from gateway.config.kinds import is_loopback
from gateway.errors import Permanent, Temporary
from gateway.health.certificate import shown_until
from gateway.intake.imap_errors import Refused, Unusable, our_errors, said
from gateway.intake.imap_login import Login
from gateway.intake.imap_wire import ANSWER_MAX, Client
from gateway.secrecy import NO_SECRET, Secret

_WITHDRAWN = frozenset((b"\\deleted", b"\\draft"))
_SEARCH_MAX = 80_000  # uids in one answer line; imaplib refuses lines over 1 MB
_SET_MAX = 500  # uids in one command; servers limit its length
_SLOWEST = 32_768  # bytes/s of a large mail over a line we still wait for


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds."""

    connect: float = 15
    read: float = 60
    command: float = 300  # one command in all; mails at the slowest rate on top
    look: float = 300  # a sweep at least this often, even with IDLE
    idle_again: float = 3600  # after IDLE was refused
    retry_first: float = 2
    retry_most: float = 300
    # 0, 30, 105, 292, 761, 1933 s: at most 6 failed logins within an hour, or providers lock the account.
    login_first: float = 30
    login_most: float = 1800
    lease: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A folder as SELECT shows it."""

    uidvalidity: int
    uid_next: int
    exists: int
    keywords: bool  # whether keywords of our own can be set
    deletes: bool  # whether mails can be deleted, and so moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A mail in a folder, not fetched yet."""

    uid: int
    size: int
    arrived_at: datetime | None
    is_withdrawn: bool = False  # flagged as deleted, or as a draft


class ImapSession:
    """A connection that is logged in. Close it in any case. A `readonly` one changes nothing at the server."""

    def __init__(self, client: Client, times: Times, secret: Secret = NO_SECRET, *, readonly: bool = False) -> None:
        """`secret` is what we logged in with: it is kept out of what the server is quoted with."""
        self._client = client
        self._times = times
        self._secret = secret
        self.is_readonly = readonly
        self.can_idle: bool = client.has_capability("IDLE")
        self.can_move: bool = client.has_capability("MOVE")
        self.can_expunge: bool = client.has_capability("UIDPLUS")

    # ---- connection ------------------------------------------------------------------------------------------------

    @classmethod
    def connect(
        cls, account: Imap, times: Times, login: Login | None = None, *, readonly: bool = False
    ) -> "ImapSession":
        """Connect, verify, log in. Raises Lost, LoginRefused, Unusable, and what `Login.secret` raises."""
        for text in (account.user, *account.folders, account.after_arg):
            if re.search(r"[\r\n\0]", text):
                raise Unusable(f"imap.{account.name}: a line end in user, folder or after")
        login = login or Login(account)
        password = login.secret()
        secret = Secret(password)
        context = _context(account)
        with our_errors(f"connecting to {account.host}:{account.port}"):
            client = Client(
                account.host,
                account.port,
                context=context if account.tls is True else None,
                connect=times.connect,
                read=times.read,
            )
        try:
            with our_errors("logging in", secret), client.within(times.command):
                if account.tls == "starttls":
                    _start_tls(client, context)
                login.log_in(client, password)
                return cls(client, times, secret, readonly=readonly)
        except BaseException:
            _hang_up(client)
            raise

    def close(self) -> None:
        """Log out if the server still listens."""
        with suppress(Temporary, Permanent), our_errors("logging out", self._secret), self._client.within(5):
            self._client.logout()
        _hang_up(self._client)

    @property
    def tls(self) -> str:
        """The version of TLS, `""` without."""
        sock = self._client.wire.sock
        return (sock.version() or "") if isinstance(sock, ssl.SSLSocket) else ""

    @property
    def certificate_ends(self) -> datetime | None:
        """None without TLS."""
        return shown_until(self._client.wire.sock)

    def quota(self, folder: str) -> tuple[int, int] | None:
        """Bytes used and allowed; None where the server does not tell (RFC 9208)."""
        if not self._client.has_capability("QUOTA"):
            return None
        with self._command("asking for the quota"):
            _, quotas = self._client.get_quota_root(folder)
        return next(((q.usage * 1024, q.limit * 1024) for q in quotas if q.resource == "STORAGE"), None)

    def rights(self, folder: str) -> str | None:
        """The letters of what we may do with a folder (RFC 4314); None where the server does not tell."""
        if not self._client.has_capability("ACL"):
            return None
        try:
            with self._command(f"asking for our rights on {folder}"):
                return self._client.my_rights(folder)
        except Refused:
            return None

    def cut(self) -> None:
        """End the connection from another thread; whoever waits for an answer gets Lost."""
        self._client.wire.cut()

    # ---- looking ---------------------------------------------------------------------------------------------------

    def select(self, folder: str, *, readonly: bool = False) -> Look:
        """Select `folder` anew and see what it holds. Raises Unusable where it cannot serve as a mailbox."""
        try:
            with self._command(f"selecting {folder}"):
                answer = self._client.select_folder(folder, readonly=readonly or self.is_readonly)
                self._client.forget_news()
        except Refused as exc:
            raise Unusable(str(exc))
        uidvalidity = _number(answer.get(b"UIDVALIDITY"))
        if not uidvalidity:
            raise Unusable(f"selecting {folder}: the server gives no UIDVALIDITY, so mails cannot be told apart")
        exists = _number(answer.get(b"EXISTS"))
        uid_next = _number(answer.get(b"UIDNEXT"))
        if not uid_next:  # RFC 3501 asks for it, RFC 2060 did not
            with self._command("searching"):
                uid_next = max(self._client.search(["UID", "*"]), default=0) + 1
        flags: Sequence[bytes] = answer.get(b"PERMANENTFLAGS", ())
        return Look(
            uidvalidity=uidvalidity,
            uid_next=uid_next,
            exists=exists,
            keywords=b"\\*" in flags,
            deletes=b"\\Deleted" in flags,
        )

    def unseen(self, folder: str) -> int | None:
        """How many mails of a folder that is not selected nobody has read; None where the server does not say."""
        try:
            with self._command(f"asking about {folder}"):
                return _number(self._client.folder_status(folder, ["UNSEEN"]).get(b"UNSEEN"))
        except Refused:
            return None

    def uids(self, first: int, look: Look) -> list[int]:
        """The uids from `first` on, ascending."""
        found: set[int] = set()
        low = first
        if look.exists > _SEARCH_MAX:
            for low in range(first, look.uid_next, _SEARCH_MAX):
                found.update(self._search(f"{low}:{low + _SEARCH_MAX - 1}"))
            low = max(first, look.uid_next)
        found.update(self._search(f"{low}:*"))
        return sorted(uid for uid in found if uid >= first)  # n:* names the last mail even if its uid is below n

    def _search(self, uid_range: str) -> list[int]:
        with self._command("searching"):
            return list(self._client.search(["UID", uid_range]))

    def since(self, day: datetime) -> list[int]:
        """The uids that arrived in the selected folder on `day` or later, by the server's calendar."""
        with self._command("searching"):
            return sorted(self._client.search(["SINCE", day.date()]))

    def waiting(self, uids: Sequence[int]) -> list[Waiting]:
        """Sizes, flags and times of arrival, in the order of `uids`; what is gone is left out."""
        rows: dict[int, dict[bytes, Any]] = {}
        for some in _chunks(uids):
            with self._command("asking for sizes"):
                rows.update(self._client.fetch(some, ["RFC822.SIZE", "INTERNALDATE", "FLAGS"]))
        return [
            Waiting(
                uid=uid,
                size=size,
                arrived_at=rows[uid].get(b"INTERNALDATE"),
                is_withdrawn=not _WITHDRAWN.isdisjoint(flag.lower() for flag in rows[uid].get(b"FLAGS", ())),
            )
            for uid in uids
            if uid in rows and isinstance(size := rows[uid].get(b"RFC822.SIZE"), int)
        ]

    # ---- fetching --------------------------------------------------------------------------------------------------

    def fetch(self, mails: Sequence[Waiting]) -> dict[int, bytes | None]:
        """uid -> the bytes of each mail, None where the server has none to give; what is gone is left out."""
        size = sum(mail.size for mail in mails)
        with self._command("fetching", size=size):
            rows = self._client.fetch([mail.uid for mail in mails], ["BODY.PEEK[]"])
        return {uid: _bytes(row[b"BODY[]"]) for uid, row in rows.items() if b"BODY[]" in row}

    def header(self, uid: int, limit: int) -> bytes:
        """The first `limit` bytes of the header of a mail; empty where the server has none."""
        with self._command("fetching a header", size=limit):
            rows = self._client.fetch([uid], [f"BODY.PEEK[HEADER]<0.{limit}>"])
        row = rows.get(uid, {})
        return next((_bytes(value) or b"" for key, value in row.items() if key.startswith(b"BODY[HEADER]")), b"")

    # ---- filing ----------------------------------------------------------------------------------------------------

    def ensure_folder(self, folder: str) -> None:
        """Create `folder` unless it is there."""
        self._may_change()
        if self.has_folder(folder):
            return
        try:
            with self._command(f"creating {folder}"):
                self._client.create_folder(folder)
        except Refused:
            if not self.has_folder(folder):  # somebody else was quicker
                raise
        with suppress(Refused), self._command(f"subscribing to {folder}"):
            self._client.subscribe_folder(folder)

    def has_folder(self, folder: str) -> bool:
        """Whether there is such a folder."""
        with self._command(f"looking for {folder}"):
            return bool(self._client.folder_exists(folder))

    def above(self, folder: str) -> str:
        """The folder in which `folder` lies or would lie; `""` at the top."""
        with self._command("asking what separates folders"):
            found = self._client.list_folders("", "")
        separator = (found[0][1] or b"").decode("ascii", "replace") if found else ""
        return folder.rpartition(separator)[0] if separator else ""

    def folders(self) -> list[str]:
        """The names of all folders."""
        with self._command("listing the folders"):
            return sorted(str(name) for _, _, name in self._client.list_folders())

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Move exactly these mails. Needs `can_move` or `can_expunge`; mails that are gone are no error."""
        self._may_change()
        for some in _chunks(uids):
            with self._command(f"moving to {folder}"):
                if self.can_move:
                    self._client.move(_uid_set(some), folder)
                else:
                    self._client.copy(_uid_set(some), folder)
            if not self.can_move:
                self.delete(some)

    def delete(self, uids: Sequence[int]) -> None:
        """Mark as deleted, and remove exactly these where the server can (a plain EXPUNGE would take others' too)."""
        self._may_change()
        for some in _chunks(uids):
            with self._command("deleting"):
                self._client.add_flags(_uid_set(some), [b"\\Deleted"], silent=True)
                if self.can_expunge:
                    self._client.uid_expunge(_uid_set(some))

    def flag(self, uids: Sequence[int], keyword: str) -> None:
        """Set a keyword on these mails."""
        self._may_change()
        for some in _chunks(uids):
            with self._command(f"setting {keyword}"):
                self._client.add_flags(_uid_set(some), [keyword.encode("ascii")], silent=True)

    def _may_change(self) -> None:
        if self.is_readonly:
            raise Refused("this mailbox is only read in shadow mode")

    # ---- waiting ---------------------------------------------------------------------------------------------------

    def idle(self, seconds: float, awake: Callable[[], bool]) -> None:
        """Return when mail is announced, at once if it was since `select`; after `seconds`; or when `awake()` says so.

        `awake` is asked every second. Raises Refused where the server does not want to IDLE.
        """
        if self._client.has_news:
            return
        with our_errors("idling", self._secret):
            with self._client.within(self._times.command):
                heard = self._client.begin_idle()
            rest = seconds
            while not heard and rest > 0 and not awake():
                heard = self._client.heard_in_idle(min(1.0, rest))
                rest -= 1.0
            with self._client.within(self._times.command):
                self._client.idle_done()

    @contextmanager
    def _command(self, what: str, *, size: int = 0) -> Iterator[None]:
        # A quarter more than announced: line ends, and servers that estimate.
        allowance = ANSWER_MAX + size + size // 4
        with our_errors(what, self._secret), self._client.within(self._times.command + size / _SLOWEST, allowance):
            yield


# ---- imapclient's arguments and answers -----------------------------------------------------------------------------


def _context(account: Imap) -> ssl.SSLContext:
    if account.tls is False and not is_loopback(account.host):
        raise Unusable(f"imap.{account.name}: without TLS only on this machine")
    try:
        return ssl.create_default_context(cafile=str(account.ca_file) if account.ca_file else None)
    except (OSError, ValueError) as exc:
        raise Unusable(f"imap.{account.name}: ca_file {account.ca_file} cannot be used: {exc}")


def _start_tls(client: Client, context: ssl.SSLContext) -> None:
    try:
        client.starttls(context)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as exc:  # not offered, or the server greets with PREAUTH: somebody strips TLS
        raise Unusable(f"the server does not start TLS: {said(exc)}") from exc


def _hang_up(client: Client) -> None:
    with suppress(OSError):
        client.shutdown()
    client.wire.sock.close()  # imaplib leaves it open where it stumbles


def _number(value: Any) -> int:
    if isinstance(value, list):
        value = value[0] if value else 0
    return value if isinstance(value, int) else 0


def _bytes(value: Any) -> bytes | None:
    # An unquoted or all-digit body comes out of the parser as a number.
    return str(value).encode() if isinstance(value, int) else value if isinstance(value, bytes) else None


def _chunks(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), _SET_MAX):
        yield uids[start : start + _SET_MAX]


def _uid_set(uids: Iterable[int]) -> str:
    """`1:4,7` for [1, 2, 3, 4, 7]: exactly these, in few bytes."""
    runs: list[list[int]] = []
    for uid in sorted(uids):
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(str(low) if low == high else f"{low}:{high}" for low, high in runs)
