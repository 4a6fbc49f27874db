"""Mail to the next server over SMTP: one connection kept for many mails, TLS verified, one recipient a transaction.

smtplib does the protocol; what it is lax about is done here: recipients (it would parse them, T113), line ends (T08),
certificates, and the two time limits (60 s, and 600 s for the answer to the final dot; RFC 5321 section 4.5.3.2).
"""

import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.compose import headers
from gateway.config import Target
from gateway.config.kinds import is_loopback
from gateway.delivery.answer import Answer, Failed, Reason, Retry, Sent, Unreachable, shown
from gateway.delivery.refusal import Stage, refusal
from gateway.delivery.signing import Signer
from gateway.errors import Permanent, Temporary
from gateway.faults import hit
from gateway.health.certificate import shown_until
from gateway.secrecy import NO_SECRET, Secret
from gateway.shown import size as shown_size
from gateway.store.outbox import Due

_CHUNK = 64 << 10
_IDLE = 20.0  # seconds a connection is kept without mail
# Replies about the session, not about the mail: log in first, wrong password, bad sequence, going away.
_SESSION_CODES: dict[int, Reason] = {
    -1: Reason.UNREACHABLE,
    421: Reason.SLOW_DOWN,
    503: Reason.UNREACHABLE,
    530: Reason.LOGIN_REFUSED,
    534: Reason.LOGIN_REFUSED,
    535: Reason.LOGIN_REFUSED,
    538: Reason.LOGIN_REFUSED,
}


class _Gone(Exception):
    """The connection cannot be used (any more); nothing is known about the mail."""

    answer: type[Unreachable] | type[Retry] = Unreachable

    def __init__(self, told: str, reason: Reason = Reason.UNREACHABLE) -> None:
        super().__init__(told)
        self.reason = reason


