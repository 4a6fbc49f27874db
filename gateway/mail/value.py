"""The values of this room: one mail as read, and how it reached us. Frozen, valid when made, safe to store and show.

Every text here is clean: no NUL, no surrogate, no control character but tab and line feed, NFC.
"""

from dataclasses import dataclass
from datetime import date as Day
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What sort of sender wrote this, by the headers and the shape of the mail."""

    NORMAL = "normal"
    AUTOREPLY = "autoreply"  # out of office, acknowledgements of other systems
    BOUNCE = "bounce"
    LIST = "list"  # mailing lists and bulk
    AUTO = "auto"  # any other machine: monitors, notifications
    FEEDBACK = "feedback"  # abuse reports (RFC 5965)


class Notice(StrEnum):
    """What a machine's mail is about, where that is known."""

    DELIVERED = "delivered"  # a delivery report of success
    DELAYED = "delayed"  # nothing has failed yet
    RECEIPT = "receipt"  # a message was read, or deleted unread (RFC 8098)
    RECALL = "recall"  # the sender wishes a message unsent
    CHALLENGE = "challenge"  # prove that you are a person, and your mail will be delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One mailbox: `addr` is `local@domain`, the domain lower case (A-label kept as it stood); `name` may be empty."""

    addr: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.addr.rpartition("@")[2]

    @property
    def key(self) -> str:
        """What two spellings of one mailbox share: local part folded too (customers' case varies)."""
        return self.addr.lower()


