"""Commands that ask: a ticket, a search, a list, files, reasons, the manual. What the same mail did before is seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway.agents.names import called
from gateway.commands import looked_at
from gateway.config import Config
from gateway.config.calendars import zone_of
from gateway.errors import Permanent
from gateway.mail.attached.attachments import bytes_of
from gateway.store import Store, listing, spool
from gateway.store import agents as stored
from gateway.store.listing import Page, Ticket, Wanted
from gateway.tickets.commands import Call
from gateway.tickets.commands.manual import overview, page
from gateway.tickets.commands.values import Filter, Role
from gateway.tickets.people import shown

MAX_LISTED = 50
_TEXT_CAP = 100_000  # characters of one ticket
_FILES_CAP = 20 * 1024 * 1024  # bytes; what does not fit is named


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file of the ticket."""

    name: str
    type: str
    size: int
    content: bytes | None  # None where it was too much to send along


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The answer: one line, the text below it, files."""

    said: str
    text: str = ""
    files: tuple[Found, ...] = ()


def answer(
    store: Store, conn: Connection, call: Call, *, agent: str, number: int | None, cfg: Config, at: datetime
) -> Asked | None:
    """The answer to a command that asks; None for one that does something.

    `agent` is `""` at the command line, `number` the ticket it is asked on. Read through `conn`, so that what the
    caller has written in its transaction is seen.
    """
    if call.command == "show":
        numbers = call.argument if isinstance(call.argument, tuple) else ()
        texts = [_ticket(conn, one, cfg, at) for one in numbers]
        return Asked(said="stands below", text="\n\n".join(texts))
    if call.command == "search":
        return _listed(conn, listing.tickets_in(conn, Wanted(words=str(call.argument).split()), at=at), cfg)
    if call.command == "list":
        assert isinstance(call.argument, Filter)
        return _listed(conn, _filtered(conn, call.argument, agent, cfg, at), cfg)
    if call.command == "help":
        return _help(str(call.argument or ""), agent, cfg)
    if call.command == "why":
        return Asked(said="stands below", text=_why(_row(conn, number), cfg, in_mail=bool(agent)))
    if call.command == "files":
        return _files(store, conn, int(_row(conn, number)["number"]))
    return None


def _row(conn: Connection, number: int | None) -> Mapping[str, Any]:
    if number is None:
        raise Permanent("it needs a ticket; answer a notice about it")
    return looked_at(conn, number)[0].row


def _help(word: str, agent: str, cfg: Config) -> Asked:
    role = Role(cfg.agents[agent].role) if agent else Role.LEAD
    in_mail = bool(agent)
    text = page(word, in_mail=in_mail) if word else overview(role, in_mail=in_mail)
    if text:
        return Asked(said="stands below", text=text)
    return Asked(said=f"there is no command {word}; below are all", text=overview(role, in_mail=in_mail))


# ---- tickets -------------------------------------------------------------------------------------------------------


def _filtered(conn: Connection, wish: Filter, agent: str, cfg: Config, at: datetime) -> list[Ticket]:
    own = (agent,) if wish == Filter() and agent else wish.assignees
    table = cfg.status_table
    statuses = wish.statuses or [name for name in table.names if not table.is_ended(name)]
    wanted = Wanted(
        statuses=statuses,
        queues=wish.queues,
        assignees=own,
        priorities=wish.priorities,
        tags=wish.tags,
    )
    found = listing.tickets_in(conn, wanted, at=at)
    return [one for one in found if one.overdue] if wish.overdue else found


def _listed(conn: Connection, found: list[Ticket], cfg: Config) -> Asked:
    """The pinned ones, then the newest."""
    if not found:
        return Asked(said="there is none")
    pinned = listing.pinned_in(conn)
    newest = sorted(found, key=lambda one: (one.number not in pinned, -one.number))[:MAX_LISTED]
    lines = [
        f"#{cfg.numbers.show(one.number, one.created_at)}  {one.status}, {one.priority}, "
        f"{one.queue}, {one.assignee or 'nobody'}{', overdue' if one.overdue else ''}"
        f"{', pinned' if one.number in pinned else ''}\n    {one.subject}"
        f"{f' ({one.requester})' if one.requester else ''}"
        for one in newest
    ]
    more = f"\n\nand {len(found) - MAX_LISTED} older ones" if len(found) > MAX_LISTED else ""
    return Asked(said=f"{len(found)} found", text="\n".join(lines) + more)


def _ticket(conn: Connection, number: int, cfg: Config, at: datetime) -> str:
    found = listing.page_in(conn, number, at=at)
    if found is None:
        raise Permanent(f"there is no ticket #{number}")
    return _told(found, cfg)[:_TEXT_CAP]


def _told(found: Page, cfg: Config) -> str:
    one = found.ticket
    known = {
        "status": one.status, "priority": one.priority, "queue": one.queue, "assignee": one.assignee or "nobody",
        "requester": one.requester or "unknown", "type": one.type, "category": one.category, "area": one.area,
        "impact": one.impact, "tags": ", ".join(one.tags),
        "answer due": _when(one.first_response_due or one.next_response_due, cfg),
        "resolution due": _when(one.resolve_due, cfg),
        "pinned": "yes" if found.pinned else "", "rating": f"{found.rating} of 5" if found.rating else "",
        "time spent": f"{found.time_spent} minutes" if found.time_spent else "",
        **found.fields,
    }  # fmt: skip
    lines = [f"{cfg.numbers.tagged(one.number, one.created_at)} {one.subject}", ""]
    lines += [f"{name}: {value}" for name, value in known.items() if value]
    for article in found.articles:
        kind = _DEEDS.get(article.direction, article.direction)
        who = _who(found, article.author, cfg)
        lines += ["", f"--- {who} {kind} at {_when(article.at, cfg)}", "", article.text]
    return "\n".join(lines)


_DEEDS = {"in": "wrote", "out": "answered", "note": "noted", "withdrawn": "wrote and stopped"}


def _when(at: datetime | None, cfg: Config) -> str:
    return f"{at.astimezone(zone_of(cfg)):%Y-%m-%d %H:%M %Z}" if at else ""


def _who(found: Page, author: str, cfg: Config) -> str:
    """Who wrote, and what they are to the ticket where they are not the one it is for."""
    role = next((one.role for one in found.participants if one.address.lower() == author.lower()), "")
    who = called(author, cfg)
    return who if role in ("", "requester") else f"{who} ({shown(role)})"


# ---- reasons and files ---------------------------------------------------------------------------------------------


def _why(row: Mapping[str, Any], cfg: Config, *, in_mail: bool) -> str:
    """Who set what, and what is due; where to read on, for those who have a command line."""
    by = row["set_by"]
    lines = []
    for name in ("queue", "status", "priority", "assignee", "type", "category", "area", "impact", "sla", "tags"):
        if row[name] in (None, [], ""):
            continue
        shown = ", ".join(row[name]) if isinstance(row[name], list) else row[name]
        lines.append(f"{name}: {shown}{_by(by.get(name), cfg)}")
    for name in ("first_response_due", "next_response_due", "resolve_due"):
        if row[name]:
            lines.append(f"{name.replace('_', ' ')}: {_when(row[name], cfg)}{_by(by.get(name), cfg)}")
    if not in_mail:
        lines += ["", f"Every decision, with the lines of rules: gateway explain {row['number']}"]
    return "\n".join(lines)


def _by(who: object, cfg: Config) -> str:
    if not isinstance(who, str):
        return ""
    kind, _, name = who.partition(":")
    told = {
        "rule": f"by the rule {name}", "person": f"by {called(name, cfg)}", "address": f"by the address {name}",
        "organisation": f"by the organisation {name}", "policy": f"by {name}", "table": "by the table of priorities",
    }  # fmt: skip
    return f"  ({told.get(kind, who)})"


def _files(store: Store, conn: Connection, number: int) -> Asked:
    found: list[Found] = []
    room = _FILES_CAP
    for one in stored.attached(conn, number):
        data: bytes | None = None
        if one.spool_id is not None and one.size <= room:
            data = bytes_of(spool.raw_of(store, one.spool_id), one.part)
        room -= len(data or b"")
        found.append(Found(name=one.name, type=one.type, size=one.size, content=data))
    if not found:
        return Asked(said=f"#{number} has no files")
    left = [one.name for one in found if one.content is None]
    said = f"{len(found) - len(left)} of {len(found)} files hang on this mail"
    return Asked(said=said + (f"; too large: {', '.join(left)}" if left else ""), files=tuple(found))
