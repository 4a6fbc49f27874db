"""PURE. bytes -> Mail. Never raises on content, does no I/O."""

from typing import TYPE_CHECKING, Any

from gateway.mail.value import Address, Attachment, Envelope, Invitation, Kind, Mail, Notice, Recipient

if TYPE_CHECKING:
    from gateway.mail.attached.attachments import bytes_of
    from gateway.mail.read import read
    from gateway.mail.reply import without_known
    from gateway.mail.wire import NotAMail, mail_from_json, mail_to_json

__all__ = [
    "Address",
    "Attachment",
    "Envelope",
    "Invitation",
    "Kind",
    "Mail",
    "NotAMail",
    "Notice",
    "Recipient",
    "bytes_of",
    "mail_from_json",
    "mail_to_json",
    "read",
    "without_known",
]
# What reads takes a quarter of a second to import, and most who name a Mail or an Address read none.
_READS = {
    "NotAMail": "gateway.mail.wire",
    "bytes_of": "gateway.mail.attached.attachments",
    "mail_from_json": "gateway.mail.wire",
    "mail_to_json": "gateway.mail.wire",
    "read": "gateway.mail.read",
    "without_known": "gateway.mail.reply",
}


def __getattr__(name: str) -> Any:
    if name not in _READS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(_READS[name]), name)
    return found
