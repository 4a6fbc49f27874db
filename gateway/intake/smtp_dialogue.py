"""What the client says and what we answer: the state of one SMTP session, without its sockets and streams.

The session (smtp_session.py) reads commands and bytes; this decides the replies and hands the mail to the spool.
"""

import asyncio
import re
import ssl
from dataclasses import dataclass, field

from gateway import log
from gateway.errors import Full, Temporary
from gateway.intake import behind, replies
from gateway.intake.admission import Budget, Tally
from gateway.intake.behind import Behind
from gateway.intake.dots import Dots, has_line_over
from gateway.intake.envelope import Sender, parse_recipient, parse_sender
from gateway.intake.login import Credentials, Logins
from gateway.intake.recipients import Judge, Standing
from gateway.intake.replies import Reply
from gateway.intake.spool import Spool
from gateway.mail import Envelope
from gateway.store.spool import Accepted

_HEADER_OCTETS = 262_144
_HEADER_END = re.compile(rb"\n\r?\n")
_HELO_OCTETS = 255
_ERRORS = 20  # as Postfix' hard limit; counted since the last accepted mail
_UNKNOWN_COMMANDS = 5
_IDLE_COMMANDS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Every time of a session in seconds; tests make them short."""

    first_mail: float = 60  # how long a client may be silent that has not said MAIL yet
    idle: float = 300  # every other silence, between commands and within DATA
    data: float = 900  # the whole of one DATA
    slow_after: float = 60  # from here on DATA must have come at `slow_rate` on average
    slow_rate: float = 1000  # bytes a second
    commit: float = 60  # how long the spool may take before the client is told 451
    unknown_delay: float = 1  # before each further 550 5.1.1 of a session
    unknown_free: int = 3  # so many come at once
    linger: float = 2  # after we broke off: time for the client to read why
    sweep: float = 1  # how often sessions are looked at


@dataclass(slots=True, kw_only=True)
class Terms:
    """What all sessions of one listener share."""

    host: str
    max_size: int  # octets of a mail
    overrun: int  # so much more is read, to answer at the dot, before the connection is cut
    line_length: int
    recipients: int
    hops: int
    reject_bare_newlines: bool
    timing: Timing
    judge: Judge
    spool: Spool
    budget: Budget
    bad_tokens: Tally
    is_lmtp: bool = False  # RFC 2033: LHLO, and after the dot one reply a recipient
    tls: ssl.SSLContext | None = None
    logins: Logins | None = None  # of a submission listener, where nothing goes without one
    login_failures: int = 3  # in one session


@dataclass(slots=True)
class _Transaction:
    """One mail between MAIL and the reply to its dot."""

    sender: Sender | None = None
    recipients: list[str] = field(default_factory=list)  # each once
    accepted: int = 0  # RCPT commands that were answered 250


class Dialogue:
    """The commands of one session in order, each answered by one reply."""

    def __init__(self, terms: Terms, *, peer: str, key: str | None, is_relay: bool = False) -> None:
        """`peer` is its IP address; `key`: by what limits per peer count it, None where they do not.

        `is_relay`: the peer is one of ours and may say who stands behind it.
        """
        self.terms = terms
        self.peer = peer
        self.key = key
        self.is_relay = is_relay
        self.tls = ""
        self.said_mail = False
        self.agent = ""  # who logged in
        self._failed_logins = 0
        self._helo = ""
        self._helo_behind = ""  # of the client behind a relay
        self._is_extended = False
        self._mail = _Transaction()
        self._replies_due = 1  # to the dot
        self._errors = 0
        self._unknown_commands = 0
        self._idle_commands = 0
        self._unknown_mailboxes = 0

    def start_tls(self, version: str) -> None:
        """TLS stands: forget what was said before it (RFC 3207 section 4.2)."""
        self.tls = version
        self.agent = ""
        self._helo = ""
        self._is_extended = False
        self._mail = _Transaction()

    def stand_for(self, client: Behind) -> None:
        """The relay speaks for this client from here on, who has not said hello yet."""
        self.peer = client.ip or self.peer
        self.agent = ""
        self._helo_behind = client.helo
        self._helo = ""
        self._is_extended = False
        self._mail = _Transaction()

    def xclient(self, arg: str) -> Behind | Reply:
        """Who stands behind the relay, or why that may not be said."""
        if not self.is_relay:
            return Reply.UNKNOWN_COMMAND
        if self._mail.sender is not None:
            return Reply.MAIL_TWICE
        return behind.xclient(arg) or Reply.SYNTAX

    def is_out_of_patience(self, reply: str) -> bool:
        """Count `reply` against the client: has it made too many errors, or too much talk without a mail?"""
        if reply[0] == "5" and self.key is not None:
            self._errors += 1
        self._unknown_commands += reply == Reply.UNKNOWN_COMMAND
        self._failed_logins += reply == Reply.LOGIN_FAILED
        return (
            self._failed_logins >= self.terms.login_failures
            or self._errors > _ERRORS
            or self._unknown_commands >= _UNKNOWN_COMMANDS
            or self._idle_commands > _IDLE_COMMANDS
        )

    async def obey(self, verb: bytes, arg: str) -> str:
        """The reply to any command but DATA, STARTTLS and AUTH, which need the connection."""
        match verb:
            case b"MAIL":
                return self._mail_from(arg)
            case b"RCPT":
                return await self._rcpt_to(arg)
            case b"LHLO" if self.terms.is_lmtp:
                return self._ehlo(arg)
            case b"EHLO" if not self.terms.is_lmtp:
                return self._ehlo(arg)
            case b"HELO" if not self.terms.is_lmtp:
                return self._hello(arg, is_extended=False) or f"250 {self.terms.host}"
            case b"RSET":
                return self._rset(arg)
            case b"NOOP":
                self._idle_commands += 1
                return Reply.OK
            case b"QUIT":
                return Reply.SYNTAX if arg else Reply.BYE
            case b"VRFY" | b"EXPN" | b"HELP":
                return Reply.NOT_OFFERED
            case _:
                return Reply.UNKNOWN_COMMAND

    # ---- commands --------------------------------------------------------------------------------------------------

    def _ehlo(self, arg: str) -> str:
        refusal = self._hello(arg, is_extended=True)
        if refusal:
            return refusal
        offers = [self.terms.host, f"SIZE {self.terms.max_size}", "PIPELINING", "8BITMIME", "SMTPUTF8"]
        if self.terms.tls is not None and not self.tls:
            offers.append("STARTTLS")
        if self._may_log_in():
            offers.append("AUTH PLAIN LOGIN")
        if self.is_relay:
            offers.append(behind.XCLIENT_OFFER)
        offers.append("ENHANCEDSTATUSCODES")
        return "\r\n".join([f"250-{offer}" for offer in offers[:-1]] + [f"250 {offers[-1]}"])

    def _rset(self, arg: str) -> Reply:
        if arg:
            return Reply.SYNTAX
        self._idle_commands += 1
        self._mail = _Transaction()
        return Reply.OK

    def _mail_from(self, arg: str) -> Reply:
        if not self._helo:
            return Reply.LHLO_FIRST if self.terms.is_lmtp else Reply.HELLO_FIRST
        if self._mail.sender is not None:
            return Reply.MAIL_TWICE
        if self.terms.logins is not None and not self.agent:
            return Reply.LOGIN_FIRST
        sender = parse_sender(arg, extended=self._is_extended)
        if isinstance(sender, Reply):
            return sender
        if self.terms.logins is not None and not self.terms.logins.may_send_as(self.agent, sender.address):
            return self._refuse(Reply.NOT_YOURS, mail_from=sender.address)
        self.said_mail = True
        size = sender.size or 0
        if size > self.terms.max_size:
            return self._refuse(Reply.TOO_BIG, mail_from=sender.address)
        try:
            self.terms.spool.check_room()
        except Temporary as error:
            return self._refuse_for_now(error)
        if not self.terms.budget.has_room(size):
            return self._refuse(Reply.FULL, mail_from=sender.address)
        self._mail = _Transaction(sender)
        return Reply.SENDER_OK

    async def _rcpt_to(self, arg: str) -> Reply:
        if self._mail.sender is None:
            return Reply.MAIL_FIRST
        recipient = parse_recipient(arg)
        if isinstance(recipient, Reply):
            return recipient
        if len(self._mail.recipients) >= self.terms.recipients:
            return Reply.TOO_MANY_RECIPIENTS
        reply = self._judge(recipient)
        if reply is Reply.RECIPIENT_OK:
            self._mail.accepted += 1
            if recipient not in self._mail.recipients:
                self._mail.recipients.append(recipient)
            return reply
        self._refuse(reply, recipient)
        self._unknown_mailboxes += 1
        if self._unknown_mailboxes > self.terms.timing.unknown_free:
            await asyncio.sleep(self.terms.timing.unknown_delay)
        return reply

    def data(self, arg: str) -> Reply:
        """SEND_DATA if the mail may come."""
        if arg:
            return Reply.SYNTAX
        if self._mail.sender is None:
            return Reply.MAIL_FIRST
        if not self._mail.recipients:
            return Reply.RECIPIENT_FIRST
        self._replies_due = self._mail.accepted if self.terms.is_lmtp else 1
        return Reply.SEND_DATA

    def to_each(self, reply: str) -> str:
        """The reply to the dot, once a recipient that was accepted (RFC 2033 section 4.2): all share one fate."""
        return "\r\n".join([reply] * self._replies_due)

    def submit(self, dots: Dots) -> "asyncio.Future[Accepted] | Reply":
        """Hand the received mail to the spool, or say why not; the transaction ends either way."""
        sender, recipients = self._mail.sender, tuple(self._mail.recipients)
        self._mail = _Transaction()
        assert sender is not None
        mail = dots.take()
        refusal = self._refusal(dots, mail)
        if refusal is not None:
            return self._refuse(refusal, mail_from=sender.address)
        envelope = Envelope(
            mail_from=sender.address,
            recipients=recipients,
            peer=self.peer,
            helo=self._helo_behind or self._helo,
            tls=self.tls,
            auth_user=self.agent,
        )
        try:
            source = "lmtp" if self.terms.is_lmtp else "smtp"
            return asyncio.wrap_future(self.terms.spool.submit(mail, envelope, source))
        except Temporary as error:
            return self._refuse_for_now(error)

    async def outcome(self, future: "asyncio.Future[Accepted]") -> str:
        """The reply to the dot, once the mail is committed or not; whoever stops waiting does not stop the commit."""
        done, _ = await asyncio.wait((future,), timeout=self.terms.timing.commit)
        if not done:
            return self._refuse_for_now(Temporary("the spool took too long"))
        try:
            accepted = future.result()
        except Temporary as error:
            return self._refuse_for_now(error)
        self._errors = self._unknown_commands = self._idle_commands = 0
        return (replies.duplicate if accepted.duplicate else replies.queued)(accepted.spool_id)

    # ---- logging in ------------------------------------------------------------------------------------------------

    def _may_log_in(self) -> bool:
        logins = self.terms.logins
        return logins is not None and (bool(self.tls) or logins.may_be_clear) and not self.agent

    def login_refusal(self) -> Reply | None:
        """Why AUTH may not be said here and now, None where it may."""
        if self.terms.logins is None:
            return Reply.NOT_OFFERED
        if not self._is_extended:
            return Reply.HELLO_FIRST
        if self.agent or self._mail.sender is not None:
            return Reply.LOGIN_TWICE
        return None if self._may_log_in() else Reply.TLS_FIRST

    async def log_in(self, given: Credentials) -> Reply:
        """Who it is from here on, or why nobody."""
        assert self.terms.logins is not None
        agent = await self.terms.logins.agent(given, self.peer)
        if isinstance(agent, Reply):
            return agent
        self.agent = agent
        self._idle_commands = 0
        return Reply.LOGGED_IN

    # ---- decisions -------------------------------------------------------------------------------------------------

    def _hello(self, arg: str, *, is_extended: bool) -> Reply | None:
        name = arg.strip()
        if not name or len(name) > _HELO_OCTETS or not (name.isascii() and name.isprintable()):
            return Reply.SYNTAX
        self._idle_commands += 1
        self._helo = name
        self._is_extended = is_extended
        self._mail = _Transaction()
        return None

    def _judge(self, recipient: str) -> Reply:
        judged = self.terms.judge(recipient)
        key, now = self.key, asyncio.get_running_loop().time()
        if judged.has_token and key is not None and self.terms.bad_tokens.is_full(key, now):
            return Reply.NO_MAILBOX  # good or forged: who guesses learns nothing more
        match judged.standing:
            case Standing.OURS:
                return Reply.RECIPIENT_OK
            case Standing.FOREIGN:
                return Reply.NO_RELAY
            case Standing.FORGED:
                log.bad_token(self.peer, recipient)
                if key is not None:
                    self.terms.bad_tokens.add(key, now)
                return Reply.NO_MAILBOX
            case Standing.UNKNOWN:
                return Reply.NO_MAILBOX

    def _refusal(self, dots: Dots, mail: bytes) -> Reply | None:
        if dots.is_too_big:
            return Reply.TOO_BIG
        if dots.is_over_budget:
            return Reply.FULL
        if has_line_over(mail, self.terms.line_length):
            return Reply.LONG_MAIL_LINE
        if self.terms.reject_bare_newlines and has_bare_newline(mail):
            return Reply.BARE_NEWLINE
        if self.terms.logins is not None and not self.terms.logins.is_theirs(self.agent, mail):
            return Reply.NOT_YOURS
        return Reply.HOP_LOOP if hops(mail) > self.terms.hops else None

    def _refuse(self, reply: Reply, recipient: str = "", *, mail_from: str | None = None) -> Reply:
        log.smtp_refused(self.peer, reply, recipient=recipient, mail_from=mail_from)
        return reply

    def _refuse_for_now(self, error: Temporary) -> Reply:
        reply = Reply.FULL if isinstance(error, Full) else Reply.FAILED
        log.smtp_refused(self.peer, reply, error=str(error))
        return reply


def has_bare_newline(mail: bytes) -> bool:
    """Does a CR or LF stand alone anywhere?"""
    pairs = mail.count(b"\r\n")
    return mail.count(b"\n") != pairs or mail.count(b"\r") != pairs


def hops(mail: bytes) -> int:
    """How many `Received:` lines stand in the header."""
    if mail.startswith((b"\n", b"\r\n")):
        return 0
    end = _HEADER_END.search(mail, 0, _HEADER_OCTETS)
    header = mail[: end.start() if end else _HEADER_OCTETS]
    return (b"\n" + header.lower()).count(b"\nreceived:")
