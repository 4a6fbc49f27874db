"""A Mail as JSON and back, between a reader and the daemon. What comes back is checked like a stranger's words."""

import re
from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, get_type_hints

import msgspec

from gateway.mail.value import Address, Mail, Notice

MAX_JSON = 64 * 1024 * 1024

_ESCAPES = (b"\\u", b"\\b", b"\\f", b"\\r")  # clean text needs none of them
_ESCAPED_CONTROL = re.compile(rb"(?<!\\)(?:\\\\)*\\[ubfr]")
_RAW_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
_STRICTER = {
    "date": Annotated[datetime, msgspec.Meta(tz=True)] | None,
    "received_count": Annotated[int, msgspec.Meta(ge=0)],
}
_FIELDS = tuple(field.name for field in fields(Mail))
# The same fields as a Mail has, with what a dataclass cannot say: unknown ones are refused, defaults are left out.
_Wire = msgspec.defstruct(
    "_Wire",
    [
        (field.name, _STRICTER.get(field.name, get_type_hints(Mail)[field.name]), field.default)
        for field in fields(Mail)
    ],
    forbid_unknown_fields=True,
    omit_defaults=True,
    kw_only=True,
)
_values = attrgetter(*_FIELDS)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Wire)
_NOTICES = frozenset(Notice) | {""}


class NotAMail(ValueError):
    """These bytes are not what `mail_to_json` writes; says which field."""


def mail_to_json(mail: Mail) -> bytes:
    """One JSON object with every field of the Mail that is not at its default."""
    return _encoder.encode(_Wire(**dict(zip(_FIELDS, _values(mail), strict=True))))


def check(data: bytes) -> None:
    """NotAMail where this is too long for a Mail, or a text in it is not clean: all that content may do to a Mail."""
    if len(data) > MAX_JSON:
        raise NotAMail("too long")
    if _RAW_CONTROL.search(data) or b"\x7f" in data:
        raise NotAMail("control characters")
    if any(escape in data for escape in _ESCAPES) and _ESCAPED_CONTROL.search(data):
        raise NotAMail("escaped control characters or surrogates")


def mail_from_json(data: bytes) -> Mail:
    """The Mail again. NotAMail where a field is unknown or of the wrong type, or a text is not clean."""
    check(data)
    try:
        found = _values(_decoder.decode(data))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotAMail(f"{type(error).__name__}: {error}") from None
    mail = Mail(**dict(zip(_FIELDS, found, strict=True)))
    _check_parts(mail)
    return mail


def _check_parts(mail: Mail) -> None:
    """What the types of the parts do not say."""
    if not all("@" in one.addr for one in _addresses(mail)):
        raise NotAMail("an address without @")
    whose = mail.fwd_from  # clients also write a name alone
    if whose is not None and "@" not in whose.addr and (whose.addr or not whose.name):
        raise NotAMail("fwd_from: no address")
    if any(one.size < 0 for one in mail.attachments):
        raise NotAMail("attachments: a size below nothing")
    if mail.notice not in _NOTICES:
        raise NotAMail("notice: unknown")


def _addresses(mail: Mail) -> Iterable[Address]:
    lists: tuple[Any, ...] = (mail.reply_to, mail.to, mail.cc, mail.fwd_to, mail.fwd_cc)
    yield from (one for each in lists for one in each)
    yield from (one for one in (mail.from_, mail.sender) if one is not None)
