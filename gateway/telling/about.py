"""What a notice can tell of a ticket, gathered from the store and its settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import similar
from gateway.compose import letters
from gateway.compose.notices import Article, Attached, Customer, Notice, Similar, Verdict, Writer
from gateway.errors import GatewayError
from gateway.mail import Address
from gateway.mail.attached.attachments import bytes_of
from gateway.site import Site
from gateway.store import Store, announcements, spool
from gateway.store.announcements import Contribution, Requester
from gateway.tickets.auth_result import from_json
from gateway.tickets.snapshot import Snapshot

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
    """All that a notice of that kind tells; `article` is what it is about."""
    cfg, row = site.cfg, found.row
    whole = kind == "notice_assigned"
    conversation = kind in ("notice_new", "notice_assigned", "notice_answered")
    shown = letters.shown(cfg, row, language)
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
        copies=[address.addr for address, role in found.ticket.participants if role == "watcher"],
        due={clock: row[column] for clock, column in _DUE.items() if row[column] is not None},
        customer=_customer(found, site),
        writer=_writer(article, found, site) if article else None,
        text=article.text if article else "",
        attachments=_attached(store, article, site, letters.desk(cfg, row["queue"]).sender.key) if article else (),
        thread=[
            Article(at=one.at, author=_author(one.author, site), kind=one.direction, text=one.text)
            for one in found.thread
        ]
        if whole
        else (),
        similar=[Similar(**one) for one in similar.in_notice(store, cfg, found.ticket.number, at)],
        by=by,
        reason=reason,
        reaches=_reaches(found) if conversation else (),
        commands=_NEW if kind == "notice_new" else _ANSWERED,
    )


def _name(agent: str | None, site: Site) -> str:
    own = site.cfg.agents.get(agent or "")
    return (own.name if own else "") or agent or ""


def _author(author: str, site: Site) -> str:
    return _name(author.removeprefix("agent:"), site) if author.startswith("agent:") else author


def _reaches(found: Known) -> list[Address]:
    if found.requester is None:
        return []
    copies = [address for address, role in found.ticket.participants if role == "watcher"]
    return [Address(addr=found.requester.address, name=found.requester.name), *copies]


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
    roles = {address.key: role for address, role in found.ticket.participants}
    key = article.author.lower()
    auth = from_json(article.auth)
    if auth is not None and auth.from_addr.lower() != key:
        auth = None  # it speaks of the agent who passed this on
    verdict = Verdict.UNVERIFIED
    if auth is not None and (auth.by or auth.proofs):
        verdict = Verdict.VERIFIED
    elif auth is not None and auth.failed:
        verdict = Verdict.FAILED
    is_requester = found.requester is not None and key == found.requester.address.lower()
    return Writer(
        address=Address(addr=article.author, name=found.requester.name if found.requester and is_requester else ""),
        verdict=verdict,
        by=auth.by or ", ".join(auth.proofs) if auth else "",
        at=article.at,
        party=roles.get(key, "other"),
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
