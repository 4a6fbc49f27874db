"""Tickets of another helpdesk, written here: with their numbers and dates, each whole or not at all, and nobody told.

The mails of a batch are kept first (set aside), then the tickets are written, then the mails are done with. Killed at
any point and run again, it goes on where it was; a ticket that is there is known by its key.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway import act, filing
from gateway.config import Config
from gateway.faults import hit
from gateway.imports.composing import mail_of
from gateway.imports.mapping import Mapped, Names
from gateway.imports.old import Broken, Export, OldArticle, OldTicket, cleaned
from gateway.mail import Address, Mail
from gateway.now import now
from gateway.old_tags import SOURCE, key_of
from gateway.reader import ReaderDied, Readers
from gateway.store import Store, imports, numbers, spool
from gateway.store.imports import Bytes
from gateway.store.keys import content_digest
from gateway.store.lookup import tickets
from gateway.tickets.actions import Action, Actor, AddArticle, KeepKey, Note, OpenTicket, Participate, Remember
from gateway.tickets.clocks import after, columns
from gateway.tickets.reason import Reason, Verdict
from gateway.tickets.status import Status
from gateway.tickets.subject import base_subject

BATCH_TICKETS = 50
BATCH_BYTES = 16 * 1024 * 1024  # of mails in memory at a time
_MAX_NAMED = 30  # Message-IDs a mail is remembered to name


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was done: tickets and articles written, and tickets that were here already."""

    tickets: int = 0
    articles: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """An article whose mail is in the spool. `read` is None where its mail cannot be read."""

    article: OldArticle
    spool_id: int
    raw: bytes
    read: Mail | None


def write(
    export: Export,
    names: Names,
    store: Store,
    readers: Readers,
    *,
    highest: int,
    each: Callable[[int], None] = lambda articles: None,
) -> Tally:
    """Write all of an export that is not here yet; `highest` is the highest number in it, see `survey`.

    New tickets take numbers above it from the beginning. `each` is called with the number of articles of every batch.
    """
    cfg, tally = names.cfg, Tally()
    numbers.begin_at(store, max(highest + 1, cfg.mail.number_start))
    imports.finish_rest(store)
    for batch in _batches(export, names):
        keys = [key_of(export.system, one.old.number) for one in batch]
        with store.main.read() as conn:
            there = imports.known(conn, keys)
        new = [one for one, key in zip(batch, keys, strict=True) if key not in there]
        tally.known += len(batch) - len(new)
        _write(export.system, new, store, readers, names)
        tally.tickets += len(new)
        tally.articles += sum(len(one.old.articles) for one in new)
        each(sum(len(one.old.articles) for one in batch))
    return tally


def _batches(export: Export, names: Names) -> Iterator[list[Mapped]]:
    batch: list[Mapped] = []
    size = 0
    for old in cleaned(export):
        if isinstance(old, Broken):
            continue
        batch.append(Mapped(old=old, place=names.place(old)))
        size += sum(len(one.raw or one.text) + sum(len(file.data) for file in one.files) for one in old.articles)
        if len(batch) == BATCH_TICKETS or size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _write(system: str, batch: Sequence[Mapped], store: Store, readers: Readers, names: Names) -> None:
    if not batch:
        return
    kept = _keep(system, batch, store, readers, names.cfg)
    hit("import_kept")
    at = now()

    def work(conn: Connection) -> None:
        for one in batch:
            _enter(conn, system, one, kept[one.old.number], names, at)

    store.main.retrying(work)
    hit("import_written")
    imports.finish(store, [one.spool_id for ticket in batch for one in kept[ticket.old.number]])