class _CutOff(_Gone):
    """The server, which had let us in, ended it over this mail: it may take others, so this one waits by itself."""

    answer = Retry

    def __init__(self, told: str, reason: Reason = Reason.CUT_OFF) -> None:
        super().__init__(told, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds. `final` is for the answer to the final dot, `step` for everything else."""

    step: float = 60.0
    final: float = 600.0


class Smarthost:
    """The server of `delivery.to`, connected when first needed. Not for several threads."""

    together = 1  # recorded one by one, so that a crash repeats at most one mail

    def __init__(
        self,
        target: Target,
        *,
        helo: str,
        password: Callable[[], str] = lambda: "",
        token: Callable[[str], str] | None = None,
        ca_file: Path | None = None,
        signer: Signer | None = None,
        timing: Timing = Timing(),
        mails_per_connection: int = 500,
    ) -> None:
        """`token` gives an access token, another one than the refused one it is told; without it `password` is used."""
        self._target = target
        self._helo = helo
        self._password = password
        self._token = token
        self._refused = ""  # the last token that the server did not take
        self._secret = NO_SECRET  # what we logged in with
        self._ca_file = ca_file
        self._signer = signer
        self._timing = timing
        self._most = mails_per_connection
        self._smtp: smtplib.SMTP | None = None
        self._carried = 0
        self._used_at = 0.0

    def deliver(self, dues: Sequence[Due]) -> list[Answer]:
        """Hand over each mail; connects, and once more where a kept connection is dead or a token was revoked."""
        return [self._deliver(due) for due in dues]

    def greet(self) -> list[str]:
        """Connect and log in, and say what was seen; Temporary where that does not succeed."""
        try:
            smtp = self._ready()
        except _Gone as gone:
            raise Temporary(str(gone))
        tls = smtp.sock.version() if isinstance(smtp.sock, ssl.SSLSocket) else None
        names = sorted(name.upper() for name in smtp.esmtp_features if name not in ("size", "auth"))
        limit = smtp.esmtp_features.get("size", "")
        return [
            f"TLS: {tls or 'none'}",
            f"SIZE: {shown_size(int(limit))}" if limit.isdigit() and int(limit) else "SIZE: not told",
            f"offers: {', '.join(names) or 'nothing'}",
            f"logged in as {self._target.user}" if self._target.user else "no login",
        ]

    @property
    def certificate_ends(self) -> datetime | None:
        """That of the server we are connected to; None without TLS."""
        return shown_until(self._smtp.sock if self._smtp is not None else None)

    def rest(self) -> None:
        """Say QUIT where nothing was sent for a while."""
        if self._smtp is not None and time.monotonic() - self._used_at > _IDLE:
            self.close()

    def close(self) -> None:
        """Say QUIT and drop the connection."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                if smtp.sock is not None:
                    smtp.sock.settimeout(min(5.0, self._timing.step))
                    smtp.quit()
            except OSError:
                pass  # it is gone either way
            finally:
                smtp.close()

    def _deliver(self, due: Due) -> Answer:
        problem = headers.faults(due.data)
        if problem:
            return Failed(reply=f"not sent: {problem}", reason=Reason.UNSOUND)
        try:
            sender = headers.written(due.envelope_from) if due.envelope_from else ""
            recipient = headers.written(due.recipient)
        except Permanent as error:
            return Failed(reply=shown(str(error)), reason=Reason.NOT_AN_ADDRESS)
        try:
            data = self._signer.signed(due.data) if self._signer else due.data
        except ValueError as error:
            return Failed(reply=shown(f"not sent: it cannot be signed: {error}"), reason=Reason.UNSOUND)
        is_renewed = False
        while True:
            kept, refused = self._smtp is not None, self._refused
            try:
                return self._transact(self._ready(), sender, recipient, data)
            except _Gone as gone:
                self._drop()
                renews = self._refused != refused and not is_renewed  # a token was revoked: the next one may do
                is_renewed = is_renewed or renews
                if not kept and not renews:
                    return gone.answer(reply=shown(str(gone)), reason=gone.reason)

    def _ready(self) -> smtplib.SMTP:
        """A connection at the start of a transaction. Raises _Gone."""
        if self._smtp is not None and self._carried >= self._most:
            self.close()
        if self._smtp is None:
            self._smtp = self._connect()
            self._carried = 0
        elif self._command(self._smtp, "RSET")[0] != 250:
            raise _Gone("RSET was refused")
        self._carried += 1
        self._used_at = time.monotonic()
        return self._smtp

    def _transact(self, smtp: smtplib.SMTP, sender: str, recipient: str, data: bytes) -> Answer:
        head, _, _ = data.partition(b"\r\n\r\n")
        beyond_ascii = not (sender.isascii() and recipient.isascii() and head.isascii())
        options = f" SIZE={len(data)}" if smtp.has_extn("size") else ""
        limit = smtp.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(data):
            return Failed(reply=f"not sent: {len(data)} bytes, the server takes {limit}", reason=Reason.TOO_LARGE)
        if beyond_ascii:
            if not smtp.has_extn("smtputf8"):
                why = f"not sent: {recipient} is not ASCII, and the server does not offer SMTPUTF8"
                return Failed(reply=shown(why), reason=Reason.NO_SMTPUTF8)
            options += " BODY=8BITMIME SMTPUTF8"
        smtp.command_encoding = "utf-8" if beyond_ascii else "ascii"
        for wanted, stage, command in (
            ((250,), Stage.MAIL, f"MAIL FROM:<{sender}>{options}"),
            ((250, 251), Stage.RCPT, f"RCPT TO:<{recipient}>"),
            ((354,), Stage.DATA, "DATA"),
        ):
            code, said = self._command(smtp, command)
            if code not in wanted:
                return _refused(code, self._text(said), stage, sender)
        hit("before_send")
        self._send(smtp, data)
        return self._verdict(smtp, sender)

    def _send(self, smtp: smtplib.SMTP, data: bytes) -> None:
        stuffed = data.replace(b"\r\n.", b"\r\n..")  # the first line is a header, so never a dot
        payload = memoryview(stuffed + b".\r\n")
        # An error here means that not all of it left: the dot comes last.
        try:
            for start in range(0, len(payload), _CHUNK):
                smtp.send(payload[start : start + _CHUNK])
        except OSError as error:
            raise _CutOff(f"the connection broke while sending: {error}")

    def _verdict(self, smtp: smtplib.SMTP, sender: str) -> Answer:
        assert smtp.sock is not None
        try:
            smtp.sock.settimeout(self._timing.final)
            code, reply = smtp.getreply()
            smtp.sock.settimeout(self._timing.step)
        except OSError as error:
            self._drop()
            text = f"no answer after the final dot, the other side may have the mail: {error}"
            return Retry(reply=shown(text), reason=Reason.NO_VERDICT)
        if 200 <= code < 300:
            return Sent(reply=shown(f"{code} {self._text(reply)}"))
        try:
            return _refused(code, self._text(reply), Stage.DATA, sender)
        except _Gone as gone:  # 421 after the dot is a refusal for now, and the end of the connection
            self._drop()
            return Retry(reply=shown(str(gone)), reason=Reason.SLOW_DOWN if code == 421 else Reason.REFUSED_FOR_NOW)

    def _command(self, smtp: smtplib.SMTP, command: str) -> tuple[int, bytes]:
        try:
            return smtp.docmd(command)
        except (OSError, ValueError) as error:
            raise _CutOff(f"the connection broke at {command.partition(' ')[0]}: {error}")

    def _connect(self) -> smtplib.SMTP:
        target = self._target
        smtp: smtplib.SMTP | None = None
        try:
            context = ssl.create_default_context(cafile=self._ca_file)
            if target.scheme == "smtps":
                smtp = smtplib.SMTP_SSL(
                    target.host, target.port, self._helo, timeout=self._timing.step, context=context
                )
            else:
                smtp = smtplib.SMTP(target.host, target.port, self._helo, timeout=self._timing.step)
            assert smtp.sock is not None
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a short last piece waits 40 ms
            smtp.ehlo_or_helo_if_needed()
            if target.scheme == "smtp+starttls":
                smtp.starttls(context=context)  # raises where it is not offered: never in the clear
                smtp.ehlo_or_helo_if_needed()
            if target.user:
                if target.scheme == "smtp" and not is_loopback(target.host):
                    raise _Gone("a password is not sent in the clear", Reason.NO_TLS)
                self._log_in(smtp, target.user)
        except (_Gone, OSError, ValueError, Temporary, Permanent) as error:
            if smtp is not None:
                smtp.close()
            raise _Gone(f"{target}: {self._told(error)}", _why(error))
        return smtp

    def _log_in(self, smtp: smtplib.SMTP, user: str) -> None:
        if self._token is None:
            password = self._password()
            self._secret = Secret(password)
            smtp.login(user, password)
            return
        if "XOAUTH2" not in smtp.esmtp_features.get("auth", "").upper().split():
            raise _Gone("it takes no access tokens: it does not offer XOAUTH2")
        token = self._token(self._refused)
        self._secret = Secret(token)
        try:
            smtp.auth("XOAUTH2", lambda challenge=None: "" if challenge else f"user={user}\1auth=Bearer {token}\1\1")
        except smtplib.SMTPAuthenticationError:
            self._refused = token
            raise

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _text(self, reply: bytes) -> str:
        """What the server said, without what we logged in with: replies are stored, logged and shown (T147)."""
        return self._secret.out_of(reply.decode("utf-8", "replace"))

    def _told(self, error: Exception) -> str:
        if isinstance(error, smtplib.SMTPResponseException):
            said = error.smtp_error
            return f"{error.smtp_code} {self._text(said if isinstance(said, bytes) else said.encode())}"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {error.verify_message}"
        if isinstance(error, UnicodeError):
            return "user and password must be ASCII"
        return self._secret.out_of(str(error)) or type(error).__name__


def _refused(code: int, reply: str, stage: Stage, sender: str) -> Answer:
    """What a reply other than the hoped-for one means. Raises _Gone where it ends the session."""
    text = shown(f"{code} {reply}")
    if code in _SESSION_CODES:
        raise (_Gone if stage is Stage.MAIL else _CutOff)(text, _SESSION_CODES[code])
    return refusal(text, stage, by_null_sender=not sender)


def _why(error: Exception) -> Reason:
    """Why there is no connection to be used."""
    if isinstance(error, _Gone):
        return error.reason
    if isinstance(error, ssl.SSLError | smtplib.SMTPNotSupportedError):
        return Reason.NO_TLS
    if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
        return Reason.LOGIN_REFUSED
    if isinstance(error, smtplib.SMTPResponseException):
        return _SESSION_CODES.get(error.smtp_code, Reason.UNREACHABLE)
    return Reason.LOGIN_REFUSED if isinstance(error, Permanent) else Reason.UNREACHABLE
