"""A Mail as JSON and back, between a reader and the daemon. What comes back is checked like a stranger's words."""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from gateway.mail.value import Address, Attachment, Invitation, Kind, Mail, Notice, Recipient

MAX_JSON = 64 * 1024 * 1024

_ESCAPES = (b"\\u", b"\\b", b"\\f", b"\\r")  # clean text needs none of them
_ESCAPED_CONTROL = re.compile(rb"(?<!\\)(?:\\\\)*\\[ubfr]")
_RAW_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
_TEXTS = (
    *(
        "from_problem",
        "subject",
        "message_id",
        "text",
        "html",
        "reply",
        "elided",
        "signature",
        "auto_reason",
        "silence",
    ),
    *("language", "fwd_date", "fwd_subject", "fwd_body", "fwd_message", "sealed"),
)
_TEXT_LISTS = (
    *("delivered_to", "in_reply_to", "references", "markers", "queue_ids", "reported_ids", "defects"),
    *("trail", "text_forms"),
)
_ADDRESS = ("from_", "sender", "fwd_from")
_ADDRESS_LISTS = ("reply_to", "to", "cc", "fwd_to", "fwd_cc")
_ATTACHMENT = ("name", "size", "sha256", "type", "inline", "part", "declared", "content_id")
_RECIPIENT = ("addr", "action", "status", "reply", "hard")
_INVITATION = ("method", "summary", "start", "end", "place", "organizer", "repeats", "attendees")
_DAYS = ("date", "away_until")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class NotAMail(ValueError):
    """These bytes are not what `mail_to_json` writes; says which field."""


def mail_to_json(mail: Mail) -> bytes:
    """One JSON object with every field of the Mail that is not at its default."""
    out: dict[str, Any] = {}
    for name in _PLAIN:
        value = getattr(mail, name)
        if value != _DEFAULTS[name]:
            out[name] = value
    for name in _ADDRESS:
        if (address := getattr(mail, name)) is not None:
            out[name] = [address.addr, address.name]
    for name in _ADDRESS_LISTS:
        if addresses := getattr(mail, name):
            out[name] = [[address.addr, address.name] for address in addresses]
    for name in _DAYS:
        if (day := getattr(mail, name)) is not None:
            out[name] = day.isoformat()
    if mail.reported:
        out["reported"] = [[getattr(one, name) for name in _RECIPIENT] for one in mail.reported]
    if mail.invitation is not None:
        out["invitation"] = [getattr(mail.invitation, name) for name in _INVITATION]
    if mail.attachments:
        out["attachments"] = [[getattr(item, name) for name in _ATTACHMENT] for item in mail.attachments]
    return _encode(out).encode("utf-8")


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
        fields = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise NotAMail(f"no JSON: {error}") from None
    if type(fields) is not dict:
        raise NotAMail("no object")
    try:
        return Mail(**{name: _READ[name](value) for name, value in fields.items()})
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise NotAMail(f"{type(error).__name__}: {error}") from None


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"a text is wanted, not {type(value).__name__}")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("a whole number is wanted")
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise TypeError("true or false is wanted")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, _list(value)))


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError("a list is wanted")
    return value


def _headers(value: Any) -> tuple[tuple[str, str], ...]:
    pairs = []
    for pair in _list(value):
        name, text = _list(pair)
        pairs.append((_text(name), _text(text)))
    return tuple(pairs)


def _address(value: Any) -> Address:
    addr, name = _list(value)
    if "@" not in _text(addr):
        raise ValueError("no address")
    return Address(addr=addr, name=_text(name))


def _author(value: Any) -> Address:
    """Whose mail was forwarded: clients also write a name alone."""
    addr, name = _list(value)
    return Address(addr="", name=_text(name)) if addr == "" and name else _address(value)


def _addresses(value: Any) -> tuple[Address, ...]:
    return tuple(map(_address, _list(value)))


def _attachments(value: Any) -> tuple[Attachment, ...]:
    found = []
    for item in _list(value):
        name, size, sha256, kind, inline, part, declared, content_id = _list(item)
        found.append(
            Attachment(
                name=_text(name),
                size=_whole(size),
                sha256=_text(sha256),
                type=_text(kind),
                inline=_flag(inline),
                part=_text(part),
                declared=_text(declared),
                content_id=_text(content_id),
            )
        )
    return tuple(found)


def _recipients(value: Any) -> tuple[Recipient, ...]:
    found = []
    for item in _list(value):
        addr, action, status, reply, hard = _list(item)
        found.append(
            Recipient(
                addr=_text(addr), action=_text(action), status=_text(status), reply=_text(reply), hard=_flag(hard)
            )
        )
    return tuple(found)


def _invitation(value: Any) -> Invitation:
    *texts, attendees = _list(value)
    named = dict(zip(_INVITATION[:-1], map(_text, texts), strict=True))
    return Invitation(**named, attendees=_texts(attendees))


def _notice(value: Any) -> str:
    return Notice(_text(value))


def _instant(value: Any) -> datetime:
    at = datetime.fromisoformat(_text(value))
    if at.tzinfo is None:
        raise ValueError("an instant without a zone")
    return at


_READ: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_TEXTS, _text),
    **dict.fromkeys(_TEXT_LISTS, _texts),
    **dict.fromkeys(_ADDRESS, _address),
    "fwd_from": _author,
    **dict.fromkeys(_ADDRESS_LISTS, _addresses),
    "attachments": _attachments,
    "headers": _headers,
    "date": _instant,
    "kind": Kind,
    "notice": _notice,
    "away_until": lambda value: date.fromisoformat(_text(value)),
    "reported": _recipients,
    "invitation": _invitation,
    "received_count": _whole,
    "is_forward": _flag,
}
_PLAIN = [*_TEXTS, *_TEXT_LISTS, "headers", "kind", "notice", "received_count", "is_forward"]
_DEFAULTS = {name: getattr(Mail(), name) for name in _PLAIN}
