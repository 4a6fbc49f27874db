"""All that rules see of one mail or event, as one value: stored with the mail, so that any rule set can be tried again.

A fact that nobody knows (yet) is absent; a condition on it does not hold.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from gateway.mail import Address, Envelope, Mail
from gateway.rules.language import HEADERS_NOT_KEPT, PRIORITIES

MAX_TEXT = 65_536  # characters of the body; no rule looks further
_MAX_HEADER = 2_000
_MAX_HEADERS = 32_768  # characters in all
_SPAM_POINTS = (
    ("x-spamd-result", re.compile(r"\[\s*(-?\d+(?:\.\d+)?)\s*/")),  # rspamd: "default: False [4.20 / 15.00]; ..."
    ("x-spam-status", re.compile(r"\b(?:score|hits)=(-?\d+(?:\.\d+)?)")),  # SpamAssassin
    ("x-rspamd-score", re.compile(r"^\s*(-?\d+(?:\.\d+)?)")),
    ("x-spam-score", re.compile(r"^\s*(-?\d+(?:\.\d+)?)")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The mail as rules see it, and in `known` what the gateway knows besides, by field name (see `KNOWN`).

    Addresses are lower case, `at` is when it happened, in the zone in which days are to be counted. ValueError where
    `known` holds something else than `KNOWN` says.
    """

    event: str = "created"
    at: datetime | None = None
    sent_at: datetime | None = None
    source: str = ""
    recipient: str = ""
    from_: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[str, ...] = ()
    size: int = 0
    language: str = ""
    kind: str = ""
    auth: str | None = None
    spam: float | None = None
    known: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        read = {name: _known(name, value) for name, value in self.known.items() if value is not None}
        object.__setattr__(self, "known", read)

    def values(self) -> dict[str, Any]:
        """By field name what `compile.py` asks: texts as tuples, the priority as a rank; absent facts are left out."""
        found: dict[str, Any] = {
            "subject": (self.subject,), "body": (self.body,), "from": (self.from_,) if self.from_ else (),
            "to": self.to, "cc": self.cc, "reply_to": self.reply_to,
            "recipient": (self.recipient,) if self.recipient else (), "source": self.source,
            "mailbox": self.source.removeprefix("imap:") if self.source.startswith("imap:") else "",
            "attachment": self.attachments, "has_attachment": bool(self.attachments), "size": self.size,
            "language": self.language, "kind": self.kind, "sender.domain": self.from_.rpartition("@")[2],
        }  # fmt: skip
        for name, value in self.headers:
            found[f"header.{name.lower()}"] = (*found.get(f"header.{name.lower()}", ()), value)
        if self.auth is not None:
            found["auth"] = self.auth
        if self.spam is not None:
            found["spam"] = self.spam
        if self.at is not None:
            found["date"] = self.at.date()
        for name, value in self.known.items():
            if name == "fields":
                found |= {f"fields.{own}": text for own, text in value.items()}
            elif name == "priority":
                if value in PRIORITIES:
                    found[name] = PRIORITIES.index(value)
            elif name == "requester":
                found[name] = (value,)
            else:
                found[name] = value
        return found

    def to_json(self) -> dict[str, Any]:
        """Plain lists and dicts; `from_json` gives back an equal value."""
        found: dict[str, Any] = {shown: getattr(self, name) for shown, name in _ATTRIBUTES}
        for name in ("at", "sent_at"):
            found[name] = found[name].isoformat() if found[name] else None
        for name in ("to", "cc", "reply_to", "attachments"):
            found[name] = list(found[name])
        found["headers"] = [list(pair) for pair in self.headers]
        found["known"] = {name: list(v) if isinstance(v, tuple) else v for name, v in self.known.items()}
        return found

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Facts":
        """Facts as stored, by this release or another: what is missing is absent, what is unknown is left out.

        ValueError where a value has the wrong type.
        """
        read: dict[str, Any] = {}
        for name, reader in _STORED.items():
            if stored.get(name) is not None:
                read["from_" if name == "from" else name] = reader(stored[name], name)
        return cls(**read)


