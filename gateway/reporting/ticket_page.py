"""The page of one ticket: what is known, what was written, what happened; the raw mail stays where it is."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from markupsafe import Markup

from gateway.config import Config
from gateway.config.calendars import zone_of
from gateway.reporting import html
from gateway.shown import journal_pairs
from gateway.store.listing import Article, Event, Page
from gateway.tickets.people import shown

_BY = {"in": "from", "out": "our reply, by", "note": "note by", "withdrawn": "stopped before it left, by"}


def ticket_page(page: Page, cfg: Config) -> Markup:
    """Everything of a ticket but its raw mail; what is cut from a mail is left out."""
    zone = zone_of(cfg)
    parts = [html.heading(page.ticket.subject), html.table(("", ""), _facts(page, cfg, zone))]
    for article in page.articles:
        parts += _article(article, zone)
    happened = [_happened(one, zone) for one in page.events]
    people = [(one.name, one.address, shown(one.role)) for one in page.participants]
    parts += [html.heading("Who takes part"), html.table(("name", "address", "as"), people)]
    parts += [html.heading("What happened"), html.table(("at", "by", "what", "", "why"), happened)]
    return Markup("").join(parts)


def _facts(page: Page, cfg: Config, zone: tzinfo) -> Iterator[tuple[str, str]]:
    ticket = page.ticket
    known = {
        "number": cfg.numbers.tagged(ticket.number, ticket.created_at),
        "status": cfg.status_label(ticket.status, "en"),
        "priority": ticket.priority,
        "queue": ticket.queue,
        "assignee": ticket.assignee,
        "customer": ticket.requester,
        "tags": ", ".join(ticket.tags),
        "type": ticket.type,
        "category": ticket.category,
        "area": ticket.area,
        "impact": ticket.impact,
        **page.fields,
        "opened": _time(ticket.created_at, zone),
        "changed": _time(ticket.updated_at, zone),
        "first answer due": _time(ticket.first_response_due, zone),
        "next answer due": _time(ticket.next_response_due, zone),
        "to be resolved by": _time(ticket.resolve_due, zone),
        "time spent": f"{page.time_spent} min" if page.time_spent else "",
        "rating": f"{page.rating} of 5" if page.rating else "",
    }
    yield from ((name, value) for name, value in known.items() if value)


def _happened(event: Event, zone: tzinfo) -> tuple[str, ...]:
    said = ", ".join(journal_pairs(event.kind, event.data))
    return _time(event.at, zone), event.actor, event.kind.replace("_", " "), said, event.reason or ""


def _article(article: Article, zone: tzinfo) -> Iterator[Markup]:
    by = _BY.get(article.direction, article.direction)
    yield html.heading(f"{_time(article.at, zone)}, {by} {article.author.removeprefix('agent:')}")
    yield html.block(article.text.strip("\n"))
    if names := [one.name for one in article.attachments if not one.repeated]:
        yield html.paragraph(f"Attached: {', '.join(names)}")


def _time(at: datetime | None, zone: tzinfo) -> str:
    return html.instant(at.astimezone(zone)) if at else ""
