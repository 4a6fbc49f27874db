"""Letters to agents about many tickets: a digest of what waits for them, a report of what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from gateway.compose import dates, letters, words
from gateway.compose.phrases import phrase
from gateway.compose.render import Templates
from gateway.compose.values import Auto, Desk, Letter, Shown, Stamp
from gateway.config import Config
from gateway.mail.value import Address

_NO_TICKET = Shown(number="", tag="", status="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One ticket of a digest. `clock`: what `due` is for, first_response, next_response or resolution."""

    ticket: Shown
    customer: str
    priority: str
    queue: str = ""  # titles and names, as people know them
    assignee: str = ""
    due: datetime | None = None
    clock: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Tickets under one heading: a word of `phrases` (overdue, due, new, ...), or words that stand as they are."""

    title: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure, by its name. `share` is the width of its bar, in percent of the widest; 0 is none."""

    name: str
    value: str
    share: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Figures under one heading."""

    title: str
    figures: Sequence[Figure]


def row_of(
    cfg: Config, ticket: Mapping[str, Any], customer: str, language: str, *, due: datetime | None, clock: str = ""
) -> Row:
    """A ticket by its row: what `letters.shown` reads, and `priority`, `queue` and `assignee`."""
    queue, agent = cfg.queues.get(ticket["queue"]), cfg.agents.get(ticket["assignee"] or "")
    return Row(
        ticket=letters.shown(cfg, ticket, language),
        customer=customer,
        priority=ticket["priority"],
        queue=(queue.title if queue else "") or ticket["queue"],
        assignee=(agent.name if agent else "") or ticket["assignee"] or "",
        due=due,
        clock=clock,
    )


def digest(
    templates: Templates,
    desk: Desk,
    *,
    groups: Sequence[Group],
    recipient: Address,
    stamp: Stamp,
    zone: tzinfo = UTC,
    language: str = "",
) -> Letter:
    """What waits for an agent."""
    tongue = templates.tongue("digest", queue=desk.queue, language=language, then=desk.language)
    told = [
        {
            "title": phrase("group", group.title, tongue),
            "tickets": [
                {
                    "number": row.ticket.number,
                    "tag": row.ticket.tag,
                    "title": words.clean(row.ticket.title),
                    "customer": words.clean(row.customer),
                    "status": row.ticket.status,
                    "priority": phrase("priority", row.priority, tongue),
                    "queue": row.queue,
                    "assignee": words.clean(row.assignee) or phrase("group", "unassigned", tongue).lower(),
                    "due": dates.moment(row.due, zone, tongue) if row.due else "",
                    "clock": phrase("fact", row.clock or "due", tongue).lower(),
                }
                for row in group.rows
            ],
        }
        for group in groups
    ]
    return _letter(templates, desk, "digest", recipient, stamp, language, {"groups": told})


def report(
    templates: Templates,
    desk: Desk,
    *,
    period: str,
    groups: Sequence[Figures],
    recipient: Address,
    stamp: Stamp,
    language: str = "",
) -> Letter:
    """What happened in a time; `period` says which, in the words of the reader's language."""
    told = [
        {
            "title": group.title,
            "figures": [
                {"name": words.clean(one.name), "value": one.value, "share": one.share} for one in group.figures
            ],
        }
        for group in groups
    ]
    return _letter(templates, desk, "report", recipient, stamp, language, {"groups": told, "period": period})


def _letter(
    templates: Templates,
    desk: Desk,
    kind: str,
    recipient: Address,
    stamp: Stamp,
    language: str,
    seen: dict[str, object],
) -> Letter:
    return letters.letter(
        templates,
        desk,
        kind=kind,
        recipient=recipient,
        ticket=_NO_TICKET,
        stamp=stamp,
        auto=Auto.GENERATED,
        language=language,
        context=seen,
    )
