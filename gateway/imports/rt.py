"""Request Tracker, out of what its REST 2.0 interface answers, a file an answer (docs/import.md).

`ticket-N.json`, `history-N.json` (transactions), `attachments-N.json` (their list), `attachment-ID.json` (each whole).
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.imports.old import (
    Broken,
    Odd,
    OldArticle,
    OldFile,
    OldPerson,
    OldTicket,
    addresses,
    files_of,
    folder_of,
    instant,
    instant_if_any,
    mapping_of,
    number_of,
    person,
    read_json,
)

_SAID = {"Create": "in", "Correspond": "out", "Comment": "note"}  # all other transactions change fields
_HEADER = re.compile(r"^([!-9;-~]{1,80}):[ \t]*(.*(?:\n[ \t].*)*)", re.MULTILINE)
_GONE = ("deleted",)


class Rt:
    """A folder of these files."""

    system = "rt"

    def __init__(self, path: Path) -> None:
        self._folder = folder_of(path, "ticket-*.json")

    def tickets(self) -> Iterator[OldTicket | Broken]:
        for path in files_of(self._folder, "ticket-*.json"):
            try:
                found = self._ticket(path)
            except Odd as error:
                yield Broken(where=path.name, what=str(error))
                continue
            if found is not None:
                yield found

    def _ticket(self, path: Path) -> OldTicket | None:
        """None for what RT itself has deleted, or merged into another that has its mails."""
        row = mapping_of(read_json(path), "the ticket")
        number = number_of(row.get("id"))
        if _name(row.get("Status")) in _GONE or str(_id(row.get("EffectiveId")) or number) != str(number):
            return None
        requesters = [person(_id(one)) for one in _list(row.get("Requestor"))]
        requester = requesters[0] if requesters else person(_id(row.get("Creator")))
        asking = {one.addr.lower() or one.name for one in requesters}
        copied = addresses([_id(one) for one in (*_list(row.get("Requestor"))[1:], *_list(row.get("Cc")))])
        subject = str(row.get("Subject") or "")
        parts = self._parts(number)
        articles = tuple(
            _article(one, parts.get(str(one.get("id")), ()), subject=subject, requester=requester, asking=asking)
            for one in _items(read_json(self._folder / f"history-{number}.json"))
            if str(one.get("Type")) in _SAID
        )
        if not articles:
            raise Odd(f"history-{number}.json has nothing that anybody wrote")
        return OldTicket(
            number=number,
            subject=subject,
            status=_name(row.get("Status")),
            queue=_name(row.get("Queue")),
            owner=person(_id(row.get("Owner"))),
            requester=requester,
            cc=copied,
            created_at=instant(row.get("Created")),
            closed_at=instant_if_any(row.get("Resolved")) or instant_if_any(row.get("LastUpdated")),
            articles=articles,
        )

    def _parts(self, number: int) -> dict[str, list[Mapping[str, Any]]]:
        """The attachments of a ticket by their transaction, in the order of their ids."""
        found: dict[str, list[Mapping[str, Any]]] = {}
        listed = self._folder / f"attachments-{number}.json"
        if not listed.exists():
            raise Odd(f"{listed.name} is missing")
        for one in sorted(_items(read_json(listed)), key=lambda item: int(number_of(item.get("id")))):
            name = f"attachment-{one.get('id')}.json"
            whole = mapping_of(read_json(self._folder / name), name)
            found.setdefault(_id(whole.get("TransactionId")), []).append(whole)
        return found


def _article(
    row: Mapping[str, Any],
    parts: Sequence[Mapping[str, Any]],
    *,
    subject: str,
    requester: OldPerson,
    asking: set[str],
) -> OldArticle:
    head = next((found for part in parts if (found := _headers(part))), {})
    author = person(_id(row.get("Creator")))
    if not author.addr and "from" in head and person(head["from"]).addr:
        author = OldPerson(addr=person(head["from"]).addr, name=author.name)
    direction = _SAID[str(row.get("Type"))]
    is_asking = (author.addr.lower() or author.name) in asking
    if direction != "note":  # an agent may open a ticket, and who asks may answer: RT calls both by one word
        direction = "in" if is_asking or str(row.get("Type")) == "Create" else "out"
    if direction == "in" and not is_asking and requester.addr and not author.addr:
        author = requester
    texts = [
        part for part in parts if not part.get("Filename") and str(part.get("ContentType", "")).startswith("text/")
    ]
    body = next((part for part in texts if part.get("ContentType") == "text/plain"), texts[0] if texts else None)
    return OldArticle(
        key=str(row.get("id")),
        at=instant(row.get("Created")),
        author=author,
        direction=direction,
        subject=next((str(part["Subject"]) for part in parts if part.get("Subject")), subject),
        text=_content(body).decode("utf-8", "replace") if body is not None else "",
        is_html=body is not None and body.get("ContentType") == "text/html",
        message_id=head.get("message-id") or _bracketed(parts),
        in_reply_to=head.get("in-reply-to", ""),
        to=addresses(head.get("to")),
        cc=addresses(head.get("cc")),
        files=tuple(
            OldFile(name=str(part["Filename"]), type=str(part.get("ContentType") or ""), data=_content(part))
            for part in parts
            if part.get("Filename")
        ),
    )


def _headers(part: Mapping[str, Any]) -> dict[str, str]:
    text = str(part.get("Headers") or "").replace("\r\n", "\n")
    return {match[1].lower(): " ".join(match[2].split()) for match in _HEADER.finditer(text)}


def _bracketed(parts: Sequence[Mapping[str, Any]]) -> str:
    found = next((str(part["MessageId"]) for part in parts if part.get("MessageId")), "")
    return f"<{found.strip('<> ')}>" if found.strip("<> ") else ""


def _content(part: Mapping[str, Any]) -> bytes:
    """RT hands out contents in base64, in lines."""
    text = "".join(str(part.get("Content") or "").split())
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Odd(f"the content of attachment {part.get('id')} is no base64")


def _items(answer: Any) -> list[Mapping[str, Any]]:
    rows = answer.get("items") if isinstance(answer, dict) else answer
    if isinstance(answer, dict) and int(answer.get("pages") or 1) > 1:
        raise Odd("only the first page of an answer is there; ask with per_page=100, or join the pages")
    if not isinstance(rows, list):
        raise Odd("an answer without items")
    return [mapping_of(one, "an item") for one in rows]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def _id(value: Any) -> str:
    return str(value.get("id") or "") if isinstance(value, dict) else str(value or "")


def _name(value: Any) -> str:
    """What people call it: later versions give the name beside the id."""
    return str(value.get("Name") or value.get("id") or "") if isinstance(value, dict) else str(value or "")
