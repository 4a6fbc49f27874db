"""PURE. bytes -> Mail. Never raises on content, does no I/O."""

from gateway.mail.attached.attachments import bytes_of
from gateway.mail.read import read
from gateway.mail.reply import without_known
from gateway.mail.value import Address, Attachment, Envelope, Invitation, Kind, Mail, Notice, Recipient
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
