"""Notices to agents: one letter each, or a place in the next digest where too many new tickets came at once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.compose import letters
from gateway.compose.digests import Group, digest, row_of
from gateway.compose.notices import notice
from gateway.compose.phrases import phrase
from gateway.compose.stamp import plain, signed
from gateway.config import Agent
from gateway.config.calendars import zone_of
from gateway.mail import Address
from gateway.site import Site
from gateway.store import Store
from gateway.store.announcements import Contribution
from gateway.telling.about import Known, about
from gateway.telling.caps import Had
from gateway.telling.occasion import Occasion
from gateway.telling.whom import called
from gateway.tickets.actions import Send
from gateway.tickets.token import Role

MOST_NEW = 5  # notices of new tickets to one agent within `LATELY`; the others wait for a digest
_OF_NEW = ("notice_new", "notice_assigned")
LATELY = timedelta(minutes=10)


def goes_into_digest(conn: Connection, agent: Agent, kind: str, occasion: Occasion, had: Had) -> bool:
    """Whether an agent has had enough letters on new tickets for now. What a colleague hands over is always told."""
    if kind not in _OF_NEW or "opened" not in occasion:
        return False
    return had.of_kinds(conn, agent.addresses[0].lower(), _OF_NEW, LATELY) >= MOST_NEW


def letter(
    store: Store,
    site: Site,
    occasion: Occasion,
    found: Known,
    article: Contribution | None,
    agent: str,
    kind: str,
    at: datetime,
) -> Send:
    """One notice to one agent; an answer to it is known by its token."""
    cfg, own, row = site.cfg, site.cfg.agents[agent], found.row
    recipient = Address(addr=own.addresses[0], name=own.name)
    language = own.language or cfg.mail.language
    by, reason = _by(occasion, site), _reason(occasion, kind, agent, row, site, language)
    told = about(store, site, found, article, kind=kind, language=language, at=at, by=by, reason=reason)
    if kind == "notice_undelivered":
        told = replace(told, **_went_wrong(occasion))
    of = f"{kind} {occasion.key}"
    composed = notice(
        site.templates,
        letters.desk(cfg, row["queue"]),
        kind=kind,
        about=told,
        recipient=recipient,
        stamp=signed(cfg, site.keys, occasion.ticket, recipient, role=Role.AGENT, at=at, of=of),
        notice_max=cfg.way_of(letters.desk(cfg, row["queue"]).sender.key).notice_max,
        zone=zone_of(cfg),
        language=language,
    )
    return letters.send(composed, occasion.ticket)


def _by(occasion: Occasion, site: Site) -> str:
    return (site.cfg.agents[occasion.agent].name or occasion.agent) if occasion.agent in site.cfg.agents else ""


def _went_wrong(occasion: Occasion) -> dict[str, Any]:
    """Whom a letter did not reach as it should have, how, and what the other side said."""
    how = occasion.went_wrong or "failed"
    kind = {"failed": "undelivered", "delayed": "delivery_delayed", "without_files": "files_left_out"}[how]
    data = occasion.of(kind)
    return {
        "failed": Address(addr=data.get("recipient", "")),
        "failed_how": how,
        "failed_reply": data.get("reply") or data.get("status") or "",
    }


def _reason(occasion: Occasion, kind: str, agent: str, row: Mapping[str, Any], site: Site, language: str) -> str:
    if kind == "notice_undelivered":
        return ", ".join(occasion.of("files_left_out").get("files", ())) if "files_left_out" in occasion else ""
    if "reminder_due" in occasion:
        return occasion.of("reminder_due").get("text") or phrase("why", "reminder", language)
    rule = called(occasion, row, site.cfg, ()).get(agent)
    return phrase("why", "rule", language).format(name=rule) if rule else _instead(occasion, language)


def _instead(occasion: Occasion, language: str) -> str:
    """Why they, where a step of an SLA was to tell somebody else; the journal keeps it in words of `steps.whom`."""
    why = occasion.of("escalated").get("why", "")
    gone, away = why.removesuffix(" is away"), why.endswith(" is away")
    if away and gone != "everybody":
        return phrase("why", "away", language).format(who=gone)
    known = {"everybody is away": "all_away", "there is no assignee": "unassigned"}
    return phrase("why", known[why], language) if why in known else ""


def to_admin(site: Site, occasion: Occasion, found: Known, rule: str, at: datetime) -> Send:
    """The letter to the admin, whom a rule calls."""
    row, cfg = found.row, site.cfg
    who = found.requester.address if found.requester else "nobody we know"
    composed = letters.admin_notice(
        cfg,
        subject=f'ticket #{occasion.ticket}: the rule "{rule}"',
        text=(
            f'The rule "{rule}" calls you to ticket #{occasion.ticket}.\n\n{row["title"]}\n{who}, '
            f"{row['queue']}, {row['status']}, {row['priority']}\n\n"
            f"To see it: gateway show {occasion.ticket}; why: gateway explain {occasion.ticket}\n"
        ),
        stamp=plain(cfg, at),
    )
    return letters.send(composed, occasion.ticket)


def digest_letter(site: Site, agent: str, tickets: list[Known], at: datetime) -> Send:
    """All new tickets that were gathered for an agent."""
    cfg, own = site.cfg, site.cfg.agents[agent]
    language = own.language or cfg.mail.language
    rows = [
        row_of(
            cfg,
            one.row,
            one.requester.address if one.requester else "",
            language,
            due=one.row["first_response_due"] or one.row["resolve_due"],
            clock="first_response" if one.row["first_response_due"] else "resolution",
        )
        for one in tickets
    ]
    composed = digest(
        site.templates,
        letters.desk(cfg, ""),
        groups=[Group(title="new", rows=rows)],
        recipient=Address(addr=own.addresses[0], name=own.name),
        stamp=plain(cfg, at),
        zone=zone_of(cfg),
        language=language,
    )
    return letters.send(composed, None)
