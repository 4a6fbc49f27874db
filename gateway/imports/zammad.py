"""Zammad, out of what its REST interface answers with `expand=true` (docs/import.md).

`tickets-PAGE.json`, `articles-TICKET.json`, and where they were fetched `plain-ARTICLE.eml` (the mail as it came) and
`attachment-TICKET-ARTICLE-ID`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.imports.old import (
    Broken,
    Odd,
    OldArticle,
    OldFile,
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

_GONE = ("removed",)


class Zammad:
    """A folder of these files."""

    system = "zammad"

    def __init__(self, path: Path) -> None:
        self._folder = folder_of(path, "tickets-*.json")

    def tickets(self) -> Iterator[OldTicket | Broken]:
        for path in files_of(self._folder, "tickets-*.json"):
            try:
                page = read_json(path)
                rows = page if isinstance(page, list) else [page]
            except Odd as error:
                yield Broken(where=path.name, what=str(error))
                continue
            for place, row in enumerate(rows, start=1):
                try:
                    found = self._ticket(mapping_of(row, "a ticket"))
                except Odd as error:
                    yield Broken(where=f"{path.name}:{_told(row, place)}", what=str(error))
                    continue
                if found is not None:
                    yield found

    def _ticket(self, row: Mapping[str, Any]) -> OldTicket | None:
        number, own = number_of(row.get("number")), row.get("id")
        for name in ("group", "state", "customer"):
            if not isinstance(row.get(name), str):
                raise Odd(f"has no {name} by name; ask with expand=true")
        if row["state"] in _GONE:
            return None
        subject = str(row.get("title") or "")
        rows = read_json(self._folder / f"articles-{own}.json")
        if not isinstance(rows, list) or not rows:
            raise Odd(f"articles-{own}.json has no articles")
        articles = tuple(self._article(mapping_of(one, "an article"), own, subject) for one in rows)
        return OldTicket(
            number=number,
            subject=subject,
            status=row["state"],
            queue=row["group"],
            owner=person("" if row.get("owner") in (None, "-") else str(row["owner"])),
            requester=person(row["customer"]),
            created_at=instant(row.get("created_at")),
            closed_at=instant_if_any(row.get("close_at")) or instant_if_any(row.get("updated_at")),
            articles=articles,
        )

    def _article(self, row: Mapping[str, Any], ticket: Any, subject: str) -> OldArticle:
        key = row.get("id")
        plain = self._folder / f"plain-{key}.eml"
        author = person(str(row.get("from") or ""))
        if not author.addr and person(str(row.get("created_by") or "")).addr:
            author = person(str(row["created_by"]))
        return OldArticle(
            key=str(key),
            at=instant(row.get("created_at")),
            author=author,
            direction=_direction(row),
            subject=str(row.get("subject") or subject),
            text=str(row.get("body") or ""),
            is_html=row.get("content_type") == "text/html",
            raw=(plain.read_bytes() or None) if plain.exists() else None,
            message_id=str(row.get("message_id") or ""),
            in_reply_to=str(row.get("in_reply_to") or ""),
            to=addresses(row.get("to")),
            cc=addresses(row.get("cc")),
            files=tuple(self._files(row, ticket)),
        )

    def _files(self, row: Mapping[str, Any], ticket: Any) -> Iterator[OldFile]:
        """As far as they were fetched."""
        for one in row.get("attachments") or ():
            path = self._folder / f"attachment-{ticket}-{row.get('id')}-{one.get('id')}"
            if path.exists():
                kind = (one.get("preferences") or {}).get("Content-Type") or ""
                yield OldFile(name=str(one.get("filename") or "file"), type=str(kind), data=path.read_bytes())


def _direction(row: Mapping[str, Any]) -> str:
    sender, kind = row.get("sender"), row.get("type")
    if row.get("internal") or (kind == "note" and sender != "Customer"):
        return "note"
    return "in" if sender == "Customer" else "out"


def _told(row: Any, place: int) -> str:
    return str(row["number"]) if isinstance(row, dict) and row.get("number") else f"ticket {place}"
