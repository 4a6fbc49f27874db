"""Tickets as another helpdesk had them: what every reader of an export yields."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from email.utils import getaddresses, parseaddr
from pathlib import Path
from typing import Any, Protocol

from gateway.errors import Permanent
from gateway.mail.clean import line, text

_LARGEST = 256 << 20  # bytes of one file of JSON
_ADDRESS = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]{1,64}@[\w.-]{1,255}", re.ASCII)
_NEVER = datetime(1971, 1, 1, tzinfo=UTC)  # what systems write for an instant that is not set lies before


@dataclass(frozen=True, slots=True, kw_only=True)
class OldPerson:
    """Somebody there: an address, `""` where the system knows a user name alone, which `name` then is."""

    addr: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldFile:
    """What hangs on an article."""

    name: str
    type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OldArticle:
    """One contribution. `key` is its id there; `direction` is in, out or note; `raw` the mail as it came, if it is had.

    Without `raw` the rest says what a mail of the same content would hold.
    """

    key: str
    at: datetime
    author: OldPerson
    direction: str
    subject: str
    text: str = ""
    is_html: bool = False
    raw: bytes | None = None
    message_id: str = ""
    in_reply_to: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    files: tuple[OldFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OldTicket:
    """A ticket with the number people know it by. `kind` is a coarser word for its status, where there is one."""

    number: int
    subject: str
    status: str
    kind: str = ""
    queue: str
    owner: OldPerson
    requester: OldPerson
    cc: tuple[str, ...] = ()
    created_at: datetime
    closed_at: datetime | None = None
    articles: tuple[OldArticle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A ticket that cannot be taken over: where it is, and why."""

    where: str
    what: str

    def __str__(self) -> str:
        return self.what if self.what.startswith(self.where) else f"{self.where}: {self.what}"


class Export(Protocol):
    """An export of one system. It is read twice: once to look, once to write."""

    system: str

    def tickets(self) -> Iterator[OldTicket | Broken]: ...


class Odd(ValueError):
    """Something in an export is not as that system writes it."""


def cleaned(export: Export) -> Iterator[OldTicket | Broken]:
    """All of an export, its lines without what no line of ours holds: control characters, halves of characters."""
    for one in export.tickets():
        yield _clean_ticket(one) if isinstance(one, OldTicket) else Broken(where=line(one.where), what=line(one.what))


def _clean_ticket(old: OldTicket) -> OldTicket:
    articles = tuple(
        replace(one, subject=line(one.subject), author=_clean_person(one.author), text=text(one.text))
        for one in old.articles
    )
    return replace(
        old,
        subject=line(old.subject),
        status=line(old.status),
        kind=line(old.kind),
        queue=line(old.queue),
        owner=_clean_person(old.owner),
        requester=_clean_person(old.requester),
        articles=articles,
    )


def _clean_person(one: OldPerson) -> OldPerson:
    return replace(one, name=line(one.name))


# ---- parts that exports have in common -----------------------------------------------------------------------------


def read_json(path: Path) -> Any:
    """What a file of JSON holds. Odd where it is none."""
    try:
        if path.stat().st_size > _LARGEST:
            raise Odd(f"{path.name} has more than {_LARGEST:,} bytes")
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise Odd(f"{path.name} is missing")
    except OSError as error:
        raise Odd(f"{path.name} cannot be read: {error.strerror}")
    except (ValueError, RecursionError):
        raise Odd(f"{path.name} is no JSON; was the answer an error page?")
    if isinstance(value, dict) and not value.keys() & {"id", "items"}:
        refusal = value.get("error") or value.get("message")  # of Zammad, and of RT
        if isinstance(refusal, str):
            raise Odd(f'{path.name} says "{refusal[:80]}"; was the answer an error page?')
    return value


def folder_of(path: Path, holds: str) -> Path:
    """The folder of an export. Permanent where it is none, or no file of it is called like `holds`."""
    if not path.is_dir():
        raise Permanent(f"{path} is no folder; docs/import.md says how an export is made")
    if next(path.glob(holds), None) is None:
        raise Permanent(f"{path} holds no file {holds}; docs/import.md says how an export is made")
    return path


def files_of(folder: Path, called: str) -> list[Path]:
    """The files of an export that are called like this, `ticket-9` before `ticket-10`."""
    return sorted(folder.glob(called), key=lambda one: (len(one.name), one.name))


def mapping_of(value: Any, what: str) -> Mapping[str, Any]:
    """The value, if it is an object."""
    if not isinstance(value, dict):
        raise Odd(f"{what} is no object")
    return value


def number_of(value: Any) -> int:
    """A ticket's number: digits, at most fifteen."""
    digits = str(value).strip()
    if not re.fullmatch(r"\d{1,15}", digits, re.ASCII) or int(digits) == 0:
        raise Odd(f'the number "{digits[:30]}" is no whole number of at most 15 digits')
    return int(digits)


def instant(value: Any, zone: tzinfo = UTC) -> datetime:
    """An instant as these systems write it, in `zone` where it names none. Odd where it is none."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise Odd(f'"{str(value)[:40]}" is no instant')
    at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    if at < _NEVER:
        raise Odd(f'"{str(value)[:40]}" is no instant at which anything happened')
    return at


def instant_if_any(value: Any, zone: tzinfo = UTC) -> datetime | None:
    """The same, None where none is given or it is one of the values that stand for none."""
    try:
        return instant(value, zone) if value else None
    except Odd:
        return None


def person(value: str) -> OldPerson:
    """`Ann <ann@example.net>`, a bare address, or a user name."""
    name, addr = parseaddr(value)
    if _ADDRESS.fullmatch(addr):
        return OldPerson(addr=addr, name=name)
    return OldPerson(name=value.strip())


def addresses(value: Any) -> tuple[str, ...]:
    """The addresses in a header or list of them."""
    texts = [str(one) for one in value] if isinstance(value, list) else [str(value or "")]
    return tuple(dict.fromkeys(addr for _, addr in getaddresses(texts) if _ADDRESS.fullmatch(addr)))
