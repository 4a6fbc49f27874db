"""Delivery keys: by what a mail that comes twice is known to be the same delivery (T02). Pure.

SHA-256 over the kind of source, our recipients, and the bytes below the leading trace headers, which every hop and
every retry may write anew.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

# What transports and filters put on top: RFC 5321 section 4.4, RFC 8601, RFC 8617; x-original-to
# is Postfix's, envelope-to and delivery-date are Exim's, x-sieve and the like a redirect's of Pigeonhole.
_TRACE = re.compile(
    rb"(?:(?:return-path|received|x-received|delivered-to|x-original-to|envelope-to|delivery-date"
    rb"|authentication-results|arc-[a-z-]+|x-sieve(?:-redirected-from)?)[ \t]*:[^\n]*\n"
    rb"(?:[ \t][^\n]*\n)*+)++",  # possessive: no way back, so no long way either
    re.IGNORECASE,
)
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_IDENTITY = re.compile(rb"^(?:message-id|date)[ \t]*:[ \t]*(?:\r?\n[ \t]+)?[^\s]", re.IGNORECASE | re.MULTILINE)
_HEADER_MAX = 256 * 1024  # bytes looked at for Message-ID and Date

WINDOW = timedelta(days=7)
WINDOW_WITHOUT_IDENTITY = timedelta(hours=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryKey:
    """The key, the SHA-256 of all bytes (both hex), and how long a repeat counts as one: None is for ever."""

    key: str
    sha256: str
    window: timedelta | None


def delivery_key(
    raw: bytes,
    source: str,
    recipients: Sequence[str],
    peer: str,
    *,
    window: timedelta | None = WINDOW,
    null_sender: bool = False,
) -> DeliveryKey:
    """The key of one delivery. From a mailbox a repeat is one for ever, otherwise within `window`.

    A file that is imported and one that is piped in are one delivery: people do either with what they have. Mail with
    neither Message-ID nor Date is the same only from the same peer and within hours: monitors send identical mails
    without either, and each of those counts.
    """
    kind = "pipe" if source == "import" else source.partition(":")[0]
    whole = hashlib.sha256(raw)
    trace = _TRACE.match(raw)
    content = hashlib.sha256(memoryview(raw)[trace.end() :]) if trace else whole
    parts = [kind, *sorted(recipient.lower() for recipient in recipients)]
    if null_sender:
        # A bounce and a person's mail are treated differently, so a stranger's replay as the one must not be taken
        # for the other. Whoever tries a delivery again says the same sender.
        parts.append("null sender")
    lasting: timedelta | None = None if kind in ("imap", "sent") else window
    if not _has_identity(raw):
        lasting = WINDOW_WITHOUT_IDENTITY if window is None else min(window, WINDOW_WITHOUT_IDENTITY)
        parts.append(f"peer {peer}")
    # Each part is closed by a NUL, which no address holds, so that no two lists of parts read alike.
    told = b"".join(part.encode("utf-8", "surrogatepass") + b"\0" for part in parts)
    return DeliveryKey(
        key=hashlib.sha256(told + content.digest()).hexdigest(), sha256=whole.hexdigest(), window=lasting
    )


def _has_identity(raw: bytes) -> bool:
    end = _HEADER_END.search(raw, 0, _HEADER_MAX)
    return _IDENTITY.search(raw, 0, end.start() if end else min(len(raw), _HEADER_MAX)) is not None


def content_digest(raw: bytes) -> str:
    """SHA-256 (hex) of a mail without its leading trace headers: the same whichever way a copy came."""
    trace = _TRACE.match(raw)
    return hashlib.sha256(memoryview(raw)[trace.end() :] if trace else raw).hexdigest()


def archive_key(raw: bytes) -> str:
    """By what a mail of an archive is known (hex), for ever, and whatever the site was like when it was first read.

    Mail with neither Message-ID nor Date is another one where its trace headers are others.
    """
    content = content_digest(raw) if _has_identity(raw) else hashlib.sha256(raw).hexdigest()
    return hashlib.sha256(f"archive\0{content}".encode()).hexdigest()