def _keep(
    system: str, batch: Sequence[Mapped], store: Store, readers: Readers, cfg: Config
) -> dict[int, tuple[_Kept, ...]]:
    """The mails of these tickets by number, in the spool and read."""
    articles = [(one.old, article) for one in batch for article in sorted(one.old.articles, key=lambda a: a.at)]
    raws = [mail_of(system, ticket, article, cfg) for ticket, article in articles]
    rows = imports.keep(store, [_bytes(system, *one, raw, cfg) for one, raw in zip(articles, raws, strict=True)])
    raws = [spool.raw_of(store, row) if is_old else raw for (row, is_old), raw in zip(rows, raws, strict=True)]
    found: dict[int, tuple[_Kept, ...]] = {}
    for (ticket, article), (row, _), raw, read in zip(articles, rows, raws, readers.read_many(raws), strict=True):
        one = _Kept(article=article, spool_id=row, raw=raw, read=None if isinstance(read, ReaderDied) else read)
        found[ticket.number] = (*found.get(ticket.number, ()), one)
    return found


def _bytes(system: str, ticket: OldTicket, article: OldArticle, raw: bytes, cfg: Config) -> Bytes:
    named = f"{SOURCE}:{system}:{ticket.number}:{article.key}"
    return Bytes(
        key=hashlib.sha256(named.encode("utf-8", "replace")).hexdigest(),
        raw=raw,
        sha256=hashlib.sha256(raw).hexdigest(),
        source=f"{SOURCE}:{system}",
        mail_from=article.author.addr or None,
        recipients=(next(iter(cfg.addresses())),),
        at=article.at,
    )


# ---- one ticket, within the transaction ----------------------------------------------------------------------------


def _enter(conn: Connection, system: str, one: Mapped, kept: Sequence[_Kept], names: Names, at: datetime) -> None:
    old, cfg, name = one.old, names.cfg, f"{SOURCE}:{system}"
    ids = [act.record_mail(conn, _row(part, old, is_first=part is kept[0])) for part in kept]
    opened = Actor(name=name, at=at, mail_id=ids[0], wrote_at=old.created_at)
    act.apply(conn, [_opening(one, kept[0], cfg), *_people(old, kept, cfg)], opened)
    for part, mail_id in zip(kept, ids, strict=True):
        actor = Actor(name=name, at=at, mail_id=mail_id, wrote_at=part.article.at)
        act.apply(conn, list(_filed(part, old, names)), actor)
    source, key = key_of(system, old.number)
    told = {"system": system, "articles": len(kept), "status": old.status, "queue": old.queue}
    told["owner"] = old.owner.addr or old.owner.name
    marks: list[Action] = [
        KeepKey(source=source, key=key, ticket=old.number, before=None),
        Note(ticket=old.number, kind="imported", data=told, step_key=f"{SOURCE}:{system}"),
    ]
    act.apply(conn, marks, opened)
    imports.date(conn, old.number, _dates(one, cfg))
    if not cfg.status_table.is_ended(one.place.status):
        _start_clocks(conn, old.number, cfg, at)


def _opening(one: Mapped, first: _Kept, cfg: Config) -> OpenTicket:
    old, place = one.old, one.place
    asking = old.requester
    is_customer = bool(asking.addr) and not cfg.whose(asking.addr)
    return OpenTicket(
        number=old.number,
        status=place.status,
        queue=place.queue,
        title=base_subject(" ".join(old.subject.split()), cfg.mail.subject_tag) or "(no subject)",
        description=_text(first),
        requester=Address(addr=asking.addr, name=asking.name) if is_customer else None,
        language=first.read.language if first.read else "",
        assignee=place.assignee,
        set_by={"queue": "import", "status": "import"} | ({"assignee": "import"} if place.assignee else {}),
    )


def _start_clocks(conn: Connection, number: int, cfg: Config, at: datetime) -> None:
    """The clocks of what is not done with begin now: what was late there is not late here from the first minute on."""
    row = {**tickets(conn, [number])[number], "clocks": None}
    imports.date(conn, number, {"clocks": None, **columns(after(row, cfg.promises, at), row, cfg.promises, at)})


