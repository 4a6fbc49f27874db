"""Letters that keep a customer informed: on the steps that the site switches on, and only where they may be written."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gateway.compose import letters
from gateway.compose.progress import Done, News, news
from gateway.compose.stamp import signed
from gateway.config.calendars import zone_of
from gateway.mail import Address
from gateway.site import Site
from gateway.store import announcements
from gateway.telling.about import Known
from gateway.telling.caps import Had
from gateway.telling.occasion import Occasion
from gateway.tickets.actions import Action, Note
from gateway.tickets.reason import Reason, Verdict
from gateway.tickets.status import Status
from gateway.tickets.token import Role

_ENDS = {Status.RESOLVED: "resolved", Status.CLOSED: "closed"}


def step_of(occasion: Occasion, site: Site) -> tuple[str, str]:
    """Which letter tells of an occasion, and of which progress; `("", "")` where none does."""
    statuses = site.cfg.status_table
    if "letter_asked" in occasion:  # by a rule: that one and no other
        return occasion.of("letter_asked")["template"] or "", ""
    if moved := occasion.of("status"):
        before, after = statuses.like(moved["from"]), statuses.like(moved["to"])
        if after in _ENDS and before is not after:
            return _ENDS[after], ""
        if before in _ENDS:
            return "reopened", ""
        if after is Status.WAITING and "replied" not in occasion:
            return "progress", "waiting"
        if after is Status.OPEN and before is Status.NEW and "assigned" not in occasion:
            return "progress", "started"
    if "assigned" in occasion and "opened" not in occasion:
        return "progress", "assigned"
    if "moved" in occasion and "opened" not in occasion:
        return "progress", "moved"
    return "", ""


def concerns(occasion: Occasion, site: Site) -> bool:
    """Whether a customer may hear of an occasion at all."""
    kind, step = step_of(occasion, site)
    name = step or kind
    if not kind or occasion.actor == "mail":  # what customers do themselves they know
        return False
    if name == "moved":
        return _from_changes(occasion, site)
    return "letter_asked" in occasion or name in site.cfg.mail.progress


def letter(conn: Connection, site: Site, occasion: Occasion, found: Known, had: Had, at: datetime) -> Iterator[Action]:
    """The letter to the requester, or the line that says why there is none."""
    kind, step = step_of(occasion, site)
    name = step or kind
    who = found.requester
    if who is None or not concerns(occasion, site):
        return
    if why := silence(conn, site, found, had, at):
        yield Note(ticket=occasion.ticket, kind="not_sent", data={"template": kind, "detail": why[1]}, reason=why[0])
        return
    cfg, row = site.cfg, found.row
    recipient = Address(addr=who.address, name=who.name)
    language = who.language or row["language"]
    rating = ""
    if kind in ("resolved", "rating"):
        rating = site.keys.issue(ticket=occasion.ticket, role=Role.RATING, recipient=recipient.key, at=at)
    last, of = found.last_in, f"{name} {occasion.ids[0]}"
    composed = news(
        site.templates,
        letters.desk(cfg, row["queue"]),
        kind=kind,
        ticket=letters.shown(cfg, row, language),
        subject=row["title"],
        recipient=recipient,
        stamp=signed(cfg, site.keys, occasion.ticket, recipient, role=Role.REQUESTER, at=at, of=of),
        news=News(
            step=step or ("waiting" if site.cfg.status_table.like(row["status"]) is Status.WAITING else ""),
            history=tuple(_history(found)),
            answer_by=_answer_by(row, at),
            closes_at=at + cfg.mail.close_after if kind == "resolved" else None,
            waited=at - row["last_agent_at"] if kind == "closed_for_silence" and row["last_agent_at"] else None,
            agent=_agent(found, site),
            moved_from=_title(str(occasion.of("moved").get("from", "")), site),
            rating_token=rating,
        ),
        zone=zone_of(cfg),
        language=language,
        in_reply_to=last.message_id if last else "",
        references=(last.message_id,) if last and last.message_id else (),
    )
    yield letters.send(composed, occasion.ticket)
    if name == "moved":
        yield Note(ticket=occasion.ticket, kind="told_moved", step_key="told_moved")


def _answer_by(row: Mapping[str, Any], at: datetime) -> datetime | None:
    """When they hear from us at the latest; nobody is promised what has passed."""
    due: datetime | None = row["next_response_due"] or row["first_response_due"]
    return due if due and due > at else None


def _from_changes(occasion: Occasion, site: Site) -> bool:
    """Whether the customer gets mail from another address than before."""
    moved = occasion.of("moved")
    before, after = (letters.desk(site.cfg, str(moved.get(end, ""))).sender for end in ("from", "to"))
    return before.key != after.key or "moved" in site.cfg.mail.progress


def silence(conn: Connection, site: Site, found: Known, had: Had, at: datetime) -> tuple[Reason, str] | None:
    """Why a customer, whom there is, is not written to; or None."""
    who, row = found.requester, found.row
    assert who is not None
    last = found.last_in
    if "spam" in row["tags"]:
        return Reason.ASKS_FOR_SILENCE, "spam"
    if row["merged_into"] is not None:
        return Reason.COPY, f"merged into #{row['merged_into']}"
    if last is not None and (last.is_auto or last.verdict not in ("", Verdict.ACCEPT)):
        return Reason.AUTOMATIC, ""
    if site.cfg.is_ours(who.address.lower()):
        return Reason.OURSELVES, who.address
    if who.muted_until and who.muted_until > at:
        return Reason.MUTED, who.muted_until.isoformat()
    if announcements.wants_no_progress(conn, int(row["number"]), who.person_id):
        return Reason.ASKS_FOR_SILENCE, "unsubscribed"
    return had.too_many(conn, who.address.lower(), int(row["number"]))


def _history(found: Known) -> Iterator[Done]:
    for at, one in enumerate(found.thread):
        if one.direction == "in":
            yield Done(at=one.at, kind="received" if at == 0 else "wrote")
        elif one.direction == "out":
            yield Done(at=one.at, kind="answered")
    if found.row["resolved_at"]:
        yield Done(at=found.row["resolved_at"], kind="resolved")
    if found.row["closed_at"]:
        yield Done(at=found.row["closed_at"], kind="closed")


def _agent(found: Known, site: Site) -> str:
    own = site.cfg.agents.get(found.row["assignee"] or "")
    return own.name if own else ""


def _title(queue: str, site: Site) -> str:
    own = site.cfg.queues.get(queue)
    return (own.title or queue) if own else queue
