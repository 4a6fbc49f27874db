"""What a notice can tell of a ticket, gathered from the store and its settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import similar
from gateway.compose import letters
from gateway.compose.notices import Article, Attached, Customer, Notice, Similar, Verdict, Writer
from gateway.compose.phrases import phrase
from gateway.errors import GatewayError
from gateway.mail import Address
from gateway.mail.attached.attachments import bytes_of
from gateway.site import Site
from gateway.store import Store, announcements, spool
from gateway.store.announcements import Contribution, Requester
from gateway.tickets.auth_result import from_json
from gateway.tickets.snapshot import Snapshot

_NOBODY = "unknown"  # the author of what has no usable From
_DUE = {"first_response": "first_response_due", "next_response": "next_response_due", "resolution": "resolve_due"}
_NEW = ("#assign me", "#note", "#close", "#help")
_ANSWERED = ("#note", "#wait", "#resolve", "#hold", "#help")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A ticket with everything that letters about it may need."""

    ticket: Snapshot
    requester: Requester | None
    thread: Sequence[Contribution]

    @property
    def row(self) -> Mapping[str, Any]:
        return self.ticket.row

    @property
    def last_in(self) -> Contribution | None:
        """The newest contribution from outside."""
        return next((one for one in reversed(self.thread) if one.direction == "in"), None)


def whole(conn: Connection, ticket: Snapshot) -> Known:
    """A ticket with its people and its thread."""
    return Known(
        ticket=ticket,
        requester=announcements.requester(conn, ticket.row),
        thread=announcements.articles(conn, ticket.number),
    )


def about(
    store: Store, site: Site, found: Known, article: Contribution | None, *, kind: str, language: str, at: datetime,
    by: str = "", reason: str = "",
) -> Notice:  # fmt: skip
    """All that a notice of that kind tells; `article` is what it is about.

    What a new ticket is about is what was written from outside, also where it comes with a note.
    """
    note = article if kind == "notice_new" and article and article.direction == "note" else None
    article = found.last_in if note else article
    cfg, row = site.cfg, found.row
    whole = kind == "notice_assigned"
    conversation = kind in ("notice_new", "notice_assigned", "notice_answered")
    shown, nobody = letters.shown(cfg, row, language), phrase("party", "unknown", language)
    return Notice(
        ticket=shown,
        subject=row["title"],
        priority=row["priority"],
        assignee=_name(row["assignee"], site),
        type=row["type"] or "",
        category=row["category"] or "",
        area=row["area"] or "",
        impact=row["impact"] or "",
        occurrence=row["occurrence"],
        tags=row["tags"],
        fields={
            cfg.fields[key].title or key if key in cfg.fields else key: value for key, value in row["fields"].items()
        },
        copies=_in_role(found, "watcher"),
        proposed=_in_role(found, "proposed"),
        mentions=[one.other for one in found.ticket.links if one.ticket == row["number"] and one.kind == "mentions"],
        note=f"{_author(note.author, site)}: {note.text}" if note else "",
        due={clock: row[column] for clock, column in _DUE.items() if row[column] is not None},
        customer=_customer(found, site),
        writer=_writer(article, found, site) if article else None,
        text=article.text if article else "",
        attachments=_attached(store, article, site, letters.desk(cfg, row["queue"]).sender.key) if article else (),
        thread=[
            Article(at=one.at, author=_author(one.author, site) or nobody, kind=one.direction, text=one.text)
            for one in found.thread
        ]
        if whole
        else (),
        similar=[Similar(**one) for one in similar.in_notice(store, cfg, found.ticket.number, at)],
        by=by,
        reason=reason,
        reaches=_reaches(found, site) if conversation else (),
        commands=_NEW if kind == "notice_new" else _ANSWERED,
    )


def _in_role(found: Known, role: str) -> list[str]:
    return [address.addr for address, own in found.ticket.participants if own == role]


def _name(agent: str | None, site: Site) -> str:
    own = site.cfg.agents.get(agent or "")
    return (own.name if own else "") or agent or ""


def _author(author: str, site: Site) -> str:
    """Who wrote as people read it; `""` where nobody knows."""
    if author.startswith("agent:"):
        return _name(author.removeprefix("agent:"), site)
    return "" if author == _NOBODY else author


def _reaches(found: Known, site: Site) -> list[Address]:
    """Whom an answer goes to: nobody where there is no requester who can be written to."""
    who = found.requester
    if who is None or site.cfg.is_ours(who.answers_at.lower()):
        return []
    copies = [address for address, role in found.ticket.participants if role == "watcher"]
    return [Address(addr=who.answers_at, name=who.name), *(one for one in copies if one.key != who.answers_at.lower())]


def _customer(found: Known, site: Site) -> Customer | None:
    who = found.requester
    if who is None:
        return None
    organisation = site.cfg.organisation_for(who.address.lower())
    return Customer(
        address=Address(addr=who.address, name=who.name),
        organisation=(site.cfg.organisations[organisation].title or organisation) if organisation else "",
        other_addresses=who.addresses[1:],
        tags=who.tags,
        open_tickets=who.open_tickets,
        all_tickets=who.all_tickets,
        since=who.since,
    )


def _writer(article: Contribution, found: Known, site: Site) -> Writer:
    if article.author.startswith("agent:"):
        return Writer(
            address=Address(addr="", name=_author(article.author, site)),
            verdict=Verdict.VERIFIED,
            at=article.at,
            party="agent",
        )
    if article.author == _NOBODY:
        return Writer(address=Address(addr=""), verdict=Verdict.UNVERIFIED, at=article.at)
    roles = {address.key: role for address, role in found.ticket.participants}
    key, who = article.author.lower(), found.requester
    auth = from_json(article.auth)
    if auth is not None and auth.from_addr.lower() != key:
        auth = None  # it speaks of the agent who passed this on
    verdict = Verdict.UNVERIFIED
    if auth is not None and (auth.by or auth.proofs):
        verdict = Verdict.VERIFIED
    elif auth is not None and auth.failed:
        verdict = Verdict.FAILED
    is_theirs = who is not None and key in map(str.lower, who.addresses)
    return Writer(
        address=Address(addr=article.author, name=who.name if who and is_theirs else ""),
        verdict=verdict,
        by=auth.by or ", ".join(auth.proofs) if auth else "",
        at=article.at,
        party=roles.get(key, "other"),
        reply_to=", ".join(one for one in article.reply_to if one.lower() != key),
    )


def _attached(store: Store, article: Contribution, site: Site, sender: str) -> list[Attached]:
    """What hangs on a contribution; the bytes of what will come along by the way that mail of `sender` takes."""
    room = site.cfg.way_of(sender).notice_max
    raw: bytes | None = None
    found = []
    for file in article.attachments:
        content: bytes | None = None
        if article.spool_id is not None and file.size <= room:
            try:
                raw = raw if raw is not None else spool.raw_of(store, article.spool_id)
                content = bytes_of(raw, file.part)
            except (GatewayError, KeyError):  # the notice names it all the same
                content = None
        room -= file.size if content is not None else 0
        found.append(Attached(name=file.name, type=file.type, size=file.size, content=content))
    return found