def _dates(one: Mapped, cfg: Config) -> dict[str, Any]:
    """What the row says of when."""
    old, like = one.old, cfg.status_table.like(one.place.status)
    theirs = [part.at for part in old.articles if part.direction == "in"]
    ours = [part.at for part in old.articles if part.direction == "out"]
    last = max(part.at for part in old.articles)
    values: dict[str, Any] = {
        "updated_at": max(last, old.created_at),
        "last_customer_at": max(theirs, default=None),
        "last_agent_at": max(ours, default=None),
        "first_response_at": min(ours, default=None),
    }
    if like in (Status.CLOSED, Status.RESOLVED):
        ended = old.closed_at or last
        return values | {"resolved_at": ended, "closed_at": ended if like is Status.CLOSED else None}
    return values


def _people(old: OldTicket, kept: Sequence[_Kept], cfg: Config) -> Iterator[Participate]:
    """Who took part: copied people get copies here too; whoever else wrote is known, so that their answer joins."""
    seen = {old.requester.addr.lower()}
    writers = [part.article.author.addr for part in kept if part.article.direction == "in"]
    for addr, role in [*((one, "watcher") for one in old.cc), *((one, "other") for one in writers)]:
        if addr and addr.lower() not in seen and not cfg.whose(addr):
            seen.add(addr.lower())
            yield Participate(ticket=old.number, address=Address(addr=addr), role=role)


def _filed(part: _Kept, old: OldTicket, names: Names) -> Iterator[Action]:
    article, mail = part.article, part.read
    agent = names.agent(article.author) if article.direction != "in" else None
    yield AddArticle(
        ticket=old.number,
        direction=article.direction,
        author=f"agent:{agent}" if agent else article.author.addr or article.author.name or "unknown",
        subject=mail.subject if mail else article.subject,
        text=_text(part),
        elided=mail.elided if mail and not mail.is_forward else "",
        language=mail.language if mail else "",
        is_auto=mail.is_automatic if mail else False,
        attachments=mail.attachments if mail else (),
        tells=False,
    )
    if mail is None or article.direction == "note":  # nobody outside has a note's Message-ID
        return
    parties = [one.key for one in (*mail.to, *mail.cc) if not names.cfg.is_ours(one.key)]
    if article.direction == "out" and old.requester.addr:
        parties.append(Address(addr=old.requester.addr).key)
    yield Remember(
        ticket=old.number,
        own=mail.message_id,
        named=tuple(dict.fromkeys((*mail.in_reply_to, *reversed(mail.references))))[:_MAX_NAMED],
        author=mail.from_.key if mail.from_ else "",
        parties=tuple(dict.fromkeys(parties))[: filing.MAX_WATCHERS],
    )


def _text(part: _Kept) -> str:
    return filing.shown_text(part.read) if part.read else part.article.text or "(its mail cannot be read)"


def _row(part: _Kept, old: OldTicket, *, is_first: bool) -> dict[str, Any]:
    """The row of a mail that came in there, and the decisions that were none."""
    mail, article = part.read, part.article
    thread = {"step": "thread", "ticket": None if is_first else old.number, "reason": Reason.IMPORTED, "follows": None}
    guard = {"step": "guard", "verdict": Verdict.QUIET, "reason": Reason.IMPORTED, "detail": ""}
    return {
        "direction": "in",
        "spool_id": part.spool_id,
        "ticket": old.number,
        "kind": str(mail.kind) if mail else "normal",
        "message_id": mail.message_id if mail else "",
        "from_addr": mail.from_.key if mail and mail.from_ else article.author.addr.lower(),
        "recipient": "",
        "subject": mail.subject if mail else article.subject,
        "queue_ids": "",
        "at": article.at,
        "size": len(part.raw),
        "sha256": hashlib.sha256(part.raw).hexdigest(),
        "content": content_digest(part.raw),
        "verdict": str(Verdict.QUIET),
        "reason": str(Reason.IMPORTED),
        "facts": {"trail": []},
        "auth": {},
        "trace": [guard, {**thread, "reopens": False, "mentions": [], "tried": []}],
        "rule_set_id": None,
    }