def facts_of(
    mail: Mail,
    *,
    envelope: Envelope,
    source: str,
    recipient: str,
    queue: str | None,
    event: str = "created",
    at: datetime | None = None,
    size: int = 0,
    auth: str | None = None,
    known: Mapping[str, Any] | None = None,
) -> Facts:
    """What rules see of a mail that came for `recipient` (one of ours) into `queue`; `size` in bytes.

    `known` adds what the gateway knows of ticket and sender: `{"sender.known": True, "tags": [...], "set_by": {...}}`.
    """
    headers = tuple(_kept(mail.headers))
    return Facts(
        event=event,
        at=at,
        sent_at=mail.date,
        source=source,
        recipient=(recipient or next(iter(envelope.recipients), "")).lower(),
        from_=mail.from_.key if mail.from_ else "",
        to=_keys(mail.to),
        cc=_keys(mail.cc),
        reply_to=_keys(mail.reply_to),
        subject=mail.subject[:_MAX_HEADER],
        body=(mail.reply or mail.text)[:MAX_TEXT],
        headers=headers,
        attachments=tuple(one.name for one in mail.attachments),
        size=size or len(mail.text) + sum(one.size for one in mail.attachments),
        language=mail.language,
        kind=str(mail.kind),
        auth=auth,
        spam=_spam_points(headers),
        known={**(known or {}), **({"queue": queue} if queue else {})},
    )


def _keys(addresses: Iterable[Address]) -> tuple[str, ...]:
    return tuple(one.key for one in addresses)


def _kept(headers: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    left = _MAX_HEADERS
    for name, value in headers:
        lower = name.lower()
        if lower in HEADERS_NOT_KEPT or lower.startswith("arc-"):
            continue
        value = value[:_MAX_HEADER]
        left -= len(name) + len(value)
        if left < 0:
            return
        yield lower, value


def _spam_points(headers: Iterable[tuple[str, str]]) -> float | None:
    first = dict(reversed(tuple(headers)))
    for name, pattern in _SPAM_POINTS:
        found = pattern.search(first[name]) if name in first else None
        if found:
            return float(found[1])
    return None


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text, not {value!r:.60}")
    return value


def _texts(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise ValueError(f"{name} must be a list, not {value!r:.60}")
    return tuple(_text(one, name) for one in value)


def _whole(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} must be a whole number, not {value!r:.60}")
    return value


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number, not {value!r:.60}")
    return float(value)


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {value!r:.60}")
    return value


def _instant(value: object, name: str) -> datetime:
    return datetime.fromisoformat(_text(value, name))


def _pairs(value: object, name: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} must be a list, not {value!r:.60}")
    pairs = [_texts(pair, name) for pair in value]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"{name} must hold pairs")
    return tuple((pair[0], pair[1]) for pair in pairs)


def _table(value: object, name: str) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be a table, not {value!r:.60}")
    return {_text(key, name): _text(one, name) for key, one in value.items()}


def _counts(value: object, name: str) -> dict[str, int]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be a table, not {value!r:.60}")
    return {_text(key, name): _whole(one, name) for key, one in value.items()}


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be a table, not {value!r:.60}")
    return value


def _known(name: str, value: object) -> Any:
    reader = KNOWN.get(name)
    if reader is None:
        raise ValueError(f"no such fact: {name}")
    return reader(value, name)


_Read = Callable[[object, str], Any]
KNOWN: dict[str, _Read] = {
    "sender.known": _flag,
    "sender.agent": _flag,
    "sender.tags": _texts,
    "organisation": _text,
    "queue": _text,
    "status": _text,
    "priority": _text,
    "type": _text,
    "category": _text,
    "area": _text,
    "impact": _text,
    "assignee": _text,
    "requester": _text,
    "sla": _text,
    "tags": _texts,
    "fields": _table,
    "set_by": _table,  # field -> "rule:NAME", "person:carol", "address", "default"
    "idle": _whole,  # seconds
    "rating": _whole,
    "hours": _texts,  # the calendars that are open at `at`
    "released_by": _text,  # the person who took the mail out of quarantine: no rule puts it back
    "seen_recently": _counts,  # `seen_key(...)` -> how many
}
_STORED: dict[str, _Read] = {
    "event": _text,
    "at": _instant,
    "sent_at": _instant,
    "source": _text,
    "recipient": _text,
    "from": _text,
    "to": _texts,
    "cc": _texts,
    "reply_to": _texts,
    "subject": _text,
    "body": _text,
    "headers": _pairs,
    "attachments": _texts,
    "size": _whole,
    "language": _text,
    "kind": _text,
    "auth": _text,
    "spam": _number,
    "known": lambda value, name: {key: one for key, one in _mapping(value, name).items() if key in KNOWN},
}

_ATTRIBUTES = tuple((one.name.rstrip("_"), one.name) for one in fields(Facts))  # as stored, as we call it


def seen_key(by: str, value: str, within: int) -> str:
    """The key of a count in the fact `seen_recently`: how many with this value came within so many seconds.

    The value `*` counts for every value that has no count of its own.
    """
    return f"{by}={value}/{within}"
