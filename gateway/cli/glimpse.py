"""Who wrote a mail and about what, by the first bytes of it: for mails that no reader has read, or that killed one.

Only the fields that are shown are decoded, each cut to a bounded length first; the structure is never looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from gateway.mail import scan
from gateway.mail.header import addresses, headers, ids, received
from gateway.mail.header.headers import Fields

T = TypeVar("T")

_LONGEST = 2000  # characters of one field
_MOST = 50  # fields of one name
_UNFORESEEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """The fields as far as they can be read, `""` where they cannot. `from_` is an address, or the field as text."""

    from_: str = ""
    subject: str = ""
    message_id: str = ""
    queue_ids: tuple[str, ...] = ()


def glimpse(head: bytes) -> Glimpse:
    """What the beginning of a mail tells. Whatever the bytes are, the answer is a Glimpse."""
    fields = _tried(lambda: _fields(head), Fields())
    return Glimpse(
        from_=_tried(lambda: _sender(fields), ""),
        subject=_tried(lambda: headers.decode(_cut(fields, "subject")), ""),
        message_id=_tried(lambda: ids.message_id(_cut(fields, "message-id")), ""),
        queue_ids=_tried(lambda: received.queue_ids([one[:_LONGEST] for one in fields.all("received")[:_MOST]]), ()),
    )


def _fields(head: bytes) -> Fields:
    block = scan.block(head, 0, len(head))
    return headers.split(head[block.start : block.end], is_root=True)[0]


def _sender(fields: Fields) -> str:
    values = [one[:_LONGEST] for one in fields.all("from")[:_MOST]]
    address, _ = addresses.sender(values)
    return address.addr if address else ", ".join(headers.decode(one) for one in values)


def _cut(fields: Fields, name: str) -> str:
    return fields.first(name)[:_LONGEST]


def _tried(read: Callable[[], T], otherwise: T) -> T:
    """A fault of ours in reading costs one field of a list, not the list."""
    try:
        return read()
    except _UNFORESEEN:
        return otherwise
