"""Letters that keep a customer informed: on the steps that the site switches on, and only where they may be written."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from gateway.compose import letters
from gateway.compose.progress import ASKING, Done, News, news
from gateway.compose.stamp import signed
from gateway.config.calendars import zone_of
from gateway.mail import Address
from gateway.site import Site
from gateway.store import announcements
from gateway.store.announcements import Deed
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
    if name == "moved" and _sender_changes(occasion, site):
        return True
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
    recipient = Address(addr=who.answers_at, name=who.name)
    desk = letters.desk(cfg, row["queue"])
    # That of the template which serves, for what is put together for it says everything in one language.
    wanted = who.language or row["language"]
    language = site.templates.tongue(kind, queue=desk.queue, language=wanted, then=desk.language)
    rating = ""
    if kind in ASKING:
        rating = site.keys.issue(ticket=occasion.ticket, role=Role.RATING, recipient=recipient.key, at=at)
    last, of = found.last_in, f"{name} {occasion.key}"
    composed = news(
        site.templates,
        desk,
        kind=kind,
        ticket=letters.shown(cfg, row, language),
        subject=row["title"],
        recipient=recipient,
        stamp=signed(cfg, site.keys, occasion.ticket, recipient, role=Role.REQUESTER, at=at, of=of),
        news=News(
            step=step or ("waiting" if site.cfg.status_table.like(row["status"]) is Status.WAITING else ""),
            history=_history(found, announcements.deeds(conn, occasion.ticket), site),
            answer_by=_answer_by(row, at),
            closes_at=at + cfg.mail.close_after if kind == "resolved" else None,
            waited=at - row["last_agent_at"] if kind == "closed_for_silence" and row["last_agent_at"] else None,
            agent=_agent(found, site),
            moved_from=_title(str(occasion.of("moved").get("from", "")), site),
            sender_moved="moved" in occasion and _sender_changes(occasion, site),
            rating_token=rating,
        ),
        zone=zone_of(cfg),
        language=language,
        in_reply_to=last.message_id if last else "",
        references=(last.message_id,) if last and last.message_id else (),
    )
    wait = had.wait(conn) or timedelta()
    yield letters.send(composed, occasion.ticket, wait=wait, reason=Reason.CAP_TOTAL if wait else "")
    if name == "moved":
        yield Note(ticket=occasion.ticket, kind="told_moved", step_key="told_moved")


def _answer_by(row: Mapping[str, Any], at: datetime) -> datetime | None:
    """When they hear from us at the latest; nobody is promised what has passed."""
    due: datetime | None = row["next_response_due"] or row["first_response_due"]
    return due if due and due > at else None


def _sender_changes(occasion: Occasion, site: Site) -> bool:
    """Whether the customer gets mail from another address than before: that they hear of, whatever the site wishes."""
    moved = occasion.of("moved")
    before, after = (letters.desk(site.cfg, str(moved.get(end, ""))).sender for end in ("from", "to"))
    return before.key != after.key


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
    if site.cfg.is_ours(who.answers_at.lower()):
        return Reason.OURSELVES, who.answers_at
    if who.muted_until and who.muted_until > at:
        return Reason.MUTED, who.muted_until.isoformat()
    if announcements.wants_no_progress(conn, int(row["number"]), who.person_id):
        return Reason.ASKS_FOR_SILENCE, "unsubscribed"
    return had.too_many(conn, who.answers_at.lower(), int(row["number"]))


def _history(found: Known, deeds: Sequence[Deed], site: Site) -> tuple[Done, ...]:
    """What was said, and what was done, oldest first; in a row of the same only the first counts."""
    said = [one for one in found.thread if one.direction in ("in", "out")]
    done = [
        Done(at=one.at, kind="answered" if one.direction == "out" else "received" if one is said[0] else "wrote")
        for one in said
    ]
    done += [Done(at=one.at, kind=kind) for one in deeds if (kind := _kind_of(one, site))]
    if not any(one.kind in ("resolved", "closed") for one in done):  # it came from elsewhere as it is
        ends = [("resolved", found.row["resolved_at"]), ("closed", found.row["closed_at"])]
        done += [Done(at=at, kind=kind) for kind, at in ends if at and at != found.row["created_at"]]
    done.sort(key=lambda one: one.at)
    return tuple(one for before, one in pairwise((None, *done)) if one and (before is None or before.kind != one.kind))


def _kind_of(deed: Deed, site: Site) -> str:
    """A deed by its word of `phrases`; `""` for one of which customers hear otherwise, or not."""
    if deed.kind in ("assigned", "delayed"):
        return deed.kind
    if "status" in deed.changed:
        before, after = (site.cfg.status_table.like(one) for one in deed.changed["status"])
        if after in _ENDS and before is not after:
            return _ENDS[after]
        return "reopened" if before in _ENDS and after not in _ENDS else ""
    return "moved" if "queue" in deed.changed else ""


def _agent(found: Known, site: Site) -> str:
    own = site.cfg.agents.get(found.row["assignee"] or "")
    return own.name if own else ""


def _title(queue: str, site: Site) -> str:
    own = site.cfg.queues.get(queue)
    return (own.title or queue) if own else queue