PGP_SIGNATURES = frozenset(("application/pgp-signature", "application/x-pgp-signature"))
SMIME_SIGNATURES = frozenset(("application/pkcs7-signature", "application/x-pkcs7-signature"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What hangs on a mail. `part` is its path in the MIME tree (`"2.1"`), `"0"` the mail itself: see `bytes_of`."""

    name: str
    size: int
    sha256: str
    type: str  # by its content, else as declared
    inline: bool
    part: str
    declared: str = ""  # the type its sender gave, where that is another
    content_id: str = ""  # by what the HTML shows it: what stands in a `cid:` URL, case folded

    @property
    def is_seal(self) -> bool:
        """A detached signature: kept, and nothing that its sender hung on the mail."""
        return (self.declared or self.type) in PGP_SIGNATURES | SMIME_SIGNATURES


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """What a delivery report says of one recipient (RFC 3464 section 2.3)."""

    addr: str
    action: str  # "failed", "delayed", "delivered", "relayed", "expanded"
    status: str = ""  # "5.1.1", or "" where the report has none
    reply: str = ""  # the words of the server that refused: "550 5.1.1 no such user"
    hard: bool = False  # trying this address again is of no use


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A calendar object on a mail (RFC 5546): what, when, where, who. Times as the sender's calendar shows them."""

    method: str  # "REQUEST", "CANCEL", "REPLY", ...
    summary: str = ""
    start: str = ""  # ISO 8601 with the name of the zone behind it, a date alone for whole days
    end: str = ""
    place: str = ""
    organizer: str = ""
    repeats: str = ""  # in words: "every week on Monday, until 2026-12-31"
    attendees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail, read. Unknown texts are `""`, unknown lists are empty; `date` is None where unusable."""

    from_: Address | None = None
    from_problem: str = ""  # why there is no sender: "missing", "two From lines", ...
    from_claimed: Address | None = None  # where there is none, the first From names: to be shown, never to be believed
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    delivered_to: tuple[str, ...] = ()  # Delivered-To, then X-Original-To, as they stood
    subject: str = ""
    message_id: str = ""  # with its angle brackets; "" where missing or unusable
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None
    text: str = ""  # decoded, all of it
    main_text: str = ""  # the first of several texts that stand side by side; "" where the text is one
    html: str = ""
    # Paths of the parts in which the text begins, the one it is from first: two where a plain text and a page say the
    # same; none where it is from no part, as the words of an attachment or of a calendar.
    text_forms: tuple[str, ...] = ()
    reply: str = ""  # what the sender wrote this time
    elided: str = ""  # all that was cut from the text, in order; the signature is a part of it
    signature: str = ""
    attachments: tuple[Attachment, ...] = ()
    kind: Kind = Kind.NORMAL
    auto_reason: str = ""  # the header or shape that made it automatic: "Auto-Submitted: auto-replied"
    silence: str = ""  # the header by which a person's mail asks for no automatic answer
    headers: tuple[tuple[str, str], ...] = ()  # decoded and clean, in order, at most 1,000
    markers: tuple[str, ...] = ()  # tokens from marker lines `[ref:TOKEN]` in text, HTML and subject
    queue_ids: tuple[str, ...] = ()  # the MTAs' ids out of the Received lines, nearest first
    received_count: int = 0
    language: str = ""
    notice: str = ""  # a Notice, or "" where the mail is none
    away_until: Day | None = None  # the day an automatic reply says its sender is back
    reported: tuple[Recipient, ...] = ()  # what a delivery report says, failed ones first
    reported_ids: tuple[str, ...] = ()  # Message-IDs of the mails a bounce is about
    is_forward: bool = False
    fwd_from: Address | None = None  # `addr` is "" where the client wrote a name alone
    fwd_to: tuple[Address, ...] = ()
    fwd_cc: tuple[Address, ...] = ()
    fwd_date: str = ""  # as it stood: no two clients and languages write it alike
    fwd_subject: str = ""
    fwd_body: str = ""
    fwd_message: str = ""  # the covering note
    invitation: Invitation | None = None
    sealed: str = ""  # "pgp signed", "pgp encrypted", "smime signed", "smime encrypted", "microsoft encrypted"
    defects: tuple[str, ...] = ()  # short stable words: "dup_header:from", "lossy_decode", "charset:gb2312->gb18030"
    trail: tuple[str, ...] = ()  # how it was read: which text in which charset, what was cut by which rule and why

    @property
    def failed_recipients(self) -> tuple[str, ...]:
        return tuple(one.addr for one in self.reported if one.action == "failed")

    @property
    def delayed_recipients(self) -> tuple[str, ...]:
        return tuple(one.addr for one in self.reported if one.action == "delayed")

    @property
    def dsn_status(self) -> tuple[str, ...]:
        return tuple(one.status for one in self.reported)

    @property
    def hard_bounce(self) -> tuple[bool, ...]:
        return tuple(one.hard for one in self.reported)

    @property
    def is_autoreply(self) -> bool:
        """Nobody decided to send this very mail (RFC 3834): a machine answered, or generated it, and says so.

        Wider than the kind: delivery reports and lists that are marked as automatic are meant too.
        """
        submitted = self.header("Auto-Submitted").strip().lower()
        precedence = self.kind is Kind.LIST and self.auto_reason.startswith("Precedence")
        return self.kind in (Kind.AUTOREPLY, Kind.AUTO) or submitted.startswith("auto-") or precedence

    @property
    def is_bounce(self) -> bool:
        return self.kind is Kind.BOUNCE

    @property
    def is_feedback_report(self) -> bool:
        return self.kind is Kind.FEEDBACK

    @property
    def is_automatic(self) -> bool:
        """No automatic mail may answer this one (RFC 3834 section 2)."""
        return self.kind is not Kind.NORMAL

    def header(self, name: str) -> str:
        """The first header of that name, or `""`."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    def header_all(self, name: str) -> tuple[str, ...]:
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """How a mail reached us. `mail_from` is `""` for the null sender, None without an envelope (IMAP, files)."""

    mail_from: str | None = None
    recipients: tuple[str, ...] = ()  # ours only, as addressed (plus parts kept), in order of arrival
    peer: str = ""  # IP address
    helo: str = ""
    tls: str = ""  # "TLSv1.3" or ""
    auth_user: str = ""
